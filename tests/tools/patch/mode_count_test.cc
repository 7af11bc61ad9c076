#include "tools/inspect/mode_count.h"

#include <gtest/gtest.h>

namespace fracas::tools {
namespace {

wire::FailureEvent Event(Offset from, Offset to, int32_t attempt, uint64_t records) {
  wire::FailureEvent event;
  event.batch = {.source = {"crm.raw", 0}, .from = from, .to = to, .attempt = attempt};
  event.row_count = records;
  event.time_ms = 1'000 * attempt;
  return event;
}

TEST(ModeCounterTest, CountsARangeOnce) {
  ModeCounter counter;
  for (int32_t attempt = 1; attempt <= 3; ++attempt) counter.Add(Event(100, 200, attempt, 7));
  EXPECT_EQ(counter.Count().records, 7u) << "three attempts at the same records";
  EXPECT_EQ(counter.Count().events, 3u);
  EXPECT_EQ(counter.Count().first_ms, 1'000);
  EXPECT_EQ(counter.Count().last_ms, 3'000);
  counter.Add(Event(200, 300, 1, 2));
  EXPECT_EQ(counter.Count().records, 9u) << "other records";
  wire::FailureEvent elsewhere = Event(100, 200, 1, 5);
  elsewhere.batch.source.partition = 1;
  counter.Add(elsewhere);
  EXPECT_EQ(counter.Count().records, 14u);
}

TEST(ModeCounterTest, KnowsARangeThatWasCutAnotherWay) {
  ModeCounter counter;
  counter.Add(Event(100, 200, 1, 7));
  counter.Add(Event(100, 150, 2, 3));
  counter.Add(Event(150, 200, 1, 4));
  EXPECT_EQ(counter.Count().records, 7u) << "in two batches the second time";
  counter.Add(Event(100, 200, 3, 6));
  EXPECT_EQ(counter.Count().records, 6u) << "in one again";
  counter.Add(Event(150, 250, 1, 1));
  EXPECT_EQ(counter.Count().records, 1u);
}

}  // namespace
}  // namespace fracas::tools
