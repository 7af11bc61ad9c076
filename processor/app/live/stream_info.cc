#include "app/live/stream_info.h"

#include <string>

namespace fracas::app {

namespace {

void Add(std::string name, double value, observability::StreamInfo* info) {
  if (value >= 0) info->thresholds.emplace_back(std::move(name), value);  // below 0: off
}

double Seconds(int64_t ms) { return ms < 0 ? -1 : static_cast<double>(ms) / 1'000; }

observability::StreamInfo InfoOf(const config::Stream& stream) {
  observability::StreamInfo info;
  info.stream = config::QualifiedName(stream);
  info.mode = stream.mode == config::PublishMode::kCopy ? "copy" : "none";
  info.source_owner = stream.owners.source;
  info.destination_owner = stream.owners.destination;
  info.platform_owner = stream.owners.platform;
  const config::AlertLimits& alerts = stream.alerts;
  Add("dead_letters_warning", static_cast<double>(alerts.dead_letters_warning), &info);
  Add("dead_letters_critical", static_cast<double>(alerts.dead_letters_critical), &info);
  Add("pass_ratio", alerts.pass_ratio, &info);
  Add("no_data_seconds", Seconds(stream.max_silence_ms), &info);
  Add("red_unattended_seconds", Seconds(alerts.red_unattended_ms), &info);
  return info;
}

}  // namespace

std::vector<observability::StreamInfo> StreamInfosOf(const config::Config& config) {
  std::vector<observability::StreamInfo> infos;
  for (const config::Stream& stream : config.streams) infos.push_back(InfoOf(stream));
  return infos;
}

}  // namespace fracas::app
