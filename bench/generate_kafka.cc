#include "bench/generate_kafka.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "core/text.h"

namespace fracas::bench {
namespace {

// Waiting for room in the queue or for acknowledgements; beyond this the broker is taken for gone.
constexpr int kPatienceMs = 60'000;

struct Planted {
  uint64_t sequence = 0;
  Fault fault = Fault::kNone;
  std::string key;
};

struct Report {
  std::FILE* truth = nullptr;
  std::string topic;
  uint64_t delivered = 0;
  uint64_t refused = 0;
  std::string reason;  // of the first refusal
};

void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto* report = static_cast<Report*>(opaque);
  const std::unique_ptr<const Planted> planted(static_cast<const Planted*>(message->_private));
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (report->refused++ == 0) report->reason = rd_kafka_err2str(message->err);
    return;
  }
  ++report->delivered;
  if (planted == nullptr || report->truth == nullptr) return;
  const Code code = CodeOf(planted->fault);
  const std::string line =
      Cat("{\"topic\":\"", report->topic, "\",\"partition\":", message->partition,
          ",\"offset\":", message->offset, ",\"sequence\":", planted->sequence, ",\"key\":\"",
          planted->key, "\",\"kind\":\"", Name(planted->fault),
          "\",\"code\":", static_cast<int>(code), ",\"name\":\"", Info(code).name, "\"}\n");
  std::fwrite(line.data(), 1, line.size(), report->truth);
}

struct Closer {
  void operator()(rd_kafka_t* producer) const { rd_kafka_destroy(producer); }
};
using Producer = std::unique_ptr<rd_kafka_t, Closer>;

Producer Connect(const KafkaTarget& target, Report* report) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  const std::pair<const char*, std::string> settings[] = {
      {"bootstrap.servers", target.brokers},
      {"enable.idempotence",
       "true"},  // keeps the order of a partition when a request is sent again
      {"compression.codec", target.compression},
      {"linger.ms", "20"},
      {"batch.size", "1000000"},
      {"message.max.bytes", "100000000"},
      {"queue.buffering.max.messages", "200000"},
      {"queue.buffering.max.kbytes", "262144"},
      {"message.timeout.ms", Cat(kPatienceMs)},
  };
  char reason[512];
  for (const auto& [name, value] : settings) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), reason, sizeof(reason)) != RD_KAFKA_CONF_OK) {
      std::fprintf(stderr, "fracas-generate: %s\n", reason);
      rd_kafka_conf_destroy(conf);
      return nullptr;
    }
  }
  rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
  rd_kafka_conf_set_opaque(conf, report);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
  if (producer == nullptr) {
    std::fprintf(stderr, "fracas-generate: %s\n", reason);
    rd_kafka_conf_destroy(conf);
  }
  return Producer(producer);
}

// The topic has to have the partitions that the records are spread over.
bool TopicFits(rd_kafka_t* producer, const KafkaTarget& target) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, target.topic.c_str(), nullptr);
  const struct rd_kafka_metadata* metadata = nullptr;
  const rd_kafka_resp_err_t error = rd_kafka_metadata(producer, 0, topic, &metadata, 15'000);
  int partitions = 0;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (metadata->topic_cnt == 1) partitions = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
  }
  rd_kafka_topic_destroy(topic);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    std::fprintf(stderr, "fracas-generate: no answer from %s: %s; is the broker running?\n",
                 target.brokers.c_str(), rd_kafka_err2str(error));
    return false;
  }
  if (partitions < target.partitions) {
    std::fprintf(stderr,
                 "fracas-generate: topic %s has %d partitions, %d are needed; create it first "
                 "(kafka-topics --create --topic %s --partitions %d) or lower --partitions\n",
                 target.topic.c_str(), partitions, target.partitions, target.topic.c_str(),
                 target.partitions);
    return false;
  }
  return true;
}

// The header list belongs to librdkafka as soon as the record is accepted.
rd_kafka_headers_t* MakeHeaders(int count, uint64_t sequence) {
  if (count == 0) return nullptr;
  rd_kafka_headers_t* headers = rd_kafka_headers_new(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::string name = Cat("trace-", i);
    const std::string value = Cat(sequence);
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return headers;
}

class Sender {
 public:
  Sender(rd_kafka_t* producer, const KafkaTarget& target) : producer_(producer), target_(target) {}

  bool Send(uint64_t sequence, const Generated& record) {
    auto planted =
        record.fault == Fault::kNone
            ? nullptr
            : std::make_unique<Planted>(Planted{sequence, record.fault, std::string(record.key)});
    rd_kafka_headers_t* headers = MakeHeaders(target_.headers, sequence);
    for (int waited_ms = 0;;) {
      const rd_kafka_resp_err_t error = Try(sequence, record, headers, planted.get());
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        planted.release();  // the delivery report frees it
        return true;
      }
      if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL || waited_ms > kPatienceMs) {
        std::fprintf(stderr, "fracas-generate: record %llu refused: %s\n",
                     static_cast<unsigned long long>(sequence), rd_kafka_err2str(error));
        if (headers != nullptr) rd_kafka_headers_destroy(headers);
        return false;
      }
      rd_kafka_poll(producer_, 50);
      waited_ms += 50;
    }
  }

 private:
  rd_kafka_resp_err_t Try(uint64_t sequence, const Generated& record, rd_kafka_headers_t* headers,
                          Planted* planted) {
    rd_kafka_vu_t fields[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u = {.cstr = target_.topic.c_str()}},
        {.vtype = RD_KAFKA_VTYPE_PARTITION,
         .u = {.i32 = static_cast<int32_t>(sequence % static_cast<uint64_t>(target_.partitions))}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u = {.i = RD_KAFKA_MSG_F_COPY}},
        {.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u = {.i64 = record.timestamp_ms}},
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u = {.mem = {const_cast<char*>(record.key.data()), record.key.size()}}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u = {.mem = {const_cast<char*>(record.value.data()), record.value.size()}}},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u = {.ptr = planted}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u = {.headers = headers}},
    };
    const size_t count = std::size(fields) - (headers == nullptr ? 1 : 0);
    rd_kafka_error_t* error = rd_kafka_produceva(producer_, fields, count);
    if (error == nullptr) return RD_KAFKA_RESP_ERR_NO_ERROR;
    const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    return code;
  }

  rd_kafka_t* producer_;
  const KafkaTarget& target_;
};

}  // namespace

bool Produce(const KafkaTarget& target, const Span& span, Generator* generator, std::FILE* truth) {
  using Clock = std::chrono::steady_clock;
  Report report;
  report.truth = truth;
  report.topic = target.topic;
  const Producer producer = Connect(target, &report);
  if (producer == nullptr || !TopicFits(producer.get(), target)) return false;
  Sender sender(producer.get(), target);
  const Clock::time_point start = Clock::now();
  for (uint64_t i = 0; i < span.count; ++i) {
    if (span.per_second > 0) {
      const Clock::time_point due =
          start + std::chrono::microseconds(i * 1'000'000 / span.per_second);
      while (Clock::now() < due) rd_kafka_poll(producer.get(), 1);
    }
    if (!sender.Send(span.first + i, generator->At(span.first + i))) return false;
    if (i % 1'024 == 0) rd_kafka_poll(producer.get(), 0);
  }
  rd_kafka_flush(producer.get(), kPatienceMs);
  if (report.refused > 0 || report.delivered != span.count) {
    std::fprintf(stderr, "fracas-generate: %llu of %llu records were acknowledged by %s: %s\n",
                 static_cast<unsigned long long>(report.delivered),
                 static_cast<unsigned long long>(span.count), target.brokers.c_str(),
                 report.reason.empty() ? "no acknowledgement in time" : report.reason.c_str());
    return false;
  }
  return true;
}

}  // namespace fracas::bench
