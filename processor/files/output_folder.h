#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/status.h"
#include "ports/transaction.h"

namespace fracas::files {

// Where a run on files writes: published.ndjson (the original bytes, a line each), dlq.ndjson,
// failures.ndjson, batches.ndjson (JSON objects) and summary.json. While the run goes on they have names
// that begin with a dot and end in ".partial"; Finish gives them their own. One thread at a time.
class OutputFolder {
 public:
  enum class Role : unsigned char { kPublished, kDeadLetters, kFailures, kBatches };
  static constexpr size_t kRoles = 4;

  // Makes the folder if it is not there. kReject: it is not empty, not a folder or not writable.
  static Result<std::unique_ptr<OutputFolder>> Create(const std::string& path);
  // Takes away what was not finished.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  // Appends all of it or, on failure (the disk is full), none of it.
  Status Append(const std::array<std::string, kRoles>& bytes);
  // Writes summary.json, makes everything durable and gives the files their names. Once.
  Status Finish(std::string_view summary);
  const std::string& path() const { return path_; }

 private:
  explicit OutputFolder(std::string path);
  Status Open();
  std::string PartialName(size_t role) const;

  const std::string path_;
  std::array<int, kRoles> descriptors_;
  std::array<uint64_t, kRoles> sizes_{};
  bool finished_ = false;
};

// Which file a topic's records go to.
using RoleOf = std::function<OutputFolder::Role(const std::string& topic)>;

// Transactions on the folder, which outlives them: what is produced becomes visible at Commit or never.
// Every topic exists, with as many partitions as anybody asks for. Dead letters are written as
//   {"topic","partition","timestamp","key"|"key_base64","value"|"value_base64","headers":[{"name",
//    "value"|"value_base64"}]}   (null where the record has null; base64 where it is not UTF-8)
std::unique_ptr<Transaction> NewTransaction(OutputFolder* folder, RoleOf role_of);

}  // namespace fracas::files
