#include "app/group_services.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "api/client.h"
#include "app/connection.h"
#include "app/entropy.h"
#include "core/limits.h"
#include "core/limits_tools.h"
#include "core/text.h"
#include "kafka/cluster_probe.h"
#include "kafka/inspect/cluster_inspector.h"
#include "kafka/log_reader.h"
#include "kafka/log_tail.h"
#include "kafka/outbox.h"
#include "kafka/producer.h"
#include "state/store/folder.h"
#include "state/store/rocks_store.h"

namespace fracas::app {

namespace {

constexpr char kClientName[] = "fracas-tool";

// "anna@node-1": the person behind sudo, if there is one.
std::string UserName() {
  const char* behind = std::getenv("SUDO_USER");
  std::string name = behind == nullptr ? "" : behind;
  if (name.empty()) {
    const passwd* entry = getpwuid(getuid());
    name = entry == nullptr ? Cat("uid", getuid()) : std::string(entry->pw_name);
  }
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return name;
  return Cat(name, "@", std::string_view(host.data()));
}

// `dir` is a state.dir or the store's folder in it.
Result<cli::InspectedState> InspectState(const config::Config& config, const std::string& dir) {
  const std::string inside = state::StoreFolder(dir, config.topics.state);
  std::error_code ignored;
  state::StoreOptions options;
  options.dir = std::filesystem::is_directory(inside, ignored) ? inside : dir;
  options.group = config.group;
  options.topic = config.topics.state;
  options.owner = "fracas state";
  Result<state::OpenedStore> opened = state::InspectStore(options);
  if (!opened.ok()) return opened.status();
  return cli::InspectedState{.store = std::move(opened->store), .story = std::move(opened->story)};
}

Result<cli::OpenedInspector> OpenInspector(const config::Config& config) {
  Result<kafka::OpenedInspector> opened =
      kafka::OpenInspector(ConnectionOf(config, "", {}), kClientName);
  if (!opened.ok()) return opened.status();
  return cli::OpenedInspector{.inspector = std::move(opened->inspector),
                              .connected = std::move(opened->connected)};
}

Result<tools::DiskLook> LookAtDisk(const config::Config& config) {
  const std::string folder = state::StoreFolder(config.state_dir, config.topics.state);
  Result<state::Room> room = state::RoomAt(folder);
  if (!room.ok()) return room.status();
  tools::DiskLook look{.dir = std::move(room->where), .free_bytes = room->free_bytes, .aside = {}};
  for (const std::string& path : state::FoldersAside(folder)) {
    look.aside.push_back({path, state::BytesOfFiles(path, "")});
  }
  return look;
}

}  // namespace

void AddGroupServices(const Clock* clock, cli::Services* services) {
  services->open_tail = [](const config::Config& config) -> Result<std::unique_ptr<LogTail>> {
    return kafka::NewLogTail(ConnectionOf(config, "", {}), kClientName);
  };
  services->open_outbox = [](const config::Config& config) -> Result<std::unique_ptr<Outbox>> {
    return kafka::NewOutbox({.connection = ConnectionOf(config, "", {}),
                             .name = kClientName,
                             .record_bytes_max = limits::kControlBytesMax + limits::kKiB});
  };
  services->open_record_outbox = [](const config::Config& config) -> Result<std::unique_ptr<Outbox>> {
    return kafka::NewOutbox({.connection = ConnectionOf(config, "", {}),
                             .name = kClientName,
                             .record_bytes_max = limits::kRecordBytesMax + limits::kDeadLetterOverheadBytes});
  };
  services->open_reader = [](const config::Config& config) {
    return kafka::OpenLogReader(ConnectionOf(config, "", {}), kClientName);
  };
  services->open_probe = [](const config::Config& config) {
    return kafka::OpenClusterProbe(ConnectionOf(config, "", {}), kClientName);
  };
  services->open_transaction = [](const config::Config& config, const std::string& transactional_id,
                                  size_t record_bytes) -> Result<std::unique_ptr<Transaction>> {
    return kafka::NewTransaction({.connection = ConnectionOf(config, "", {}),
                                  .transactional_id = transactional_id,
                                  .record_bytes_max = record_bytes});
  };
  services->open_inspector = OpenInspector;
  services->open_brief_reader = [](const config::Config& config) {
    return kafka::OpenLogReader(ConnectionOf(config, "", {}), kClientName,
                                limits::kDoctorCallMsMax);
  };
  services->look_at_disk = LookAtDisk;
  services->http_get = [](const std::string& address,
                          const std::string& target) -> Result<tools::HttpAnswer> {
    Result<api::Answer> answer = api::Get(address, target);
    if (!answer.ok()) return answer.status();
    return tools::HttpAnswer{.status = answer->status, .body = std::move(answer->body)};
  };
  services->inspect_state = InspectState;
  services->clock = clock;
  services->new_id = RandomId;
  services->user = UserName();
}

}  // namespace fracas::app
