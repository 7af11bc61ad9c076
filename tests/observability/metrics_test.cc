#include "observability/metrics.h"

#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <set>
#include <sstream>
#include <thread>

#include "core/text.h"

namespace fracas::observability {
namespace {

class FakeClock : public Clock {
 public:
  int64_t WallMs() const override { return wall_ms; }
  int64_t MonotonicMs() const override { return monotonic_ms; }
  int64_t wall_ms = 1'769'860'800'000;
  int64_t monotonic_ms = 500'000;
};

class MetricsTest : public testing::Test {
 protected:
  // The value of a sample line "name{labels} value"; nullopt-like "" if there is none.
  static std::string Value(const std::string& page, const std::string& sample) {
    std::istringstream lines(page);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
    }
    return {};
  }

  FakeClock clock_;
  Meters meters_;
  MetricsExporter exporter_{
      meters_, clock_,
      ProcessFacts{
          "0.1.0", "60303ae2", "fracas", {{"librdkafka", "2.0.2"}, {"yaml-cpp", "0.7.0"}}}};
};

TEST_F(MetricsTest, FoldsTheCellsOfAllWorkers) {
  StreamCell* one = meters_.AddStream("ingest", "crm.contacts");
  StreamCell* two = meters_.AddStream("ingest", "crm.contacts");
  Bump(&one->consumed, 60);
  Bump(&two->consumed, 40);
  Bump(&one->published, 58);
  Bump(&two->published, 40);
  Bump(&one->dead_lettered, 2);
  one->lag = 5;
  two->lag = 7;
  one->last_record_ms = 1'769'860'799'500;
  two->last_record_ms = 1'769'860'700'000;
  two->red = 1;
  Bump(&one->failures[Index(Code::kTypeMismatch)], 2);
  const std::string page = exporter_.Scrape();
  EXPECT_EQ(Value(page, "fracas_records_consumed_total{stream=\"ingest/crm.contacts\"}"), "100");
  EXPECT_EQ(Value(page, "fracas_records_published_total{stream=\"ingest/crm.contacts\"}"), "98");
  EXPECT_EQ(Value(page, "fracas_records_masked_total{stream=\"ingest/crm.contacts\"}"), "0");
  EXPECT_EQ(Value(page, "fracas_conservation_error_records{stream=\"ingest/crm.contacts\"}"), "0");
  EXPECT_EQ(Value(page, "fracas_lag_records{stream=\"ingest/crm.contacts\"}"), "12");
  EXPECT_EQ(Value(page, "fracas_stream_red{stream=\"ingest/crm.contacts\"}"), "1");
  EXPECT_EQ(Value(page, "fracas_last_record_timestamp_seconds{stream=\"ingest/crm.contacts\"}"),
            "1769860799.5");
  EXPECT_EQ(
      Value(page, "fracas_failures_total{stream=\"ingest/crm.contacts\",code=\"TYPE_MISMATCH\"}"),
      "2");
  EXPECT_EQ(Value(page, "fracas_failures_total{stream=\"ingest/crm.contacts\",code=\"JSON_MALFORMED\"}"),
            "");
  EXPECT_EQ(page.find("fracas_last_event_time_timestamp_seconds{"), std::string::npos)
      << "not known";
}

TEST_F(MetricsTest, AConservationErrorShows) {
  StreamCell* cell = meters_.AddStream("p", "s");
  Bump(&cell->consumed, 10);
  Bump(&cell->published, 9);
  EXPECT_EQ(Value(exporter_.Scrape(), "fracas_conservation_error_records{stream=\"p/s\"}"), "1");
}

TEST_F(MetricsTest, WorkersAndTheWatchdogStamp) {
  WorkerCell* one = meters_.AddWorker(0);
  WorkerCell* two = meters_.AddWorker(1);
  EXPECT_EQ(exporter_.Scrape().find("\nfracas_worker_progress_timestamp_seconds "),
            std::string::npos);
  one->progress_ms = 499'000;  // a second ago
  two->progress_ms = 440'000;  // a minute ago
  Bump(&one->commit_micros, 1'500'000);
  Bump(&two->rounds_committed, 3);
  const std::string page = exporter_.Scrape();
  EXPECT_EQ(Value(page, "fracas_workers"), "2");
  EXPECT_EQ(Value(page, "fracas_worker_progress_timestamp_seconds"), "1769860740");
  EXPECT_EQ(Value(page, "fracas_commit_seconds_total"), "1.5");
  EXPECT_EQ(Value(page, "fracas_rounds_committed_total"), "3");
}

TEST_F(MetricsTest, LargeCountersKeepTheirDigits) {
  Bump(&meters_.AddStream("p", "s")->consumed, 9'007'199'254'740'991);
  EXPECT_EQ(std::stod(Value(exporter_.Scrape(), "fracas_records_consumed_total{stream=\"p/s\"}")),
            9'007'199'254'740'991.0);
}

TEST_F(MetricsTest, NamesFromConfigurationAreEscapedInLabels) {
  meters_.AddStream("p", "a\"b\\c\nd");
  EXPECT_NE(exporter_.Scrape().find("{stream=\"p/a\\\"b\\\\c\\nd\"}"), std::string::npos);
}

TEST_F(MetricsTest, ProcessAndBuild) {
  const std::string page = exporter_.Scrape();
  EXPECT_EQ(
      Value(page, "fracas_build_info{version=\"0.1.0\",librdkafka=\"2.0.2\",yaml_cpp=\"0.7.0\"}"),
      "1");
  EXPECT_EQ(Value(page, "fracas_config_info{sha256=\"60303ae2\",group=\"fracas\"}"), "1");
  EXPECT_GT(std::stod(Value(page, "process_resident_memory_bytes")), 1e6);
  EXPECT_GT(std::stod(Value(page, "process_open_fds")), 2);
  EXPECT_GT(std::stod(Value(page, "process_start_time_seconds")), 1.6e9);
}

TEST_F(MetricsTest, TripsByCauseAndReplaysByOutcome) {
  StreamCell* cell = meters_.AddStream("p", "s");
  Bump(&cell->trips[Index(Code::kTypeMismatch)], 3);
  Bump(&cell->replays_parked, 2);
  const std::string page = exporter_.Scrape();
  EXPECT_EQ(Value(page, "fracas_trips_total{stream=\"p/s\",code=\"TYPE_MISMATCH\"}"), "3");
  EXPECT_EQ(Value(page, "fracas_replays_total{stream=\"p/s\",outcome=\"parked\"}"), "2");
  EXPECT_EQ(Value(page, "fracas_replays_total{stream=\"p/s\",outcome=\"passed\"}"), "0");
}

TEST_F(MetricsTest, TransactionsByOutcomeAndTime) {
  WorkerCell* one = meters_.AddWorker(0);
  WorkerCell* two = meters_.AddWorker(1);
  CountTransaction(one, 0, true, 10);  // the end of a bucket belongs to it
  CountTransaction(two, 0, true, 11);
  CountTransaction(two, 0, true, 60'000);
  CountTransaction(two, 3, false, 60'000);
  const std::string page = exporter_.Scrape();
  EXPECT_EQ(Value(page, "fracas_transactions_total{outcome=\"committed\"}"), "3");
  EXPECT_EQ(Value(page, "fracas_transactions_total{outcome=\"unknown\"}"), "1");
  EXPECT_EQ(Value(page, "fracas_commit_duration_seconds_bucket{le=\"0.01\"}"), "1");
  EXPECT_EQ(Value(page, "fracas_commit_duration_seconds_bucket{le=\"0.025\"}"), "2");
  EXPECT_EQ(Value(page, "fracas_commit_duration_seconds_bucket{le=\"10\"}"), "2");
  EXPECT_EQ(Value(page, "fracas_commit_duration_seconds_bucket{le=\"+Inf\"}"), "3");
  EXPECT_EQ(Value(page, "fracas_commit_duration_seconds_count"), "3");
}

class ControlMetricsTest : public MetricsTest {
 protected:
  static StreamFacts Red() {
    StreamFacts stream;
    stream.stream = "p/s";
    stream.state = state::BreakerState::kRed;
    stream.since_ms = 1'769'860'700'500;
    stream.pending = 2;
    stream.source_ends_ms = 1'769'860'860'000;
    stream.lost = 7;
    stream.quarantined = 5;
    stream.letters = StreamFacts::Letters{
        .open = 3, .resolved = 2, .discarded = 1, .expired = 4, .oldest_ms = 1'769'860'000'000};
    return stream;
  }
  std::optional<ControlFacts> facts_;
  MetricsExporter control_{meters_, clock_, ProcessFacts{"0.1.0", "60303ae2", "fracas", {}},
                           MetricsSources{.control = [this] { return facts_; }}};
};

TEST_F(ControlMetricsTest, TheAuthorityTellsOfTheGroup) {
  facts_ = ControlFacts{.now_ms = 1'769'860'800'000,
                        .restored = true,
                        .lag_ms = 1'500,
                        .active = true,
                        .applied = 11,
                        .refused = 2,
                        .repeated = 1,
                        .tickets = 4,
                        .streams = {Red()}};
  const std::string page = control_.Scrape();
  EXPECT_EQ(Value(page, "fracas_breaker_state{stream=\"p/s\"}"), "1");
  EXPECT_EQ(Value(page, "fracas_breaker_since_timestamp_seconds{stream=\"p/s\"}"), "1769860700.5");
  EXPECT_EQ(Value(page, "fracas_breaker_pending_ranges{stream=\"p/s\"}"), "2");
  EXPECT_EQ(Value(page, "fracas_retention_left_seconds{stream=\"p/s\",of=\"source\"}"), "60");
  EXPECT_EQ(Value(page, "fracas_retention_left_seconds{stream=\"p/s\",of=\"dead_letters\"}"), "")
      << "not known";
  EXPECT_EQ(Value(page, "fracas_source_lost_offsets{stream=\"p/s\"}"), "7");
  EXPECT_EQ(Value(page, "fracas_dead_letters{stream=\"p/s\",state=\"open\"}"), "3");
  EXPECT_EQ(Value(page, "fracas_dead_letters{stream=\"p/s\",state=\"expired\"}"), "4");
  EXPECT_EQ(Value(page, "fracas_quarantine_entries{stream=\"p/s\"}"), "5");
  EXPECT_EQ(Value(page, "fracas_authority_active"), "1");
  EXPECT_EQ(Value(page, "fracas_commands_total{outcome=\"applied\"}"), "11");
  EXPECT_EQ(Value(page, "fracas_state_lag_seconds"), "1.5");
  EXPECT_EQ(Value(page, "fracas_replay_tickets"), "4");
}

TEST_F(ControlMetricsTest, RetentionThatHasRunOutLeavesNothing) {
  facts_ = ControlFacts{.now_ms = 1'769'860'999'000, .active = true, .streams = {Red()}};
  EXPECT_EQ(Value(control_.Scrape(), "fracas_retention_left_seconds{stream=\"p/s\",of=\"source\"}"),
            "0");
}

TEST_F(ControlMetricsTest, OthersTellOfThemselvesOnly) {
  facts_ = ControlFacts{.now_ms = 1, .restored = true, .tickets = 4};
  const std::string page = control_.Scrape();
  EXPECT_EQ(page.find("fracas_breaker_state{"), std::string::npos);
  EXPECT_EQ(Value(page, "fracas_replay_tickets"), "");
  EXPECT_EQ(Value(page, "fracas_state_restored"), "1");
  EXPECT_EQ(Value(page, "fracas_authority_active"), "0");
  facts_.reset();
  EXPECT_EQ(Value(control_.Scrape(), "fracas_state_restored"), "") << "nothing is known yet";
}

TEST_F(MetricsTest, WhatIsConfiguredCanBeComparedWith) {
  const MetricsExporter exporter{
      meters_, clock_,
      ProcessFacts{"0.1.0",
                   "60303ae2",
                   "fracas",
                   {},
                   {{"p/s", "copy", "crm", "dwh", "", {{"pass_ratio", 0.99}, {"no_data_seconds", 3600}}}}}};
  const std::string page = exporter.Scrape();
  EXPECT_EQ(Value(page, "fracas_alert_threshold{stream=\"p/s\",alert=\"pass_ratio\"}"), "0.99");
  EXPECT_EQ(Value(page, "fracas_alert_threshold{stream=\"p/s\",alert=\"no_data_seconds\"}"), "3600");
  EXPECT_EQ(Value(page, "fracas_alert_threshold{stream=\"p/s\",alert=\"dead_letters_warning\"}"), "")
      << "off";
  EXPECT_EQ(Value(page, "fracas_stream_info{stream=\"p/s\",mode=\"copy\",source_owner=\"crm\","
                        "destination_owner=\"dwh\",platform_owner=\"\"}"),
            "1");
  EXPECT_EQ(Value(page, "fracas_code_info{code=\"TYPE_MISMATCH\",origin=\"source\","
                        "failure_type=\"schema\",retryable=\"false\"}"),
            "1");
  EXPECT_EQ(Value(page, "fracas_brokers_up"), "") << "nobody watches them here";
}

TEST_F(MetricsTest, BrokersAreToldByNumber) {
  const MetricsExporter exporter{
      meters_, clock_, ProcessFacts{"0.1.0", "60303ae2", "fracas", {}},
      MetricsSources{.brokers = [] {
        return BrokerFacts{{{"1", true, 0.004, 0.25, 7}, {"2", false, 0, 0, 1}}};
      }}};
  const std::string page = exporter.Scrape();
  EXPECT_EQ(Value(page, "fracas_broker_round_trip_seconds{broker=\"1\"}"), "0.004");
  EXPECT_EQ(Value(page, "fracas_broker_throttle_seconds{broker=\"1\"}"), "0.25");
  EXPECT_EQ(Value(page, "fracas_broker_errors_total{broker=\"2\"}"), "1");
  EXPECT_EQ(Value(page, "fracas_brokers_up"), "1");
}

TEST_F(MetricsTest, LatenciesAreCumulative) {
  StreamCell* one = meters_.AddStream("p", "s");
  StreamCell* two = meters_.AddStream("p", "s");
  CountLatency(one, 0);
  CountLatency(one, 100);
  CountLatency(two, 101);
  CountLatency(two, 4'000'000);
  const std::string page = exporter_.Scrape();
  const auto bucket = [&](const std::string& le) {
    return Value(page, "fracas_publish_latency_seconds_bucket{stream=\"p/s\",le=\"" + le + "\"}");
  };
  EXPECT_EQ(bucket("0.1"), "2");
  EXPECT_EQ(bucket("0.25"), "3");
  EXPECT_EQ(bucket("3600"), "3");
  EXPECT_EQ(bucket("+Inf"), "4");
  EXPECT_EQ(Value(page, "fracas_publish_latency_seconds_sum{stream=\"p/s\"}"), "4000.201");
}

// The text format 0.0.4, line by line: HELP and TYPE of each metric once, then its samples.
TEST_F(MetricsTest, TheFormatIsKept) {
  StreamCell* cell = meters_.AddStream("p", "s");
  meters_.AddWorker(0);
  cell->last_record_ms = cell->last_event_time_ms = 1;
  Bump(&cell->failures[0]);
  Bump(&cell->trips[0]);
  StreamFacts facts;
  facts.stream = "p/s";
  facts.letters.emplace();
  const MetricsExporter exporter{
      meters_, clock_,
      ProcessFacts{"0.1.0",
                   "60303ae2",
                   "fracas",
                   {},
                   {{"p/s", "copy", "crm", "", "", {{"pass_ratio", 0.99}}}}},
      MetricsSources{.control = [&] {
                       return ControlFacts{.now_ms = 1, .active = true, .streams = {facts, facts}};
                     },
                     .brokers = [] {
                       return BrokerFacts{{{"1", true, 0.004, 0.25, 7}, {"2", false, 0, 0, 0}}};
                     }}};
  const std::string page = exporter.Scrape();
  ASSERT_TRUE(page.ends_with("\n"));
  std::set<std::string> helped;
  std::string current;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      current = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(helped.insert(current).second) << current;
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(line.starts_with("# TYPE " + current + " ")) << line;
    } else {
      const size_t name_end = line.find_first_of("{ ");
      std::string name = line.substr(0, name_end);
      for (const char* part : {"_bucket", "_sum", "_count"}) {
        if (name == current + part) name = current;
      }
      EXPECT_EQ(name, current) << line;
      const size_t value = line.rfind(' ') + 1;
      if (line[name_end] == '{') {
        EXPECT_EQ(line.substr(value - 3, 3), "\"} ") << line;
      }
      double number = 0;
      const auto [end, error] =
          std::from_chars(line.data() + value, line.data() + line.size(), number);
      EXPECT_TRUE(error == std::errc() && end == line.data() + line.size()) << line;
    }
  }
  std::set<std::string> table;
  for (const MetricInfo& each : AllMetrics()) table.insert(std::string(each.name));
  EXPECT_EQ(helped, table) << "what is exported is what is documented";
}

TEST_F(MetricsTest, SeriesAreBoundedByConfiguration) {
  for (int i = 0; i < 10; ++i) {
    StreamCell* cell = meters_.AddStream("p", Cat("s", i));
    for (MeterCounter& each : cell->failures) Bump(&each, 1'000'000);
  }
  const std::string page = exporter_.Scrape();
  size_t series = 0;
  for (size_t at = page.find("fracas_failures_total{"); at != std::string::npos;
       at = page.find("fracas_failures_total{", at + 1)) {
    ++series;
  }
  EXPECT_EQ(series, 10 * kCodeCount);
}

TEST_F(MetricsTest, ScrapesRunBesideWorkers) {
  StreamCell* cell = meters_.AddStream("p", "s");
  std::atomic<bool> stop = false;
  std::thread worker([&] {
    while (!stop) {
      Bump(&cell->consumed);
      Bump(&cell->published);
    }
  });
  double last = 0;
  for (int i = 0; i < 50; ++i) {
    const double now =
        std::stod(Value(exporter_.Scrape(), "fracas_records_consumed_total{stream=\"p/s\"}"));
    EXPECT_GE(now, last) << "counters never go back";
    last = now;
  }
  stop = true;
  worker.join();
}

TEST(MetricTable, FollowsTheNamingRules) {
  std::set<std::string_view> names;
  for (const MetricInfo& each : AllMetrics()) {
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_TRUE(each.name.starts_with("fracas_") || each.name.starts_with("process_")) << each.name;
    EXPECT_EQ(each.name.ends_with("_total"), each.type == MetricType::kCounter) << each.name;
    EXPECT_EQ(
        each.name.ends_with("_timestamp_seconds") || each.name.ends_with("start_time_seconds"),
        each.unit == "seconds since 1970")
        << each.name;
    EXPECT_TRUE(each.help.ends_with(".")) << each.name;
    EXPECT_EQ(each.help.find_first_of("|\t\n"), std::string_view::npos) << each.name;
  }
}

}  // namespace
}  // namespace fracas::observability
