#include "kafka/settings.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <memory>

#include "core/text.h"

namespace fracas::kafka {
namespace {

// Numbers in brackets are those of the defects of librdkafka 2.0.2 in processor/kafka/README.md.

constexpr std::array kConsumerSettings = {
    EnforcedSetting{"enable.auto.commit", "false", "offsets belong to transactions"},
    EnforcedSetting{"enable.auto.offset.store", "false", "offsets belong to transactions"},
    EnforcedSetting{
        "isolation.level", "read_committed",
        "aborted records stay unseen, and committed offsets wait for transactions in doubt"},
    EnforcedSetting{"auto.offset.reset", "error",
                    "lost source data is an incident, never a silent jump"},
    EnforcedSetting{"enable.partition.eof", "true",
                    "where the log ends is how markers behind the last record are no lag"},
    EnforcedSetting{"allow.auto.create.topics", "false",
                    "a misspelt topic must not come into being"},
    EnforcedSetting{"check.crcs", "true", "a damaged record is found here, not downstream"},
    EnforcedSetting{"socket.nagle.disable", "true", "small requests must not wait (K16)"},
};

constexpr std::array kProducerSettings = {
    EnforcedSetting{"enable.idempotence", "true", "order, and nothing twice"},
    EnforcedSetting{"acks", "all", "what is published is on all replicas"},
    EnforcedSetting{"delivery.report.only.error", "true",
                    "accepted minus failed is exact, and successes cost nothing"},
    EnforcedSetting{"allow.auto.create.topics", "false",
                    "a misspelt topic must not come into being"},
    EnforcedSetting{"socket.nagle.disable", "true", "small requests must not wait (K16)"},
};

constexpr std::array kAdminSettings = {
    EnforcedSetting{
        "isolation.level", "read_uncommitted",
        "the end of a partition is its high watermark, also behind an open transaction"},
    EnforcedSetting{"allow.auto.create.topics", "false", "a question must not create a topic"},
};

constexpr std::array kLogReaderSettings = {
    EnforcedSetting{"isolation.level", "read_committed", "aborted records stay unseen"},
    EnforcedSetting{"auto.offset.reset", "error", "lost data is reported, never jumped over"},
    EnforcedSetting{"enable.partition.eof", "true", "the end is how a range ends without a record"},
    EnforcedSetting{"enable.auto.commit", "false", "reading must disturb nobody"},
    EnforcedSetting{"session.timeout.ms", "10000",
                    "it joins no group, so a member's times are not its own"},
    EnforcedSetting{"max.poll.interval.ms", "300000",
                    "it joins no group, so a member's times are not its own"},
    EnforcedSetting{"allow.auto.create.topics", "false", "a question must not create a topic"},
};

}  // namespace

std::string Connection::brokers() const {
  const auto found = common.find("bootstrap.servers");
  return found == common.end() ? std::string() : found->second;
}

std::span<const EnforcedSetting> EnforcedSettings(ClientKind kind) {
  switch (kind) {
    case ClientKind::kConsumer: return kConsumerSettings;
    case ClientKind::kProducer: return kProducerSettings;
    case ClientKind::kAdmin: return kAdminSettings;
    case ClientKind::kLogReader: return kLogReaderSettings;
  }
  return {};
}

Status CheckSetting(const std::string& name, const std::string& value) {
  const std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(
      rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  char text[512] = "";
  const rd_kafka_conf_res_t result =
      rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), text, sizeof(text));
  if (result == RD_KAFKA_CONF_OK) return {};
  if (result == RD_KAFKA_CONF_UNKNOWN) {
    return Status::Reject(Cat("librdkafka ", rd_kafka_version_str(), " knows no setting ", name,
                              "; its CONFIGURATION.md lists them"));
  }
  // IMPORTANT: librdkafka's text may repeat the value, which may be a secret.
  const bool repeats_value =
      value.size() >= 4 && std::string_view(text).find(value) != std::string_view::npos;
  return Status::Reject(
      repeats_value ? Cat("librdkafka refuses the value of ", name, "; see its CONFIGURATION.md")
                    : Cat("librdkafka refuses the value of ", name, ": ", text));
}

std::string_view LibraryVersion() { return rd_kafka_version_str(); }

std::string MemberName(std::string_view group, std::string_view instance, uint32_t worker) {
  return Cat(group, "-", instance, "-", worker);
}

}  // namespace fracas::kafka
