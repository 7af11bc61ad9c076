#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/reader.h"
#include "tools/doctor/access.h"

namespace fracas::tools {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

config::Config Shop(const std::string& kafka = "{bootstrap.servers: 'b:9092'}") {
  config::Reading reading = config::ReadBytes(
      "group: shop\ninstance: node-1\nworkers: 2\nkafka: " + kafka +
          "\npipelines: {p: {streams: {orders: {topics: [orders.raw], publish: {mode: copy, topic: "
          "orders}}}}}\n",
      "shop.yaml", {});
  EXPECT_TRUE(reading.ok());
  return reading.draft;
}

AclRule Allow(AclResource resource, std::string name, AclOperation operation) {
  return {.resource = resource,
          .prefixed = false,
          .name = std::move(name),
          .principal = "User:fracas",
          .host = "*",
          .operation = operation,
          .allow = true};
}

std::vector<AccessNeed> DaemonNeeds() {
  const config::Config config = Shop();
  return NeedsOf(Work::kDaemon, config, NamedTopics(config));
}

TEST(DoctorAccess, WhatTheDaemonNeeds) {
  const std::vector<AccessNeed> needs = DaemonNeeds();
  const auto need = [](AclResource resource, const char* name, AclOperation operation) {
    return AccessNeed{resource, name, operation};
  };
  using enum AclResource;
  using enum AclOperation;
  EXPECT_THAT(needs, Contains(need(kTopic, "orders.raw", kRead)));
  EXPECT_THAT(needs, Not(Contains(need(kTopic, "orders.raw", kWrite))));
  EXPECT_THAT(needs, Contains(need(kTopic, "orders", kWrite)));
  EXPECT_THAT(needs, Contains(need(kTopic, "orders.raw.dlq", kWrite)));
  EXPECT_THAT(needs, Contains(need(kTopic, "orders.raw.dlq", kRead)));
  EXPECT_THAT(needs, Contains(need(kTopic, "shop.state", kRead)));
  EXPECT_THAT(needs, Contains(need(kTopic, "shop.state", kWrite)));
  EXPECT_THAT(needs, Contains(need(kGroup, "shop", kRead)));
  EXPECT_THAT(needs, Contains(need(kGroup, "shop.control", kRead)));
  EXPECT_THAT(needs, Contains(need(kGroup, "shop.authority", kRead)));
  EXPECT_THAT(needs, Contains(need(kTransactionalId, "shop-node-1-0", kWrite)));
  EXPECT_THAT(needs, Contains(need(kTransactionalId, "shop-node-1-1", kWrite)));
  EXPECT_THAT(needs, Contains(need(kTransactionalId, "shop.authority", kWrite)));
}

TEST(DoctorAccess, WhoOnlyLooksWritesNothing) {
  const config::Config config = Shop();
  const std::vector<AccessNeed> needs = NeedsOf(Work::kLook, config, NamedTopics(config));
  EXPECT_LT(needs.size(), DaemonNeeds().size());
  for (const AccessNeed& need : needs) EXPECT_NE(need.operation, AclOperation::kWrite) << need.name;
}

TEST(DoctorAccess, CommandsAndReplaysWriteWhereTheyGo) {
  using enum AclResource;
  using enum AclOperation;
  const config::Config config = Shop();
  const auto written = [&](Work work) {
    std::vector<AccessNeed> needs = NeedsOf(work, config, NamedTopics(config));
    std::erase_if(needs, [](const AccessNeed& need) { return need.operation != kWrite; });
    return needs;
  };
  const AccessNeed control{kTopic, "shop.control", kWrite};
  const AccessNeed jobs{kTransactionalId, "shop.replay.", kWrite, true};
  EXPECT_THAT(written(Work::kTools), ElementsAre(control));
  EXPECT_THAT(written(Work::kReplay),
              ElementsAre(AccessNeed{kTopic, "orders.raw", kWrite}, control,
                          AccessNeed{kTopic, "shop.replays", kWrite}, jobs));
  AclsSeen acls;
  acls.rules = {Allow(kTransactionalId, "shop.replay.", kWrite)};
  EXPECT_THAT(Missing({jobs}, acls, {}, "User:fracas"), SizeIs(1)) << "one name, not all";
  acls.rules[0].prefixed = true;
  EXPECT_THAT(Missing({jobs}, acls, {}, "User:fracas"), IsEmpty());
  const Grant grant = GrantsOf({jobs}, "b", "User:anna").front();
  EXPECT_EQ(grant.what, "Write on transactional-id shop.replay.*");
  EXPECT_THAT(grant.command,
              testing::HasSubstr("--transactional-id shop.replay. "
                                 "--resource-pattern-type prefixed --operation Write"));
}

TEST(DoctorAccess, RulesCoverByNameByPrefixAndByStar) {
  const std::vector<AccessNeed> needs = {{AclResource::kTopic, "orders.raw", AclOperation::kRead}};
  AclsSeen acls;
  EXPECT_THAT(Missing(needs, acls, {}, "User:fracas"), SizeIs(1));
  for (const auto& [name, prefixed, covers] :
       {std::tuple("orders.raw", false, true), std::tuple("*", false, true),
        std::tuple("orders", true, true), std::tuple("orders", false, false),
        std::tuple("*", true, false)}) {
    acls.rules = {Allow(AclResource::kTopic, name, AclOperation::kRead)};
    acls.rules[0].prefixed = prefixed;
    EXPECT_EQ(Missing(needs, acls, {}, "User:fracas").empty(), covers) << name << prefixed;
  }
}

TEST(DoctorAccess, ReadAndWriteContainDescribeAndNothingElse) {
  AclsSeen acls;
  acls.rules = {Allow(AclResource::kTopic, "t", AclOperation::kWrite)};
  const auto missing = [&](AclOperation operation) {
    return !Missing({{AclResource::kTopic, "t", operation}}, acls, {}, "User:fracas").empty();
  };
  EXPECT_FALSE(missing(AclOperation::kWrite));
  EXPECT_FALSE(missing(AclOperation::kDescribe));
  EXPECT_TRUE(missing(AclOperation::kRead));
  EXPECT_TRUE(missing(AclOperation::kDescribeConfigs));
}

TEST(DoctorAccess, ADenialWinsAndOthersRulesDoNotCount) {
  const std::vector<AccessNeed> needs = {{AclResource::kTopic, "t", AclOperation::kRead}};
  AclsSeen acls;
  acls.rules = {Allow(AclResource::kTopic, "*", AclOperation::kAll),
                Allow(AclResource::kTopic, "t", AclOperation::kRead)};
  acls.rules[1].allow = false;
  EXPECT_THAT(Missing(needs, acls, {}, "User:fracas"), SizeIs(1));
  acls.rules[1].principal = "User:somebody";
  EXPECT_THAT(Missing(needs, acls, {}, "User:fracas"), IsEmpty());
  EXPECT_THAT(Missing(needs, acls, {}, "User:anna"), SizeIs(1));
  acls.rules[0].principal = "User:*";
  EXPECT_THAT(Missing(needs, acls, {}, "User:anna"), IsEmpty());
  acls.rules[0].resource = AclResource::kGroup;
  EXPECT_THAT(Missing(needs, acls, {}, "User:anna"), SizeIs(1));
}

TEST(DoctorAccess, SuperUsersOpenClustersAndNoAuthorizerNeedNothing) {
  const std::vector<AccessNeed> needs = {{AclResource::kTopic, "t", AclOperation::kRead}};
  AclsSeen acls;
  EXPECT_THAT(Missing(needs, acls, {.super_users = "User:admin;User:fracas"}, "User:fracas"),
              IsEmpty());
  EXPECT_THAT(Missing(needs, acls, {.super_users = "User:fracas2;User:f"}, "User:fracas"),
              SizeIs(1));
  EXPECT_THAT(Missing(needs, acls, {.super_users = "", .everyone_if_none = true}, "User:fracas"),
              IsEmpty());
  acls.rules = {Allow(AclResource::kTopic, "t", AclOperation::kWrite)};
  EXPECT_THAT(Missing(needs, acls, {.super_users = "", .everyone_if_none = true}, "User:fracas"),
              SizeIs(1));
  acls.authorizer = false;
  EXPECT_THAT(Missing(needs, acls, {}, "User:fracas"), IsEmpty());
}

TEST(DoctorAccess, OneCommandForEachResource) {
  const std::vector<Grant> grants =
      GrantsOf({{AclResource::kTopic, "t", AclOperation::kRead},
                {AclResource::kTopic, "t", AclOperation::kDescribeConfigs},
                {AclResource::kTransactionalId, "shop-node-1-0", AclOperation::kWrite}},
               "b:9092", "User:fracas");
  ASSERT_THAT(grants, SizeIs(2));
  EXPECT_EQ(grants[0].what, "Read, DescribeConfigs on topic t");
  EXPECT_EQ(grants[0].command,
            "kafka-acls.sh --bootstrap-server b:9092 --add --allow-principal User:fracas --topic t "
            "--operation Read --operation DescribeConfigs");
  EXPECT_EQ(grants[1].what, "Write on transactional-id shop-node-1-0");
  EXPECT_THAT(GrantsOf({{AclResource::kGroup, "g", AclOperation::kRead}}, "b", "")[0].command,
              testing::HasSubstr("--allow-principal User:NAME --group g"));
}

TEST(DoctorAccess, WhomTheBrokersTakeUsFor) {
  EXPECT_EQ(PrincipalOf(Shop()), "User:ANONYMOUS");
  EXPECT_EQ(PrincipalOf(Shop("{bootstrap.servers: 'b:1', security.protocol: SASL_SSL, "
                             "sasl.mechanism: PLAIN, sasl.username: anna, sasl.password: x}")),
            "User:anna");
  EXPECT_EQ(PrincipalOf(Shop("{bootstrap.servers: 'b:1', security.protocol: ssl}")), "");
}

}  // namespace
}  // namespace fracas::tools
