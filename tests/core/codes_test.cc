#include "core/codes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace fracas {
namespace {

// FROZEN: on topics, in events and on dashboards of other people. Lines are added, never changed.
constexpr std::pair<int, std::string_view> kFrozen[] = {
    {1101, "JSON_MALFORMED"},
    {1102, "RECORD_TRUNCATED"},
    {1103, "ENCODING_INVALID"},
    {1104, "UNPRINTABLE_CHARS"},
    {1105, "RECORD_OVERSIZE"},
    {1106, "DECODE_FAILED"},
    {1107, "DUPLICATE_KEY"},
    {2101, "CDE_MISSING"},
    {2102, "CDE_NULL"},
    {2103, "TYPE_MISMATCH"},
    {2104, "FIELD_UNEXPECTED"},
    {2105, "SCHEMA_BREAKING"},
    {2106, "ENUM_UNKNOWN"},
    {2107, "VALUE_OUT_OF_RANGE"},
    {2108, "FORMAT_INVALID"},
    {2109, "REFERENCE_MISSING"},
    {2110, "RULE_CROSS_FIELD"},
    {3101, "TS_STALE"},
    {3102, "TS_LATE"},
    {3103, "TS_FUTURE"},
    {3104, "IDEMPOTENCY_DUPLICATE"},
    {3105, "IDEMPOTENCY_CONFLICT"},
    {3106, "SEQUENCE_GAP"},
    {4101, "DNS_FAILURE"},
    {4102, "CONNECT_FAILED"},
    {4103, "TLS_FAILURE"},
    {4104, "TIMEOUT"},
    {4105, "THROTTLED"},
    {4106, "DEPENDENCY_5XX"},
    {4107, "REGION_OUTAGE"},
    {4108, "AUTH_FAILED"},
    {4109, "PERMISSION_DENIED"},
    {4110, "SECRET_UNAVAILABLE"},
    {4111, "OBJECT_NOT_FOUND"},
    {4112, "SINK_REJECTED"},
    {4113, "SINK_CONFLICT"},
    {4114, "BROKER_UNAVAILABLE"},
    {5101, "OUT_OF_MEMORY"},
    {5102, "DISK_FULL"},
    {5103, "EXECUTOR_LOST"},
    {5104, "CONFIG_INVALID"},
    {5105, "BACKPRESSURE"},
    {6101, "CHECKPOINT_FAILED"},
    {6102, "OFFSET_OUT_OF_RANGE"},
    {6103, "TRANSFORM_FAILED"},
    {6104, "POISON_RECORD"},
    {7101, "QUALITY_GATE_FAILED"},
    {7102, "ROWCOUNT_ANOMALY"},
    {7103, "NO_DATA"},
    {7104, "DURATION_ANOMALY"},
    {8101, "CANCELLED"},
    {8110, "QUARANTINED"},
    {8111, "REPLAY_PARKED"},
    {9001, "UNKNOWN"},
};

TEST(Codes, NumbersAndNamesAreFrozen) {
  ASSERT_EQ(AllCodes().size(), std::size(kFrozen));
  for (size_t i = 0; i < std::size(kFrozen); ++i) {
    EXPECT_EQ(AllCodes()[i].number, kFrozen[i].first);
    EXPECT_EQ(AllCodes()[i].name, kFrozen[i].second);
  }
}

TEST(Codes, AreFoundByNameAndNumber) {
  ASSERT_NE(FindCode("TYPE_MISMATCH"), nullptr);
  EXPECT_EQ(FindCode("TYPE_MISMATCH")->code, Code::kTypeMismatch);
  EXPECT_EQ(FindCode("2103"), FindCode("TYPE_MISMATCH"));
  EXPECT_EQ(FindCode("2199"), nullptr);
  EXPECT_EQ(FindCode(""), nullptr);
  EXPECT_EQ(FindCode("type_mismatch"), nullptr);
}

TEST(Codes, EveryCodeHasItsIndex) {
  for (size_t i = 0; i < AllCodes().size(); ++i) EXPECT_EQ(Index(AllCodes()[i].code), i);
}

// What a code does to its batch by default, as the design says it.
TEST(Codes, Dispositions) {
  for (const Code code : {Code::kJsonMalformed, Code::kRecordTruncated, Code::kEncodingInvalid,
                          Code::kRecordOversize, Code::kDuplicateKey, Code::kQuarantined}) {
    EXPECT_EQ(Info(code).disposition, Disposition::kDeadLetter) << Info(code).name;
  }
  for (const Code code :
       {Code::kTypeMismatch, Code::kCdeMissing, Code::kCdeNull, Code::kSchemaBreaking,
        Code::kRuleCrossField, Code::kSinkRejected, Code::kOffsetOutOfRange}) {
    EXPECT_EQ(Info(code).disposition, Disposition::kHold) << Info(code).name;
  }
  EXPECT_EQ(Info(Code::kFieldUnexpected).disposition, Disposition::kWarn);
}

// Transient trouble may be retried, and what needs a change may not.
TEST(Codes, PropertiesAgree) {
  for (const CodeInfo& info : AllCodes()) {
    if (info.type == FailureType::kTransient) {
      EXPECT_EQ(info.retryable, Retryable::kTrue) << info.name;
      EXPECT_EQ(info.recoverability, Recoverability::kRecoverable) << info.name;
    }
    if (info.recoverability == Recoverability::kHard) {
      EXPECT_EQ(info.retryable, Retryable::kFalse) << info.name;
    }
    if (info.number < 4000) {
      EXPECT_EQ(info.origin, Origin::kSource) << info.name;
    }
    EXPECT_GE(info.severity, 1);
    EXPECT_LE(info.severity, 10);
  }
}

TEST(Codes, TextsSaySomethingAndFitTheirPlace) {
  std::set<std::string_view> seen;
  for (const CodeInfo& info : AllCodes()) {
    EXPECT_LE(info.summary.size(), 70u) << info.name << ": one line";
    EXPECT_LE(info.message.size(), 250u) << info.name;
    EXPECT_GE(info.explanation.size(), 80u) << info.name;
    for (const std::string_view text :
         {info.summary, info.message, info.explanation, info.next_step}) {
      EXPECT_EQ(text.find("TEXT"), std::string_view::npos) << info.name;
      EXPECT_TRUE(seen.insert(text).second) << info.name << " repeats: " << text;
    }
    for (const char* jargon :
         {"offset", "JSON", "batch", "partition", "pointer", "schema", "contract"}) {
      EXPECT_EQ(info.message.find(jargon), std::string_view::npos)
          << info.name << ": \"" << jargon << "\" means nothing to the data's user";
    }
  }
}

// A next step that names a command which does not exist would be worse than none.
TEST(Codes, TextsNameOnlyCommandsThatExist) {
  const std::set<std::string> commands = {"run",    "try",   "check", "lint",
                                          "config", "codes", "topics"};
  for (const CodeInfo& info : AllCodes()) {
    for (const std::string_view text : {info.explanation, info.next_step}) {
      for (size_t at = text.find("`fracas "); at != std::string_view::npos;
           at = text.find("`fracas ", at + 1)) {
        const std::string_view rest = text.substr(at + 8);
        const std::string command(rest.substr(0, rest.find_first_of(" `")));
        EXPECT_TRUE(commands.contains(command)) << info.name << ": fracas " << command;
      }
    }
  }
}

}  // namespace
}  // namespace fracas
