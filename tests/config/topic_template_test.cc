#include "config/topic_template.h"

#include <gtest/gtest.h>

#include "config/values/kafka_settings.h"
#include "tests/config/fixture.h"

namespace fracas::config {
namespace {

const std::vector<std::string> kCaptures{"contacts", "eu"};
const TopicNames kNames{"crm.contacts.raw", "s", "crm.contacts", "p", "g", kCaptures};

std::string Expanded(std::string_view text) {
  Result<std::string> name = ExpandTopic(text, kNames);
  return name.ok() ? *name : "refused: " + std::string(name.status().message());
}

TEST(TopicTemplate, EveryPlaceholder) {
  EXPECT_EQ(Expanded("{topic}.dlq"), "crm.contacts.raw.dlq");
  EXPECT_EQ(Expanded("{group}.{pipeline}.{stream}.{dataset}"), "g.p.s.crm.contacts");
  EXPECT_EQ(Expanded("crm.{1}.{2}"), "crm.contacts.eu");
  EXPECT_EQ(Expanded("plain"), "plain");
}

TEST(TopicTemplate, WhatCannotBeFilledIsRefused) {
  EXPECT_NE(Expanded("crm.{3}").find(
                "refused: the topic template 'crm.{3}' of stream s cannot be filled"),
            std::string::npos);
  EXPECT_NE(Expanded("{nope}").find("refused"), std::string::npos);
  EXPECT_NE(Expanded("{topic").find("refused"), std::string::npos);
  EXPECT_NE(Expanded(std::string(250, 'a')).find("no legal topic name"), std::string::npos);
  EXPECT_FALSE(ExpandTopic("{1}", {"t", "s", "d", "p", "g", {}}).ok());
}

TEST(TopicTemplate, IsCheckedBeforeAnythingRuns) {
  EXPECT_EQ(CheckTopicTemplate("{topic}.{1}", true), "");
  EXPECT_NE(CheckTopicTemplate("{topic}.{1}", false), "");
  EXPECT_NE(CheckTopicTemplate("{0}", true), "");
  EXPECT_NE(CheckTopicTemplate("{10}", true), "");
  EXPECT_NE(CheckTopicTemplate("a b", true), "");
  EXPECT_NE(CheckTopicTemplate("a}", true), "");
  EXPECT_EQ(HighestCapture("{2}.{1}.{topic}"), 2);
  EXPECT_EQ(HighestCapture("plain"), 0);
}

TEST(TopicName, IsTheBrokersRule) {
  for (const char* name : {"a", "A.b_c-9", "..."}) EXPECT_TRUE(IsTopicName(name)) << name;
  for (const char* name : {"", ".", "..", "a/b", "a b", "ä"})
    EXPECT_FALSE(IsTopicName(name)) << name;
  EXPECT_TRUE(IsTopicName(std::string(249, 'a')));
  EXPECT_FALSE(IsTopicName(std::string(250, 'a')));
}

TEST(KafkaSettings, WhatWouldBreakAGuaranteeIsRefusedWithItsReason) {
  const std::pair<const char*, const char*> refused[] = {
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "true"},
      {"isolation.level", "read_committed"},
      {"auto.offset.reset", "earliest"},
      {"group.id", "x"},
      {"group.instance.id", "x"},
      {"transactional.id", "x"},
      {"enable.idempotence", "false"},
      {"acks", "1"},
      {"acks", "0"},
      {"request.required.acks", "1"},
      {"transaction.timeout.ms", "900001"},
      {"transaction.timeout.ms", "1000"},
      {"transaction.timeout.ms", "x"},
      {"partition.assignment.strategy", "cooperative-sticky"},
      {"group.protocol", "consumer"},
      {"max.in.flight", "6"},
      {"max.in.flight.requests.per.connection", "1000000"},
      {"message.timeout.ms", "0"},
      {"plugin.library.paths", "x"},
      {"ssl.engine.location", "x"},
      {"sasl.kerberos.kinit.cmd", "x"},
      {"debug", "security"},
      {"debug", "broker,security"},
      {"debug", "all"},
      {"rebalance_cb", "x"},
      {"opaque", "x"},
      {"test.mock.num.brokers", "3"},
      {"allow.auto.create.topics", "true"},
      {"metadata.broker.list", "x"},
      {"enable.partition.eof", "true"}};
  for (const auto& [name, value] : refused) {
    const Refusal refusal = RefuseSetting(name, value);
    EXPECT_FALSE(refusal.reason.empty()) << name << "=" << value;
    EXPECT_FALSE(refusal.next_step.empty()) << name;
  }
}

TEST(KafkaSettings, TheRestPasses) {
  const std::pair<const char*, const char*> passing[] = {{"bootstrap.servers", "a:1"},
                                                         {"compression.codec", "lz4"},
                                                         {"linger.ms", "5"},
                                                         {"acks", "all"},
                                                         {"acks", "-1"},
                                                         {"enable.idempotence", "true"},
                                                         {"partition.assignment.strategy", "range"},
                                                         {"transaction.timeout.ms", "60000"},
                                                         {"message.timeout.ms", "9000"},
                                                         {"max.in.flight", "5"},
                                                         {"debug", "broker,eos"},
                                                         {"ssl.ca.location", "/x"},
                                                         {"sasl.password", "x"},
                                                         {"some.setting.of.tomorrow", "x"},
                                                         {"allow.auto.create.topics", "false"}};
  for (const auto& [name, value] : passing)
    EXPECT_EQ(RefuseSetting(name, value).reason, "") << name << "=" << value;
}

TEST(KafkaSettings, TimeoutsAreComparedAcrossSections) {
  const auto lines = [](const std::string& producer) {
    return Lines(Read("group: g\nkafka: {bootstrap.servers: 'l:1', producer: {" + producer +
                      "}}\n"
                      "pipelines: {p: {streams: {s: {topics: [raw]}}}}\n")
                     .problems);
  };
  EXPECT_NE(lines("message.timeout.ms: 10000")
                .find("a record must be given up before its transaction times out"),
            std::string::npos);
  EXPECT_EQ(lines("message.timeout.ms: 9999"), "");
  EXPECT_EQ(lines("message.timeout.ms: 30000, transaction.timeout.ms: 60000"), "");
  EXPECT_NE(lines("delivery.timeout.ms: 60000, transaction.timeout.ms: 60000"), "");
}

TEST(KafkaSettings, SensitiveNames) {
  for (const char* name : {"sasl.password", "ssl.key.password", "ssl.keystore.password",
                           "ssl.key.pem", "SASL.PASSWORD", "sasl.oauthbearer.client.secret",
                           "sasl.oauthbearer.config", "sasl.jaas.config"}) {
    EXPECT_TRUE(IsSensitiveSetting(name)) << name;
  }
  for (const char* name : {"sasl.username", "bootstrap.servers", "ssl.ca.location", "client.id"}) {
    EXPECT_FALSE(IsSensitiveSetting(name)) << name;
  }
}

}  // namespace
}  // namespace fracas::config
