#include "tools/replay/chunk.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/text.h"
#include "tools/replay/choice.h"
#include "wire/replay.h"

namespace fracas::tools {

namespace {

constexpr size_t kBlockBytes = 1024 * 1024;
// What an earlier replay has put there; a record bears these names once.
constexpr std::array kOurs = {wire::kReplayMarkHeader, wire::kReplayTicketHeader,
                              wire::kReplayOfHeader,   wire::kReplayCountHeader,
                              wire::kReplayWhoHeader,  wire::kReplayWhyHeader,
                              kReplayJobHeader};

bool IsMark(std::string_view name, const ReplayMarks& marks) {
  if (!marks.mark_header.empty() && name == marks.mark_header) return true;
  return std::find(kOurs.begin(), kOurs.end(), name) != kOurs.end();
}

}  // namespace

std::string_view Arena::Keep(std::string_view bytes) {
  if (bytes.data() == nullptr) return {};
  if (bytes.empty()) return {"", 0};
  while (current_ < blocks_.size() &&
         blocks_[current_].bytes.size() - blocks_[current_].used < bytes.size()) {
    ++current_;
  }
  if (current_ == blocks_.size()) {
    blocks_.emplace_back().bytes.resize(std::max(kBlockBytes, bytes.size()));
  }
  Block& block = blocks_[current_];
  char* const at = block.bytes.data() + block.used;
  std::memcpy(at, bytes.data(), bytes.size());
  block.used += bytes.size();
  return {at, bytes.size()};
}

void Arena::Clear() {
  // A record that needed a block of its own does not keep it.
  std::erase_if(blocks_, [](const Block& block) { return block.bytes.size() > kBlockBytes; });
  for (Block& block : blocks_) block.used = 0;
  current_ = 0;
}

void Chunk::Clear() {
  arena.Clear();
  records.clear();
  headers.clear();
  tickets.clear();
  bytes = 0;
}

void AddRecord(const RecordToAdd& added, const ReplayMarks& marks, Chunk* chunk) {
  const FeedRecord& record = *added.record;
  Arena& arena = chunk->arena;
  ReplayRecord copy{.partition = added.partition,
                    .key = arena.Keep(record.key),
                    .value = arena.Keep(added.value),
                    .timestamp_ms = record.timestamp_ms,
                    .headers_begin = chunk->headers.size()};
  bool has_message_id = false;
  bool has_idempotency_key = false;
  for (const HeaderView& header : record.headers) {
    if (IsMark(header.name, marks)) continue;
    has_message_id = has_message_id || header.name == wire::kOriginalMessageIdHeader;
    has_idempotency_key = has_idempotency_key || header.name == wire::kIdempotencyKeyHeader;
    chunk->headers.push_back({arena.Keep(header.name), arena.Keep(header.value)});
  }
  const auto mark = [&](std::string_view name, std::string_view value) {
    chunk->headers.push_back({name, arena.Keep(value)});
  };
  chunk->headers.push_back({wire::kReplayMarkHeader, "true"});
  if (!marks.mark_header.empty() && marks.mark_header != wire::kReplayMarkHeader) {
    chunk->headers.push_back({arena.Keep(marks.mark_header), "true"});
  }
  if (added.ticket != nullptr) {
    chunk->tickets.push_back({*added.ticket, chunk->headers.size()});
    mark(wire::kReplayTicketHeader, added.ticket->ticket);
  }
  const std::string source = record.letter == nullptr ? "" : record.letter->Source();
  mark(wire::kReplayOfHeader, source.empty() ? ToString(record.place, record.offset) : source);
  mark(wire::kReplayCountHeader, Cat(ReplayCountOf(record) + 1));
  if (!has_message_id && added.ids.message_id.has_value()) {
    mark(wire::kOriginalMessageIdHeader, *added.ids.message_id);
  }
  if (!has_idempotency_key && added.ids.idempotency_key.has_value()) {
    mark(wire::kIdempotencyKeyHeader, *added.ids.idempotency_key);
  }
  // The same bytes for every record of the job: they live as long as it.
  chunk->headers.push_back({kReplayJobHeader, marks.job});
  chunk->headers.push_back({wire::kReplayWhoHeader, marks.who});
  chunk->headers.push_back({wire::kReplayWhyHeader, marks.why});
  copy.headers_end = chunk->headers.size();
  chunk->bytes += record.key.size() + added.value.size();
  chunk->records.push_back(copy);
}

void RenameTicket(size_t ticket, std::string_view id, Chunk* chunk) {
  PendingTicket& pending = chunk->tickets[ticket];
  pending.create.ticket = id;
  chunk->headers[pending.header].value = chunk->arena.Keep(id);
}

}  // namespace fracas::tools
