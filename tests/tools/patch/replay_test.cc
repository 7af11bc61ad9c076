#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "core/text.h"
#include "tools/patch/clean.h"
#include "tools/patch/editor.h"
#include "tools/patch/replay_draft.h"
#include "wire/replay.h"

// From a record to what is sent again: judged, with its names kept and the marks of a replay.

namespace fracas::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

config::Stream Orders() {
  config::Stream stream;
  stream.id = "orders";
  stream.pipeline = "tests";
  stream.record_bytes_max = 1'000'000;
  stream.identity.message_id = {config::IdSource::Kind::kPointer, "/messageId", {}};
  stream.identity.business_id = {config::IdSource::Kind::kPointer, "/id", {}};
  stream.replay.mark_name = "is_replay";
  return stream;
}

Specimen Record(const std::string& value) {
  Specimen specimen;
  specimen.name = "orders.raw/3/17";
  specimen.key = "k";
  specimen.value = value;
  specimen.source = {"orders.raw", 3};
  specimen.source_offset = 17;
  specimen.timestamp_ms = 1'700'000'000'000;
  return specimen;
}

Result<Cleaned> CleanedBy(const Specimen& specimen, const Recipe& recipe,
                          const config::Stream& stream, bool may_change_ids = false) {
  auto judge = Judge::OfStream(stream, false);
  EXPECT_TRUE(judge.ok()) << judge.status().message();
  return Clean(
      specimen, judge->get(),
      {.recipe = &recipe, .target = &stream, .may_change_ids = may_change_ids, .now_ms = 1});
}

TEST(CleanTest, KeepsTheFramingAndJudgesTheResult) {
  config::Stream stream = Orders();
  stream.framing = config::Framing::kConfluent;
  const std::string frame("\0\0\0\0\7", 5);
  Recipe recipe;
  recipe.set = {{"/n", "2"}};
  Result<Cleaned> cleaned = CleanedBy(Record(Cat(frame, "{\"id\":\"a\"}")), recipe, stream);
  ASSERT_TRUE(cleaned.ok()) << cleaned.status().message();
  EXPECT_EQ(cleaned->value, Cat(frame, "{\"id\":\"a\",\"n\":2}"));
  EXPECT_TRUE(cleaned->may_go());
  EXPECT_EQ(cleaned->verdict.business_id, "a");
  EXPECT_EQ(cleaned->hunks.size(), 1u);
  recipe.set = {{"/id", "\"\\u0000\""}};
  cleaned = CleanedBy(Record("{\"id\":\"a\"}"), recipe, Orders());
  ASSERT_TRUE(cleaned.ok());
  EXPECT_FALSE(cleaned->verdict.passes) << "still a control character";
}

TEST(CleanTest, DoesNotLetIdsChangeByTheWay) {
  Recipe recipe;
  recipe.set = {{"/messageId", "\"new\""}};
  const Specimen record = Record("{\"id\":\"a\",\"messageId\":\"m\"}");
  EXPECT_THAT(CleanedBy(record, recipe, Orders())->refused, HasSubstr("message id would change"));
  EXPECT_TRUE(CleanedBy(record, recipe, Orders(), true)->may_go());
  const Specimen without = Record("{\"id\":\"a\"}");
  EXPECT_TRUE(CleanedBy(without, recipe, Orders())->may_go())
      << "one that was missing may be given";
}

TEST(CleanTest, HasNothingToMendInARecordWithoutAValue) {
  Specimen gone = Record("");
  gone.value.reset();
  gone.why_empty = "retention has taken it";
  EXPECT_EQ(CleanedBy(gone, {}, Orders()).status().message(), "retention has taken it");
}

TEST(CleanTest, FindsPointersThatTouchSensitiveValues) {
  const std::vector<std::string> sensitive = {"/customer/email"};
  EXPECT_EQ(SensitivePointer({"/a", "/customer/email"}, sensitive), "/customer/email");
  EXPECT_EQ(SensitivePointer({"/customer"}, sensitive), "/customer")
      << "all of the customer, email included";
  EXPECT_EQ(SensitivePointer({"/customer/email/x"}, sensitive), "/customer/email/x");
  EXPECT_EQ(SensitivePointer({"/customer/emails", "/cust"}, sensitive), "");
}

std::string HeaderText(const ReplayDraft& draft, std::string_view name) {
  int count = 0;
  for (const LetterHeader& header : draft.headers) count += header.name == name ? 1 : 0;
  EXPECT_LE(count, 1) << name;
  return std::string(HeaderOf(draft.headers, name).value_or("-"));
}

ReplayDraft DraftOf(const Specimen& specimen, const config::Stream& stream) {
  const RecordIds ids{.message_id = "m", .idempotency_key = "i", .business_id = "a"};
  return MakeDraft({.specimen = &specimen,
                    .stream = &stream,
                    .to = {"orders.raw", 3},
                    .value = "{}",
                    .ids = ids,
                    .business_id = "a",
                    .ticket = "t-1",
                    .who = "anna@here",
                    .why = "ticket 4711",
                    .now_ms = 1'800'000'000'000});
}

TEST(ReplayDraftTest, BearsTheMarksOfAReplay) {
  const config::Stream stream = Orders();
  Specimen specimen = Record("{}");
  specimen.headers = {{"trace", "abc"}, {"nothing", std::nullopt}};
  const ReplayDraft draft = DraftOf(specimen, stream);
  EXPECT_EQ(draft.headers[0].name, "trace") << "its own come first";
  EXPECT_EQ(draft.headers[1].value, std::nullopt);
  EXPECT_EQ(HeaderText(draft, "is_replay"), "true");
  EXPECT_EQ(HeaderText(draft, wire::kReplayTicketHeader), "t-1");
  EXPECT_EQ(HeaderText(draft, wire::kReplayOfHeader), "orders.raw/3/17");
  EXPECT_EQ(HeaderText(draft, wire::kReplayCountHeader), "1");
  EXPECT_EQ(HeaderText(draft, wire::kOriginalMessageIdHeader), "m");
  EXPECT_EQ(HeaderText(draft, wire::kIdempotencyKeyHeader), "i");
  EXPECT_EQ(HeaderText(draft, wire::kReplayWhoHeader), "anna@here");
  EXPECT_EQ(HeaderText(draft, wire::kReplayWhyHeader), "ticket 4711");
  EXPECT_EQ(draft.ticket.digest, wire::ReplayDigest("k", "{}"));
  EXPECT_EQ(draft.ticket.original_timestamp_ms, specimen.timestamp_ms)
      << "age is judged against the original";
  EXPECT_EQ(draft.ticket.letter_offset, 17);
}

TEST(ReplayDraftTest, KeepsTheFirstOriginalsNamesAndNoOldMarks) {
  config::Stream stream = Orders();
  stream.replay.mark_name = "x-again";
  Specimen specimen = Record("{}");
  specimen.replay_count = 2;
  specimen.headers = {{"is_replay", "true"},           {"x-again", "true"},
                      {"fracas.replay.ticket", "old"}, {"original_message_id", "first"},
                      {"idempotency_key", "kept"},     {"fracas.replay.who", "ben"}};
  const ReplayDraft draft = DraftOf(specimen, stream);
  EXPECT_EQ(HeaderText(draft, wire::kReplayTicketHeader), "t-1");
  EXPECT_EQ(HeaderText(draft, wire::kOriginalMessageIdHeader), "first");
  EXPECT_EQ(HeaderText(draft, wire::kIdempotencyKeyHeader), "kept");
  EXPECT_EQ(HeaderText(draft, wire::kReplayWhoHeader), "anna@here");
  EXPECT_EQ(HeaderText(draft, "x-again"), "true");
  EXPECT_EQ(HeaderText(draft, wire::kReplayCountHeader), "3");
}

TEST(ReplayDraftTest, MarksTheBodyWhereTheStreamWantsIt) {
  config::Stream stream = Orders();
  EXPECT_EQ(*MarkInBody(stream, "{}"), "{}");
  stream.replay = {.mark_in_body = true, .mark_name = "/meta/is_replay"};
  EXPECT_EQ(*MarkInBody(stream, "{\"meta\":{\"v\":1}}"), "{\"meta\":{\"v\":1,\"is_replay\":true}}");
  EXPECT_FALSE(MarkInBody(stream, "{}").ok()) << "there is no /meta";
}

TEST(EditorTest, WorksOnAPrivateFileThatIsGoneAfterwards) {
  const std::string place = ::testing::TempDir();
  const std::string seen = place + "/editor-saw";
  const std::string script = Cat("sh -c 'stat -c %a \"$0\" > ", seen, "; dirname \"$0\" >> ", seen,
                                 "; printf changed > \"$0\"'");
  const Result<std::string> edited = EditText("text", {script, {"/no/such/folder", place}});
  ASSERT_TRUE(edited.ok()) << edited.status().message();
  EXPECT_EQ(*edited, "changed");
  std::ifstream file(seen);
  std::string mode;
  std::string folder;
  file >> mode >> folder;
  EXPECT_EQ(mode, "600");
  EXPECT_THAT(folder, HasSubstr("data-patcher-"));
  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_FALSE(EditText("text", {"false", {place}}).ok());
  EXPECT_FALSE(EditText("text", {"true", {"/no/such/folder"}}).ok());
  EXPECT_EQ(*EditText("no line end", {"sh -c 'printf \"\\n\" >> \"$0\"'", {place}}), "no line end");
}

}  // namespace
}  // namespace fracas::tools
