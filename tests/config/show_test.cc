#include "config/show.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/text.h"
#include "json/tree.h"
#include "tests/config/fixture.h"

namespace fracas::config {
namespace {

std::string FileOf(const std::string& name) {
  std::ifstream stream(std::string(FRACAS_CONFIG_TESTS) + "/golden/" + name);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(Show, IsTheGoldenText) {
  const Reading reading =
      Read(FileOf("show.yaml"), TestEnvironment({}, {{"/run/secrets/pw", {"hunter2", false}}}));
  EXPECT_EQ(Lines(reading.problems), "");
  EXPECT_EQ(ShowYaml(reading.effective), FileOf("show.effective.yaml"));
  EXPECT_EQ(ShowJson(reading.effective), FileOf("show.effective.json"));
}

TEST(Show, ReadsBackAsTheSame) {
  const Reading reading =
      Read(WithStream("contract: c.json\nsentinels: ['', 'yes', '017', \"a\\tb\\\"c\", 'ä', "
                      "'1:30', '- x', '${A', '#']\n"
                      "schemas: {'https://x/': s}\nowners: {source: '$${N}', platform: 'a: "
                      "b'}\nstart: 2026-01-01T00:00:00Z\n"
                      "dispositions: {TYPE_MISMATCH: warn}\nevent_time: {pointer: '/a b', zone: "
                      "'+02:00'}\ncritical: ['/~01']\n"));
  // The empty sentinel and the open ${ are refused; the rest must survive.
  const std::string yaml = ShowYaml(reading.effective);
  const Reading again = ReadBytes(yaml, "/elsewhere/f.yaml", TestEnvironment());
  EXPECT_EQ(Lines(again.problems), "");
  EXPECT_EQ(ShowYaml(again.effective), yaml);
  EXPECT_EQ(ShowJson(again.effective), ShowJson(reading.effective));
  const Stream& s = again.draft.streams.at(0);
  EXPECT_EQ(s.contract.value, "/etc/fracas/c.json") << "wherever it is read";
  EXPECT_EQ(s.owners.source, "${N}");
  EXPECT_EQ(s.event_time.pointer.value, "/a b");
}

TEST(Show, EverySentinelSurvives) {
  const Reading reading =
      Read(WithStream("sentinels: ['yes', '017', \"a\\tb\\\"c\\\\\", 'ä', '1:30', '- x', '$${A', "
                      "'#', '[', 'null', 'off', ' x ']\n"));
  EXPECT_EQ(Lines(reading.problems), "");
  const Reading again = Read(ShowYaml(reading.effective));
  EXPECT_EQ(Lines(again.problems), "");
  EXPECT_EQ(again.draft.streams.at(0).sentinels, reading.draft.streams.at(0).sentinels);
}

TEST(Show, SecretsNeverAppear) {
  const std::string yaml =
      "group: g\ninstance: '${file:/s/a}'\n"
      "kafka: {bootstrap.servers: 'l:1', sasl.password: inline-pw, ssl.key.pem: inline-key, "
      "some.future.token: inline-token,"
      " producer: {client.id: '${file:/s/a}'}, consumer: {ssl.keystore.password: inline-store}}\n"
      "pipelines: {p: {streams: {s: {topics: [raw], owners: {source: '${file:/s/a}', consumers: "
      "['${file:/s/a}']}}}}}\n";
  const Reading reading = Read(yaml, TestEnvironment({}, {{"/s/a", {"topsecret", false}}}));
  EXPECT_TRUE(reading.ok()) << Lines(reading.problems);
  for (const std::string& shown :
       {ShowYaml(reading.effective), ShowJson(reading.effective), Lines(reading.problems)}) {
    for (const char* secret :
         {"topsecret", "inline-pw", "inline-key", "inline-token", "inline-store"}) {
      EXPECT_EQ(shown.find(secret), std::string::npos) << secret << "\n" << shown;
    }
  }
  EXPECT_EQ(reading.draft.kafka.producer.at(0).value, "topsecret");
}

TEST(Show, JsonIsJson) {
  const Reading reading =
      Read(WithStream("sentinels: [\"a\\u0001\\\"\\\\\"]\nbatch: {records: 5}\n"));
  std::string error;
  const auto document = json::ParseOwned(ShowJson(reading.effective), &error);
  ASSERT_NE(document, nullptr) << error;
  const json::Tree& tree = document->tree;
  EXPECT_NE(tree.Find(tree.root(), "pipelines"), json::Tree::kNoNode);
}

// The whole list of problems of a file with one of everything, word by word.
TEST(Problems, AreTheGoldenText) {
  const Reading reading = Read(FileOf("problems.yaml"), TestEnvironment());
  EXPECT_EQ(Lines(reading.problems), FileOf("problems.txt"));
}

// Two instances of a group have files that differ in what is their own.
TEST(Show, SharedLeavesOutWhatIsAnInstancesOwn) {
  const auto shared = [](const std::string& own, const std::string& silence) {
    return ShowShared(Read(Cat(own,
                               "group: shop\n"
                               "pipelines: {p: {streams: {orders: {topics: [orders.raw], contract: c.json,\n"
                               "  publish: {mode: copy, topic: orders}, freshness: {max_silence: ",
                               silence, "}}}}}\n"))
                          .effective);
  };
  const std::string one = shared("instance: a\nworkers: 2\nkafka: {bootstrap.servers: one:9092}\n", "1h");
  EXPECT_EQ(one, shared("instance: b\nworkers: 8\nroles: [pipeline]\nstate: {dir: /other}\n"
                        "http: {listen: 127.0.0.1:1}\nkafka: {bootstrap.servers: two:9092}\n",
                        "1h"));
  EXPECT_NE(one, shared("instance: a\nkafka: {bootstrap.servers: one:9092}\n", "2h"));
  EXPECT_NE(one.find("shop"), std::string::npos);
}

}  // namespace
}  // namespace fracas::config
