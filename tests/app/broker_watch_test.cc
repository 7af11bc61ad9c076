#include "app/live/broker_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "core/text.h"

namespace fracas::app {
namespace {

std::string Statistics(const std::string& client, int errors, const std::string& state = "UP",
                       int64_t at_us = 0) {
  return Cat(R"({"name": ")", client, R"(", "ts": )", at_us, R"(, "brokers": {"a:9092/bootstrap": {"nodeid": -1, "state": "UP"},)",
             R"("a:9092/7": {"nodeid": 7, "state": ")", state, R"(", "txerrs": )", errors,
             R"(, "rxerrs": 0, "req_timeouts": 1, "disconnects": 2,)",
             R"("rtt": {"avg": 4000, "max": 9}, "throttle": {"avg": 250}}}})");
}

TEST(BrokerWatch, PutsClientsTogether) {
  BrokerWatch watch;
  watch.Take(Statistics("one", 4));
  watch.Take(Statistics("two", 0, "DOWN"));
  const observability::BrokerFacts facts = watch.Facts();
  ASSERT_EQ(facts.brokers.size(), 1u) << "a bootstrap address is no broker";
  EXPECT_EQ(facts.brokers[0].id, "7");
  EXPECT_TRUE(facts.brokers[0].up);
  EXPECT_DOUBLE_EQ(facts.brokers[0].round_trip_seconds, 0.004);
  EXPECT_DOUBLE_EQ(facts.brokers[0].throttle_seconds, 0.25);
  EXPECT_EQ(facts.brokers[0].errors, 10u);
}

TEST(BrokerWatch, ErrorsNeverShrink) {
  BrokerWatch watch;
  watch.Take(Statistics("one", 4));
  watch.Take(Statistics("one", 6));
  EXPECT_EQ(watch.Facts().brokers[0].errors, 9u);
  watch.Take(Statistics("one", 0));  // recreated
  EXPECT_EQ(watch.Facts().brokers[0].errors, 12u);
}

TEST(BrokerWatch, ForgetsWhatAClientSaidThatHasEnded) {
  BrokerWatch watch;
  watch.Take(Statistics("ended", 4));
  watch.Take(Statistics("goes on", 0, "DOWN", BrokerWatch::kSightUs));
  EXPECT_TRUE(watch.Facts().brokers[0].up) << "it may answer yet";
  watch.Take(Statistics("goes on", 0, "DOWN", BrokerWatch::kSightUs + 1));
  EXPECT_FALSE(watch.Facts().brokers[0].up);
  EXPECT_EQ(watch.Facts().brokers[0].errors, 10u) << "a counter forgets nothing";
}

TEST(BrokerWatch, IgnoresWhatIsNoStatistics) {
  BrokerWatch watch;
  for (const char* text : {"", "[]", "{", "{}", R"({"brokers": 1})", R"({"brokers": {"x": 1, "y": {}}})"}) {
    watch.Take(text);
  }
  EXPECT_TRUE(watch.Facts().brokers.empty());
}

TEST(BrokerWatch, BoundsItsLabels) {
  BrokerWatch watch;
  std::string text = R"({"name": "x", "brokers": {)";
  for (int n = 0; n < 1'200; ++n) AppendTo(&text, n == 0 ? "" : ",", "\"b", n, "\": {\"nodeid\": ", n, "}");
  watch.Take(text + "}}");
  EXPECT_EQ(watch.Facts().brokers.size(), 1'000u);
}

}  // namespace
}  // namespace fracas::app
