// What a stream calls sensitive is not shown, wherever it stands and wherever it goes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/patch/looking.h"
#include "tools/patch/clean.h"
#include "tools/patch/sources.h"

namespace fracas::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(InspectionTest, HidesWhatIsSensitiveAndSaysWhereItIs) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/email", {}}, {"/customerId", {}}};
  const std::string value =
      "{\"customerId\":\"C-77\",\"email\":\"ann\x01@secret.example\",\"x\":\"\x02\"}";
  const Inspection hidden = Look(value, stream);
  ASSERT_EQ(hidden.troubles.size(), 2u);
  for (const Trouble& trouble : hidden.troubles) {
    EXPECT_THAT(trouble.window.text, Not(HasSubstr("secret")));
    EXPECT_THAT(trouble.window.text, Not(HasSubstr("C-77")));
    EXPECT_TRUE(trouble.window.hidden);
  }
  EXPECT_EQ(hidden.troubles[0].pointer, "/email");
  EXPECT_THAT(hidden.troubles[0].window.text, HasSubstr("•••\\x01•••")) << "what is wrong is shown";
  EXPECT_EQ(hidden.ids.business_id, kHiddenMark);
  EXPECT_TRUE(hidden.ids_hidden);
  const Inspection shown = Look(value, stream, /*reveal=*/true);
  EXPECT_THAT(shown.troubles[0].window.text, HasSubstr("@secret"));
  EXPECT_EQ(shown.ids.business_id, "C-77");
}

TEST(InspectionTest, HidesAnIdThatMayBePartOfASecret) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/email", {}}};
  const Inspection behind = Look(R"({"email":"a","customerId":"C-secret" "x"})", stream);
  EXPECT_EQ(behind.ids.business_id, kHiddenMark) << "where the secret ends is not sure";
  const Inspection before = Look(R"({"customerId":"C-1","email":"a" "x"})", stream);
  EXPECT_EQ(before.ids.business_id, "C-1");
}

TEST(InspectionTest, NeverPutsASensitiveValueIntoACommand) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/customerId", {}}};
  stream.critical = {{"/customerId", {}}};
  for (const bool reveal : {false, true}) {
    const Inspection seen = Look("{\"customerId\":\"  \"}", stream, reveal);
    EXPECT_THAT(seen.mend.options, ElementsAre("--set /customerId=@-"));
    EXPECT_TRUE(seen.mend.open);
  }
}

TEST(InspectionTest, HidesAnIdThatWasFoundUnderItsUsualName) {
  config::Stream stream = PlainStream();
  stream.identity = {};
  stream.sensitive = {{"/messageId", {}}, {"/idempotencyKey", {}}};
  const std::string value = R"({"messageId":"m-secret","idempotencyKey":"k-secret"})";
  const Inspection hidden = Look(value, stream);
  EXPECT_EQ(hidden.ids.message_id, kHiddenMark);
  EXPECT_EQ(hidden.ids.idempotency_key, kHiddenMark);
  EXPECT_TRUE(hidden.ids_hidden);
  EXPECT_EQ(Look(value, stream, /*reveal=*/true).ids.message_id, "m-secret");
}

TEST(InspectionTest, HidesTheNamesBelowASensitivePlace) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/custom", {}}};
  for (const std::string_view value :
       {R"({"custom":{"SECRETKEY":"\u0001"}})", R"({"custom":{"SECRETKEY":{"SECRET\u0001":1}}})",
        R"({"custom":{"SECRETKEY":1,"SECRETKEY":2}})", R"({"custom":{"a":{"SECRETKEY":"\ud800"}}})"}) {
    const Inspection seen = Look(std::string(value), stream);
    ASSERT_FALSE(seen.troubles.empty()) << value;
    for (const Trouble& trouble : seen.troubles) {
      EXPECT_EQ(trouble.pointer, "/custom/•••") << value;
      EXPECT_THAT(PlaceText(trouble) + trouble.text + trouble.window.text, Not(HasSubstr("SECRET")));
    }
    for (const std::string& text : seen.mend.options) EXPECT_THAT(text, Not(HasSubstr("SECRET")));
    for (const std::string& text : seen.mend.notes) EXPECT_THAT(text, Not(HasSubstr("SECRET")));
    EXPECT_THAT(Look(std::string(value), stream, true).troubles[0].pointer, HasSubstr("/custom/"));
  }
  EXPECT_EQ(ShownPointer({"/custom"}, "/custom"), "/custom") << "its own name is no secret";
  EXPECT_EQ(ShownPointer({"/custom"}, "/customer/name"), "/customer/name");
}

TEST(InspectionTest, HidesWhatMessagesQuote) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/email", {}}};
  Letter letter;
  letter.code_name = "TYPE_MISMATCH";
  letter.ours.emplace();
  letter.origin.error_message = R"(expected object, found string "{\"email\": \"SECRET\"}")";
  HideSensitive(&stream, {}, &letter);
  EXPECT_EQ(letter.origin.error_message, "expected object, found string (redacted)");
  letter.ours->pointer = "/age";
  letter.origin.error_message = R"(expected integer, found string "12a")";
  HideSensitive(&stream, {}, &letter);
  EXPECT_EQ(letter.origin.error_message, R"(expected integer, found string "12a")");
  Letter foreign;
  foreign.origin.error_message = R"(Unexpected character at [Source: "{"email":"SECRET"]; line: 1)";
  foreign.origin.cause_message = "duplicate key (email)=(SECRET)";
  Letter kept = foreign;
  HideSensitive(nullptr, {}, &kept);
  EXPECT_EQ(kept.origin.error_message, foreign.origin.error_message) << "nothing is sensitive";
  kept.loaded = true;
  kept.value = R"({"name":"x"})";
  kept.origin.value = formats::ByteTrust::kOriginal;
  HideSensitive(nullptr, {&stream}, &kept);
  EXPECT_EQ(kept.origin.error_message, foreign.origin.error_message) << "the record has no secret";
  kept.value = R"({"email":"SECRET"})";
  HideSensitive(nullptr, {&stream}, &kept);
  EXPECT_EQ(kept.origin.error_message, "Unexpected character at •••");
  HideSensitive(nullptr, {&stream}, &foreign);
  EXPECT_EQ(foreign.origin.error_message, "Unexpected character at •••");
  EXPECT_EQ(foreign.origin.cause_message, "duplicate key •••");
}

TEST(InspectionTest, HidesASensitiveIdInTheLetterToo) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/customerId", {}}, {"/custom", {}}};
  Letter letter;
  letter.business_id = "C-77";
  letter.ours.emplace().pointer = "/custom/SECRETKEY";
  HideSensitive(&stream, {&stream}, &letter);
  EXPECT_EQ(letter.business_id, kHiddenMark);
  EXPECT_EQ(letter.ours->pointer, "/custom/•••");
  letter.business_id.clear();
  HideSensitive(&stream, {&stream}, &letter);
  EXPECT_EQ(letter.business_id, "") << "none is no secret";
  stream.identity.business_id.kind = config::IdSource::Kind::kHeader;
  EXPECT_FALSE(HidesBusinessId(&stream)) << "a header of that name";
  EXPECT_FALSE(HidesBusinessId(nullptr));
}

// A record is judged by the stream that it is sent to, and its own stream's secrets stay hidden.
TEST(CleanTest, HidesWhatEitherStreamCallsSensitive) {
  config::Stream from = PlainStream();
  from.id = "people";
  from.sensitive = {{"/email", {}}};
  config::Stream to = PlainStream();
  to.sensitive = {{"/phone", {}}};
  auto judge = Judge::OfStream(to, /*reveal=*/false, {&from});
  ASSERT_TRUE(judge.ok()) << judge.status().message();
  EXPECT_THAT((*judge)->sensitive(), ElementsAre("/phone", "/email"));
  Specimen specimen;
  specimen.value = R"({"email":"ann@secret.example","phone":"0190-secret"})";
  Recipe recipe;
  recipe.set = {*ParseAssignment("/email=\"x-secret\""), *ParseAssignment("/phone=\"y-secret\"")};
  const Result<Cleaned> cleaned = Clean(specimen, judge->get(), {.recipe = &recipe});
  ASSERT_TRUE(cleaned.ok()) << cleaned.status().message();
  ASSERT_FALSE(cleaned->hunks.empty());
  for (const ShownHunk& hunk : cleaned->hunks)
    EXPECT_THAT(hunk.before.text + hunk.after.text, Not(HasSubstr("secret")));
  EXPECT_THAT((*Judge::OfStream(to, /*reveal=*/true, {&from}))->rules().sensitive, IsEmpty());
}

TEST(CleanTest, HidesWhereASensitiveValueWent) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/email", {}}};
  stream.event_time.on = true;
  stream.event_time.pointer = {"/at", {}};
  auto judge = Judge::OfStream(stream, /*reveal=*/false);
  ASSERT_TRUE(judge.ok()) << judge.status().message();
  Specimen specimen;
  specimen.value = R"({"email":"ann@secret.example","at":"2026-01-01T00:00:00Z"})";
  Recipe recipe;
  Result<JsonPatch> patch = JsonPatch::Parse(R"([{"op":"move","from":"/email","path":"/at"}])");
  ASSERT_TRUE(patch.ok()) << patch.status().message();
  recipe.patch = std::move(*patch);
  const Result<Cleaned> cleaned = Clean(specimen, judge->get(), {.recipe = &recipe});
  ASSERT_TRUE(cleaned.ok()) << cleaned.status().message();
  ASSERT_EQ(cleaned->verdict.findings.size(), 1u);
  EXPECT_EQ(cleaned->verdict.findings[0].pointer, "/at");
  EXPECT_THAT(cleaned->verdict.findings[0].message, Not(HasSubstr("secret")));
  EXPECT_THAT(cleaned->verdict.findings[0].message, HasSubstr("(redacted)"));
  ASSERT_FALSE(cleaned->hunks.empty());
  for (const ShownHunk& hunk : cleaned->hunks)
    EXPECT_THAT(hunk.before.text + hunk.after.text, Not(HasSubstr("secret")));
}

TEST(CleanTest, HidesTheNamesBelowASensitivePlace) {
  config::Stream stream = PlainStream();
  stream.sensitive = {{"/custom", {}}};
  auto judge = Judge::OfStream(stream, /*reveal=*/false);
  ASSERT_TRUE(judge.ok()) << judge.status().message();
  Specimen specimen;
  specimen.value = "{\"custom\":{\"SECRETKEY\":\"x\x01\",\"SECRET\":1,\"SECRET\":2}}";
  Recipe recipe;
  recipe.characters.push_back({"control", {*CharacterSet::Parse("control"), {}, false}});
  const Result<Cleaned> cleaned = Clean(specimen, judge->get(), {.recipe = &recipe});
  ASSERT_TRUE(cleaned.ok()) << cleaned.status().message();
  ASSERT_EQ(cleaned->hunks.size(), 1u);
  EXPECT_EQ(cleaned->hunks[0].pointer, "/custom/•••");
  ASSERT_FALSE(cleaned->verdict.findings.empty());
  EXPECT_EQ(cleaned->verdict.findings[0].pointer, "/custom/•••");
}

config::Config TwoStreams() {
  config::Config config;
  config.group = "g";
  for (const std::string& name : {std::string("people"), std::string("orders")}) {
    config::Stream stream = PlainStream();
    stream.id = name;
    stream.mode = config::PublishMode::kCopy;
    stream.topics = {{name + ".raw", {}}};
    stream.publish_topic = {"{stream}", {}};
    stream.dead_letter_topic = {"{topic}.dlq", {}};
    stream.sensitive = {{"/of_" + name, {}}};
    config.streams.push_back(std::move(stream));
  }
  return config;
}

std::vector<std::string> Sources(const Specimen& specimen) {
  const config::Config config = TwoStreams();
  std::vector<std::string> names;
  for (const config::Stream* stream : SourcesOf(config, specimen)) names.push_back(stream->id);
  return names;
}

TEST(SourcesTest, FindsTheStreamsThatARecordMayBeOf) {
  Specimen record;
  record.stream = "tests/people";
  record.source.topic = "people.raw";
  EXPECT_THAT(Sources(record), ElementsAre("people"));
  record.redirected = true;
  record.stream = "tests/orders";
  record.origin_stream = "tests/people";
  EXPECT_THAT(Sources(record), ElementsAre("people"));
  Specimen published;
  published.letter.emplace().topic.topic = "orders";
  EXPECT_THAT(Sources(published), ElementsAre("orders")) << "as the stream publishes it";
  published.redirected = true;
  published.stream = "tests/people";
  EXPECT_THAT(Sources(published), ElementsAre("orders"));
  Specimen foreign;
  foreign.letter.emplace().topic.topic = "sink.dlq";
  EXPECT_THAT(Sources(foreign), ElementsAre("people", "orders")) << "it may be of any";
  foreign.letter->origin.coordinates = formats::CoordinateTrust::kClaimed;
  foreign.source.topic = "orders";
  EXPECT_THAT(Sources(foreign), ElementsAre("orders")) << "a sink of the published topic";
  foreign.letter->origin.coordinates = formats::CoordinateTrust::kDoubtful;
  EXPECT_THAT(Sources(foreign), ElementsAre("people", "orders"));
}

TEST(SourcesTest, WhatTheyCallSensitiveIsHiddenWithoutRules) {
  const config::Config config = TwoStreams();
  Specimen foreign;
  foreign.value = "{\"of_people\":\"secret\x01\"}";
  foreign.letter.emplace().topic.topic = "sink.dlq";
  auto judge = Judge::OfForm(/*reveal=*/false, SourcesOf(config, foreign));
  ASSERT_TRUE(judge.ok()) << judge.status().message();
  const Inspection seen = Inspect(foreign, judge->get(), 1'800'000'000'000);
  ASSERT_EQ(seen.troubles.size(), 1u);
  EXPECT_THAT(seen.troubles[0].window.text, Not(HasSubstr("secret")));
  auto reveals = Judge::OfForm(/*reveal=*/true, SourcesOf(config, foreign));
  EXPECT_THAT((*reveals)->rules().sensitive, IsEmpty());
  EXPECT_THAT((*reveals)->sensitive(), ElementsAre("/of_people", "/of_orders"));
}

TEST(RedactionTest, HidesEverythingWhereTheStructureIsLost) {
  const std::vector<std::string> sensitive = {"/email"};
  for (const std::string_view document :
       {"{\"a\":1 \"email\":\"secret\"}", "{'email':'secret'}", "{\"email\" \"secret\"",
        "{\"em\\u0061il\":\"secret\"", "[{\"x\":}],\"secret\"", "{\"email\":secret}",
        "{\"email\":{\"deep\":[\"secret\"]}}", "{\"a\":\"x\",\"email\":\"secret",
        "{\"email\":\"x\",\"email\":\"secret\"}", "secret"}) {
    const Redaction redaction(document, sensitive);
    EXPECT_TRUE(redaction.Hides(document.find("secret"))) << document;
  }
  EXPECT_FALSE(Redaction("{\"email\":1}", sensitive).Hides(3)) << "its name is no secret";
  EXPECT_FALSE(Redaction("{\"email2\":\"x\"}", sensitive).Hides(11)) << "a longer name";
}

TEST(RedactionTest, HidesAllWhereTheShapeIsAnother) {
  const std::vector<std::string> sensitive = {"/email", "/contact/phone"};
  for (const std::string_view document :
       {R"("{\"email\":\"secret\"}")", R"("secret")", R"([{"email":"secret"}])", R"(["secret"])",
        R"([{"other":"secret"}])", R"({"contact":"secret"})", R"({"contact":["secret"]})",
        R"({"wrap":{"email":"secret"}})", R"({"wrap":"{\"email\":\"secret\"}"})",
        R"({"EMAIL":"secret"})", "{\"em\x1F\\u200Bail\":\"secret\"}", "\xEF\xBB\xBF\"secret\"",
        "\xEF\xBB\xBF{\"email\":\"secret\"}", R"({"email":"a","b":"secret")",
        R"({"email":"a","b":"secret"}})", R"({"contact":{"phone":1,"phone":{"x":"secret"}}})"}) {
    const Redaction redaction(document, sensitive);
    const size_t at = document.find("secret");
    for (size_t byte = at; byte < at + 6; ++byte)
      EXPECT_TRUE(redaction.Hides(byte)) << document << " " << byte;
  }
  const std::string_view narrow = R"({"email":"secret","note":"x"})";
  std::string little = "\xFF\xFE";
  std::string big;
  for (const char byte : narrow) {
    little.append({byte, '\0'});
    big.append({'\0', byte});
  }
  for (const std::string& wide : {little, little.substr(2), big}) {
    const Redaction redaction(wide, sensitive);
    for (size_t byte = 0; byte < wide.size(); ++byte) ASSERT_TRUE(redaction.Hides(byte)) << byte;
  }
  const std::string_view sound = R"({"note":"seen","contact":{"name":"seen"},"email":"x","z":"\ud800"})";
  const Redaction shown(sound, sensitive);
  EXPECT_FALSE(shown.Hides(sound.find("seen")));
  EXPECT_FALSE(shown.Hides(sound.rfind("seen")));
  EXPECT_FALSE(shown.Hides(sound.find("ud800"))) << "only a text is wrong, not the structure";
  const std::string_view cut = R"({"note":"seen","email":"x","z":"hidden"},)";
  EXPECT_FALSE(Redaction(cut, sensitive).Hides(cut.find("seen"))) << "in front of every secret";
}

TEST(DiffTest, HidesSensitiveValuesOnBothSides) {
  const auto hunks = Shown("{\"email\":\"old@x\"}", "{\"email\":\"new@x\"}", {"/email"});
  ASSERT_FALSE(hunks.empty());
  for (const ShownHunk& hunk : hunks) {
    EXPECT_THAT(hunk.before.text, Not(HasSubstr("old")));
    EXPECT_THAT(hunk.after.text, Not(HasSubstr("new")));
    EXPECT_EQ(hunk.pointer, "/email");
  }
}

TEST(DiffTest, HidesASensitiveValueThatMoved) {
  const std::vector<std::string> sensitive = {"/email"};
  const std::pair<std::string, std::string> pairs[] = {
      {R"({"email":"secret@x","name":"n"})", R"({"name":"secret@x"})"},
      {R"({"email":"secret@x","name":"n"})", R"({"email":"secret@x","name":"secret@x"})"},
      {R"({"email":"secret@x"})", R"({"email":"secret@x","all":{"a":["to secret@x"]}})"},
      {R"({"email":41111})", R"({"email":41111,"copy":"\u00341111"})"},
      {"{\"email\":\"se\x1F\u0063ret@x\"}", R"({"name":"secret@x"})"},
      {R"({"mail":"secret@x"})", R"({"email":"secret@x"})"},
      {"{\"em\x1F\u0061il\":\"secret@x\"}", R"({"email":"secret@x"})"}};
  for (const auto& [before, after] : pairs) {
    for (const ShownHunk& hunk : Shown(before, after, sensitive)) {
      const std::string text = hunk.before.text + hunk.after.text;
      for (const std::string_view part : {"secret", "cret", "@x", "4111", "1111"})
        EXPECT_THAT(text, Not(HasSubstr(part))) << before << " → " << after;
    }
  }
  const auto other = Shown(R"({"email":"secret@x","a":"b"})", R"({"email":"secret@x","a":"c"})", sensitive);
  ASSERT_EQ(other.size(), 1u);
  EXPECT_THAT(other[0].after.text, HasSubstr("\"a\":\"c\"")) << "nothing moved";
}

}  // namespace
}  // namespace fracas::tools
