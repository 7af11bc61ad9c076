#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"
#include "ports/transaction.h"
#include "tools/replay/chunk.h"
#include "tools/replay/job.h"

// Sends chunks, each in one transaction with the progress behind it: at any moment the last
// progress on <group>.replays says exactly what was sent.

namespace fracas::tools {

struct SenderPorts {
  Admin* admin = nullptr;
  LogReader* reader = nullptr;         // of progress
  Transaction* transaction = nullptr;  // of ReplayTransactionalId
  std::function<void(int64_t ms)> pause;
};

// One thread; the ports outlive it.
class ReplaySender {
 public:
  ReplaySender(const config::Config& config, std::string job, std::string target,
               const SenderPorts& ports)
      : config_(config), job_(std::move(job)), target_name_(std::move(target)), ports_(ports) {}

  // Ends what a predecessor left open and keeps one that still lives from committing: what is read
  // afterwards is the last word. The job as it stands; nullopt: it has not begun.
  Result<std::optional<ReplayJob>> Claim();
  // Sends the chunk and `next` in one transaction, again if it was certainly not committed. kStop:
  // another process has the job, or the target refuses; kRetry: nothing more was sent, the same
  // command goes on.
  Status Commit(const Chunk& chunk, const ReplayJob& next);

 private:
  Status Open();
  CommitResult CommitOnce(const Chunk& chunk, const ReplayJob& next);
  Status Produce(const Chunk& chunk, const ReplayJob& next);
  Result<bool> WasCommitted(const ReplayJob& next);
  Status Lost() const;

  const config::Config& config_;
  const std::string job_;
  const std::string target_name_;
  const SenderPorts ports_;
  OutputTopic target_;
  OutputTopic progress_;
  std::string encoded_;
};

}  // namespace fracas::tools
