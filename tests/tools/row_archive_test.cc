#include "tools/letters/row_archive.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "fake_letters.h"
#include "json/tree.h"
#include "tools/letters/durable_file.h"

namespace fracas::tools {
namespace {

namespace fs = std::filesystem;

class RowArchiveTest : public testing::Test {
 protected:
  ~RowArchiveTest() override { fs::remove_all(dir_); }

  // Letters [from, to) of one source partition.
  std::vector<Letter> Letters(Offset from, Offset to, Code code = Code::kTypeMismatch) {
    FakeLog log;
    std::vector<Letter> letters;
    for (Offset offset = 0; offset < to; ++offset) {
      log.Append({"orders.dlq", 0}, OurLetter({"orders", 0}, offset + 100, code));
    }
    EXPECT_TRUE(log.Read({"orders.dlq", 0}, from, to,
                         [&](const ConsumedRecord& record, const PayloadLease& lease) {
                           letters.push_back(ReadLetter({"orders.dlq", 0}, record, lease, true));
                           return true;
                         })
                    .ok());
    return letters;
  }
  void Archive(const std::vector<Letter>& letters) {
    RowArchive archive;
    for (const Letter& letter : letters) {
      ASSERT_TRUE(archive.Add(ErrorsFolder(dir_, "shop.orders", letter), letter).ok());
    }
    ASSERT_TRUE(archive.Write().ok());
    EXPECT_FALSE(fs::exists(day_ / "_SUCCESS")) << "it comes last";
    ASSERT_TRUE(archive.Complete().ok());
    kept_ = archive.kept();
  }
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    const Status status =
        ReadCompressedLines(day_ / "rejected_rows.ndjson.zst", [&](std::string_view line) {
          lines.emplace_back(line);
          return Status();
        });
    EXPECT_TRUE(status.ok()) << status.message();
    return lines;
  }
  static std::string Text(const fs::path& file) {
    std::ifstream in(file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  const fs::path dir_ = testing::TempDir() + "fracas_rows_" + std::to_string(getpid());
  const fs::path day_ = dir_ / "_errors" / "shop.orders" / "dt=2026-01-31";
  uint64_t kept_ = 0;
};

TEST_F(RowArchiveTest, TheOriginalBytesCanBeRecovered) {
  std::vector<Letter> letters = Letters(0, 2);
  const std::string binary("\xFF\x00\n\"\x1F", 5);
  letters[0].value = binary;
  letters[1].value = "{\"name\":\"\xC3\xA9\x1F\"}\r\n";
  letters[1].key.reset();
  letters[0].headers.insert(letters[0].headers.begin(), {.name = "caf\xE9", .value = "x"});
  Archive(letters);
  const auto lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  std::string error;
  auto first = json::ParseOwned(lines[0], &error);
  ASSERT_NE(first, nullptr) << error;
  const json::Tree& a = first->tree;
  EXPECT_EQ(a.Text(a.Find(0, "value_base64")), "/wAKIh8=");
  const json::NodeId header = a.Find(0, "headers") + 1;
  ASSERT_NE(a.Find(header, "name_base64"), json::Tree::kNoNode) << lines[0];
  EXPECT_EQ(a.Text(a.Find(header, "name_base64")), "Y2Fm6Q==");
  EXPECT_EQ(a.Find(header, "name"), json::Tree::kNoNode);
  auto second = json::ParseOwned(lines[1], &error);
  ASSERT_NE(second, nullptr) << error;
  const json::Tree& b = second->tree;
  EXPECT_EQ(b.Text(b.Find(0, "value")), *letters[1].value);
  EXPECT_EQ(b.node(b.Find(0, "key")).kind, json::Kind::kNull);
  EXPECT_EQ(b.Raw(b.Find(0, "own_headers")), "1");
}

TEST_F(RowArchiveTest, ReasonsHaveTheMembersOfErrorMetadata) {
  Archive(Letters(0, 3));
  const std::string text = Text(day_ / "error_reasons.json");
  EXPECT_EQ(
      text,
      "[{\"error_type\":\"TYPE_MISMATCH\",\"error_message\":\"expected integer, found string\","
      "\"row_count\":3,\"timestamp\":\"2026-01-31T12:00:00.000Z\","
      "\"source_path\":\"kafka://orders/0/100-103\",\"fingerprint\":\"aa11\"}]\n");
  struct stat facts {};
  ASSERT_EQ(stat((day_ / "rejected_rows.ndjson.zst").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u) << "payloads are nobody else's";
}

TEST_F(RowArchiveTest, AnArchiveOnlyGrows) {
  Archive(Letters(0, 3));
  // Meanwhile the first was resolved, and two came.
  Archive(Letters(1, 5));
  EXPECT_EQ(kept_, 1u);
  EXPECT_EQ(Lines().size(), 5u);
  EXPECT_NE(Text(day_ / "error_reasons.json").find("\"row_count\":5"), std::string::npos);
  EXPECT_NE(Text(day_ / "error_reasons.json").find("kafka://orders/0/100-105"), std::string::npos);
  Archive(Letters(1, 5));
  EXPECT_EQ(Lines().size(), 5u) << "the same again changes nothing";
}

// The letters of two records come in the order of the records.
TEST_F(RowArchiveTest, LettersMayComeInAnyOrder) {
  std::vector<Letter> letters = Letters(0, 5);
  std::swap(letters[0], letters[3]);
  std::swap(letters[1], letters[4]);
  Archive(letters);
  Archive(letters);
  EXPECT_EQ(kept_, 0u);
  EXPECT_EQ(Lines().size(), 5u) << "the same again changes nothing";
}

TEST_F(RowArchiveTest, WhatAKilledRunLeftIsBegunAgain) {
  Archive(Letters(0, 2));
  ASSERT_TRUE(AppendDurably(day_ / "rejected_rows.ndjson.zst.partial", "half a fra").ok());
  ASSERT_TRUE(Remove(day_ / "_SUCCESS").ok());
  Archive(Letters(0, 3));
  EXPECT_EQ(Lines().size(), 3u);
  EXPECT_FALSE(fs::exists(day_ / "rejected_rows.ndjson.zst.partial"));
}

TEST_F(RowArchiveTest, ADamagedArchiveIsNotWrittenOver) {
  Archive(Letters(0, 3));
  const std::string whole = Text(day_ / "rejected_rows.ndjson.zst");
  fs::resize_file(day_ / "rejected_rows.ndjson.zst", whole.size() - 3);
  RowArchive archive;
  for (const Letter& letter : Letters(0, 1)) {
    ASSERT_TRUE(archive.Add(ErrorsFolder(dir_, "shop.orders", letter), letter).ok());
  }
  const Status status = archive.Write();
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.message().find("rejected_rows.ndjson.zst: it is cut off"),
            std::string_view::npos)
      << status.message();
  EXPECT_EQ(Text(day_ / "rejected_rows.ndjson.zst").size(), whole.size() - 3);
  EXPECT_TRUE(fs::exists(day_ / "_SUCCESS")) << "nothing was changed";
}

TEST_F(RowArchiveTest, ManyRowsAreManyFramesOfOneFile) {
  std::vector<Letter> letters = Letters(0, 40);
  for (Letter& letter : letters) letter.value = std::string(300'000, 'x');
  Archive(letters);
  EXPECT_EQ(Lines().size(), 40u);
  EXPECT_LT(fs::file_size(day_ / "rejected_rows.ndjson.zst"), 100'000u);
}

TEST_F(RowArchiveTest, ReasonsDifferByCodeAndTheMostFrequentIsFirst) {
  std::vector<Letter> letters = Letters(0, 1);
  for (Letter& letter : Letters(1, 4, Code::kJsonMalformed)) letters.push_back(std::move(letter));
  Archive(letters);
  const std::string text = Text(day_ / "error_reasons.json");
  EXPECT_LT(text.find("JSON_MALFORMED"), text.find("TYPE_MISMATCH"));
}

TEST(CompressedLines, SayWhichFileIsWrong) {
  EXPECT_NE(ReadCompressedLines("/nowhere/x.zst", [](std::string_view) { return Status(); })
                .message()
                .find("/nowhere/x.zst"),
            std::string_view::npos);
}

// As `fracas dlq export --to day.ndjson` names it.
TEST(DurableFileTest, ABareNameLiesInTheWorkingDirectory) {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::filesystem::path folder = testing::TempDir() + "fracas_bare_" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  std::filesystem::current_path(folder);
  const Status replaced = ReplaceDurably("day.ndjson", "a\n");
  const Status moved = MoveDurably("day.ndjson", "night.ndjson");
  const Status missing = MoveDurably("day.ndjson", "other.ndjson");
  std::filesystem::current_path(before);
  EXPECT_TRUE(replaced.ok()) << replaced.message();
  EXPECT_TRUE(moved.ok()) << moved.message();
  EXPECT_TRUE(std::filesystem::exists(folder / "night.ndjson"));
  EXPECT_EQ(missing.message(), "other.ndjson: cannot be written: No such file or directory");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace fracas::tools
