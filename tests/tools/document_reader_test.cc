#include "tools/document_reader.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace fracas::tools {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// A pipe whose other end is fed by a thread, in pieces as odd as a terminal's.
class Feed {
 public:
  Feed(std::string bytes, size_t piece) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    read_end_ = ends[0];
    writer_ = std::thread([bytes = std::move(bytes), piece, write_end = ends[1]] {
      for (size_t at = 0; at < bytes.size();) {
        const ssize_t put =
            ::write(write_end, bytes.data() + at, std::min(piece, bytes.size() - at));
        if (put <= 0) break;
        at += static_cast<size_t>(put);
      }
      ::close(write_end);
    });
  }
  ~Feed() {
    writer_.join();
    ::close(read_end_);
  }
  int descriptor() const { return read_end_; }

 private:
  int read_end_ = -1;
  std::thread writer_;
};

// Line number and bytes of every document; "…" for one that is too long.
std::vector<std::pair<uint64_t, std::string>> Lines(const std::string& bytes, size_t bytes_max,
                                                    size_t piece = 1 << 16) {
  Feed feed(bytes, piece);
  DocumentReader reader(feed.descriptor(), "feed", Framing::kLines, bytes_max);
  std::vector<std::pair<uint64_t, std::string>> lines;
  InputDocument document;
  for (;;) {
    const Result<bool> next = reader.Next(&document);
    EXPECT_TRUE(next.ok());
    if (!next.ok() || !*next) break;
    lines.emplace_back(document.line, document.oversize ? "…" : std::string(document.bytes));
  }
  EXPECT_EQ(reader.bytes_read(), bytes.size());
  return lines;
}

TEST(Lines, EndInLineFeedsOrNothing) {
  EXPECT_THAT(Lines("a\nb\n", 100), ElementsAre(Pair(1, "a"), Pair(2, "b")));
  EXPECT_THAT(Lines("a\nb", 100), ElementsAre(Pair(1, "a"), Pair(2, "b")));
  EXPECT_THAT(Lines("a\r\nb\r\n", 100), ElementsAre(Pair(1, "a"), Pair(2, "b")));
  EXPECT_THAT(Lines("a\r\nb\r", 100), ElementsAre(Pair(1, "a"), Pair(2, "b")));
}

TEST(Lines, BlankOnesAreSkippedButCounted) {
  EXPECT_THAT(Lines("\n\na\n \t\r\n\r\nb\n\n", 100), ElementsAre(Pair(3, "a"), Pair(6, "b")));
  EXPECT_THAT(Lines("", 100), IsEmpty());
  EXPECT_THAT(Lines("\n", 100), IsEmpty());
  EXPECT_THAT(Lines("  ", 100), IsEmpty());
}

TEST(Lines, TooLongOnesAreToldOfOnceAndSkipped) {
  EXPECT_THAT(Lines("abc\nabcd\nab\n", 3),
              ElementsAre(Pair(1, "abc"), Pair(2, "…"), Pair(3, "ab")));
  EXPECT_THAT(Lines("abc\r\nabcd\r\nab\r\n", 3),
              ElementsAre(Pair(1, "abc"), Pair(2, "…"), Pair(3, "ab")));
  EXPECT_THAT(Lines("abcdefghijklmnop\nab\n", 3), ElementsAre(Pair(1, "…"), Pair(2, "ab")));
  EXPECT_THAT(Lines("abcdefghijklmnop", 3), ElementsAre(Pair(1, "…")));
  EXPECT_THAT(Lines("abcde\r\nabcdef\nx", 4),
              ElementsAre(Pair(1, "…"), Pair(2, "…"), Pair(3, "x")));
}

TEST(Lines, DoNotDependOnHowTheyArrive) {
  std::string bytes;
  for (int i = 0; i < 50; ++i)
    bytes += std::string(static_cast<size_t>(i), 'x') + (i % 3 == 0 ? "\r\n" : "\n");
  const auto expected = Lines(bytes, 30);
  EXPECT_EQ(expected.size(), 49u);
  for (const size_t piece : {1ul, 2ul, 7ul, 31ul, 32ul, 33ul})
    EXPECT_EQ(Lines(bytes, 30, piece), expected);
}

TEST(Lines, LongerThanTheFirstBuffer) {
  const std::string longer(5'000'000, 'y');
  EXPECT_THAT(Lines("a\n" + longer + "\nb", 6'000'000),
              ElementsAre(Pair(1, "a"), Pair(2, longer), Pair(3, "b")));
  EXPECT_THAT(Lines("a\n" + longer + "\nb", 4'999'999),
              ElementsAre(Pair(1, "a"), Pair(2, "…"), Pair(3, "b")));
}

TEST(OneDocument, IsTheWholeInput) {
  for (const char* bytes : {"", "{\n}\n", "{}\n{}\n"}) {
    Feed feed(bytes, 1);
    DocumentReader reader(feed.descriptor(), "feed", Framing::kOneDocument, 100);
    InputDocument document;
    ASSERT_TRUE(*reader.Next(&document));
    EXPECT_EQ(document.bytes, bytes);
    EXPECT_FALSE(document.oversize);
    EXPECT_FALSE(*reader.Next(&document));
  }
}

TEST(OneDocument, OverTheLimitIsNotReadOn) {
  Feed feed("12345\n", 100);
  DocumentReader reader(feed.descriptor(), "feed", Framing::kOneDocument, 5);
  InputDocument document;
  ASSERT_TRUE(*reader.Next(&document));
  EXPECT_TRUE(document.oversize);
  Feed exact("12345", 100);
  DocumentReader fits(exact.descriptor(), "feed", Framing::kOneDocument, 5);
  ASSERT_TRUE(*fits.Next(&document));
  EXPECT_FALSE(document.oversize);
  EXPECT_EQ(document.bytes, "12345");
}

TEST(DocumentReader, NamesWhatItCannotRead) {
  const int folder = ::open("/", O_RDONLY | O_DIRECTORY);
  DocumentReader reader(folder, "some/folder", Framing::kLines, 5);
  InputDocument document;
  const Result<bool> next = reader.Next(&document);
  ASSERT_FALSE(next.ok());
  EXPECT_THAT(std::string(next.status().message()), HasSubstr("some/folder"));
  ::close(folder);
}

}  // namespace
}  // namespace fracas::tools
