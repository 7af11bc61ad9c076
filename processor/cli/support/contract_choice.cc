#include "cli/support/contract_choice.h"

#include "config/find_stream.h"
#include "core/text.h"
#include "tools/contract_rules.h"

namespace fracas::cli {

Result<std::string> ConfiguredContract(const config::Config& config, const std::string& stream) {
  Result<size_t> index = config::FindStream(config, stream);
  if (!index.ok()) return index.status();
  const config::Stream& found = config.streams[*index];
  contract::Compiled compiled = tools::CompileContract(found);
  if (compiled.contract == nullptr) {
    return Status::Reject(
        Cat(tools::ToString(compiled.problems.front(), config::QualifiedName(found)),
            "; mend it, or name what is loaded with --contract"));
  }
  return compiled.contract->sha256();
}

Result<std::string> ContractToTry(const config::Config& config, const tools::StreamLive& live,
                                  const ContractChoice& choice) {
  if (choice.named == "any") return std::string();
  if (!choice.named.empty()) {
    const bool hex = choice.named.size() == 64 &&
                     choice.named.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (hex) return choice.named;
    return Status::Reject("--contract wants the 64 hex digits of a contract's SHA-256, or any");
  }
  Result<std::string> configured = ConfiguredContract(config, live.stream);
  if (!configured.ok()) return configured;
  const bool other_loaded = live.local.has_value() && live.local->contract != *configured;
  if (!other_loaded || choice.reload) return configured;
  return Status::Reject(
      Cat("the contract of ", config.file, " is ", configured->substr(0, 12),
          ", the instance here has ", live.local->contract.substr(0, 12),
          " loaded: add --reload so that instances take it, or name what is to be tried "
          "with --contract"));
}

}  // namespace fracas::cli
