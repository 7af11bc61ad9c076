#include <gtest/gtest.h>

#include "core/text.h"
#include "state/format/codec.h"
#include "tests/tools/fake_letters.h"
#include "tools/letters/older_letters.h"
#include "tools/replay/choice.h"
#include "tools/replay/chunk.h"
#include "tools/replay/lineage.h"
#include "tools/replay/pace.h"
#include "tools/replay/plan.h"
#include "tools/replay/under_way.h"

namespace fracas::tools {
namespace {

const TopicPartition kSource{"archive", 0};

ReplayJob SomeJob() {
  ReplayJob job;
  job.name = "j";
  job.request = "abc";
  job.selection = "records of \"x\"";
  job.to = "again";
  job.state = JobState::kStopped;
  job.reason = "RED";
  job.who = "anna";
  job.why = "INC";
  job.sequence = 7;
  job.started_ms = 1'769'860'800'000;
  job.updated_ms = 1'769'860'801'000;
  job.ranges = {{.source = kSource, .from = 10, .to = 90, .next = 40}};
  job.letters = {{{"again.dlq", 3}, 12}};
  job.counts = {.read = 36,
                .sent = 20,
                .bytes = 999,
                .filtered = 7,
                .parked = 2,
                .left_out = 1,
                .elsewhere = 3,
                .rewritten = 2,
                .superseded = 1,
                .under_way = 4};
  return job;
}

TEST(ReplayJobTest, ItReadsBackWhatItWrote) {
  const ReplayJob job = SomeJob();
  std::string bytes;
  Encode(job, &bytes);
  Result<ReplayJob> back = DecodeReplayJob(bytes);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(*back, job);
  EXPECT_EQ(back->Remaining(), 50U);
  EXPECT_EQ(back->Total(), 80U);
}

// Jobs live longer than programs: a change of these bytes needs a version.
TEST(ReplayJobTest, TheBytesAreFrozen) {
  std::string bytes;
  Encode(SomeJob(), &bytes);
  EXPECT_EQ(
      bytes,
      "{\"v\":\"1.0\",\"job\":\"j\",\"request\":\"abc\",\"selection\":\"records of "
      "\\\"x\\\"\",\"to\":\"again\",\"state\":\"stopped\",\"reason\":\"RED\",\"who\":\"anna\","
      "\"why\":\"INC\",\"sequence\":7,\"started\":\"2026-01-31T12:00:00.000Z\",\"updated\":"
      "\"2026-01-31T12:00:01.000Z\",\"ranges\":[{\"topic\":\"archive\",\"partition\":0,"
      "\"from\":10,\"to\":90,\"next\":40}],\"letters\":[{\"topic\":\"again.dlq\","
      "\"partition\":3,\"offset\":12}],\"counts\":{\"read\":36,\"sent\":20,\"bytes\":999,"
      "\"filtered\":7,\"parked\":2,\"left_out\":1,\"elsewhere\":3,\"rewritten\":2,"
      "\"superseded\":1,\"under_way\":4}}");
}

TEST(ReplayJobTest, OneWithoutACountThatCameLaterIsRead) {
  std::string bytes;
  Encode(SomeJob(), &bytes);
  const std::string later = ",\"under_way\":4";
  bytes.erase(bytes.find(later), later.size());
  Result<ReplayJob> back = DecodeReplayJob(bytes);
  ASSERT_TRUE(back.ok()) << back.status().message();
  EXPECT_EQ(back->counts.under_way, 0U);
}

TEST(ReplayJobTest, AnythingElseIsRefused) {
  for (const char* bytes : {"", "{}", "[]", "{\"v\":\"1.0\"}", "x"}) {
    EXPECT_EQ(DecodeReplayJob(bytes).status().action(), Action::kReject) << bytes;
  }
  EXPECT_EQ(DecodeReplayJob("{\"v\":\"2.0\"}").status().action(), Action::kStop);
  std::string bytes;
  ReplayJob job = SomeJob();
  job.ranges[0].next = 91;  // behind its end
  Encode(job, &bytes);
  EXPECT_FALSE(DecodeReplayJob(bytes).ok());
}

TEST(PassOverTest, WhatWasDoneIsNotReadAgain) {
  ReplayPlan plan;
  plan.job.ranges = {{.source = kSource, .from = 0, .to = 100, .next = 0},
                     {.source = {"archive", 1}, .from = 0, .to = 50, .next = 0},
                     {.source = {"archive", 2}, .from = 0, .to = 9, .next = 0}};
  ReplayJob done;
  done.ranges = {{.source = kSource, .from = 0, .to = 70, .next = 70},
                 {.source = {"archive", 1}, .from = 0, .to = 50, .next = 50}};
  PassOver(done, &plan);
  ASSERT_EQ(plan.job.ranges.size(), 2U);
  EXPECT_EQ(plan.job.ranges[0],
            (ReplayRange{.source = kSource, .from = 70, .to = 100, .next = 70}));
  EXPECT_EQ(plan.job.ranges[1].source.partition, 2);
}

TEST(ArenaTest, BytesStayWhereTheyAre) {
  Arena arena;
  std::vector<std::string_view> kept;
  for (int i = 0; i < 3'000; ++i)
    kept.push_back(arena.Keep(std::string(1'000, static_cast<char>('a' + i % 26))));
  for (int i = 0; i < 3'000; ++i) {
    EXPECT_EQ(kept[static_cast<size_t>(i)], std::string(1'000, static_cast<char>('a' + i % 26)));
  }
  EXPECT_EQ(arena.Keep({}).data(), nullptr) << "null stays null";
  EXPECT_NE(arena.Keep(std::string_view("", 0)).data(), nullptr) << "empty is not null";
  const std::string large(5'000'000, 'x');
  EXPECT_EQ(arena.Keep(large), large);
  arena.Clear();
  EXPECT_EQ(arena.Keep("again"), "again");
}

TEST(PaceTest, ARateIsKeptAndLostTimeIsNotMadeUpFor) {
  Pace pace({.records_per_second = 100, .bytes_per_second = 0}, 1'000);
  EXPECT_EQ(pace.RecordsAtOnce(10'000), 20U);
  EXPECT_EQ(pace.BytesAtOnce(8'000), 8'000U);
  EXPECT_EQ(pace.WaitMs(1'000), 0);
  pace.Sent(20, 0, 1'000);
  EXPECT_EQ(pace.WaitMs(1'000), 200);
  EXPECT_EQ(pace.WaitMs(1'150), 50);
  EXPECT_EQ(pace.WaitMs(1'200), 0);
  // A minute of waiting for the judges: then one step at once, not six thousand records.
  pace.Sent(20, 0, 61'200);
  EXPECT_EQ(pace.WaitMs(61'200), 0);
  pace.Sent(20, 0, 61'200);
  EXPECT_EQ(pace.WaitMs(61'200), 200);
}

TEST(PaceTest, TheStricterRateCounts) {
  Pace pace({.records_per_second = 1'000, .bytes_per_second = 100}, 0);
  EXPECT_EQ(pace.BytesAtOnce(8'000), 20U);
  pace.Sent(1, 500, 0);  // one record that is larger than a step goes alone, and then it waits
  EXPECT_EQ(pace.WaitMs(0), 5'000);
  Pace none({}, 0);
  none.Sent(1'000'000, 1'000'000'000, 5);
  EXPECT_EQ(none.WaitMs(5), 0);
  EXPECT_EQ(none.RecordsAtOnce(10), 10U);
  EXPECT_EQ(Pace({.records_per_second = 0.5, .bytes_per_second = 0}, 0).RecordsAtOnce(10), 1U);
}

TEST(ReplayCountTest, TheLargestClaimCounts) {
  const std::vector<HeaderView> headers = {
      {"fracas.replay.count", "2"}, {"fracas.replay.count", "x"}, {"a", "9"}};
  FeedRecord record;
  EXPECT_EQ(ReplayCountOf(record), 0U);
  record.headers = headers;
  EXPECT_EQ(ReplayCountOf(record), 2U);
  Letter letter;
  letter.replay_count = 5;
  record.letter = &letter;
  EXPECT_EQ(ReplayCountOf(record), 5U);
}

class ChoiceTest : public testing::Test {
 protected:
  ChoiceTest() {
    letter_.loaded = true;
    letter_.origin.system = formats::LetterSystem::kConnect;
    letter_.origin.source = {"orders.raw", 0};
    letter_.origin.offset = 7;
    letter_.origin.coordinates = formats::CoordinateTrust::kClaimed;
    letter_.origin.key = letter_.origin.value = formats::ByteTrust::kOriginal;
    record_.letter = &letter_;
    rules_.to = "orders.raw";
    rules_.count_max = 3;
  }
  Choice Chosen() const { return Choose(record_, rules_); }

  Letter letter_;
  FeedRecord record_;
  ChoiceRules rules_;
};

TEST_F(ChoiceTest, ALetterGoesBackToWhereItCameFrom) {
  EXPECT_EQ(Chosen(), Choice::kSend);
  rules_.to = "invoices.raw";
  EXPECT_EQ(Chosen(), Choice::kElsewhere);
  rules_.any_origin = true;
  EXPECT_EQ(Chosen(), Choice::kSend);
  rules_.any_origin = false;
  letter_.origin.coordinates = formats::CoordinateTrust::kDoubtful;
  EXPECT_EQ(Chosen(), Choice::kSend) << "a claim that is not believed speaks against nothing";
}

TEST_F(ChoiceTest, BytesThatAreNotTheRecordsAreSaid) {
  letter_.origin.value = formats::ByteTrust::kRewritten;
  EXPECT_EQ(Chosen(), Choice::kRewritten);
  letter_.origin.value = formats::ByteTrust::kUnknown;
  EXPECT_EQ(Chosen(), Choice::kRewritten);
  rules_.rewritten = true;
  EXPECT_EQ(Chosen(), Choice::kSend);
  letter_.origin.value = formats::ByteTrust::kLeftOut;
  EXPECT_EQ(Chosen(), Choice::kLeftOut);
}

TEST_F(ChoiceTest, ARecordThatWasReplayedTooOftenIsParked) {
  letter_.replay_count = 2;
  EXPECT_EQ(Chosen(), Choice::kSend);
  letter_.replay_count = 3;
  EXPECT_EQ(Chosen(), Choice::kParked);
  rules_.count_max = 0;
  EXPECT_EQ(Chosen(), Choice::kSend);
}

TEST_F(ChoiceTest, EveryRecordIsCountedOnce) {
  ReplayCounts counts;
  for (const Choice choice :
       {Choice::kSend, Choice::kFiltered, Choice::kLeftOut, Choice::kElsewhere, Choice::kRewritten,
        Choice::kSuperseded, Choice::kParked}) {
    Count(choice, record_, &counts);
  }
  EXPECT_EQ(counts, (ReplayCounts{.read = 7,
                                  .sent = 1,
                                  .bytes = 0,
                                  .filtered = 1,
                                  .parked = 1,
                                  .left_out = 1,
                                  .elsewhere = 1,
                                  .rewritten = 1,
                                  .superseded = 1}));
}

TEST(FilterTest, AllConditionsMustHold) {
  const std::vector<HeaderView> headers = {{"tier", "gold"}, {"empty", {}}};
  FeedRecord record;
  record.value =
      "{\"country\":\"SE\",\"n\":4,\"deep\":{\"x\":\"a=b\"},\"on\":true,\"off\":false,\"no\":null}";
  record.headers = headers;
  record.timestamp_ms = 1'000;
  const auto matches = [&](FilterText text) {
    Result<RecordFilter> filter = RecordFilter::Parse(text, nullptr);
    return filter.ok() && filter->Matches(record);
  };
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({.headers = {"tier"}, .pointers = {"/country=SE"}, .business_id = ""}));
  EXPECT_TRUE(
      matches({.headers = {"tier=gold", "empty"}, .pointers = {"/n=4"}, .business_id = ""}));
  EXPECT_TRUE(matches({.headers = {}, .pointers = {"/deep/x=a=b"}, .business_id = ""}));
  EXPECT_FALSE(matches({.headers = {"tier=tin"}, .pointers = {}, .business_id = ""}));
  EXPECT_FALSE(matches({.headers = {}, .pointers = {"/country=SE", "/n=5"}, .business_id = ""}));
  EXPECT_FALSE(matches({.headers = {"no"}, .pointers = {}, .business_id = ""}));
  EXPECT_TRUE(matches(
      {.headers = {}, .pointers = {"/on=true", "/off=false", "/no=null"}, .business_id = ""}));
  for (const char* not_so : {"/on=false", "/off=null", "/no=", "/absent=null", "/country=null"}) {
    EXPECT_FALSE(matches({.headers = {}, .pointers = {not_so}, .business_id = ""})) << not_so;
  }
  for (const char* wrong : {"country=SE", "/country", "", "=", "/a~2=1"}) {
    EXPECT_FALSE(
        RecordFilter::Parse({.headers = {}, .pointers = {wrong}, .business_id = ""}, nullptr).ok())
        << wrong;
  }
  EXPECT_FALSE(
      RecordFilter::Parse({.headers = {}, .pointers = {}, .business_id = "7"}, nullptr).ok())
      << "nothing says where the id is";
  RecordFilter times;
  times.SetTimes(1'000, 1'001);
  EXPECT_TRUE(times.Matches(record));
  times.SetTimes(1'001, 0);
  EXPECT_FALSE(times.Matches(record));
  times.SetTimes(0, 1'000);
  EXPECT_FALSE(times.Matches(record)) << "the end is not part of it";
}

std::string HeadersText(const Chunk& chunk) {
  std::string text;
  for (const HeaderView& header : chunk.headers)
    AppendTo(&text, header.name, "=", header.value, " ");
  return text;
}

TEST(MarksTest, OlderMarksAreReplaced) {
  const std::vector<HeaderView> headers = {{"is_replay", "false"},
                                           {"own", "1"},
                                           {"fracas.replay.ticket", "t"},
                                           {"fracas.replay.of", "x/0/1"},
                                           {"fracas.replay.count", "1"},
                                           {"fracas.replay.job", "old"},
                                           {"fracas.replay.who", "eve"},
                                           {"fracas.replay.why", "old"},
                                           {"mine", "false"}};
  FeedRecord record;
  record.place = kSource;
  record.offset = 7;
  record.headers = headers;
  record.value = "v";
  const ReplayMarks marks{.job = "new", .mark_header = "mine", .who = "anna", .why = "INC"};
  Chunk chunk;
  AddRecord({.record = &record, .value = record.value}, marks, &chunk);
  EXPECT_EQ(HeadersText(chunk),
            "own=1 is_replay=true mine=true fracas.replay.of=archive/0/7 fracas.replay.count=2 "
            "fracas.replay.job=new fracas.replay.who=anna fracas.replay.why=INC ");
  EXPECT_EQ(chunk.bytes, 1U);
}

TEST(MarksTest, TheOriginalsNamesAreKept) {
  FeedRecord record;
  record.place = kSource;
  const ReplayMarks marks{.job = "j", .mark_header = "", .who = "a", .why = "b"};
  wire::TicketCreate ticket;
  ticket.ticket = "t1";
  Chunk chunk;
  AddRecord({.record = &record,
             .ids = {.message_id = "m-1", .idempotency_key = "k-1"},
             .ticket = &ticket},
            marks, &chunk);
  EXPECT_EQ(HeadersText(chunk),
            "is_replay=true fracas.replay.ticket=t1 fracas.replay.of=archive/0/0 "
            "fracas.replay.count=1 original_message_id=m-1 idempotency_key=k-1 "
            "fracas.replay.job=j fracas.replay.who=a fracas.replay.why=b ");
  RenameTicket(0, "t2", &chunk);
  EXPECT_EQ(chunk.tickets[0].create.ticket, "t2");
  EXPECT_EQ(chunk.headers[1].value, "t2");
  // What the record itself carries is older, and wins.
  const std::vector<HeaderView> headers = {{"original_message_id", "m-0"},
                                           {"idempotency_key", "k-0"}};
  record.headers = headers;
  chunk.Clear();
  AddRecord({.record = &record, .ids = {.message_id = "m-1", .idempotency_key = "k-1"}}, marks,
            &chunk);
  EXPECT_EQ(HeadersText(chunk).substr(0, 46), "original_message_id=m-0 idempotency_key=k-0 is");
}

// The pipeline's count says what is a replay; a header alone says nothing.
class LineageTest : public testing::Test {
 protected:
  LineageTest() {
    config_.group = "shop";
    config_.marks[""] = {"shop.yaml", 1, 1};
    config_.topics.ledger = "shop.ledger";
    config::Stream& stream = config_.streams.emplace_back();
    stream.pipeline = "ingest";
    stream.id = "orders";
    stream.topics.push_back({.value = "orders.raw", .mark = {}});
    stream.mode = config::PublishMode::kCopy;
    stream.publish_topic.value = "{topic}.out";
    stream.dead_letter_topic.value = "{topic}.dlq";
    for (const char* topic : {"orders.raw", "orders.raw.dlq", "shop.ledger"}) log_.AddTopic(topic);
  }
  void AddLetter(Offset source, const std::string& of, const std::string& count) {
    FakeLog::Record record = OurLetter({"orders.raw", 0}, source, Code::kTypeMismatch);
    for (auto& [name, value] : record.headers) {
      if (name == "fracas.replay.count") value = count;
    }
    record.headers.insert(record.headers.begin(), {"fracas.replay.of", of});
    log_.Append({"orders.raw.dlq", 0}, std::move(record));
  }
  LetterReader Letters() {
    LetterPorts ports;
    ports.admin = [this]() -> Result<Admin*> { return &log_; };
    ports.reader = [this]() -> Result<std::unique_ptr<LogReader>> {
      struct Reader : LogReader {
        explicit Reader(FakeLog* wrapped) : log(wrapped) {}
        Status Read(
            const TopicPartition& partition, Offset from, Offset to,
            const std::function<bool(const ConsumedRecord&, const PayloadLease&)>& visit) override {
          return log->Read(partition, from, to, visit);
        }
        FakeLog* const log;
      };
      return std::unique_ptr<LogReader>(std::make_unique<Reader>(&log_));
    };
    return LetterReader(config_, std::move(ports), true);
  }
  Result<RecordPlaces> Find(const Selection& selected = {.stream = "ingest/orders"},
                            size_t most = limits::kLineageMax) {
    LetterReader reader = Letters();
    return FindSuperseded(selected, &reader, most);
  }

  config::Config config_;
  FakeLog log_;
};

TEST_F(LineageTest, ANewerLetterOfTheSameRecordStandsForBoth) {
  AddLetter(5, "", "0");
  AddLetter(90, "orders.raw/0/5", "1");
  AddLetter(95, "orders.raw/0/90", "2");
  AddLetter(96, "orders.raw/0/1", "0");  // forged: the pipeline counted no replay
  AddLetter(97, "nonsense", "1");
  AddLetter(98, "orders.raw/0/98", "1");  // itself
  Result<RecordPlaces> places = Find();
  ASSERT_TRUE(places.ok()) << places.status().message();
  const TopicPartition raw{"orders.raw", 0};
  EXPECT_TRUE(places->Contains(raw, 5) && places->Contains(raw, 90));
  EXPECT_EQ(places->size(), 2U);
}

TEST_F(LineageTest, OnlyRecordsThatFailedAgainCountAndThereIsAWayOut) {
  for (Offset times = 1; times <= 5; ++times) AddLetter(90 + times, "orders.raw/0/5", "1");
  ASSERT_TRUE(Find({.stream = "ingest/orders"}, 1).ok()) << "five letters of one record";
  AddLetter(99, "orders.raw/0/6", "1");
  Result<RecordPlaces> places = Find({.stream = "ingest/orders"}, 1);
  ASSERT_EQ(places.status().action(), Action::kStop);
  EXPECT_NE(places.status().message().find("--since"), std::string::npos);
  places = Find({.stream = "ingest/orders", .since_ms = 1'769'860'800'000 + 2 * 3'600'000}, 1);
  ASSERT_TRUE(places.ok()) << "what it advises helps";
  EXPECT_EQ(places->size(), 0U);
}

TEST_F(LineageTest, TheNewestLetterOfARecordIsNamed) {
  const TopicPartition raw{"orders.raw", 0};
  AddLetter(5, "", "0");
  AddLetter(90, "orders.raw/0/5", "1");
  AddLetter(95, "orders.raw/0/90", "2");
  AddLetter(96, "orders.raw/0/1", "0");  // forged
  LetterReader reader = Letters();
  Lineage lineage;
  ASSERT_TRUE(lineage.Read({.stream = "ingest/orders"}, &reader).ok());
  ASSERT_NE(lineage.NewestOf(raw, 5), nullptr);
  EXPECT_EQ(lineage.NewestOf(raw, 5)->Place(), "orders.raw.dlq/0/2");
  EXPECT_EQ(lineage.NextOf(raw, 5)->Place(), "orders.raw.dlq/0/1");
  EXPECT_EQ(lineage.NewestOf(raw, 95), nullptr);
  EXPECT_EQ(lineage.NewestOf(raw, 1), nullptr);
  EXPECT_EQ(lineage.OlderThan([](const NewerLetter& newest) { return newest.offset == 2; }).size(),
            2U);
  const std::string open = WhySuperseded(*lineage.NewestOf(raw, 5), "orders.raw.dlq/0/0");
  EXPECT_NE(open.find("orders.raw.dlq/0/2, which stands for both"), std::string::npos) << open;
  NewerLetter published = *lineage.NewestOf(raw, 5);
  published.state = LetterState::kResolved;
  const std::string readers = WhySuperseded(published, "orders.raw.dlq/0/0");
  EXPECT_NE(readers.find("readers have the record"), std::string::npos) << readers;
  EXPECT_NE(readers.find("fracas dlq discard orders.raw.dlq/0/0"), std::string::npos) << readers;
}

TEST_F(LineageTest, OfTwoReplaysThatFailedTheLaterOneStands) {
  const TopicPartition raw{"orders.raw", 0};
  AddLetter(5, "", "0");
  AddLetter(90, "orders.raw/0/5", "1");
  AddLetter(91, "orders.raw/0/5", "1");
  LetterReader reader = Letters();
  Lineage lineage;
  ASSERT_TRUE(lineage.Read({.stream = "ingest/orders"}, &reader).ok());
  EXPECT_EQ(lineage.NewestOf(raw, 5)->Place(), "orders.raw.dlq/0/2");
  ASSERT_NE(lineage.NewestOf(raw, 90), nullptr);
  EXPECT_EQ(lineage.NewestOf(raw, 90)->Place(), "orders.raw.dlq/0/2");
  EXPECT_EQ(lineage.NewestOf(raw, 91), nullptr);
  ASSERT_TRUE(lineage.ReadPlaces("ingest/orders", {{{"orders.raw.dlq", 0}, 1, 3}}, &reader).ok());
  EXPECT_EQ(lineage.NewestOf(raw, 91), nullptr) << "read once more it is no sibling of itself";
}

TEST_F(LineageTest, ARingOfForgedNamesEnds) {
  AddLetter(5, "orders.raw/0/6", "1");
  AddLetter(6, "orders.raw/0/5", "1");
  LetterReader reader = Letters();
  Lineage lineage;
  ASSERT_TRUE(lineage.Read({.stream = "ingest/orders"}, &reader).ok());
  EXPECT_NE(lineage.NewestOf({"orders.raw", 0}, 5), nullptr);
}

class UnderWayTest : public LineageTest {
 protected:
  UnderWayTest() {
    log_.AddTopic("shop.state");
    Put(state::GenesisKey(), Encode(state::Genesis{.uuid = std::string(32, '1'), .group = "shop"}));
  }
  void Put(std::string key, std::string value) {
    log_.Append({"shop.state", 0},
                {.key = std::move(key), .value = std::move(value), .headers = {}});
  }
  void AddTicket(const std::string& id, Offset letter, int64_t expires_ms = kNow + 1) {
    state::Ticket ticket;
    ticket.stamp.time_ms = kNow;
    ticket.id = id;
    ticket.stream = "ingest/orders";
    ticket.letter = {"orders.raw", 0};
    ticket.letter_offset = letter;
    ticket.who = "anna";
    ticket.expires_ms = expires_ms;
    Put(state::TicketKey(id), Encode(ticket));
  }
  Result<ReplaysUnderWay> ReadAll() {
    return ReplaysUnderWay::Read({.group = "shop",
                                  .state_topic = "shop.state",
                                  .reader = &log_,
                                  .admin = &log_,
                                  .stream = {},
                                  .progress = {}},
                                 kNow);
  }
  // The id of the open ticket; "" none.
  std::string Of(ReplaysUnderWay* replays, Offset letter) {
    LetterReader reader = Letters();
    Result<const state::Ticket*> ticket = replays->Of({"orders.raw", 0}, letter, &reader);
    EXPECT_TRUE(ticket.ok()) << ticket.status().message();
    return !ticket.ok() || *ticket == nullptr ? "" : (*ticket)->id;
  }

  static constexpr int64_t kNow = 1'769'860'800'000;
};

TEST_F(UnderWayTest, UntilItIsJudgedOrItsTicketIsOver) {
  AddTicket("waits", 5);
  AddTicket("over", 6, kNow);
  AddTicket("used", 7);
  Put(state::TicketKey("used"), "");
  AddTicket("failed", 8);
  AddLetter(98, "orders.raw/0/8", "1");
  log_.logs[{"orders.raw.dlq", 0}].back().headers.insert(
      log_.logs[{"orders.raw.dlq", 0}].back().headers.begin(), {"fracas.replay.ticket", "failed"});
  Result<ReplaysUnderWay> replays = ReadAll();
  ASSERT_TRUE(replays.ok()) << replays.status().message();
  EXPECT_EQ(Of(&*replays, 5), "waits");
  EXPECT_EQ(Of(&*replays, 6), "");
  EXPECT_EQ(Of(&*replays, 7), "") << "published: its ticket is gone";
  EXPECT_EQ(Of(&*replays, 8), "") << "it came back as a letter of its own";
  EXPECT_EQ(Of(&*replays, 9), "");
}

// The newer letter stands for the record; what may still become of the older one keeps it open.
TEST_F(UnderWayTest, OlderLettersAreDiscardedWithTheNewestAsTheReason) {
  for (const Offset source : {5, 6, 7, 8}) AddLetter(source, "", "0");
  AddLetter(90, "orders.raw/0/5", "1");
  AddLetter(91, "orders.raw/0/6", "1");
  AddLetter(92, "orders.raw/0/90", "2");
  AddTicket("another", 6);  // not the one that failed
  LetterReader reader = Letters();
  Lineage lineage;
  ASSERT_TRUE(lineage.Read({.stream = "ingest/orders"}, &reader).ok());
  Result<ReplaysUnderWay> replays = ReadAll();
  ASSERT_TRUE(replays.ok()) << replays.status().message();
  const DiscardOptions options{.who = "anna", .why = {}, .new_id = [] { return "id"; }};
  OlderScope scope;
  scope.letters.stream = "ingest/orders";
  Result<OlderLetters> older = FindOlder(scope, lineage, *replays, options, &reader);
  ASSERT_TRUE(older.ok()) << older.status().message();
  EXPECT_EQ(older->letters, 2U) << "5 and 90";
  ASSERT_EQ(older->discards.size(), 1U);
  EXPECT_EQ(older->discards[0].why,
            "its replay failed again: orders.raw.dlq/0/6 stands for it");
  EXPECT_EQ(older->discards[0].stream, "ingest/orders");
  const auto& letters = std::get<wire::LetterDiscard>(older->discards[0].args).letters;
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[0].offset, 5);
  EXPECT_EQ(letters[1].offset, 90);
  scope.meant = [](const NewerLetter& newest) { return newest.offset == 99; };
  older = FindOlder(scope, lineage, *replays, options, &reader);
  ASSERT_TRUE(older.ok());
  EXPECT_EQ(older->letters, 0U);
}

}  // namespace
}  // namespace fracas::tools
