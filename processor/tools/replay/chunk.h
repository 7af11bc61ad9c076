#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/header.h"
#include "core/ids.h"
#include "tools/inspect/identity.h"
#include "tools/replay/feed.h"
#include "wire/command.h"

// The records of one transaction, with their bytes: they are sent again when it was not committed.

namespace fracas::tools {

// Every record of a replay names its job.
inline constexpr std::string_view kReplayJobHeader = "fracas.replay.job";

// Bytes that stay where they are until Clear.
class Arena {
 public:
  // A copy; null stays null.
  std::string_view Keep(std::string_view bytes);
  void Clear();

 private:
  struct Block {
    std::vector<char> bytes;
    size_t used = 0;
  };
  std::deque<Block> blocks_;
  size_t current_ = 0;
};

struct ReplayRecord {
  Partition partition = 0;  // of the target
  std::string_view key{};
  std::string_view value{};
  int64_t timestamp_ms = 0;
  size_t headers_begin = 0;  // in Chunk::headers
  size_t headers_end = 0;
};

// What the authority is told of a dead letter before its record is sent.
struct PendingTicket {
  wire::TicketCreate create;
  size_t header = 0;  // that names it, in Chunk::headers
};

struct Chunk {
  Arena arena;
  std::vector<ReplayRecord> records;
  std::vector<HeaderView> headers;
  std::vector<PendingTicket> tickets;
  size_t bytes = 0;  // of keys and values

  void Clear();
};

// How a replay is marked, the same for all records of a job.
struct ReplayMarks {
  std::string job;
  std::string mark_header;  // beside is_replay; "" none, or the mark is in the body
  std::string who;
  std::string why;
};

// Copies the record into the chunk: its own headers without older marks, then the marks of this
// replay (wire/replay.h). `ids`: of the original, as far as they are known. `ticket`: null, or what
// the authority will be told; its id goes into the headers.
struct RecordToAdd {
  const FeedRecord* record = nullptr;
  std::string_view value{};  // instead of the record's where the mark is in the body
  RecordIds ids{};
  const wire::TicketCreate* ticket = nullptr;
  Partition partition = 0;
};
void AddRecord(const RecordToAdd& added, const ReplayMarks& marks, Chunk* chunk);
// A ticket's new id, in the headers too.
void RenameTicket(size_t ticket, std::string_view id, Chunk* chunk);

}  // namespace fracas::tools
