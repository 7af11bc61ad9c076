#include "tools/letters/row_archive.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/limits_tools.h"
#include "core/percent.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "json/writer.h"
#include "tools/letters/durable_file.h"

namespace fracas::tools {

namespace {

constexpr char kRows[] = "rejected_rows.ndjson.zst";
constexpr char kPartial[] = "rejected_rows.ndjson.zst.partial";
constexpr char kReasons[] = "error_reasons.json";
constexpr char kSuccess[] = "_SUCCESS";

}  // namespace

void RowArchive::Count(const LetterReason& reason, Leaf* leaf) {
  auto [at, first] =
      leaf->reasons.try_emplace(ReasonKey{reason.type, reason.fingerprint, reason.source});
  Tally& tally = at->second;
  if (first) {
    tally.message = reason.message;
    tally.from = reason.offset;
    tally.to = reason.offset + 1;
  }
  ++tally.count;
  tally.newest_ms = std::max(tally.newest_ms, reason.judged_ms);
  tally.from = std::min(tally.from, reason.offset);
  tally.to = std::max(tally.to, reason.offset + 1);
}

Status RowArchive::Add(const std::filesystem::path& folder, const Letter& letter) {
  FRACAS_CHECK(letter.loaded, "only letters with their bytes are archived");
  Leaf& leaf = leaves_[folder];
  leaf.places[letter.topic].push_back(letter.offset);
  Count(ReasonOf(letter), &leaf);
  ++rows_;
  return Append(folder, ToJson(letter, LetterParts::kAll), &leaf);
}

Status RowArchive::Append(const std::filesystem::path& folder, std::string_view line, Leaf* leaf) {
  AppendTo(&leaf->pending, line, '\n');
  pending_bytes_ += line.size() + 1;
  if (leaf->pending.size() >= limits::kArchiveFrameBytes) return Flush(folder, leaf);
  if (pending_bytes_ < limits::kArchivePendingBytesMax) return {};
  for (auto& [path, each] : leaves_) {
    if (Status s = Flush(path, &each); !s.ok()) return s;
  }
  return {};
}

Status RowArchive::Flush(const std::filesystem::path& folder, Leaf* leaf) {
  if (leaf->begun && leaf->pending.empty()) return {};
  if (!leaf->begun) {
    if (Status s = MakeFolder(folder); !s.ok()) return s;
    // Of a run that was killed: what it had is added again.
    if (Status s = Remove(folder / kPartial); !s.ok()) return s;
    leaf->begun = true;
  }
  std::string frame;
  compressor_.Frame(leaf->pending, &frame);
  pending_bytes_ -= leaf->pending.size();
  leaf->pending.clear();
  return AppendDurably(folder / kPartial, frame);
}

// What the folder has already and was not added this time.
Status RowArchive::Merge(const std::filesystem::path& folder, Leaf* leaf) {
  std::error_code error;
  if (!std::filesystem::exists(folder / kRows, error)) return {};
  const Status read = ReadCompressedLines(folder / kRows, [&](std::string_view line) -> Status {
    Result<ArchivedLine> old = ReadArchivedLine(line);
    if (!old.ok()) return Status::Stop(std::string(old.status().message()));
    const auto places = leaf->places.find(old->topic);
    if (places != leaf->places.end() &&
        std::binary_search(places->second.begin(), places->second.end(), old->offset)) {
      return {};
    }
    ++kept_;
    Count(old->reason, leaf);
    return Append(folder, line, leaf);
  });
  if (read.ok()) return read;
  return Status::Stop(
      Cat(read.message(), "; nothing there was changed: move the folder away and begin again"));
}

std::string RowArchive::ReasonsJson(const Leaf& leaf) {
  std::vector<std::pair<const ReasonKey*, const Tally*>> reasons;
  for (const auto& [key, tally] : leaf.reasons) reasons.emplace_back(&key, &tally);
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const auto& a, const auto& b) { return a.second->count > b.second->count; });
  std::string text;
  json::Writer writer(&text);
  writer.BeginArray();
  for (const auto& [key, tally] : reasons) {
    writer.BeginObject()
        .Member("error_type", key->type)
        .Member("error_message", tally->message)
        .Member("row_count", tally->count)
        .Member("timestamp", FormatTimestamp(tally->newest_ms));
    writer.Key("source_path");
    if (key->source.topic.empty() || tally->from < 0) {
      writer.Null();
    } else {
      writer.String(
          SourcePath(BatchId{.source = key->source, .from = tally->from, .to = tally->to}));
    }
    writer.Key("fingerprint");
    key->fingerprint.empty() ? writer.Null() : writer.String(key->fingerprint);
    writer.EndObject();
  }
  writer.EndArray();
  text += '\n';
  return text;
}

Status RowArchive::Write() {
  for (auto& [folder, leaf] : leaves_) {
    for (auto& [partition, offsets] : leaf.places) std::sort(offsets.begin(), offsets.end());
    if (Status s = Merge(folder, &leaf); !s.ok()) return s;
    if (Status s = Flush(folder, &leaf); !s.ok()) return s;
    if (Status s = Remove(folder / kSuccess); !s.ok()) return s;
    if (Status s = MoveDurably(folder / kPartial, folder / kRows); !s.ok()) return s;
    if (Status s = ReplaceDurably(folder / kReasons, ReasonsJson(leaf)); !s.ok()) return s;
  }
  return {};
}

Status RowArchive::Complete() {
  for (const auto& [folder, leaf] : leaves_) {
    if (Status s = ReplaceDurably(folder / kSuccess, ""); !s.ok()) return s;
  }
  return {};
}

std::filesystem::path ErrorsFolder(const std::filesystem::path& dir, std::string_view dataset,
                                   const Letter& letter) {
  return dir / "_errors" /
         PercentEncode(dataset.empty() ? letter.topic.topic : std::string(dataset)) /
         Cat("dt=", FormatTimestamp(letter.judged_ms).substr(0, 10));
}

}  // namespace fracas::tools
