#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/control_session.h"
#include "tools/recovery/evidence.h"
#include "tools/recovery/verdict.h"

// What `fracas verify` and `data-patcher resume-pipeline` share: the five ticks of streams, looked
// at until they are all there, and how they are shown.

namespace fracas::cli {

struct VerifyArguments {
  GroupArguments group;
  std::string pipeline;
  std::string since;  // a time or a duration ago; "" the recovery
  std::string code;
  std::string fingerprint;
  double failed_ratio_max = -1;
  std::string wait;  // a duration; "" look once
};

struct VerifiedStream {
  tools::Evidence evidence;
  tools::Verdict verdict;
};

// The streams that --stream and --pipeline mean, as "pipeline/stream"; all when neither is given.
// kReject: there is no such one.
Result<std::vector<std::string>> StreamsOf(const ControlSession& session,
                                           const std::string& pipeline, const std::string& stream);

// Looks at each stream until it is verified, refuted, or the time to wait is over.
Result<std::vector<VerifiedStream>> VerifyStreams(ControlSession* session,
                                                  const VerifyArguments& arguments,
                                                  const std::vector<std::string>& streams);

bool AllVerified(const std::vector<VerifiedStream>& streams);
// Ticks as lines that fit the terminal, and what is missing.
void PrintVerification(const VerifiedStream& stream, const std::string& config_file);
// [{…}, …], schemas/outputs/verification.schema.json.
std::string VerificationJson(const std::vector<VerifiedStream>& streams);

}  // namespace fracas::cli
