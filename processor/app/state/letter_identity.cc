#include "app/state/letter_identity.h"

#include <algorithm>
#include <map>
#include <memory>

#include "pipeline/examiner.h"
#include "pipeline/round.h"

namespace fracas::app {

namespace {

// The headers of one record as an examiner asks for them.
class HeadersOfOne final : public PayloadLease {
 public:
  explicit HeadersOfOne(std::span<const HeaderView> headers) : headers_(headers) {}
  void VisitHeaders(uint32_t /*index*/,
                    const std::function<void(std::string_view name, std::string_view value)>& visit)
      const override {
    for (const HeaderView& header : headers_) visit(header.name, header.value);
  }

 private:
  std::span<const HeaderView> headers_;
};

class Finder {
 public:
  explicit Finder(const BuiltPlan& built) : plan_(built.plan), examiner_(LargestRecord(*plan_)) {
    for (const auto& stream : plan_->streams) streams_[pipeline::QualifiedName(*stream)] = stream.get();
  }

  std::string Find(std::string_view name, const ConsumedRecord& record,
                   std::span<const HeaderView> headers) {
    const auto found = streams_.find(name);
    if (found == streams_.end()) return "";
    const pipeline::StreamPlan& stream = *found->second;
    if (stream.business_id.kind == pipeline::IdentitySource::Kind::kNone) return "";
    batch_.Reset();
    batch_.id = {stream.index, {}, record.offset, record.offset + 1, 1};
    batch_.records.Append(record.offset, record.timestamp_ms, record.key, record.value, 0);
    examiner_.Examine(stream, HeadersOfOne(headers), record.timestamp_ms, &batch_);
    return std::string(batch_.records.business_id[0]);
  }

 private:
  static size_t LargestRecord(const pipeline::Plan& plan) {
    size_t bytes = 0;
    for (const auto& stream : plan.streams) bytes = std::max(bytes, stream->record_bytes_max);
    return bytes;
  }

  std::shared_ptr<const pipeline::Plan> plan_;
  std::map<std::string, const pipeline::StreamPlan*, std::less<>> streams_;
  pipeline::Examiner examiner_;
  pipeline::Batch batch_;
};

}  // namespace

std::function<std::string(std::string_view stream, const ConsumedRecord& record,
                          std::span<const HeaderView> headers)>
LetterIdentity(const BuiltPlan& built) {
  return [finder = std::make_shared<Finder>(built)](std::string_view stream, const ConsumedRecord& record,
                                                    std::span<const HeaderView> headers) {
    return finder->Find(stream, record, headers);
  };
}

}  // namespace fracas::app
