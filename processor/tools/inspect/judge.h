#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/stream.h"
#include "contract/contract.h"
#include "contract/evaluator.h"
#include "core/classify.h"
#include "core/codes.h"
#include "core/finding.h"
#include "tools/inspect/redaction.h"
#include "tools/letters/letter.h"

namespace fracas::tools {

// One reason why a record fails, told.
struct Judged {
  Code code = Code::kNone;
  Disposition disposition = Disposition::kWarn;  // of the stream
  std::string pointer{};
  std::string schema{};       // "#/properties/a/type"; "" for form and rules
  std::string message{};      // expected against found; redacted unless asked otherwise
  std::string fingerprint{};  // the failure mode; "" without a stream
  bool redacted = false;
  bool placed = false;  // `byte` is a place in the document
  size_t byte = 0;
  uint32_t detail = 0;  // as Finding::detail
};

struct Verdict {
  std::vector<Judged> findings{};
  uint64_t omitted = 0;
  bool passes = true;         // nothing that does more than warn
  std::string business_id{};  // as the stream's masks take it; "" none
};

struct JudgeInput {
  std::optional<std::string_view> value{};
  std::optional<std::string_view> key{};
  const std::vector<LetterHeader>* headers = nullptr;  // null: none
  int64_t timestamp_ms = kNoTime;                      // kNoTime: now stands in
  int64_t now_ms = 0;
  const Redaction* hidden = nullptr;  // bytes of the document that no text may show; null: by place
};

using Streams = std::vector<const config::Stream*>;

// A stream's rules, a contract file's, or nothing but "well-formed JSON". Not thread-safe.
class Judge {
 public:
  // kReject with every problem of the contract. `reveal`: texts show sensitive values. `others`:
  // streams that the records may come from; what those call sensitive is sensitive here too.
  static Result<std::unique_ptr<Judge>> OfStream(const config::Stream& stream, bool reveal,
                                                 const Streams& others = {});
  static Result<std::unique_ptr<Judge>> OfContract(const std::string& file);
  static Result<std::unique_ptr<Judge>> OfForm(bool reveal = true, const Streams& others = {});

  Verdict Look(const JudgeInput& input);

  // nullptr unless OfStream; outlives nothing.
  const config::Stream* stream() const { return stream_.has_value() ? &*stream_ : nullptr; }
  const contract::Rules& rules() const;
  // Pointers that the stream calls sensitive, whether or not they are revealed (rules().sensitive
  // are hidden).
  const std::vector<std::string>& sensitive() const { return sensitive_; }
  const std::string& contract_sha256() const { return sha256_; }
  bool has_schema() const;
  // Behind the stream's framing; the whole value where it has none.
  std::string_view DocumentOf(std::string_view value) const;
  std::string_view FramingOf(std::string_view value) const;

 private:
  explicit Judge(std::shared_ptr<const contract::Contract> contract);
  // The pointers of `others` that are new, into sensitive_.
  void AddSensitive(const Streams& others);
  static Result<std::unique_ptr<Judge>> Of(contract::Compiled compiled, const std::string& name);
  bool AddForm(const JudgeInput& input, Verdict* verdict) const;
  std::string Fingerprint(const Finding& finding, std::string_view pointer) const;

  std::shared_ptr<const contract::Contract> contract_;
  std::string sha256_;  // of the contract as it is configured
  std::optional<config::Stream> stream_{};
  std::vector<std::string> sensitive_{};
  Dispositions dispositions_{};
  contract::Evaluator evaluator_;
};

}  // namespace fracas::tools
