#include "kafka/source/group_cover.h"

#include <gtest/gtest.h>

#include <string>

namespace fracas::kafka {
namespace {

std::string Big(int64_t number, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i) & 0xff);
  return out;
}
std::string Topic(const std::string& name, const std::vector<int32_t>& partitions) {
  std::string out = Big(static_cast<int64_t>(name.size()), 2) + name +
                    Big(static_cast<int64_t>(partitions.size()), 4);
  for (const int32_t partition : partitions) out += Big(partition, 4);
  return out;
}

TEST(DecodeAssignment, ReadsTopicsAndIgnoresWhatFollows) {
  const std::string bytes =
      Big(3, 2) + Big(2, 4) + Topic("orders", {0, 700}) + Topic("x", {}) + Big(-1, 4);
  const auto assigned = DecodeAssignment(bytes);
  ASSERT_TRUE(assigned.ok()) << assigned.status().message();
  EXPECT_EQ(*assigned, (std::vector<TopicPartition>{{"orders", 0}, {"orders", 700}}));
  EXPECT_TRUE(DecodeAssignment("")->empty()) << "a member that waits for its assignment";
}

TEST(DecodeAssignment, HostileBytesAreRefused) {
  const std::string bytes = Big(0, 2) + Big(1, 4) + Topic("orders", {1, 2});
  for (size_t size = 1; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeAssignment(std::string_view(bytes).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(DecodeAssignment(Big(0, 2) + Big(INT32_MAX, 4)).ok());
  EXPECT_FALSE(DecodeAssignment(Big(0, 2) + Big(1, 4) + Big(-1, 2)).ok());
  const std::string named = Big(0, 2) + Big(1, 4) + Topic("x", {}).substr(0, 3);
  EXPECT_FALSE(DecodeAssignment(named + Big(INT32_MAX, 4)).ok());
}

}  // namespace
}  // namespace fracas::kafka
