#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/inspect/inspection.h"
#include "tools/patch/diff.h"

// A stream and its records as `data-patcher` looks at them.

namespace fracas::tools {

inline config::Stream PlainStream() {
  config::Stream stream;
  stream.id = "customers";
  stream.pipeline = "tests";
  stream.record_bytes_max = 1'000'000;
  stream.identity.message_id = {config::IdSource::Kind::kPointer, "/messageId", {}};
  stream.identity.business_id = {config::IdSource::Kind::kPointer, "/customerId", {}};
  return stream;
}

inline Inspection Look(const std::string& value, config::Stream stream = PlainStream(),
                bool reveal = false) {
  auto judge = Judge::OfStream(stream, reveal);
  EXPECT_TRUE(judge.ok()) << judge.status().message();
  Specimen specimen;
  specimen.name = "a.json";
  specimen.value = value;
  return Inspect(specimen, judge->get(), 1'800'000'000'000);
}

inline std::vector<ShownHunk> Shown(std::string_view before, std::string_view after,
                             const std::vector<std::string>& sensitive = {}) {
  size_t total = 0;
  return ShowDifferences({before, after, &sensitive}, 100, &total);
}

}  // namespace fracas::tools
