#include "tools/letters/letter_reader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "fake_group.h"
#include "fake_letters.h"
#include "state/format/codec.h"
#include "tools/letters/discard.h"

namespace fracas::tools {
namespace {

constexpr int64_t kNow = 1'769'864'400'000;  // an hour behind the letters

class LetterReaderTest : public testing::Test {
 protected:
  LetterReaderTest() {
    config_.group = "shop";
    config_.marks[""] = {"fracas.yaml", 1, 1};
    config_.http.listen = {"127.0.0.1", 9464, {}};
    config_.topics.ledger = "shop.ledger";
    config::Stream stream;
    stream.id = "orders";
    stream.pipeline = "ingest";
    stream.dataset = "shop.orders";
    stream.topics = {{"orders.raw", {}}};
    stream.mode = config::PublishMode::kCopy;
    stream.publish_topic = {"orders", {}};
    stream.dead_letter_topic = {"{topic}.dlq", {}};
    config_.streams.push_back(stream);
    log_.AddTopic("orders.raw", 2);
    log_.AddTopic("orders.raw.dlq", 2);
    log_.AddTopic("shop.ledger");
    for (Offset offset = 0; offset < 3; ++offset) {
      log_.Append({"orders.raw", 0}, {.key = "k", .value = "{\"id\":1}", .headers = {}});
    }
  }

  void AddLetter(Partition partition, Offset source, Code code) {
    log_.Append({"orders.raw.dlq", partition}, OurLetter({"orders.raw", partition}, source, code));
  }
  void End(Offset source, state::LetterEnd end) {
    state::LetterResolution resolution;
    resolution.stream = "ingest/orders";
    resolution.letter = {"orders.raw", 0};
    resolution.letter_offset = source;
    resolution.end = end;
    log_.Append({"shop.ledger", 0}, {.key = state::LetterKey({"orders.raw", 0}, source),
                                     .value = state::Encode(resolution),
                                     .headers = {}});
  }
  // What the instance answers, by the beginning of the question; nothing: nobody is there.
  std::map<std::string, std::string, std::less<>> answers_;
  std::vector<std::string> questions_;

  LetterReader Reader(bool from_topic = false, const Clock* clock = nullptr) {
    LetterPorts ports;
    ports.clock = clock;
    ports.get = [this](const std::string&, const std::string& target) -> Result<HttpAnswer> {
      questions_.push_back(target);
      for (const auto& [begin, body] : answers_) {
        if (target.starts_with(begin)) return HttpAnswer{200, body};
      }
      return Status::Retry("nobody answers at 127.0.0.1:9464");
    };
    ports.admin = [this]() -> Result<Admin*> { return &log_; };
    ports.reader = [this]() -> Result<std::unique_ptr<LogReader>> {
      return std::unique_ptr<LogReader>(std::make_unique<Borrowed>(&log_));
    };
    return LetterReader(config_, std::move(ports), from_topic);
  }
  Selection Select(const SelectionText& text) {
    Result<Selection> selection = ParseSelection(text, config_, kNow);
    EXPECT_TRUE(selection.ok()) << selection.status().message();
    return selection.ok() ? *selection : Selection();
  }
  std::vector<std::string> Places(LetterReader* reader, const SelectionText& text,
                                  LetterReader::Want want = LetterReader::Want::kBytes) {
    std::vector<std::string> places;
    const Status status = reader->Visit(Select(text), want, [&](const Letter& letter) {
      places.push_back(
          Cat(letter.Place(), " ", Name(letter.state), letter.loaded ? "" : " unloaded"));
      return true;
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return places;
  }

  class Borrowed : public LogReader {
   public:
    explicit Borrowed(LogReader* reader) : reader_(reader) {}
    Status Read(
        const TopicPartition& partition, Offset from, Offset to,
        const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override {
      return reader_->Read(partition, from, to, visit);
    }

   private:
    LogReader* const reader_;
  };

  config::Config config_;
  FakeLog log_;
};

using testing::Test;
using Strings = std::vector<std::string>;

TEST_F(LetterReaderTest, ScansWhatNobodyKeepsAccountOf) {
  AddLetter(0, 0, Code::kTypeMismatch);
  AddLetter(1, 0, Code::kJsonMalformed);
  LetterReader reader = Reader();
  EXPECT_EQ(Places(&reader, {}), (Strings{"orders.raw.dlq/0/0 open", "orders.raw.dlq/1/0 open"}));
  EXPECT_EQ(reader.looked().topics, Strings{"orders.raw.dlq"});
  EXPECT_EQ(reader.looked().records, 2u);
  EXPECT_NE(reader.looked().why_scan.find("nobody answers"), std::string::npos);
}

TEST_F(LetterReaderTest, TheLedgerSaysWhatBecameOfThem) {
  for (Offset offset = 0; offset < 3; ++offset) AddLetter(0, offset, Code::kTypeMismatch);
  End(0, state::LetterEnd::kResolved);
  End(2, state::LetterEnd::kDiscarded);
  LetterReader reader = Reader();
  EXPECT_EQ(Places(&reader, {}), Strings{"orders.raw.dlq/0/1 open"});
  EXPECT_EQ(Places(&reader, {.state = "all"}),
            (Strings{"orders.raw.dlq/0/0 resolved", "orders.raw.dlq/0/1 open",
                     "orders.raw.dlq/0/2 discarded"}));
}

TEST_F(LetterReaderTest, WhatIsSettledDuringALongScanIsNotVisited) {
  for (Offset offset = 0; offset < 200; ++offset) AddLetter(0, offset, Code::kTypeMismatch);
  End(3, state::LetterEnd::kResolved);
  MovingClock clock;
  LetterReader reader = Reader(true, &clock);
  std::vector<Offset> visited;
  const Status status =
      reader.Visit(Select({}), LetterReader::Want::kBytes, [&](const Letter& letter) {
        if (letter.offset == 150) {
          End(160, state::LetterEnd::kDiscarded);
          clock.moved_ms += 3'000;
        }
        visited.push_back(letter.offset);
        return true;
      });
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(visited.size(), 198u);
  EXPECT_EQ(std::count(visited.begin(), visited.end(), 160), 0) << "discarded while it was read";
  EXPECT_LE(log_.reads, 4u) << "the ledger is read on, neither anew nor for every letter";
}

TEST_F(LetterReaderTest, FiltersByEverythingThatALetterSays) {
  AddLetter(0, 0, Code::kTypeMismatch);
  AddLetter(0, 1, Code::kJsonMalformed);
  LetterReader reader = Reader();
  const Strings first{"orders.raw.dlq/0/0 open"};
  const Strings second{"orders.raw.dlq/0/1 open"};
  EXPECT_EQ(Places(&reader, {.codes = {"TYPE_MISMATCH"}}), first);
  EXPECT_EQ(Places(&reader, {.codes = {"1101"}}), second);
  EXPECT_EQ(Places(&reader, {.mode = "BB"}), second);
  EXPECT_EQ(Places(&reader, {.records = {"orders.raw/0/1"}}), second);
  EXPECT_EQ(Places(&reader, {.places = {"orders.raw/0/1"}}), second)
      << "a source topic: the record it was";
  EXPECT_EQ(Places(&reader, {.places = {"orders.raw.dlq/0/0-1"}}), first);
  EXPECT_EQ(Places(&reader, {.stream = "orders", .error = "EXPECTED INTEGER"}).size(), 2u);
  EXPECT_EQ(Places(&reader, {.since = "2h"}).size(), 2u);
  EXPECT_EQ(Places(&reader, {.since = "30m"}), Strings{});
  EXPECT_EQ(Places(&reader, {.until = "2h"}), Strings{});
  EXPECT_EQ(Places(&reader, {.system = "connect"}), Strings{});
}

TEST_F(LetterReaderTest, OnATopicOfTheConfigurationOurBlockIsProof) {
  AddLetter(0, 1, Code::kTypeMismatch);
  log_.AddTopic("copies");
  log_.Append({"copies", 0}, OurLetter({"orders.raw", 0}, 1, Code::kTypeMismatch));
  LetterReader reader = Reader();
  std::vector<formats::CoordinateTrust> trust;
  for (const char* topic : {"orders.raw.dlq", "copies"}) {
    const Status status =
        reader.Visit(Select({.topics = {topic}}), LetterReader::Want::kBytes, [&](const Letter& l) {
          trust.push_back(l.origin.coordinates);
          EXPECT_EQ(l.stream, "ingest/orders");
          EXPECT_EQ(l.OwnHeaders().size(), 1u);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status.message();
  }
  EXPECT_EQ(trust,
            (std::vector{formats::CoordinateTrust::kProven, formats::CoordinateTrust::kClaimed}));
}

constexpr char kPage[] =
    R"({"letters":[{"topic":"orders.raw.dlq","partition":0,"offset":1,"source":"orders.raw/0/1",
    "stream":"ingest/orders","code":"TYPE_MISMATCH","code_number":2103,"state":"open",
    "judged":"2026-01-31T12:00:00.000Z","attempt":1,"replay_count":0,"fingerprint":"aa11","id":"C-1"}],
    "next":null,"open":null})";

TEST_F(LetterReaderTest, AnInstanceIsAskedAndOnlyItsLettersAreRead) {
  for (Offset offset = 0; offset < 3; ++offset) AddLetter(0, offset, Code::kTypeMismatch);
  answers_["/state/dead_letters?count=false"] = kPage;
  LetterReader reader = Reader();
  EXPECT_EQ(Places(&reader, {.id = "C-1"}, LetterReader::Want::kFacts),
            Strings{"orders.raw.dlq/0/1 open unloaded"});
  EXPECT_EQ(log_.reads, 0u);
  EXPECT_NE(questions_.front().find("id_base64=Qy0x"), std::string::npos);
  EXPECT_NE(questions_.front().find("&state=open"), std::string::npos);
  EXPECT_EQ(Places(&reader, {.id = "C-1"}), Strings{"orders.raw.dlq/0/1 open"});
  EXPECT_EQ(log_.reads, 1u);
  EXPECT_TRUE(reader.looked().index);
}

TEST_F(LetterReaderTest, WhatRetentionTookMeanwhileIsCounted) {
  for (Offset offset = 0; offset < 3; ++offset) AddLetter(0, offset, Code::kTypeMismatch);
  log_.lows[{"orders.raw.dlq", 0}] = 2;
  answers_["/state/dead_letters?count=false"] = kPage;
  LetterReader reader = Reader();
  EXPECT_EQ(Places(&reader, {}), Strings{});
  EXPECT_EQ(reader.looked().gone, 1u);
}

TEST_F(LetterReaderTest, ATopicThatWasMadeAnewIsNotMistaken) {
  log_.Append({"orders.raw.dlq", 0}, OurLetter({"orders.raw", 0}, 5, Code::kTypeMismatch));
  log_.Append({"orders.raw.dlq", 0}, OurLetter({"orders.raw", 0}, 6, Code::kTypeMismatch));
  answers_["/state/dead_letters?count=false"] = kPage;  // says that record 1 lies at offset 1
  LetterReader reader = Reader();
  EXPECT_EQ(Places(&reader, {}), Strings{});
  EXPECT_EQ(reader.looked().gone, 1u);
}

TEST_F(LetterReaderTest, AnAnswerThatIsAFailureIsNotPassedOver) {
  answers_["/state/dead_letters?count=false"] = "{\"letters\":[{}]}";
  LetterReader reader = Reader();
  const Status status =
      reader.Visit(Select({}), LetterReader::Want::kFacts, [](const Letter&) { return true; });
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("topic"), std::string_view::npos);
}

TEST_F(LetterReaderTest, SaysWhatOnlyAnInstanceKnows) {
  LetterReader reader = Reader();
  const auto fail = [&](const SelectionText& text) {
    const Status status =
        reader.Visit(Select(text), LetterReader::Want::kFacts, [](const Letter&) { return true; });
    EXPECT_FALSE(status.ok());
    return std::string(status.message());
  };
  EXPECT_NE(fail({.id = "C-1"}).find("running instance"), std::string::npos);
  EXPECT_NE(fail({.topics = {"orders.raw.dlq"}, .id = "C-1"}).find("leave --topic out"),
            std::string::npos);
  EXPECT_NE(fail({.places = {"orders.raw.dlq/0"}, .id = "C-1"}).find("leave them out"),
            std::string::npos);
  EXPECT_NE(fail({.state = "expired"}).find("running instance"), std::string::npos);
  EXPECT_NE(fail({.topics = {"nowhere"}}).find("there is no topic nowhere"), std::string::npos);
  EXPECT_NE(fail({.places = {"orders.raw.dlq/7/0"}}).find("no partition orders.raw.dlq/7"),
            std::string::npos);
  AddLetter(0, 0, Code::kTypeMismatch);
  EXPECT_NE(fail({.places = {"orders.raw.dlq/0/9"}}).find("holds offsets 0 to 1"),
            std::string::npos);
}

FakeLog::Record ConnectLetter(const std::string& offset, const std::string& value) {
  return {.key = "k",
          .value = value,
          .headers = {{"__connect.errors.topic", "orders.raw"},
                      {"__connect.errors.partition", "0"},
                      {"__connect.errors.offset", offset},
                      {"__connect.errors.connector.name", "sink"},
                      {"__connect.errors.task.id", "0"},
                      {"__connect.errors.stage", "TASK_PUT"},
                      {"__connect.errors.class.name", "x.Y"}}};
}

TEST_F(LetterReaderTest, TheRecordItselfProvesWhereALetterCameFrom) {
  log_.AddTopic("sink.dlq");
  log_.Append({"sink.dlq", 0}, ConnectLetter("1", "{\"id\":1}"));
  log_.Append({"sink.dlq", 0}, ConnectLetter("1", "planted"));
  log_.Append({"sink.dlq", 0}, ConnectLetter("99", "{\"id\":1}"));
  LetterReader reader = Reader();
  std::vector<Letter> letters;
  ASSERT_TRUE(reader
                  .Visit(Select({.topics = {"sink.dlq"}}), LetterReader::Want::kBytes,
                         [&](const Letter& letter) {
                           letters.push_back(letter);
                           return true;
                         })
                  .ok());
  ASSERT_EQ(letters.size(), 3u);
  for (Letter& letter : letters) {
    EXPECT_EQ(letter.origin.coordinates, formats::CoordinateTrust::kClaimed);
    EXPECT_EQ(letter.state, LetterState::kUnknown);
    reader.CheckOrigin(&letter);
  }
  EXPECT_EQ(letters[0].origin.coordinates, formats::CoordinateTrust::kProven);
  EXPECT_EQ(letters[1].origin.coordinates, formats::CoordinateTrust::kDoubtful);
  EXPECT_FALSE(formats::CanReplay(letters[1].origin).possible);
  EXPECT_NE(letters[1].origin.notes.back().find("is another"), std::string::npos);
  EXPECT_NE(letters[2].origin.notes.back().find("could not be checked"), std::string::npos);
}

TEST_F(LetterReaderTest, DiscardsOnlyWhatIsOpenAndOurs) {
  AddLetter(0, 0, Code::kTypeMismatch);
  AddLetter(0, 1, Code::kTypeMismatch);
  End(1, state::LetterEnd::kDiscarded);
  log_.AddTopic("sink.dlq");
  log_.Append({"sink.dlq", 0}, ConnectLetter("1", "x"));
  LetterReader reader = Reader();
  Discarder discarder;
  std::vector<std::string> refused;
  for (const char* topic : {"orders.raw.dlq", "sink.dlq"}) {
    ASSERT_TRUE(reader
                    .Visit(Select({.topics = {topic}, .state = "all"}), LetterReader::Want::kBytes,
                           [&](const Letter& letter) {
                             if (Status s = discarder.Add(letter); !s.ok())
                               refused.emplace_back(s.message());
                             return true;
                           })
                    .ok());
  }
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_NE(refused[0].find("discarded already"), std::string::npos);
  EXPECT_NE(refused[1].find("Kafka Connect"), std::string::npos);
  const auto commands =
      discarder.Commands({.who = "anna", .why = "test", .new_id = [] { return "1"; }});
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_EQ(commands[0].stream, "ingest/orders");
  const auto& letters = std::get<wire::LetterDiscard>(commands[0].args).letters;
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(ToString(letters[0].source, letters[0].offset), "orders.raw/0/0");
}

TEST(Discarder, ACommandHasNoMoreThanItCanCarry) {
  Letter letter;
  letter.origin.system = formats::LetterSystem::kFracas;
  letter.origin.coordinates = formats::CoordinateTrust::kProven;
  letter.origin.source = {"orders.raw", 0};
  letter.stream = "ingest/orders";
  letter.state = LetterState::kOpen;
  Discarder discarder;
  for (letter.origin.offset = 0; letter.origin.offset < 2'001; ++letter.origin.offset) {
    ASSERT_TRUE(discarder.Add(letter).ok());
  }
  const auto commands = discarder.Commands({.who = "", .why = "", .new_id = [] { return "1"; }});
  ASSERT_EQ(commands.size(), 3u);
  EXPECT_EQ(std::get<wire::LetterDiscard>(commands[2].args).letters.size(), 1u);
}

}  // namespace
}  // namespace fracas::tools
