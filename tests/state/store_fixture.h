#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/text.h"
#include "state/store/rocks_store.h"

// A folder for a test's stores, and short ways to fill and read them.

namespace fracas::state {

inline const TopicPartition kStateLog{"fracas.state", 0};
inline constexpr int64_t kNow = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

using Content = std::map<std::string, std::string>;

class StoreFixture : public testing::Test {
 public:
  StoreFixture() {
    std::string name = testing::TempDir() + "fracas_state.XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  ~StoreFixture() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  StoreOptions Options(const std::string& folder = "state") const {
    return {.dir = (root_ / folder).string(),
            .group = "fracas",
            .topic = kStateLog.topic,
            .cluster = "c-1",
            .owner = "instance node-1",
            .now_ms = kNow,
            .free_bytes_min = 0};
  }

  // REQUIRES: it opens.
  static OpenedStore Open(const StoreOptions& options) {
    Result<OpenedStore> opened = OpenStore(options);
    EXPECT_TRUE(opened.ok()) << opened.status().message();
    return opened.ok() ? std::move(*opened) : OpenedStore{};
  }

  static Content ContentOf(const StateStore& store, std::string_view prefix = "") {
    Content content;
    const Status visited = store.Visit(prefix, [&](std::string_view key, std::string_view value) {
      content.emplace(key, value);
      return true;
    });
    EXPECT_TRUE(visited.ok()) << visited.message();
    return content;
  }

  // Folders beside `options.dir` that were put aside, by name.
  std::vector<std::string> Aside() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(root_)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_directory() && name.find('-') != std::string::npos) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  const std::filesystem::path& root() const { return root_; }

 private:
  std::filesystem::path root_;
};

}  // namespace fracas::state
