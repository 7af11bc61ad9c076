#include "pipeline/examiner.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "contract/contract.h"
#include "core/limits.h"
#include "gtest/gtest.h"
#include "pipeline/failures.h"

namespace fracas::pipeline {
namespace {

// A lease whose records have the same headers each.
class TestLease : public PayloadLease {
 public:
  explicit TestLease(std::vector<std::pair<std::string, std::string>> headers = {})
      : headers_(std::move(headers)) {}
  void VisitHeaders(uint32_t, const std::function<void(std::string_view, std::string_view)>& visit)
      const override {
    for (const auto& [name, value] : headers_) visit(name, value);
  }

 private:
  const std::vector<std::pair<std::string, std::string>> headers_;
};

StreamPlan Stream() {
  contract::Rules rules;
  rules.captures = {"/id"};
  StreamPlan stream;
  stream.pipeline = "p";
  stream.id = "s";
  stream.contract = contract::CompileBytes(
      R"({"properties":{"v":{"type":"integer"}},"required":["v"]})", "", rules, {}).contract;
  EXPECT_NE(stream.contract, nullptr);
  return stream;
}

// The batch of one record, examined.
Batch Examined(const StreamPlan& stream, std::string_view value, std::string_view key = {},
               const PayloadLease& lease = TestLease()) {
  Batch batch;
  batch.id = {StreamIndex{0}, {"t", 0}, 7, 8, 1};
  batch.records.Append(7, kNoTime, key, value, 0);
  Examiner examiner(limits::kMiB);
  examiner.Examine(stream, lease, 1'700'000'000'000, &batch);
  return batch;
}

Code OnlyCode(const Batch& batch) {
  return batch.findings.size() == 1 ? batch.findings.items()[0].code : Code::kNone;
}

TEST(Examiner, FindsNothingInAGoodRecord) {
  const Batch batch = Examined(Stream(), R"({"v":1})");
  EXPECT_TRUE(batch.findings.empty());
  EXPECT_EQ(batch.proved + batch.explained, 1u);
}

TEST(Examiner, GivesFindingsTheirRecord) {
  Batch batch;
  for (const std::string_view value : {R"({"v":1})", R"({"v":"x"})", "{"}) {
    batch.records.Append(static_cast<Offset>(batch.records.size()), kNoTime, {}, value, 0);
  }
  Examiner examiner(limits::kMiB);
  examiner.Examine(Stream(), TestLease(), 0, &batch);
  ASSERT_EQ(batch.findings.size(), 2u);
  EXPECT_EQ(batch.findings.items()[0].record, 1u);
  EXPECT_EQ(batch.findings.items()[0].code, Code::kTypeMismatch);
  EXPECT_EQ(batch.records.finding_begin[1], 0u);
  EXPECT_EQ(batch.records.finding_end[1], 1u);
  EXPECT_EQ(batch.findings.items()[1].record, 2u);
}

TEST(Examiner, ATombstonePassesOrIsCoded) {
  StreamPlan stream = Stream();
  EXPECT_TRUE(Examined(stream, {}).findings.empty());
  stream.tombstones_pass = false;
  const Batch batch = Examined(stream, {});
  EXPECT_EQ(OnlyCode(batch), Code::kJsonMalformed);
  EXPECT_NE(TellRecord(stream, batch, 0, batch.findings.items()[0]).message.find("tombstone"),
            std::string::npos);
}

TEST(Examiner, ZeroBytesAreNoTombstone) {
  EXPECT_EQ(OnlyCode(Examined(Stream(), "")), Code::kJsonMalformed);
}

TEST(Examiner, TheLimitIsTheLastGoodSize) {
  StreamPlan stream = Stream();
  const std::string value = R"({"v":1})";
  stream.record_bytes_max = value.size();
  EXPECT_TRUE(Examined(stream, value).findings.empty());
  stream.record_bytes_max = value.size() - 1;
  EXPECT_EQ(OnlyCode(Examined(stream, value)), Code::kRecordOversize);
}

TEST(Examiner, JudgesBehindConfluentFraming) {
  StreamPlan stream = Stream();
  stream.framing = Framing::kConfluent;
  EXPECT_TRUE(Examined(stream, std::string("\0\0\0\0\x2a", 5) + R"({"v":1})").findings.empty());
  EXPECT_EQ(OnlyCode(Examined(stream, R"({"v":1})")), Code::kDecodeFailed);
  EXPECT_EQ(OnlyCode(Examined(stream, std::string("\0\0\0\0", 4))), Code::kDecodeFailed);
  const Batch batch = Examined(stream, std::string("\0\0\0\0\x2a", 5) + R"({"v":"x"})");
  ASSERT_EQ(batch.findings.size(), 1u);
  EXPECT_EQ(batch.findings.items()[0].byte, 5u);  // in the document, not in the value
}

TEST(Examiner, FindsTheBusinessIdWhereItIs) {
  StreamPlan stream = Stream();
  stream.business_id = {IdentitySource::Kind::kPointer, "/id", 0};
  EXPECT_EQ(Examined(stream, R"({"v":1,"id":"c-1"})").records.business_id[0].size(), 3u);
  stream.business_id = {IdentitySource::Kind::kKey, "", 0};
  const std::string key("k\0\xf0", 3);
  EXPECT_EQ(Examined(stream, R"({"v":1})", key).records.business_id[0], key);
  stream.business_id = {IdentitySource::Kind::kHeader, "id", 0};
  const TestLease lease({{"id", "first"}, {"other", "x"}, {"id", "last"}});
  EXPECT_EQ(Examined(stream, R"({"v":1})", {}, lease).records.business_id[0], "last");
}

TEST(Examiner, FindsTheBusinessIdInAJsonKey) {
  StreamPlan stream = Stream();
  contract::Rules rules;
  rules.has_schema = false;
  rules.captures = {"/customer"};
  stream.key_contract = contract::CompileRules(rules).contract;
  stream.business_id = {IdentitySource::Kind::kKeyPointer, "/customer", 0};
  const std::string key = R"({"customer":"c-9"})";
  EXPECT_EQ(Examined(stream, R"({"v":1})", key).records.business_id[0].size(), 3u);
  EXPECT_TRUE(Examined(stream, R"({"v":1})", "no json").records.business_id[0].empty());
  EXPECT_TRUE(Examined(stream, R"({"v":1})", {}).findings.empty());
}

TEST(Examiner, AnIdThatIsTooLongIsAFinding) {
  StreamPlan stream = Stream();
  stream.business_id = {IdentitySource::Kind::kKey, "", 0};
  const std::string key(limits::kIdBytesMax, 'k');
  EXPECT_TRUE(Examined(stream, R"({"v":1})", key).findings.empty());
  EXPECT_EQ(OnlyCode(Examined(stream, R"({"v":1})", key + "k")), Code::kFormatInvalid);
}

// --- Failure groups -------------------------------------------------------------------------------------

Batch Classified(const StreamPlan& stream, const std::vector<std::string>& values) {
  Batch batch;
  batch.id = {StreamIndex{0}, {"t", 2}, 0, static_cast<Offset>(values.size()), 1};
  for (const std::string& value : values) {
    batch.records.Append(static_cast<Offset>(batch.records.size()), kNoTime, {}, value, 0);
  }
  Examiner examiner(limits::kMiB);
  examiner.Examine(stream, TestLease(), 0, &batch);
  batch.classified =
      Classify(stream.dispositions, batch.findings, Publishing::kCopy, &batch.records);
  return batch;
}

TEST(FailureGroups, CountRowsByModeWithBoundedSamples) {
  const StreamPlan stream = Stream();
  std::vector<std::string> values(9, R"({"v":"Zoe"})");
  values.push_back(R"({"w":1})");
  values.push_back(R"({"v":1})");
  const Batch batch = Classified(stream, values);
  FailureGroups groups;
  Suspects nobody(nullptr, {}, nullptr);
  groups.Gather(stream, batch, &nobody);
  ASSERT_EQ(groups.groups().size(), 2u);
  EXPECT_EQ(groups.groups()[0].code, Code::kTypeMismatch);
  EXPECT_EQ(groups.groups()[0].rows, 9u);
  EXPECT_EQ(groups.groups()[0].samples.size(), limits::kSamplesPerFailureMax);
  EXPECT_EQ(groups.groups()[0].samples[4], (wire::FailureSample{"t", 2, 4, "/v"}));
  EXPECT_EQ(groups.groups()[0].message.find("Zoe"), std::string::npos);  // no values
  EXPECT_EQ(groups.groups()[1].rows, 1u);
  EXPECT_EQ(&groups.of(9), &groups.groups()[1]);
  EXPECT_NE(groups.groups()[0].fingerprint, groups.groups()[1].fingerprint);
}

TEST(FailureGroups, NothingToGather) {
  const StreamPlan stream = Stream();
  FailureGroups groups;
  Suspects nobody(nullptr, {}, nullptr);
  groups.Gather(stream, Classified(stream, {R"({"v":"x"})"}), &nobody);
  groups.Gather(stream, Classified(stream, {R"({"v":1})"}), &nobody);
  EXPECT_TRUE(groups.groups().empty());
}

TEST(WarningGate, ReportsOnSightThenOnceAMinuteWithTheRest) {
  WarningGate gate;
  FailureGroup group;
  group.fingerprint = "f";
  group.rows = 3;
  EXPECT_EQ(gate.Rows(StreamIndex{0}, group, 1'000), 3u);
  EXPECT_EQ(gate.Rows(StreamIndex{0}, group, 1'000), 0u);  // another batch of the same round
  EXPECT_EQ(gate.Rows(StreamIndex{1}, group, 1'000), 3u);  // another stream
  gate.Keep();
  EXPECT_EQ(gate.Rows(StreamIndex{0}, group, 30'000), 0u);
  gate.Keep();
  EXPECT_EQ(gate.Rows(StreamIndex{0}, group, 61'000), 9u);
}

TEST(WarningGate, ARoundThatDidNotCommitHasReportedNothing) {
  WarningGate gate;
  FailureGroup group;
  group.fingerprint = "f";
  group.rows = 3;
  EXPECT_EQ(gate.Rows(StreamIndex{0}, group, 1'000), 3u);
  gate.Drop();
  EXPECT_EQ(gate.Rows(StreamIndex{0}, group, 1'001), 3u);
}

}  // namespace
}  // namespace fracas::pipeline
