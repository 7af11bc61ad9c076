#include "config/environment.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/limits.h"

namespace fracas::config {
namespace {

class SecretFiles : public testing::Test {
 protected:
  SecretFiles() { std::filesystem::create_directories(folder_); }
  ~SecretFiles() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("fracas-secrets-" + std::to_string(getpid()));
  const Environment environment_ = ProcessEnvironment();
};

TEST_F(SecretFiles, OneTrailingLineBreakIsRemoved) {
  EXPECT_EQ(environment_.secret(Write("a", "pw\n"))->text, "pw");
  EXPECT_EQ(environment_.secret(Write("b", "pw\r\n"))->text, "pw");
  EXPECT_EQ(environment_.secret(Write("c", "pw\n\n"))->text, "pw\n");
  EXPECT_EQ(environment_.secret(Write("d", ""))->text, "");
}

TEST_F(SecretFiles, WorldReadableIsSeen) {
  EXPECT_FALSE(environment_.secret(Write("a", "x", 0640))->world_readable);
  EXPECT_TRUE(environment_.secret(Write("b", "x", 0644))->world_readable);
}

TEST_F(SecretFiles, WhatIsNoSecretIsRefusedByName) {
  const std::string large = Write("large", std::string(limits::kSecretFileBytesMax + 1, 'x'));
  EXPECT_FALSE(environment_.secret(large).ok());
  EXPECT_TRUE(
      environment_.secret(Write("full", std::string(limits::kSecretFileBytesMax, 'x'))).ok());
  EXPECT_FALSE(environment_.secret(Write("nul", std::string("a\0b", 3))).ok());
  const Result<Secret> missing = environment_.secret((folder_ / "none").string());
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.status().message().find((folder_ / "none").string()), std::string::npos);
  EXPECT_FALSE(environment_.secret(folder_.string()).ok()) << "a folder";
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(environment_.secret(pipe).ok()) << "a pipe must not hang the start";
}

TEST(ProcessEnvironment, KnowsTheMachine) {
  const Environment environment = ProcessEnvironment();
  EXPECT_GE(environment.cores, 1);
  setenv("FRACAS_TEST_SET", "v", 1);
  EXPECT_EQ(environment.variable("FRACAS_TEST_SET"), "v");
  EXPECT_EQ(environment.variable("FRACAS_TEST_NOT_SET_AT_ALL"), std::nullopt);
}

}  // namespace
}  // namespace fracas::config
