#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/limits.h"
#include "core/sha256.h"
#include "core/text.h"
#include "tests/golden/control_examples.h"
#include "wire/replay.h"

// Commands, facts and the journal: anybody may write to the control topic.

namespace fracas::wire {
namespace {

template <typename T>
std::string Encoded(const T& value) {
  std::string bytes;
  Encode(value, &bytes);
  return bytes;
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Status Refusal(const std::string& bytes) {
  const auto read = DecodeControl(bytes);
  return read.ok() ? Status() : read.status();
}

TEST(Control, EveryCommandComesBack) {
  for (const CommandArgs& args : ExampleCommandArgs()) {
    const std::string bytes = Encoded(ExampleCommand(args));
    const auto read = DecodeControl(bytes);
    ASSERT_TRUE(read.ok()) << read.status().message();
    const Command& command = std::get<Command>(*read);
    EXPECT_EQ(command.args.index(), args.index());
    EXPECT_EQ(command.expected_version, 12u);
    EXPECT_EQ(Encoded(command), bytes) << "nothing is lost";
  }
}

TEST(Control, EveryFactAndTheGenesisComeBack) {
  for (const FactArgs& args : ExampleFactArgs()) {
    const std::string bytes = Encoded(ExampleFact(args));
    const auto read = DecodeControl(bytes);
    ASSERT_TRUE(read.ok()) << read.status().message();
    EXPECT_EQ(Encoded(std::get<Fact>(*read)), bytes);
  }
  const std::string genesis = Encoded(ExampleControlGenesis());
  EXPECT_EQ(Encoded(std::get<ControlGenesis>(*DecodeControl(genesis))), genesis);
}

TEST(Control, WhatSaysNothingIsAbsent) {
  Command command = ExampleCommand(BreakerReset{});
  command.why = "because";
  command.not_after_ms = 0;
  command.expected_version.reset();
  const std::string bytes = Encoded(command);
  for (const char* absent : {"not_after", "expected_version", "contract", "divert"}) {
    EXPECT_EQ(bytes.find(absent), std::string::npos) << absent;
  }
  EXPECT_FALSE(std::get<Command>(*DecodeControl(bytes)).expected_version.has_value());
}

TEST(Control, IdsAreBytes) {
  for (int first = 0; first < 256; ++first) {
    for (const char* rest : {"", "x", "\x80", "\xBF\xBF"}) {
      const std::string id = std::string(1, static_cast<char>(first)) + rest;
      QuarantineRelease release;
      release.targets = {{false, id}};
      const auto read = DecodeControl(Encoded(ExampleCommand(release)));
      ASSERT_TRUE(read.ok()) << read.status().message();
      EXPECT_EQ(std::get<QuarantineRelease>(std::get<Command>(*read).args).targets[0].id, id);
    }
  }
}

TEST(Control, RefusalsNameTheMember) {
  const auto args = ExampleCommandArgs();
  const auto message = [](const std::string& bytes) {
    return std::string(Refusal(bytes).message());
  };
  const std::string add = Encoded(ExampleCommand(args[3]));
  const std::string reset = Encoded(ExampleCommand(args[1]));
  const std::string fact = Encoded(ExampleFact(ExampleFactArgs()[0]));
  const struct {
    std::string bytes;
    const char* member;
  } cases[] = {
      {Replaced(add, R"({"id":"C-1"})", R"({"id":""})"), "member id "},
      {Replaced(add, R"({"id":"C-1"})", R"({"id":"C-1","id_base64":"AAAA"})"), "id_base64"},
      {Replaced(add, R"({"id":"C-1"})", R"({"id_base64":"AA"})"), "id_base64"},
      {Replaced(add, R"({"id":"C-1"})", R"("C-1")"), "targets"},
      {Replaced(add, R"({"id":"C-1"})", R"({})"), "member id "},
      {Replaced(add, "raw/3/9041251", "raw/3/-1"), "record"},
      {Replaced(add, "raw/3/9041251", "raw/03/1"), "record"},
      {Replaced(add, "\"owner\":\"crm-team\"", "\"owner\":7"), "owner"},
      {Replaced(add, "\"who\":\"alice\"", Cat("\"who\":\"", std::string(3'000, 'x'), "\"")), "who"},
      {Replaced(add, "quarantine.add", "quarantine.explode"), "type"},
      {Replaced(add, "\"kind\":\"command\"", "\"kind\":\"order\""), "kind"},
      {Replaced(reset, "[2101,2103]", "[1]"), "divert"},
      {Replaced(reset, "[2101,2103]", "[]"), "divert"},
      {Replaced(reset, "[2101,2103]", R"(["TYPE_MISMATCH"])"), "divert"},
      {Replaced(reset, "\"expected_version\":12", "\"expected_version\":-1"), "expected_version"},
      {Replaced(fact, "\"to\":9041532", "\"to\":9041219"), "member to "},
      {Replaced(fact, "\"attempt\":2", "\"attempt\":0"), "attempt"},
      {Replaced(fact, "\"topic\":\"crm.contacts.raw\"", "\"topic\":\"\""), "topic"},
      {Replaced(fact, "\"partition\":3", "\"partition\":2147483648"), "partition"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(Refusal(each.bytes).action(), Action::kReject);
    EXPECT_NE(message(each.bytes).find(each.member), std::string::npos) << message(each.bytes);
  }
}

TEST(Control, ListsAndBytesAreBounded) {
  QuarantineRelease release;
  release.targets.assign(limits::kCommandTargetsMax, {false, "C"});
  EXPECT_TRUE(Refusal(Encoded(ExampleCommand(release))).ok());
  release.targets.push_back({false, "C"});
  EXPECT_NE(Refusal(Encoded(ExampleCommand(release))).message().find("targets"),
            std::string_view::npos);
  release.targets.assign(1, {false, std::string(limits::kIdBytesMax + 1, 'x')});
  EXPECT_FALSE(Refusal(Encoded(ExampleCommand(release))).ok());
  std::string long_one = Encoded(ExampleCommand(Note{}));
  long_one.append(limits::kControlBytesMax, ' ');
  EXPECT_EQ(Refusal(long_one).action(), Action::kReject);
}

TEST(Control, ACodeOfANewerProgramIsUnknown) {
  const std::string fact = Encoded(ExampleFact(ExampleFactArgs()[0]));
  const auto read = DecodeControl(Replaced(fact, "\"cause\":2103", "\"cause\":2199"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::get<Tripped>(std::get<Fact>(*read).args).cause, Code::kUnknown);
}

TEST(Control, VersionsAndHostileBytes) {
  std::vector<std::string> all;
  for (const CommandArgs& args : ExampleCommandArgs()) all.push_back(Encoded(ExampleCommand(args)));
  for (const FactArgs& args : ExampleFactArgs()) all.push_back(Encoded(ExampleFact(args)));
  for (const std::string& bytes : all) {
    EXPECT_TRUE(
        Refusal(Replaced(bytes, "\"v\":\"1.0\"", "\"v\":\"1.9\",\"new\":{\"v\":[2]}")).ok());
    EXPECT_EQ(Refusal(Replaced(bytes, "\"v\":\"1.0\"", "\"v\":\"2.0\"")).action(), Action::kStop);
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Refusal(bytes.substr(0, size)).action(), Action::kReject);
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (const int mask : {0x01, 0x20, 0x80}) {
        std::string flipped = bytes;
        flipped[i] = static_cast<char>(flipped[i] ^ mask);
        const auto read = DecodeControl(flipped);
        (void)PeekControl(flipped);
        // What is read can be written and read again, to the same bytes.
        if (!read.ok() || !std::holds_alternative<Command>(*read)) continue;
        const std::string again = Encoded(std::get<Command>(*read));
        const auto second = DecodeControl(again);
        ASSERT_TRUE(second.ok()) << again << second.status().message();
        EXPECT_EQ(Encoded(std::get<Command>(*second)), again);
      }
    }
  }
  for (const char* odd : {"", " ", "null", "[]", "\"v\"", "1", "{}", "{\"v\":{}}"}) {
    EXPECT_EQ(Refusal(odd).action(), Action::kReject) << odd;
  }
}

TEST(Control, PeekTellsWhoseItWas) {
  const ControlHead head = PeekControl(R"({"v":7,"id":"a","type":["x"],"who":"eve","why":"é"})");
  EXPECT_EQ(head.id, "a");
  EXPECT_EQ(head.type, "");
  EXPECT_EQ(head.who, "eve");
  EXPECT_EQ(PeekControl("{").id, "");
  EXPECT_LE(PeekControl(Cat("{\"id\":\"", std::string(9'000, 'x'), "\"}")).id.size(),
            limits::kCommandTextBytesMax);
}

TEST(RecordId, HasOneSpelling) {
  TopicPartition source;
  Offset offset = 0;
  EXPECT_TRUE(ParseRecordId("a/b/3/7", &source, &offset)) << "whatever a topic is called";
  EXPECT_EQ(source.topic, "a/b");
  for (const char* odd :
       {"", "/", "//", "t/1", "t/1/", "t//1", "/1/1", "t/1/1/", "t/-1/1", "t/1/+1", "t/01/1",
        "t/1/01", "t/1/1 ", "t/2147483648/1", "t/1/9223372036854775808"}) {
    EXPECT_FALSE(ParseRecordId(odd, &source, &offset)) << odd;
  }
}

TEST(Journal, ComesBackAndIsTolerant) {
  const JournalEntry entry = ExampleJournalEntry();
  const std::string bytes = Encoded(entry);
  const auto read = DecodeJournalEntry(bytes);
  ASSERT_TRUE(read.ok()) << read.status().message();
  EXPECT_EQ(Encoded(*read), bytes);
  EXPECT_EQ(read->after_json, entry.after_json);
  JournalEntry timer = entry;
  timer.control_offset = kNoOffset;
  timer.applied = false;
  timer.before_json.clear();
  EXPECT_EQ(DecodeJournalEntry(Encoded(timer))->control_offset, kNoOffset);
  EXPECT_TRUE(DecodeJournalEntry(Encoded(timer))->before_json.empty());
  EXPECT_FALSE(DecodeJournalEntry(Replaced(bytes, "\"applied\"", "\"maybe\"")).ok());
  EXPECT_EQ(DecodeJournalEntry(Replaced(bytes, "\"v\":\"1.0\"", "\"v\":\"2.0\"")).status().action(),
            Action::kStop);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(DecodeJournalEntry(bytes.substr(0, size)).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x20);
    (void)DecodeJournalEntry(flipped).ok();
  }
}

TEST(ReplayDigest, TellsKeysFromValuesAndNullFromEmpty) {
  const std::string_view null;
  const std::string digests[] = {ReplayDigest("", ""),    ReplayDigest(null, ""),
                                 ReplayDigest("", null),  ReplayDigest("ab", "c"),
                                 ReplayDigest("a", "bc"), ReplayDigest("abc", "")};
  for (const std::string& a : digests) {
    EXPECT_EQ(a.size(), 64u);
    EXPECT_EQ(std::count(std::begin(digests), std::end(digests), a), 1);
  }
  const std::string bytes = std::string("k\0\0\0\0\0\0\0\1xk\0\0\0\0\0\0\0\2yz", 21);
  EXPECT_EQ(ReplayDigest("x", "yz"), Sha256Hex(bytes));
}

}  // namespace
}  // namespace fracas::wire
