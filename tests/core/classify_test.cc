#include "core/classify.h"

#include <string_view>
#include <vector>

#include "core/finding.h"
#include "core/record.h"
#include "gtest/gtest.h"

namespace fracas {
namespace {

struct Planted {
  uint32_t record = 0;
  Code code = Code::kNone;
  uint32_t byte = kNoByte;
};

struct Case {
  RecordColumns records;
  Findings findings;
  Classified result;
};

Case Judged(size_t count, const std::vector<Planted>& planted, Dispositions dispositions = {},
         Publishing publishing = Publishing::kCopy) {
  Case run;
  for (size_t i = 0; i < count; ++i) {
    run.records.Append(static_cast<Offset>(i), 0, "k", "v", static_cast<uint32_t>(i));
  }
  for (const Planted& plant : planted) {
    run.findings.Add({.code = plant.code, .record = plant.record, .byte = plant.byte}, "/p");
  }
  run.result = Classify(dispositions, run.findings, publishing, &run.records);
  return run;
}

TEST(Classify, PublishesWhatHasNoFinding) {
  const Case run = Judged(3, {});
  EXPECT_EQ(run.result, (Classified{.records = 3}));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(run.records.outcome[i], Outcome::kPublished);
    EXPECT_EQ(run.records.code[i], Code::kNone);
    EXPECT_EQ(run.records.decider[i], kNoFinding);
  }
}

TEST(Classify, RejectsByDeadLetterCode) {
  const Case run = Judged(3, {{1, Code::kJsonMalformed}});
  EXPECT_EQ(run.result, (Classified{.records = 3, .rejected = 1}));
  EXPECT_EQ(run.records.outcome[1], Outcome::kDeadLettered);
  EXPECT_EQ(run.records.code[1], Code::kJsonMalformed);
  EXPECT_EQ(run.records.outcome[2], Outcome::kPublished);
}

TEST(Classify, WarningPassesAndIsCounted) {
  const Case run = Judged(2, {{0, Code::kFieldUnexpected}});
  EXPECT_EQ(run.result, (Classified{.records = 2, .warned = 1}));
  EXPECT_EQ(run.records.outcome[0], Outcome::kPublished);
  EXPECT_EQ(run.records.code[0], Code::kFieldUnexpected);
}

TEST(Classify, SeverestDispositionDecidesWhateverTheOrder) {
  for (const bool hold_first : {true, false}) {
    std::vector<Planted> planted = {{0, Code::kTypeMismatch, 50}, {0, Code::kUnprintableChars, 5}};
    if (!hold_first) std::swap(planted[0], planted[1]);
    const Case run = Judged(1, planted);
    EXPECT_EQ(run.records.code[0], Code::kTypeMismatch);
    EXPECT_EQ(run.result, (Classified{.records = 1, .held = 1, .first_held = 0}));
  }
}

TEST(Classify, CriticalElementDecidesBeforeDocumentOrder) {
  const Case run = Judged(1, {{0, Code::kTypeMismatch, 5}, {0, Code::kCdeMissing}});
  EXPECT_EQ(run.records.code[0], Code::kCdeMissing);
  EXPECT_EQ(run.records.decider[0], 1u);
}

TEST(Classify, CriticalElementThatOnlyWarnsDoesNotDecideOverAHold) {
  Dispositions dispositions;
  dispositions.Set(Code::kCdeNull, Disposition::kWarn);
  const Case run = Judged(1, {{0, Code::kCdeNull, 1}, {0, Code::kTypeMismatch, 9}}, dispositions);
  EXPECT_EQ(run.records.code[0], Code::kTypeMismatch);
}

TEST(Classify, DocumentOrderThenOrderOfDiscovery) {
  Dispositions dispositions;
  dispositions.Set(Code::kEnumUnknown, Disposition::kHold);
  const Case run = Judged(2, {{0, Code::kEnumUnknown, 30}, {0, Code::kTypeMismatch, 20},
                              {1, Code::kEnumUnknown, 7}, {1, Code::kTypeMismatch, 7}},
                          dispositions);
  EXPECT_EQ(run.records.decider[0], 1u);
  EXPECT_EQ(run.records.decider[1], 2u);
}

TEST(Classify, AStreamOverridesADefault) {
  Dispositions dispositions;
  dispositions.Set(Code::kTypeMismatch, Disposition::kDeadLetter);
  const Case run = Judged(1, {{0, Code::kTypeMismatch}}, dispositions);
  EXPECT_EQ(run.result, (Classified{.records = 1, .rejected = 1}));
}

TEST(Classify, ObservesEverythingInModeNone) {
  const Case run = Judged(3, {{0, Code::kJsonMalformed}, {2, Code::kTypeMismatch}}, {},
                       Publishing::kObserve);
  EXPECT_EQ(run.result,
            (Classified{.records = 3, .rejected = 1, .held = 1, .first_held = 2}));
  for (const Outcome outcome : run.records.outcome) EXPECT_EQ(outcome, Outcome::kObserved);
  EXPECT_EQ(run.records.code[2], Code::kTypeMismatch);
}

TEST(Classify, ForgetsWhatAnEarlierJudgementSaid) {
  Case run = Judged(2, {{0, Code::kJsonMalformed}});
  run.findings.Clear();
  EXPECT_EQ(Classify({}, run.findings, Publishing::kCopy, &run.records),
            (Classified{.records = 2}));
  EXPECT_EQ(run.records.outcome[0], Outcome::kPublished);
  EXPECT_EQ(run.records.code[0], Code::kNone);
}

TEST(Dispositions, StartAsTheTableSays) {
  const Dispositions dispositions;
  for (const CodeInfo& info : AllCodes()) EXPECT_EQ(dispositions.Of(info.code), info.disposition);
}

}  // namespace
}  // namespace fracas
