// Baselines that Fracas is measured against: the shortest honest loops over librdkafka.
//
//   copy_loop --brokers B --from TOPIC --records N --mode consume
//   copy_loop --brokers B --from TOPIC --to TOPIC --records N --mode plain|tuned [--keep]
//
// consume  reads every record and touches one byte
// plain    exactly-once copy as most people write it: rd_kafka_produce(PARTITION_UA, MSG_F_COPY), a
//          transaction every --interval-ms
// tuned    the same guarantee, but the payload is not copied (messages live until the commit) and keeps its
//          partition number, so that no partitioner runs
// --keep   headers and timestamps are kept too (producev), as Fracas does
//
// Prints one JSON line: {"mode","records","bytes","cpu_seconds","wall_seconds"}.

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

namespace {

struct Options {
  std::string brokers;
  std::string from;
  std::string to;
  std::string mode = "plain";
  std::string group = "copy-loop";
  std::string codec = "none";
  long records = 0;
  int interval_ms = 100;
  bool keep = false;
};

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "copy_loop: %s\n", what.c_str());
  std::exit(1);
}

Options Parse(int argc, char** argv) {
  Options options;
  std::map<std::string, std::string*> texts = {
      {"--brokers", &options.brokers}, {"--from", &options.from},   {"--to", &options.to},
      {"--mode", &options.mode},       {"--group", &options.group}, {"--codec", &options.codec}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--keep") {
      options.keep = true;
      continue;
    }
    if (i + 1 >= argc) Die(name + " needs a value");
    const char* value = argv[++i];
    if (texts.count(name) == 1) {
      *texts[name] = value;
    } else if (name == "--records") {
      options.records = std::atol(value);
    } else if (name == "--interval-ms") {
      options.interval_ms = std::atoi(value);
    } else {
      Die("unknown option " + name);
    }
  }
  if (options.brokers.empty() || options.from.empty() || options.records <= 0) {
    Die("--brokers, --from and --records are needed");
  }
  return options;
}

void Set(rd_kafka_conf_t* conf, const char* name, const std::string& value) {
  char error[256];
  if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof(error)) != RD_KAFKA_CONF_OK) {
    Die(error);
  }
}

rd_kafka_t* NewConsumer(const Options& options) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Set(conf, "bootstrap.servers", options.brokers);
  Set(conf, "group.id", options.group);
  Set(conf, "enable.auto.commit", "false");
  Set(conf, "auto.offset.reset", "earliest");
  Set(conf, "isolation.level", "read_committed");
  Set(conf, "socket.nagle.disable", "true");
  Set(conf, "queued.max.messages.kbytes", "65536");
  Set(conf, "queued.min.messages", "1000000");
  Set(conf, "fetch.message.max.bytes", "4194304");
  char error[256];
  rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
  if (consumer == nullptr) Die(error);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, options.from.c_str(), RD_KAFKA_PARTITION_UA);
  if (rd_kafka_subscribe(consumer, topics) != RD_KAFKA_RESP_ERR_NO_ERROR) Die("subscribe failed");
  rd_kafka_topic_partition_list_destroy(topics);
  return consumer;
}

rd_kafka_t* NewProducer(const Options& options) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Set(conf, "bootstrap.servers", options.brokers);
  Set(conf, "transactional.id", options.group);
  Set(conf, "linger.ms", "100");
  Set(conf, "batch.size", "1000000");
  Set(conf, "queue.buffering.max.messages", "1000000");
  Set(conf, "compression.codec", options.codec);
  Set(conf, "socket.nagle.disable", "true");
  char error[256];
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
  if (producer == nullptr) Die(error);
  if (rd_kafka_error_t* failed = rd_kafka_init_transactions(producer, 30'000)) {
    Die(rd_kafka_error_string(failed));
  }
  return producer;
}

void Check(rd_kafka_error_t* error) {
  if (error != nullptr) Die(rd_kafka_error_string(error));
}

class Copier {
 public:
  explicit Copier(const Options& options)
      : options_(options), tuned_(options.mode == "tuned"), consumer_(NewConsumer(options)),
        producer_(NewProducer(options)),
        topic_(rd_kafka_topic_new(producer_, options.to.c_str(), nullptr)) {}

  void Run() {
    auto begun = std::chrono::steady_clock::now();
    Check(rd_kafka_begin_transaction(producer_));
    while (records_ < options_.records) {
      if (rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer_, 50)) Take(message);
      const auto now = std::chrono::steady_clock::now();
      if (now - begun >= std::chrono::milliseconds(options_.interval_ms)) {
        Commit();
        Check(rd_kafka_begin_transaction(producer_));
        begun = now;
      }
    }
    Commit();
    rd_kafka_consumer_close(consumer_);
  }
  long records() const { return records_; }
  long bytes() const { return bytes_; }

 private:
  void Take(rd_kafka_message_t* message) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      rd_kafka_message_destroy(message);
      return;
    }
    ++records_;
    bytes_ += static_cast<long>(message->len);
    next_[message->partition] = message->offset + 1;
    while (Produce(message) != 0) rd_kafka_poll(producer_, 10);  // the queue is full
    if (tuned_) {
      kept_.push_back(message);
    } else {
      rd_kafka_message_destroy(message);
    }
  }

  int Produce(rd_kafka_message_t* message) {
    const int32_t partition = tuned_ ? message->partition : RD_KAFKA_PARTITION_UA;
    const int flags = tuned_ ? 0 : RD_KAFKA_MSG_F_COPY;
    if (!options_.keep) {
      return rd_kafka_produce(topic_, partition, flags, message->payload, message->len, message->key,
                              message->key_len, nullptr);
    }
    rd_kafka_headers_t* headers = nullptr;
    rd_kafka_message_detach_headers(message, &headers);
    rd_kafka_timestamp_type_t type;
    const int64_t timestamp = rd_kafka_message_timestamp(message, &type);
    rd_kafka_vu_t fields[7];
    size_t count = 0;
    fields[count].vtype = RD_KAFKA_VTYPE_RKT;
    fields[count++].u.rkt = topic_;
    fields[count].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[count++].u.i32 = partition;
    fields[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[count++].u.i = flags;
    fields[count].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[count].u.mem.ptr = message->payload;
    fields[count++].u.mem.size = message->len;
    fields[count].vtype = RD_KAFKA_VTYPE_KEY;
    fields[count].u.mem.ptr = message->key;
    fields[count++].u.mem.size = message->key_len;
    fields[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
    fields[count++].u.i64 = timestamp;
    if (headers != nullptr) {
      fields[count].vtype = RD_KAFKA_VTYPE_HEADERS;
      fields[count++].u.headers = headers;
    }
    rd_kafka_error_t* error = rd_kafka_produceva(producer_, fields, count);
    if (error == nullptr) return 0;
    if (rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR__QUEUE_FULL) Check(error);
    rd_kafka_error_destroy(error);
    if (headers != nullptr) Die("the queue is full while headers are detached: raise its size");
    return -1;
  }

  void Commit() {
    rd_kafka_topic_partition_list_t* offsets = rd_kafka_topic_partition_list_new(8);
    for (const auto& [partition, offset] : next_) {
      rd_kafka_topic_partition_list_add(offsets, options_.from.c_str(), partition)->offset = offset;
    }
    if (!next_.empty()) {
      rd_kafka_consumer_group_metadata_t* group = rd_kafka_consumer_group_metadata(consumer_);
      Check(rd_kafka_send_offsets_to_transaction(producer_, offsets, group, 30'000));
      rd_kafka_consumer_group_metadata_destroy(group);
    }
    rd_kafka_topic_partition_list_destroy(offsets);
    Check(rd_kafka_commit_transaction(producer_, -1));
    for (rd_kafka_message_t* message : kept_) rd_kafka_message_destroy(message);
    kept_.clear();
  }

  const Options& options_;
  const bool tuned_;
  rd_kafka_t* consumer_;
  rd_kafka_t* producer_;
  rd_kafka_topic_t* topic_;
  long records_ = 0;
  long bytes_ = 0;
  std::map<int32_t, int64_t> next_;
  std::vector<rd_kafka_message_t*> kept_;
};

void Consume(const Options& options, long* records, long* bytes) {
  rd_kafka_t* consumer = NewConsumer(options);
  unsigned touched = 0;
  while (*records < options.records) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, 50);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++*records;
      *bytes += static_cast<long>(message->len);
      if (message->len > 0) touched += *static_cast<const unsigned char*>(message->payload);
    }
    rd_kafka_message_destroy(message);
  }
  std::fprintf(stderr, "touched %u\n", touched);
  rd_kafka_consumer_close(consumer);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = Parse(argc, argv);
  const auto begun = std::chrono::steady_clock::now();
  long records = 0;
  long bytes = 0;
  if (options.mode == "consume") {
    Consume(options, &records, &bytes);
  } else if (options.mode == "plain" || options.mode == "tuned") {
    Copier copier(options);
    copier.Run();
    records = copier.records();
    bytes = copier.bytes();
  } else {
    Die("--mode is consume, plain or tuned");
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begun;
  std::printf("{\"mode\":\"%s%s\",\"records\":%ld,\"bytes\":%ld,\"cpu_seconds\":%.3f,"
              "\"wall_seconds\":%.3f}\n",
              options.mode.c_str(), options.keep ? "-keep" : "", records, bytes, CpuSeconds(),
              wall.count());
  // The handles are not destroyed: their teardown is no part of the work that is measured.
  std::fflush(stdout);
  std::_Exit(0);
}
