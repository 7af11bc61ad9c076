#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>

#include "ports/source.h"

namespace fracas::kafka {

// The group's metadata as it was when an assignment began: transactions carry exactly this, never
// what the handle knows later. A member that lost a partition but stayed in the group would
// otherwise commit for it, and Kafka would accept. Immutable; may outlive its consumer. Inside
// kafka/ only.
class GroupEpoch final : public AssignmentEpoch {
 public:
  // Takes what `consumer` knows now: called while an assignment is being handed over, when the
  // handle cannot join again behind our back.
  GroupEpoch(uint64_t number, rd_kafka_t* consumer);

  uint64_t number() const override { return number_; }
  // Nullptr only when librdkafka had nothing to give.
  const rd_kafka_consumer_group_metadata_t* metadata() const { return metadata_.get(); }
  // False for a handle that is not in its group. Kafka ACCEPTS offsets with such metadata while the
  // group has living members, so nothing may be sent with it.
  bool has_member() const { return has_member_; }
  int32_t generation() const { return generation_; }

 private:
  struct Deleter {
    void operator()(rd_kafka_consumer_group_metadata_t* metadata) const {
      rd_kafka_consumer_group_metadata_destroy(metadata);
    }
  };

  const uint64_t number_;
  const std::unique_ptr<rd_kafka_consumer_group_metadata_t, Deleter> metadata_;
  int32_t generation_ = -1;
  bool has_member_ = false;
};

}  // namespace fracas::kafka
