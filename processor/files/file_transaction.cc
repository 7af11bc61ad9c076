#include <utility>
#include <vector>

#include "core/base64.h"
#include "core/check.h"
#include "core/record.h"
#include "core/text.h"
#include "files/output_folder.h"
#include "json/utf8.h"
#include "json/writer.h"

namespace fracas::files {

namespace {

constexpr int32_t kAnyPartition = INT32_MAX;

// "name": text, "name_base64": text where the bytes are not UTF-8, "name": null.
void WriteBytes(std::string_view name, std::string_view bytes, json::Writer* writer) {
  if (bytes.data() == nullptr) {
    writer->Key(name).Null();
  } else if (json::IsUtf8(bytes)) {
    writer->Member(name, bytes);
  } else {
    writer->Member(Cat(name, "_base64"), std::string_view(Base64(bytes)));
  }
}

void WriteHeader(std::string_view name, std::string_view value, json::Writer* writer) {
  writer->BeginObject();
  WriteBytes("name", name, writer);
  WriteBytes("value", value, writer);
  writer->EndObject();
}

class FileTransaction : public Transaction {
 public:
  FileTransaction(OutputFolder* folder, RoleOf role_of)
      : folder_(folder), role_of_(std::move(role_of)) {}

  Status Recreate() override { return {}; }

  Result<OutputTopic> Open(const std::string& topic) override {
    topics_.push_back({topic, role_of_(topic)});
    return OutputTopic{static_cast<uint32_t>(topics_.size() - 1), kAnyPartition};
  }

  Status Begin() override {
    for (std::string& bytes : staged_) bytes.clear();
    accepted_ = 0;
    return {};
  }

  Status Forward(OutputTopic topic, Partition, const ConsumedRecord& record, PayloadLease*) override {
    ++accepted_;
    Stage(topic, record.value);
    return {};
  }

  Status Produce(OutputTopic topic, Partition partition, const ProducedRecord& record) override {
    ++accepted_;
    if (topics_[topic.index].role == OutputFolder::Role::kDeadLetters) {
      StageLetter(topics_[topic.index].name, partition, record);
    } else {
      Stage(topic, record.value);
    }
    return {};
  }

  CommitResult Commit(const AssignmentEpoch*, std::span<const OffsetToCommit>) override {
    if (Status appended = folder_->Append(staged_); !appended.ok()) {
      return {CommitResult::Kind::kNotCommitted, std::move(appended), "", Code::kNone};
    }
    return {};
  }

  CommitResult Abort() override {
    return {CommitResult::Kind::kNotCommitted, Status::Abort("aborted"), "", Code::kNone};
  }

  uint64_t accepted() const override { return accepted_; }
  uint64_t failed() const override { return 0; }

 private:
  struct Topic {
    std::string name;
    OutputFolder::Role role;
  };

  std::string* staged(OutputFolder::Role role) { return &staged_[static_cast<size_t>(role)]; }

  void Stage(OutputTopic topic, std::string_view line) {
    std::string* out = staged(topics_[topic.index].role);
    out->append(line);
    out->push_back('\n');
  }

  void StageLetter(const std::string& topic, Partition partition, const ProducedRecord& record) {
    std::string* out = staged(OutputFolder::Role::kDeadLetters);
    json::Writer writer(out);
    writer.BeginObject().Member("topic", std::string_view(topic)).Member("partition", partition);
    writer.Key("timestamp");
    record.timestamp_ms == kNoTime ? writer.Null() : writer.Int(record.timestamp_ms);
    WriteBytes("key", record.key, &writer);
    WriteBytes("value", record.value, &writer);
    writer.Key("headers").BeginArray();
    if (record.original != nullptr) {
      record.original->VisitHeaders(record.original_index,
                                    [&](std::string_view name, std::string_view value) {
                                      WriteHeader(name, value, &writer);
                                    });
    }
    for (const HeaderView& header : record.headers) WriteHeader(header.name, header.value, &writer);
    writer.EndArray().EndObject();
    out->push_back('\n');
  }

  OutputFolder* const folder_;
  const RoleOf role_of_;
  std::vector<Topic> topics_;
  std::array<std::string, OutputFolder::kRoles> staged_;
  uint64_t accepted_ = 0;
};

}  // namespace

std::unique_ptr<Transaction> NewTransaction(OutputFolder* folder, RoleOf role_of) {
  return std::make_unique<FileTransaction>(folder, std::move(role_of));
}

}  // namespace fracas::files
