#include "tools/lint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "json/tree.h"
#include "tests/config/fixture.h"
#include "tests/tools/fake_admin.h"
#include "tools/contract_rules.h"
#include "tools/schema_lookup.h"

namespace fracas::tools {
namespace {

class Lint : public testing::Test {
 protected:
  Lint() { std::filesystem::create_directories(folder_); }
  ~Lint() override { std::filesystem::remove_all(folder_); }

  // The lines of `fracas lint` for a stream with these keys and contract.json.
  std::string Of(const std::string& keys, const std::string& contract = "",
                 LintOptions options = {}) {
    if (!contract.empty()) std::ofstream(folder_ / "contract.json") << contract;
    const std::string file = (folder_ / "f.yaml").string();
    std::ofstream(file) << config::WithStream(
        (contract.empty() ? "" : "contract: contract.json\n") + keys);
    report_ = LintFile(file, config::TestEnvironment(), options);
    std::string lines = config::Lines(report_.problems);
    for (size_t at = lines.find(folder_.string()); at != std::string::npos;
         at = lines.find(folder_.string())) {
      lines.erase(at, folder_.string().size() + 1);
    }
    return lines;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("fracas-lint-" + std::to_string(getpid()));
  LintReport report_;
};

constexpr char kSchema[] =
    R"({"type":"object","additionalProperties":false,"properties":{"id":{"type":"string"},"email":{"type":"string"},)"
    R"("at":{"type":"string"},"inner":{"type":"object","properties":{"a":{}}},"n":{"type":"integer"}}})";

TEST_F(Lint, AGoodConfigurationIsQuiet) {
  EXPECT_EQ(Of("identity: {business_id: /id}\ncritical: [/id, /inner/a]\nsensitive: [/email]\n"
               "event_time: {pointer: /at}\n",
               kSchema),
            "");
  EXPECT_TRUE(report_.ok());
  EXPECT_EQ(report_.contracts, 1U);
}

TEST_F(Lint, AContractThatIsNoSchemaIsToldWithItsPlace) {
  const std::string lines = Of("", "{\n  \"type\": \"strin\"\n}");
  EXPECT_NE(lines.find("contract.json:2:"), std::string::npos) << lines;
  EXPECT_FALSE(report_.ok());
  EXPECT_NE(Of("contract: missing.json\n").find("missing.json"), std::string::npos);
  EXPECT_FALSE(report_.ok());
}

TEST_F(Lint, PointersAreHeldAgainstTheContract) {
  const std::string lines =
      Of("identity: {business_id: /idd}\ncritical: [/n/a]\nsensitive: [/inner/b]\n", kSchema);
  EXPECT_NE(lines.find("f.yaml:9:33: error: the identity /idd cannot be in a record"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("f.yaml:10:20: error: the critical element /n/a cannot be in a record"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find("f.yaml:11:21: warning: the contract contract.json does not declare the "
                       "sensitive field /inner/b"),
            std::string::npos)
      << lines;
}

TEST_F(Lint, ThresholdsThatNeverTrip) {
  EXPECT_NE(Of("audit: {max_failed_ratio: 1}\n")
                .find("warning: audit.max_failed_ratio: 1 can never trip"),
            std::string::npos);
  EXPECT_NE(Of("audit: {max_failed_ratio: off}\n").find("has no audit limit"), std::string::npos);
  EXPECT_NE(Of("audit: {max_failed_ratio: 0.5, min_records: 1000, max_failed_records: 10}\n")
                .find("audit.max_failed_ratio can never trip"),
            std::string::npos);
  EXPECT_NE(Of("sentinels: [x]\n").find("there are none"), std::string::npos);
  EXPECT_EQ(Of("audit: {max_failed_ratio: 0.5, min_records: 10, max_failed_records: 10}\n"), "");
  EXPECT_TRUE(report_.ok());
}

TEST_F(Lint, DispositionsWithoutEffect) {
  EXPECT_NE(Of("dispositions: {TYPE_MISMATCH: hold}\n").find("TYPE_MISMATCH is hold anyway"),
            std::string::npos);
  EXPECT_NE(
      Of("dispositions: {TS_STALE: hold}\n").find("TS_STALE cannot happen without event_time"),
      std::string::npos);
}

TEST_F(Lint, PatternsAndTheirGroups) {
  EXPECT_NE(Of("topics_pattern: '^a(b$'\n").find("f.yaml:7:25: error: topics_pattern: "),
            std::string::npos);
  EXPECT_NE(Of("topics_pattern: '^a(b)$'\npublish: {topic: 'x.{2}'}\n")
                .find("'x.{2}' uses {2}, but topics_pattern has 1 groups"),
            std::string::npos);
}

TEST_F(Lint, LibrdkafkaIsAskedAboutEverySetting) {
  std::vector<std::string> asked;
  LintOptions options;
  options.check_kafka_setting = [&](const std::string& section, const std::string& name,
                                    const std::string& value) {
    asked.push_back(section + " " + name + "=" + value);
    return Status::Reject("No such configuration property: " + name);
  };
  const std::string lines = Of("", "", options);
  EXPECT_NE(lines.find("f.yaml:2:9: error: No such configuration property: bootstrap.servers"),
            std::string::npos)
      << lines;
  EXPECT_EQ(asked, std::vector<std::string>{"common bootstrap.servers=localhost:9092"});
}

TEST_F(Lint, TheClusterIsAskedOnlyForAConfigurationThatReads) {
  FakeAdmin admin;
  admin.down = Status::Retry("no broker answers at localhost:9092");
  LintOptions options;
  options.admin = &admin;
  EXPECT_NE(Of("", "", options).find("error: no broker answers"), std::string::npos);
  EXPECT_EQ(Of("bacth: {}\n", "", options).find("no broker"), std::string::npos);
  admin.down = {};
  EXPECT_NE(Of("", "", options).find("source topic raw of stream p/s does not exist"),
            std::string::npos);
}

TEST_F(Lint, EveryLayerInOneRun) {
  const std::string lines =
      Of("bacth: {}\nidentity: {business_id: /idd}\naudit: {max_failed_ratio: 1}\n", kSchema);
  EXPECT_NE(lines.find("did you mean `batch`?"), std::string::npos) << lines;
  EXPECT_NE(lines.find("/idd cannot be"), std::string::npos) << lines;
  EXPECT_NE(lines.find("can never trip"), std::string::npos) << lines;
}

TEST(Example, LintsClean) {
  const LintReport report = LintFile(std::string(FRACAS_SOURCE_DIR) + "/deploy/fracas.example.yaml",
                                     config::TestEnvironment(), {});
  EXPECT_EQ(config::Lines(report.problems), "");
  EXPECT_EQ(report.contracts, 2U);
}

TEST(ContractRules, CarryEverythingTheStreamDeclares) {
  const config::Reading reading = config::Read(config::WithStream(
      "identity: {business_id: key, message_id: /m, idempotency_key: /i}\ncritical: "
      "[/a]\nsentinels: [x]\nsensitive: [/e]\n"
      "event_time: {pointer: /t, format: unix_milliseconds, max_age: 1s}\ncharacters: {bidi: "
      "allow}\nduplicate_keys: allow\n"
      "drift: off\nlimits: {record: 5KiB}\nassert_formats: false\nschemas: {'urn:a': s}\n"));
  const StreamContract result = ContractOf(reading.draft.streams.at(0));
  EXPECT_FALSE(result.rules.has_schema);
  EXPECT_EQ(result.captures.business_id, -1);
  EXPECT_EQ(result.captures.message_id, 0);
  EXPECT_EQ(result.captures.idempotency_key, 1);
  EXPECT_EQ(result.rules.captures, (std::vector<std::string>{"/m", "/i"}));
  EXPECT_EQ(result.rules.critical, std::vector<std::string>{"/a"});
  EXPECT_EQ(result.rules.sentinels, std::vector<std::string>{"x"});
  EXPECT_EQ(result.rules.sensitive, std::vector<std::string>{"/e"});
  ASSERT_TRUE(result.rules.has_event_time);
  EXPECT_EQ(result.rules.event_time.pointer, "/t");
  EXPECT_EQ(result.rules.event_time.format, contract::TimeFormat::kUnixMilliseconds);
  EXPECT_EQ(result.rules.event_time.max_age_ms, 1'000);
  EXPECT_EQ(result.rules.event_time.max_future_ms, -1);
  EXPECT_TRUE(result.rules.forbid_characters[0] && result.rules.forbid_characters[1]);
  EXPECT_FALSE(result.rules.forbid_characters[2]);
  EXPECT_FALSE(result.rules.forbid_duplicate_keys || result.rules.report_drift ||
               result.options.assert_formats);
  EXPECT_EQ(result.rules.document_bytes_max, 5'120U);
  EXPECT_EQ(result.options.catalog.at("urn:a"), "/etc/fracas/s");
}

Presence Look(const char* schema, const char* pointer) {
  std::string error;
  const auto document = json::ParseOwned(schema, &error);
  EXPECT_NE(document, nullptr) << error;
  return LookUp(document->tree, pointer);
}

TEST(SchemaLookup, SaysWhatASchemaKnowsOfAPlace) {
  EXPECT_EQ(Look(R"({"properties":{"a":{}}})", "/a"), Presence::kDeclared);
  EXPECT_EQ(Look(R"({"properties":{"a":{}}})", "/b"), Presence::kPermitted);
  EXPECT_EQ(Look(R"({"properties":{"a":false}})", "/a"), Presence::kImpossible);
  EXPECT_EQ(Look(R"({"properties":{"a":{}},"additionalProperties":false})", "/b"),
            Presence::kImpossible);
  EXPECT_EQ(Look(R"({"properties":{"a":{"type":"string"}}})", "/a/b"), Presence::kImpossible);
  EXPECT_EQ(Look(R"({"properties":{"a":{"type":["null","object"]}}})", "/a/b"),
            Presence::kPermitted);
  EXPECT_EQ(Look(R"({"properties":{"a~b/c":{}}})", "/a~0b~1c"), Presence::kDeclared);
  EXPECT_EQ(Look(R"({"patternProperties":{"^x":{}},"additionalProperties":false})", "/b"),
            Presence::kUnknown);
  EXPECT_EQ(Look(R"({"items":{"properties":{"a":{}}}})", "/0/a"), Presence::kDeclared);
  EXPECT_EQ(Look(R"({"prefixItems":[{},{"type":"null"}],"items":false})", "/1/x"),
            Presence::kImpossible);
  EXPECT_EQ(Look(R"({"prefixItems":[{}],"items":false})", "/1"), Presence::kImpossible);
  EXPECT_EQ(Look("true", "/a"), Presence::kPermitted);
}

TEST(SchemaLookup, FollowsReferencesAndBranches) {
  EXPECT_EQ(Look(R"({"$ref":"#/$defs/x","$defs":{"x":{"properties":{"a":{}}}}})", "/a"),
            Presence::kDeclared);
  EXPECT_EQ(Look(R"({"$ref":"other.json"})", "/a"), Presence::kUnknown);
  EXPECT_EQ(Look(R"({"$ref":"#/$defs/gone"})", "/a"), Presence::kUnknown);
  EXPECT_EQ(Look(R"({"properties":{"a":{"$ref":"#"}}})", "/a/a/a"), Presence::kDeclared);
  EXPECT_EQ(Look(R"({"$ref":"#"})", "/a"), Presence::kUnknown) << "a circle ends";
  EXPECT_EQ(Look(R"({"allOf":[{"properties":{"a":{}}},{"additionalProperties":false}]})", "/a"),
            Presence::kImpossible);
  EXPECT_EQ(Look(R"({"anyOf":[{"properties":{"a":{}}},{"additionalProperties":false}]})", "/a"),
            Presence::kDeclared);
  EXPECT_EQ(Look(R"({"oneOf":[{"type":"null"},{"type":"string"}]})", "/a"), Presence::kImpossible);
  EXPECT_EQ(Look(R"({"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false})", "/a"),
            Presence::kDeclared);
  EXPECT_EQ(Look(R"({"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false})", "/b"),
            Presence::kImpossible);
  EXPECT_EQ(Look(R"({"if":{},"then":{"properties":{"a":{}}}})", "/a"), Presence::kUnknown);
}

}  // namespace
}  // namespace fracas::tools
