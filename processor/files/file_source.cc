#include "files/file_source.h"


#include <algorithm>
#include <utility>

#include "core/record.h"
#include "core/text.h"
#include "files/line_reader.h"

// A source without a cluster: one assignment that never ends.

namespace fracas::files {

namespace {

class FileLease : public PayloadLease {
 public:
  // Keeps `block` alive; lines come in order, so it is usually the one of the line before.
  void Keep(const std::shared_ptr<const Block>& block) {
    if (blocks_.empty() || blocks_.back() != block) blocks_.push_back(block);
  }
  void VisitHeaders(uint32_t, const std::function<void(std::string_view, std::string_view)>&)
      const override {}

 private:
  std::vector<std::shared_ptr<const Block>> blocks_;
};

class OnlyEpoch : public AssignmentEpoch {
 public:
  uint64_t number() const override { return 1; }
};

class FileSource : public Source {
 public:
  FileSource(std::vector<std::unique_ptr<LineReader>> readers, std::vector<std::string> topics)
      : topics_(std::move(topics)) {
    for (auto& reader : readers) inputs_.push_back({std::move(reader)});
  }

  std::unique_ptr<PayloadLease> NewLease() override { return std::make_unique<FileLease>(); }

  std::span<const ConsumedRecord> Poll(const PollLimits& limits, PayloadLease* lease,
                                       std::vector<SourceEvent>* events) override {
    records_.clear();
    if (!assigned_) {
      events->push_back(Assignment());
      assigned_ = true;
      return records_;
    }
    if (limits.records_max == 0) return records_;
    size_t bytes = 0;
    for (PartitionSlot slot = 0; slot < inputs_.size(); ++slot) {
      if (!Read(slot, limits, static_cast<FileLease*>(lease), &bytes, events)) return records_;
    }
    if (records_.empty()) {
      SourceEvent end;
      end.kind = SourceEvent::Kind::kEndOfInput;
      events->push_back(std::move(end));
    }
    return records_;
  }

  Status Seek(PartitionSlot slot, Offset offset) override {
    inputs_[slot].position = offset;  // at the next read: a held pipe need not go back
    return {};
  }
  Status Hold(PartitionSlot slot, Offset offset) override {
    inputs_[slot].held = true;
    return Seek(slot, offset);
  }
  Status Release(PartitionSlot slot) override {
    inputs_[slot].held = false;
    return {};
  }
  Result<CommittedOffset> Committed(const TopicPartition&) override {
    return Status::Stop("files have no group that could be asked where it stands");
  }
  Status Recreate() override {
    return Status::Stop("the input files cannot be read again; start the run again");
  }
  void Close() override { inputs_.clear(); }

 private:
  struct Input {
    std::unique_ptr<LineReader> reader;
    Offset position = 0;
    bool held = false;
  };

  SourceEvent Assignment() const {
    SourceEvent event;
    event.kind = SourceEvent::Kind::kAssigned;
    event.epoch = std::make_shared<OnlyEpoch>();
    for (PartitionSlot slot = 0; slot < inputs_.size(); ++slot) {
      event.partitions.push_back({slot, {topics_[slot], 0}, 0, kNoOffset, ""});
    }
    return event;
  }

  // Reads lines of one input into records_. False: enough for this call, or trouble.
  bool Read(PartitionSlot slot, const PollLimits& limits, FileLease* lease, size_t* bytes,
            std::vector<SourceEvent>* events) {
    Input& input = inputs_[slot];
    if (input.held) return true;
    Status status = input.reader->MoveTo(input.position);
    Line line;
    while (status.ok() && records_.size() < limits.records_max && *bytes < limits.bytes_max) {
      bool end = false;
      status = input.reader->Next(&line, &end);
      if (end) return true;
      if (!status.ok()) break;
      lease->Keep(line.block);
      records_.push_back({slot, input.position++, kNoTime, std::string_view(), line.text, 0});
      *bytes += line.text.size();
    }
    if (status.ok()) return false;
    SourceEvent event;
    event.kind = SourceEvent::Kind::kFailed;
    event.status = status;
    events->push_back(std::move(event));
    return false;
  }

  const std::vector<std::string> topics_;
  std::vector<Input> inputs_;
  bool assigned_ = false;
  std::vector<ConsumedRecord> records_;
};

}  // namespace

Result<std::unique_ptr<Source>> OpenFiles(const std::vector<InputFile>& inputs,
                                          ReadProgress* progress) {
  std::vector<std::unique_ptr<LineReader>> readers;
  std::vector<std::string> topics;
  bool pipe = false;
  for (const InputFile& input : inputs) {
    if (std::find(topics.begin(), topics.end(), input.topic) != topics.end()) {
      return Status::Reject(Cat("--input ", input.path, ": another input is called ", input.topic,
                                " too; rename one of the files"));
    }
    auto reader = LineReader::Open(input.path, &progress->bytes);
    if (!reader.ok()) return reader.status();
    pipe = pipe || !(*reader)->can_seek();
    progress->bytes_total += (*reader)->bytes_total();
    readers.push_back(std::move(*reader));
    topics.push_back(input.topic);
  }
  if (pipe) progress->bytes_total = 0;
  return std::unique_ptr<Source>(new FileSource(std::move(readers), std::move(topics)));
}

}  // namespace fracas::files
