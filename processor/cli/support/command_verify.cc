#include <cstdio>

#include "cli/support/verification.h"
#include "core/text.h"

// `fracas verify`: is a stream well again after a recovery?

namespace fracas::cli {

namespace {

int Verify(const VerifyArguments& arguments, const Services& services) {
  Result<std::unique_ptr<ControlSession>> session = ControlSession::Open(services, arguments.group);
  if (!session.ok()) return Fail(session.status());
  Result<std::vector<std::string>> names =
      StreamsOf(**session, arguments.pipeline, arguments.group.stream);
  if (!names.ok()) return Fail(names.status());
  Result<std::vector<VerifiedStream>> verified = VerifyStreams(session->get(), arguments, *names);
  if (!verified.ok()) return Fail(verified.status());
  const bool all = AllVerified(*verified);
  if (arguments.group.json()) {
    std::printf("{\"v\":\"1.0\",\"verified\":%s,\"streams\":%s}\n", all ? "true" : "false",
                VerificationJson(*verified).c_str());
  } else {
    for (const VerifiedStream& stream : *verified) {
      PrintVerification(stream, arguments.group.config_file);
    }
  }
  return all ? kExitDone : kExitFindings;
}

}  // namespace

void AddVerify(const Parser& parser) {
  CLI::App* command = parser.app->add_subcommand(
      "verify",
      "Is it well again? Five ticks: quality, conservation, freshness, failure mode, reader");
  auto arguments = std::make_shared<VerifyArguments>();
  AddGroupOptions(command, &arguments->group, "Only this stream (STREAM or PIPELINE/STREAM)");
  AddFromTopic(command, &arguments->group);
  command->add_option("--pipeline", arguments->pipeline, "Only the streams of this pipeline")
      ->type_name("PIPELINE");
  command
      ->add_option(
          "--since", arguments->since,
          "Judge from then on: a time or a duration ago; default: the last recovery's trial, or 1h")
      ->type_name("TIME");
  command
      ->add_option(
          "--code", arguments->code,
          "The failure mode that must not come back; default: what the stream was stopped for")
      ->type_name("CODE");
  command->add_option("--fingerprint", arguments->fingerprint, "… of this fingerprint only")
      ->type_name("HEX");
  command
      ->add_option("--max-failed-ratio", arguments->failed_ratio_max,
                   "0 to 1; default: audit.max_failed_ratio and alerts.pass_ratio")
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("RATIO");
  command
      ->add_option(
          "--wait", arguments->wait,
          "Look again until every tick is there or one says no, at most so long; 0s: one look")
      ->type_name("DURATION");
  AddExamples(
      command,
      "  fracas verify -c fracas.yaml --stream crm.contacts\n"
      "  fracas verify -c fracas.yaml --pipeline standard_ingest --wait 5m\n"
      "  fracas verify -c fracas.yaml --stream crm.contacts --since 2h --code TYPE_MISMATCH "
      "--output json\n"
      "Exit code 0 only when every stream flows and has its five ticks; 3 when one is missing.");
  command->callback(
      [parser, arguments] { *parser.exit_code = Verify(*arguments, *parser.services); });
}

}  // namespace fracas::cli
