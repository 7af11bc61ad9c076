#include "kafka/epoch.h"

#include <cstring>
#include <string_view>

namespace fracas::kafka {
namespace {

// librdkafka 2.0.2 keeps the generation to itself, but for the bytes by which metadata is carried
// to another process: a magic, then the generation in host order. Another magic: we cannot know,
// and rely on the member id.
constexpr std::string_view kMagic = "CGMDv2:";
constexpr int32_t kUnknownGeneration = 0;

int32_t GenerationOf(const rd_kafka_consumer_group_metadata_t* metadata) {
  void* bytes = nullptr;
  size_t size = 0;
  rd_kafka_error_t* const error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size);
  if (error != nullptr) {
    rd_kafka_error_destroy(error);
    return kUnknownGeneration;
  }
  int32_t generation = kUnknownGeneration;
  if (size >= kMagic.size() + sizeof(generation) &&
      std::memcmp(bytes, kMagic.data(), kMagic.size()) == 0) {
    std::memcpy(&generation, static_cast<const char*>(bytes) + kMagic.size(), sizeof(generation));
  }
  rd_kafka_mem_free(nullptr, bytes);
  return generation;
}

bool HasMemberId(rd_kafka_t* consumer) {
  char* const member = rd_kafka_memberid(consumer);
  const bool named = member != nullptr && member[0] != '\0';
  rd_kafka_mem_free(consumer, member);
  return named;
}

}  // namespace

GroupEpoch::GroupEpoch(uint64_t number, rd_kafka_t* consumer)
    : number_(number), metadata_(rd_kafka_consumer_group_metadata(consumer)) {
  if (metadata_ == nullptr) return;
  generation_ = GenerationOf(metadata_.get());
  has_member_ = generation_ >= 0 && HasMemberId(consumer);
}

}  // namespace fracas::kafka
