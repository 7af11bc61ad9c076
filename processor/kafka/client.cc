#include "kafka/client.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "kafka/deadline.h"

namespace fracas::kafka {
namespace {

constexpr const char* kStatisticsMs = "10000";

// syslog's levels, as librdkafka uses them.
LogLevel LevelOf(int level) {
  if (level <= 3) return LogLevel::kError;
  if (level == 4) return LogLevel::kWarning;
  return level <= 6 ? LogLevel::kInfo : LogLevel::kDebug;
}

Status SetAll(const Settings& settings, rd_kafka_conf_t* conf) {
  for (const auto& [name, value] : settings) {
    char text[512] = "";
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof(text)) ==
        RD_KAFKA_CONF_OK) {
      continue;
    }
    if (Status checked = CheckSetting(name, value); !checked.ok()) return checked;
    return Status::Reject(Cat("setting ", name, ": ", text));
  }
  return {};
}

rd_kafka_type_t TypeOf(ClientKind kind) {
  switch (kind) {
    case ClientKind::kConsumer:
    case ClientKind::kAdmin:  // the isolation level, by which it asks for the end, is a consumer's
    case ClientKind::kLogReader: return RD_KAFKA_CONSUMER;
    case ClientKind::kProducer: return RD_KAFKA_PRODUCER;
  }
  return RD_KAFKA_CONSUMER;
}

}  // namespace

Status Client::Configure(const ClientOptions& options, rd_kafka_conf_t* conf) {
  const Connection& connection = *options.connection;
  Settings ours = {{"client.id", options.name}};
  if (connection.statistics) ours["statistics.interval.ms"] = kStatisticsMs;
  const bool consumer = TypeOf(options.kind) == RD_KAFKA_CONSUMER;
  const Settings* const own = options.kind == ClientKind::kAdmin ? nullptr
                              : consumer                         ? &connection.consumer
                                                                 : &connection.producer;
  Settings enforced = options.identity;
  for (const EnforcedSetting& setting : EnforcedSettings(options.kind)) {
    enforced.emplace(setting.name, setting.value);
  }
  for (const Settings* settings : {&options.defaults, static_cast<const Settings*>(&ours),
                                   &connection.common, own, static_cast<const Settings*>(&enforced)}) {
    if (settings == nullptr) continue;
    if (Status set = SetAll(*settings, conf); !set.ok()) return set;
  }
  if (connection.brokers().empty()) {
    return Status::Reject(
        "kafka has no bootstrap.servers; name at least one broker, e.g. 127.0.0.1:9092");
  }
  return {};
}

void Client::SetCallbacks(ClientKind kind, rd_kafka_conf_t* conf, Context* context) {
  rd_kafka_conf_set_opaque(conf, context);
  rd_kafka_conf_set_log_cb(conf, &Client::OnLogLine);
  rd_kafka_conf_set_error_cb(conf, &Client::OnError);
  if (context->statistics) {
    rd_kafka_conf_set_stats_cb(conf, [](rd_kafka_t*, char* json, size_t size, void* opaque) {
      static_cast<Context*>(opaque)->statistics({json, size});
      return 0;  // librdkafka frees it
    });
  }
  if (kind == ClientKind::kConsumer) {
    rd_kafka_conf_set_rebalance_cb(
        conf, [](rd_kafka_t* client, rd_kafka_resp_err_t what,
                 rd_kafka_topic_partition_list_t* partitions, void* opaque) {
          ClientEvents* const events = static_cast<Context*>(opaque)->events;
          if (events != nullptr) {
            events->OnRebalance(client, what, partitions);
          } else {
            rd_kafka_assign(client, nullptr);
          }
        });
  }
  if (kind == ClientKind::kProducer) {
    rd_kafka_conf_set_dr_msg_cb(
        conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
          ClientEvents* const events = static_cast<Context*>(opaque)->events;
          if (events == nullptr) return;
          if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            events->OnDelivered(message);
          } else {
            events->OnDeliveryFailed(message);
          }
        });
  }
}

// Looks only: OpenSSL's verdict stands. A build without TLS refuses, and has nothing to show.
void Client::WatchCertificates(rd_kafka_conf_t* conf) {
  rd_kafka_conf_set_ssl_cert_verify_cb(
      conf, [](rd_kafka_t*, const char* broker, int32_t, int* x509_error, int depth,
               const char* der, size_t size, char* text, size_t text_size, void* opaque) {
        auto* const context = static_cast<Context*>(opaque);
        const std::lock_guard lock(context->mutex);
        if (context->events != nullptr) context->events->OnCertificate(broker, depth, {der, size});
        if (*x509_error == 0) return 1;
        std::snprintf(text, text_size, "certificate verification failed (X509 error %d, depth %d)",
                      *x509_error, depth);
        return 0;
      });
}

Result<std::shared_ptr<Client>> Client::Create(const ClientOptions& options) {
  auto context = std::make_shared<Context>();
  context->name = options.name;
  context->brokers = options.connection->brokers();
  context->log = options.connection->log;
  context->statistics = options.connection->statistics;
  context->events = options.events;
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  Status configured = Configure(options, conf);
  if (!configured.ok()) {
    rd_kafka_conf_destroy(conf);
    return configured;
  }
  SetCallbacks(options.kind, conf, context.get());
  if (options.watch_certificates) WatchCertificates(conf);
  char text[512] = "";
  rd_kafka_t* const handle = rd_kafka_new(TypeOf(options.kind), conf, text, sizeof(text));
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return Status::Reject(Cat("the Kafka settings of client ", options.name,
                              " contradict each other: ", text, "; mend them under `kafka`"));
  }
  return std::shared_ptr<Client>(new Client(handle, std::move(context)));
}

Client::~Client() { Close(); }

bool Client::Close() {
  if (handle_ == nullptr) return ended_in_time_;
  Detach();
  // IMPORTANT: without consumer_close. A static member does not leave its group anyway, offsets are
  // in transactions, and close is where 2.0.2 hangs and crashes (K10, K11).
  std::promise<void> ended;
  std::future<void> end = ended.get_future();
  std::thread([handle = std::exchange(handle_, nullptr), context = context_,
               ended = std::move(ended)]() mutable {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    ended.set_value();
  }).detach();
  ended_in_time_ = end.wait_for(std::chrono::milliseconds(limits::kKafkaCloseMsMax)) ==
                   std::future_status::ready;
  if (!ended_in_time_) {
    Log(LogLevel::kWarning, "kafka_client_left_behind",
        Cat("client ", name(), " did not end in ", limits::kKafkaCloseMsMax,
            " ms; its threads are left behind"));
  }
  return ended_in_time_;
}

void Client::Detach() {
  const std::lock_guard lock(context_->mutex);
  context_->events = nullptr;
}

int64_t Client::IntegerSetting(const char* name) const {
  char value[64] = "";
  size_t size = sizeof(value);
  if (rd_kafka_conf_get(rd_kafka_conf(handle_), name, value, &size) != RD_KAFKA_CONF_OK) return 0;
  return std::strtoll(value, nullptr, 10);
}

Status Client::Connect(int wait_ms) {
  const Deadline deadline(wait_ms);
  Failure failure;
  do {
    const rd_kafka_metadata_t* raw = nullptr;
    // A topic-less question: answered by the first broker that can be reached.
    failure = FromCode(rd_kafka_metadata(handle_, 0, nullptr, &raw, deadline.SliceMs(1'000)));
    if (failure.ok()) {
      rd_kafka_metadata_destroy(raw);
      return {};
    }
    rd_kafka_poll(handle_, 0);
    const std::lock_guard lock(context_->mutex);
    if (context_->needs_person) {
      return Status::Stop(Cat("the brokers ", brokers(), " refuse us: ", context_->complaint,
                              "; check security.protocol, sasl.* and ssl.* under `kafka`"));
    }
  } while (!deadline.passed());
  const std::string complaint = LastComplaint();
  return Status::Retry(
      Cat("no broker of ", brokers(), " answers (", complaint.empty() ? failure.text : complaint,
          "); check bootstrap.servers, that Kafka runs and that its advertised.listeners can be "
          "reached from here"));
}

void Client::Log(LogLevel level, std::string_view event, std::string message) const {
  if (!context_->log) return;
  context_->log({.level = level,
                 .event = event,
                 .message = std::move(message),
                 .fields = {{"client", name()}}});
}

std::string Client::LastComplaint() const {
  const std::lock_guard lock(context_->mutex);
  return context_->complaint;
}

void Client::OnError(rd_kafka_t* /*handle*/, int error, const char* text, void* opaque) {
  auto* const context = static_cast<Context*>(opaque);
  const auto code = static_cast<rd_kafka_resp_err_t>(error);
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;  // says nothing that was not said before
  const std::lock_guard lock(context->mutex);
  context->complaint = text;
  if (NeedsPerson(code)) context->needs_person = true;
}

void Client::OnLogLine(const rd_kafka_t* handle, int level, const char* facility,
                       const char* text) {
  auto* const context = static_cast<Context*>(rd_kafka_opaque(handle));
  if (context == nullptr) return;  // while the handle is being made
  {
    const std::lock_guard lock(context->mutex);
    if (context->events != nullptr) context->events->OnLog(facility, text);
    if (level <= 3) context->complaint = text;
  }
  if (!context->log) return;
  context->log({.level = LevelOf(level),
                .event = "kafka_client",
                .message = text,
                .fields = {{"client", context->name}, {"facility", facility}}});
}

}  // namespace fracas::kafka
