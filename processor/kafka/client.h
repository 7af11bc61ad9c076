#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/status.h"
#include "kafka/failure.h"
#include "kafka/settings.h"
#include "ports/log.h"

// One librdkafka handle: made from settings, watched while it connects, destroyed in bounded time.
// Inside kafka/ only.

namespace fracas::kafka {

// What librdkafka calls back. Methods run inside calls that poll the handle (on the caller's
// thread), except those that say otherwise.
class ClientEvents {
 public:
  virtual ~ClientEvents() = default;
  virtual void OnRebalance(rd_kafka_t* /*client*/, rd_kafka_resp_err_t /*what*/,
                           rd_kafka_topic_partition_list_t* /*partitions*/) {}
  // A record was delivered; only where delivery.report.only.error is off.
  virtual void OnDelivered(const rd_kafka_message_t* /*message*/) {}
  // A record could not be delivered.
  virtual void OnDeliveryFailed(const rd_kafka_message_t* /*message*/) {}
  // A line that librdkafka logs; any thread.
  virtual void OnLog(std::string_view /*facility*/, std::string_view /*text*/) {}
  // A broker presented a certificate (DER; depth 0 is its own); only with watch_certificates; any
  // thread. Whether it is believed is OpenSSL's decision alone.
  virtual void OnCertificate(std::string_view /*broker*/, int /*depth*/, std::string_view /*der*/) {
  }
};

struct ClientOptions {
  ClientKind kind = ClientKind::kConsumer;
  const Connection* connection = nullptr;
  std::string name;                // for logs and messages
  Settings defaults{};             // ours, under the user's
  Settings identity{};             // ours, over everything (group.id, transactional.id, …)
  ClientEvents* events = nullptr;  // until Detach or destruction
  bool watch_certificates = false;
};

class Client {
 public:
  // kReject: a setting is refused; the message names it.
  static Result<std::shared_ptr<Client>> Create(const ClientOptions& options);
  // Closes.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Ends the handle and its threads within limits::kKafkaCloseMsMax. False: they hang (K10) and are
  // left behind, logged; nothing is lost, since offsets and records live in transactions, but bytes
  // that a producer was handed may still be read. Idempotent. REQUIRES: nothing made from the
  // handle is alive.
  bool Close();

  // REQUIRES: not closed.
  rd_kafka_t* get() const { return handle_; }
  const std::string& name() const { return context_->name; }
  const std::string& brokers() const { return context_->brokers; }
  // A setting as it is in force.
  int64_t IntegerSetting(const char* name) const;

  // Waits until a broker answers, at most `wait_ms`. The failure names the brokers, the last thing
  // that librdkafka complained about, and the next step: kRetry, or kStop when we are not let in.
  Status Connect(int wait_ms);
  // No callback reaches `events` from now on.
  void Detach();
  void Log(LogLevel level, std::string_view event, std::string message) const;
  // The last complaint about a connection; "" if there was none.
  std::string LastComplaint() const;

 private:
  struct Context {
    std::string name;
    std::string brokers;
    LogSink log;
    std::function<void(std::string_view)> statistics;
    std::mutex mutex;
    ClientEvents* events = nullptr;  // guarded by mutex for any thread's; else the polling thread's
    std::string complaint;           // guarded by mutex
    bool needs_person = false;       // guarded by mutex: the complaint is about credentials
  };
  Client(rd_kafka_t* handle, std::shared_ptr<Context> context)
      : handle_(handle), context_(std::move(context)) {}

  static Status Configure(const ClientOptions& options, rd_kafka_conf_t* conf);
  static void SetCallbacks(ClientKind kind, rd_kafka_conf_t* conf, Context* context);
  static void WatchCertificates(rd_kafka_conf_t* conf);
  static void OnError(rd_kafka_t* handle, int error, const char* text, void* opaque);
  static void OnLogLine(const rd_kafka_t* handle, int level, const char* facility,
                        const char* text);

  rd_kafka_t* handle_;  // nullptr: closed
  bool ended_in_time_ = true;
  const std::shared_ptr<Context> context_;
};

// Deleters for librdkafka's objects.
struct PartitionListDeleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, PartitionListDeleter>;

struct QueueDeleter {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, QueueDeleter>;

struct TopicDeleter {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using Topic = std::unique_ptr<rd_kafka_topic_t, TopicDeleter>;

struct MetadataDeleter {
  void operator()(const rd_kafka_metadata_t* metadata) const {
    rd_kafka_metadata_destroy(metadata);
  }
};
using Metadata = std::unique_ptr<const rd_kafka_metadata_t, MetadataDeleter>;

inline PartitionList NewPartitionList(size_t size = 1) {
  return PartitionList(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

}  // namespace fracas::kafka
