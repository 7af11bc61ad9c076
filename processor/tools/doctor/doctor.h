#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "config/model.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/clock.h"
#include "ports/cluster_inspector.h"
#include "ports/log_reader.h"
#include "tools/doctor/access.h"
#include "tools/doctor/diagnosis.h"
#include "tools/doctor/local.h"
#include "tools/live_reader.h"

// Everything that can be wrong around a group, looked at once: it changes nothing, goes on where
// one part is refused, and is through within limits::kDoctorAwayMsMax when nobody answers.

namespace fracas::tools {

struct DoctorPorts {
  // Not connected (`connected` says why): asked for certificates only. May be null then.
  ClusterInspector* inspector = nullptr;
  Status connected;
  // Made when they are needed; not when `connected` is a failure.
  std::function<Result<Admin*>()> admin;
  std::function<Result<std::unique_ptr<LogReader>>()> reader;
  LiveReader* live = nullptr;
  std::function<Result<HttpAnswer>(const std::string& address, const std::string& target)> get;
  std::function<Result<FolderLook>()> open_folder;
  std::function<Result<DiskLook>()> disk;
  const Clock* clock = nullptr;
  std::function<void(int64_t ms)> wait;
  std::function<void(std::string_view what)> progress;  // what is looked at next; may be empty
};

struct DoctorQuestion {
  const config::Config* config = nullptr;
  std::string config_file;
  std::string stream;  // "pipeline/stream": only its topics; "" all
  Work work = Work::kDaemon;
  std::string principal;  // whose ACLs are compared; "" our own
};

Diagnosis Examine(const DoctorQuestion& question, const DoctorPorts& ports);

}  // namespace fracas::tools
