#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/golden/control_examples.h"
#include "tests/golden/wire_examples.h"

// The bytes of every wire format. They are on other people's disks: a difference here needs a new
// format version with a golden of its own, never a new golden in the old one's place.

namespace fracas::wire {
namespace {

std::string Golden(const std::string& name) {
  std::ifstream file(std::string(FRACAS_GOLDEN_DIR) + "/wire/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

TEST(WireGolden, DeadLetterBlock) {
  const BatchId batch = ExampleBatch();
  EXPECT_EQ(BlockText(ExampleContext(&batch)), Golden("dead_letter.v1.txt"));
}

TEST(WireGolden, DeadLetterBlockOfAnOversizeRecord) {
  const BatchId batch = ExampleBatch();
  EXPECT_EQ(BlockText(ExampleOversize(&batch)), Golden("dead_letter_oversize.v1.txt"));
}

TEST(WireGolden, FailureEvent) {
  std::string bytes;
  EncodeFailureEvent(ExampleEvent(), &bytes);
  const std::string golden = Golden("failure_event.v1.json");
  // The text for users is the code table's, which may be reworded: it is taken out on both sides.
  const auto without_message = [](std::string text) {
    const size_t begin = text.find("\"external_message\":");
    const size_t end = text.find("\"internal_message\":");
    EXPECT_LT(begin, end);
    return text.erase(begin, end - begin);
  };
  EXPECT_EQ(without_message(bytes) + "\n", without_message(golden));
}

TEST(WireGolden, Summary) {
  std::string bytes;
  EncodeSummary(ExampleSummary(), &bytes);
  EXPECT_EQ(bytes + "\n", Golden("summary.v1.json"));
}

TEST(WireGolden, OffsetMetadata) {
  EXPECT_EQ(EncodeOffsetMetadata(ExampleMetadata()) + "\n", Golden("offset_metadata.v1.json"));
}

TEST(WireGolden, ControlRecords) { EXPECT_EQ(ControlText(), Golden("control.v1.jsonl")); }

TEST(WireGolden, JournalEntry) {
  std::string bytes;
  Encode(ExampleJournalEntry(), &bytes);
  EXPECT_EQ(bytes + "\n", Golden("journal.v1.json"));
}

TEST(WireGolden, GoldenBytesAreStillRead) {
  std::stringstream control(Golden("control.v1.jsonl"));
  for (std::string line; std::getline(control, line);) EXPECT_TRUE(DecodeControl(line).ok()) << line;
  EXPECT_TRUE(DecodeJournalEntry(Golden("journal.v1.json")).ok());
  EXPECT_TRUE(DecodeFailureEvent(Golden("failure_event.v1.json")).ok());
  EXPECT_TRUE(DecodeSummary(Golden("summary.v1.json")).ok());
  EXPECT_TRUE(DecodeOffsetMetadata(Golden("offset_metadata.v1.json")).ok());
}

}  // namespace
}  // namespace fracas::wire
