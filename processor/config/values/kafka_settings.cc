// What a setting of librdkafka must not do to us. Rows name the guarantee (DESIGN §3) or the defect
// of librdkafka 2.0.2 that makes the setting dangerous.

#include "config/values/kafka_settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

using std::string_view;

struct Refused {
  string_view name;
  string_view reason;
  string_view next_step;
};

constexpr string_view kRemove = "remove it";

// Refused whatever the value.
constexpr std::array kRefused = {
    Refused{"metadata.broker.list", "it is another name of bootstrap.servers",
            "write bootstrap.servers"},
    Refused{"enable.auto.commit",
            "offsets are committed inside the transaction that they belong to (exactly once)",
            kRemove},
    Refused{"auto.commit.enable",
            "offsets are committed inside the transaction that they belong to (exactly once)",
            kRemove},
    Refused{"auto.commit.interval.ms",
            "offsets are committed inside the transaction that they belong to (exactly once)",
            kRemove},
    Refused{"enable.auto.offset.store", "only judged records move the offsets (exactly once)",
            kRemove},
    Refused{"offset.store.method", "offsets live in the group, inside transactions (exactly once)",
            kRemove},
    Refused{"offset.store.path", "offsets live in the group, inside transactions (exactly once)",
            kRemove},
    Refused{"offset.store.sync.interval.ms",
            "offsets live in the group, inside transactions (exactly once)", kRemove},
    Refused{"isolation.level",
            "records of aborted transactions must not be read, and offsets in doubt must be waited "
            "for (exactly once)",
            "remove it; read_committed is always on"},
    Refused{"auto.offset.reset", "a silent reset would lose or repeat records (conservation)",
            "use the stream's `start`"},
    Refused{"group.id", "the group is named once, for offsets, transactions and our own topics",
            "use `group` at the top"},
    Refused{"group.instance.id", "it must be the transactional id of the same worker (fencing)",
            "use `instance` at the top"},
    Refused{"transactional.id",
            "it is made of group, instance and worker, so that a restart fences what it left open",
            "use `group` and `instance` at the top"},
    Refused{"group.protocol", "assignment epochs are captured with the classic protocol (fencing)",
            kRemove},
    Refused{"group.remote.assignor", "it belongs to the consumer protocol, which is not used",
            kRemove},
    Refused{"partition.assignment.strategy.config", "assignors are not configured", kRemove},
    Refused{"plugin.library.paths", "it loads code into this process", kRemove},
    Refused{"ssl.engine.location", "it loads code into this process",
            "use ssl.certificate.location and ssl.key.location"},
    Refused{"ssl.engine.id", "it belongs to a loaded engine, which is refused", kRemove},
    Refused{"ssl.providers", "it loads code into this process", kRemove},
    Refused{"sasl.kerberos.kinit.cmd", "it runs a command",
            "renew the ticket outside, e.g. with k5start, and set sasl.kerberos.keytab"},
    Refused{"enable.partition.eof", "where the log ends is how markers are told from lag",
            kRemove},
    Refused{"delivery.report.only.error", "every delivery report is counted (conservation)",
            kRemove},
    Refused{"enable.gapless.guarantee",
            "a failed round is aborted and judged again; a fatal error instead would only stop the "
            "worker",
            kRemove},
    Refused{"builtin.features", "it describes the library, it sets nothing", kRemove},
    Refused{"opaque", "it is a C pointer", kRemove},
    Refused{"interceptors", "it is a C pointer", kRemove},
    Refused{"default_topic_conf", "it is a C pointer", kRemove},
    Refused{"ssl_certificate", "it is a C pointer",
            "use ssl.certificate.location or ssl.certificate.pem"},
    Refused{"ssl_key", "it is a C pointer", "use ssl.key.location or ssl.key.pem"},
    Refused{"ssl_ca", "it is a C pointer", "use ssl.ca.location or ssl.ca.pem"},
    Refused{"ssl_engine_callback_data", "it is a C pointer", kRemove},
};

std::optional<int64_t> ToInteger(string_view text) {
  int64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool IsTrue(string_view value) { return value == "true" || value == "t" || value == "1"; }
bool IsFalse(string_view value) { return value == "false" || value == "f" || value == "0"; }

Refusal RefuseRange(string_view value, int64_t min, int64_t max, string_view reason) {
  const std::optional<int64_t> number = ToInteger(value);
  if (number.has_value() && *number >= min && *number <= max) return {};
  return {std::string(reason),
          Cat("write a whole number from ", min, " to ", max, ", or remove it")};
}

Refusal RefuseProducerValue(string_view name, string_view value) {
  if (name == "enable.idempotence" && !IsTrue(value)) {
    return {"transactions need it (exactly once)", "remove it; it is always on"};
  }
  if ((name == "acks" || name == "request.required.acks") && value != "all" && value != "-1") {
    return {"a record that not all replicas have can be lost (exactly once)",
            "remove it; acks=all is always on"};
  }
  if (name == "max.in.flight" || name == "max.in.flight.requests.per.connection") {
    return RefuseRange(value, 1, 5, "more than 5 requests in flight break the order (idempotence)");
  }
  if (name == "transaction.timeout.ms") {
    return RefuseRange(
        value, 5'000, 900'000,
        "a shorter transaction cannot carry a round, a longer one is refused by brokers "
        "and keeps readers waiting");
  }
  if (name == "message.timeout.ms" || name == "delivery.timeout.ms") {
    // That it is shorter than transaction.timeout.ms too is checked when both are known.
    return RefuseRange(value, 1'000, 899'999,
                       "a record must be given up before its transaction times out");
  }
  return {};
}

Refusal RefuseValue(string_view name, string_view value) {
  if (name == "partition.assignment.strategy" && value.find("cooperative") != string_view::npos) {
    return {"cooperative-sticky loses assignments in librdkafka 2.0.2", "use range or roundrobin"};
  }
  if (name == "allow.auto.create.topics" && !IsFalse(value)) {
    return {"a misspelt topic would be created with the broker's settings",
            "use `fracas topics --create`"};
  }
  if (name == "debug" &&
      (value.find("security") != string_view::npos || value.find("all") != string_view::npos)) {
    return {"it writes credentials into the log",
            "name the contexts that you need, e.g. broker,cgrp,eos"};
  }
  return RefuseProducerValue(name, value);
}

}  // namespace

std::vector<string_view> RefusedSettings() {
  std::vector<string_view> names;
  for (const Refused& refused : kRefused) names.push_back(refused.name);
  return names;
}

Refusal RefuseSetting(string_view name, string_view value) {
  const auto row = std::find_if(kRefused.begin(), kRefused.end(),
                                [name](const Refused& refused) { return refused.name == name; });
  if (row != kRefused.end()) return {std::string(row->reason), std::string(row->next_step)};
  if (name.ends_with("_cb")) return {"it is a C function", std::string(kRemove)};
  if (name.starts_with("test.")) return {"it replaces the cluster by a mock", std::string(kRemove)};
  return RefuseValue(name, value);
}

std::string WarnAboutSetting(string_view name, string_view value) {
  if (name == "enable.ssl.certificate.verification" && IsFalse(value)) {
    return "the broker's certificate is not verified: anybody between can read and change records";
  }
  if (name == "ssl.endpoint.identification.algorithm" && value == "none") {
    return "the broker's name is not verified: anybody with a certificate of the same CA can pose "
           "as it";
  }
  if (name == "enable.sasl.oauthbearer.unsecure.jwt" && IsTrue(value)) {
    return "unsigned tokens are for development only";
  }
  return "";
}

bool IsSensitiveSetting(string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // Everything that librdkafka marks as sensitive, and what a later version may add.
  constexpr std::array<string_view, 7> kParts = {"password",   "secret",     "token",  "jaas",
                                                 "credential", "passphrase", "private"};
  if (lower == "sasl.oauthbearer.token.endpoint.url" || lower == "sasl.oauthbearer.scope")
    return false;
  if (lower == "ssl.key.pem" || lower == "ssl.keystore.pem" || lower == "sasl.oauthbearer.config") {
    return true;
  }
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](string_view part) { return lower.find(part) != std::string::npos; });
}

}  // namespace fracas::config
