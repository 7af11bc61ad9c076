#include "tools/letters/letter_index.h"

#include <memory>
#include <utility>

#include "core/base64.h"
#include "core/percent.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/tree.h"
#include "tools/targets.h"
#include "wire/fields.h"

namespace fracas::tools {

namespace {

constexpr char kWhat[] = "list of dead letters";

std::string Question(const Selection& selection, const std::string& after, size_t limit) {
  std::string target = Cat("/state/dead_letters?count=false&limit=", limit);
  const auto add = [&target](std::string_view name, const std::string& value) {
    if (!value.empty()) AppendTo(&target, "&", name, "=", PercentEncode(value));
  };
  add("stream", selection.stream);
  if (selection.codes.size() == 1) add("code", Cat(selection.codes.front()));
  if (selection.state.has_value()) add("state", std::string(Name(*selection.state)));
  if (selection.business_id.has_value()) add("id_base64", Base64(*selection.business_id));
  if (selection.since_ms != 0) add("since", FormatTimestamp(selection.since_ms));
  if (selection.until_ms != 0) add("until", FormatTimestamp(selection.until_ms));
  add("after", after);
  return target;
}

Letter ReadRow(wire::Fields* fields, json::NodeId row) {
  Letter letter;
  letter.topic = {fields->Text(row, "topic"),
                  static_cast<Partition>(fields->Int(row, "partition", 0))};
  letter.offset = fields->Int(row, "offset", 0);
  letter.origin.system = formats::LetterSystem::kFracas;
  letter.origin.coordinates = formats::CoordinateTrust::kProven;
  if (Result<RecordName> source = ParseRecord(fields->Text(row, "source")); source.ok()) {
    letter.origin.source = source->source;
    letter.origin.offset = source->offset;
  }
  letter.stream = fields->Text(row, "stream");
  letter.code_name = fields->Text(row, "code");
  const CodeInfo* info = FindCode(letter.code_name);
  letter.code_number = static_cast<uint32_t>(
      fields->OptionalInt(row, "code_number", 0, 9999, info == nullptr ? 0 : info->number));
  if (!FindLetterState(fields->Text(row, "state"), &letter.state))
    letter.state = LetterState::kUnknown;
  letter.judged_ms = fields->Time(row, "judged");
  letter.attempt = static_cast<int32_t>(fields->Int(row, "attempt", 0, INT32_MAX));
  letter.replay_count = static_cast<uint32_t>(fields->Int(row, "replay_count", 0, UINT32_MAX));
  letter.fingerprint = fields->OptionalText(row, "fingerprint");
  letter.business_id = fields->OptionalText(row, "id");
  const std::string base64 = fields->OptionalText(row, "id_base64");
  if (!base64.empty() && !DecodeBase64(base64, &letter.business_id))
    fields->Fail("id_base64", "base64");
  return letter;
}

Result<LetterPage> ReadPage(std::string_view body) {
  Result<std::unique_ptr<json::OwnedDocument>> document = wire::ParseObject(kWhat, body);
  if (!document.ok()) return document.status();
  const json::Tree& tree = (*document)->tree;
  wire::Fields fields(kWhat, tree);
  LetterPage page;
  const json::NodeId rows = fields.Array(tree.root(), "letters");
  if (rows != json::Tree::kNoNode) {
    for (json::NodeId row = rows + 1; row < tree.node(rows).next; row = tree.node(row).next) {
      page.letters.push_back(ReadRow(&fields, row));
    }
  }
  page.next = fields.OptionalText(tree.root(), "next");
  if (!fields.ok()) return fields.status();
  return page;
}

LetterCountRow ReadCounts(wire::Fields* fields, json::NodeId node) {
  LetterCountRow row;
  row.stream = fields->Text(node, "stream");
  row.code = static_cast<uint32_t>(fields->Int(node, "code", 0, UINT32_MAX));
  row.code_name = fields->Text(node, "name");
  row.open = fields->Count(node, "open");
  row.resolved = fields->Count(node, "resolved");
  row.discarded = fields->Count(node, "discarded");
  row.expired = fields->Count(node, "expired");
  row.oldest_open_ms = fields->OptionalTime(node, "oldest_open");
  row.ends_ms = fields->OptionalTime(node, "ends");
  return row;
}

// {"error": text} of an instance, or the beginning of whatever it was.
std::string ErrorOf(const std::string& body) {
  if (auto document = wire::ParseObject("answer", body); document.ok()) {
    wire::Fields fields("answer", (*document)->tree);
    std::string text = fields.OptionalText((*document)->tree.root(), "error");
    if (fields.ok() && !text.empty()) return text;
  }
  return body.substr(0, 200);
}

}  // namespace

Result<std::string> LetterIndex::Ask(const std::string& target) {
  const std::string address = AddressOf(config_.http.listen);
  if (address.empty()) return Status::Retry("http.listen of the configuration names no port");
  const char mark = target.find('?') == std::string::npos ? '?' : '&';
  Result<HttpAnswer> answer =
      get_(address, Cat(target, mark, "group=", PercentEncode(config_.group)));
  if (!answer.ok()) return answer.status();
  if (answer->status == 200) return std::move(answer->body);
  const std::string said = ErrorOf(answer->body);
  // No ledger or not yet (503), another group's instance (409).
  if (answer->status == 503 || answer->status == 409) {
    return Status::Retry(Cat("the instance at ", address, " does not answer for us: ", said));
  }
  return Status::Stop(Cat("http://", address, target, " answers ", answer->status, ": ", said));
}

Result<LetterPage> LetterIndex::Page(const Selection& selection, const std::string& after,
                                     size_t limit) {
  Result<std::string> body = Ask(Question(selection, after, limit));
  if (!body.ok()) return body.status();
  return ReadPage(*body);
}

Result<std::vector<Letter>> LetterIndex::OfRecord(const TopicPartition& source, Offset offset) {
  Result<std::string> body =
      Ask(Cat("/state/dead_letters?record=", PercentEncode(ToString(source, offset))));
  if (!body.ok()) return body.status();
  Result<LetterPage> page = ReadPage(*body);
  if (!page.ok()) return page.status();
  return std::move(page->letters);
}

Result<std::vector<LetterCountRow>> LetterIndex::Counts() {
  Result<std::string> body = Ask("/state/dead_letters?counts=true");
  if (!body.ok()) return body.status();
  Result<std::unique_ptr<json::OwnedDocument>> document =
      wire::ParseObject("counts of dead letters", *body);
  if (!document.ok()) return document.status();
  const json::Tree& tree = (*document)->tree;
  wire::Fields fields("counts of dead letters", tree);
  std::vector<LetterCountRow> rows;
  const json::NodeId counts = fields.Array(tree.root(), "counts");
  if (counts != json::Tree::kNoNode) {
    for (json::NodeId row = counts + 1; row < tree.node(counts).next; row = tree.node(row).next) {
      rows.push_back(ReadCounts(&fields, row));
    }
  }
  if (!fields.ok()) return fields.status();
  return rows;
}

}  // namespace fracas::tools
