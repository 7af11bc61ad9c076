#include "cli/support/replay_options.h"

#include <charconv>
#include <cmath>

#include "core/text.h"

namespace fracas::cli {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kByteUnits[] = {
    {"KiB", 1024}, {"MiB", 1024.0 * 1024}, {"GiB", 1024.0 * 1024 * 1024}, {"B", 1}};

Status ReadRate(const std::string& typed, tools::Rates* rates) {
  std::string_view text = typed;
  if (text.ends_with("/s")) text.remove_suffix(2);
  double factor = 0;
  for (const Unit& unit : kByteUnits) {
    if (factor > 0 || !text.ends_with(unit.name)) continue;
    factor = unit.factor;
    text.remove_suffix(unit.name.size());
  }
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool read = error == std::errc() && end == text.data() + text.size();
  if (!read || !std::isfinite(number) || number <= 0) {
    return Status::Reject(
        Cat("--rate ", typed, ": written 500/s (records) or 5MiB/s (bytes), more than 0"));
  }
  double* const rate = factor > 0 ? &rates->bytes_per_second : &rates->records_per_second;
  if (*rate > 0) return Status::Reject(Cat("--rate ", typed, ": one of records, one of bytes"));
  *rate = factor > 0 ? number * factor : number;
  return {};
}

void AddLetters(CLI::App* command, ReplayArguments* arguments) {
  tools::SelectionText& letters = arguments->request.letters;
  command
      ->add_option("--stream", letters.stream,
                   "Dead letters of this stream; default: the one "
                   "that reads --to")
      ->type_name("STREAM");
  command->add_option("--code", letters.codes, "Dead letters with these failure codes")
      ->type_name("CODE")
      ->allow_extra_args(false);
  command
      ->add_option("--mode", letters.mode,
                   "Dead letters of this failure mode: its fingerprint, or how it begins")
      ->type_name("HEX");
  command
      ->add_option("--quarantine", arguments->request.quarantine,
                   "All dead letters of this quarantined id, in the order of the source")
      ->type_name("ID");
  command->add_option("--record", letters.records, "The dead letter of this source record")
      ->type_name("TOPIC/PARTITION/OFFSET")
      ->allow_extra_args(false);
  command
      ->add_option("--error", letters.error,
                   "Dead letters with this in the error's class or message")
      ->type_name("TEXT");
  command->add_option("--topic", letters.topics, "A dead-letter topic, also of another system")
      ->type_name("TOPIC")
      ->allow_extra_args(false);
  command->add_option("--system", letters.system, "Only written by: connect, spring, streams, …")
      ->type_name("SYSTEM");
  command
      ->add_option("--state", letters.state,
                   "Dead letters that are open, resolved, discarded or all")
      ->type_name("STATE")
      ->capture_default_str();
  command->add_flag("--any-origin", arguments->request.any_origin,
                    "Also dead letters that came from another topic than --to");
  command->add_flag("--rewritten", arguments->request.rewritten,
                    "Also dead letters whose bytes may not be what their record had");
  command->add_flag("--force", arguments->request.force,
                    "Also dead letters that somebody else replays at the moment: readers may see "
                    "them twice");
}

void AddRecords(CLI::App* command, ReplayArguments* arguments) {
  tools::ReplayRequest& request = arguments->request;
  command
      ->add_option("selection", request.what,
                   "Records: TOPIC, TOPIC/PARTITION, TOPIC/PARTITION/OFFSET or …/FROM-TO (TO is "
                   "not part of it), also of dead letters; none: dead letters by the filters below")
      ->type_name("SELECTION…");
  command->add_option("--id", request.letters.id, "Only of this business id")->type_name("ID");
  command
      ->add_option("--since", request.letters.since,
                   "Dead letters judged, or records with a timestamp, then or later: a time, or "
                   "how long ago (2h)")
      ->type_name("TIME");
  command->add_option("--until", request.letters.until, "… and before")->type_name("TIME");
  command->add_option("--header", request.filter.headers, "Only records with this header")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  command->add_option("--where", request.filter.pointers, "Only records with this value")
      ->type_name("/PTR=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--already-published", request.already_published,
                    "Yes: readers will see these records twice");
}

void AddPolicy(CLI::App* command, ReplayArguments* arguments) {
  command->add_option("--to", arguments->request.to, "Where it is sent")
      ->required()
      ->type_name("TOPIC");
  command
      ->add_option("--job", arguments->request.job,
                   "The job's name; default: made from the selection, so that the same command "
                   "goes on")
      ->type_name("NAME");
  command
      ->add_option("--rate", arguments->rates,
                   "At most so many records (500/s), bytes (5MiB/s), or both")
      ->type_name("N/s")
      ->allow_extra_args(false);
  command->add_option("--limit", arguments->policy.limit, "Send at most so many records now")
      ->type_name("N");
  command
      ->add_option("--max-replays", arguments->request.count_max,
                   "Records that were replayed so often are parked, 0: never; default: the "
                   "stream's replay.count_max")
      ->check(CLI::Range(0, 1'000'000))
      ->type_name("N");
  command
      ->add_option("--stop-at", arguments->policy.failed_ratio_max,
                   "Stop when a larger share of what was sent fails again")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->type_name("RATIO");
  command
      ->add_option("--wait", arguments->wait, "How long to wait for the judgement of what was sent")
      ->capture_default_str()
      ->type_name("DURATION");
  command->add_flag("--dry-run", arguments->change.dry_run, "Count and show samples; send nothing");
  command->add_flag("--yes", arguments->yes, "Do not ask");
  command->add_option("--why,--reason", arguments->change.why, "Why: it is kept in the journal")
      ->required()
      ->type_name("TEXT");
  command->add_option("--who", arguments->change.who, "Who, instead of you on this machine")
      ->type_name("NAME");
}

}  // namespace

Status ReadRates(const std::vector<std::string>& typed, tools::Rates* rates) {
  for (const std::string& rate : typed) {
    if (Status s = ReadRate(rate, rates); !s.ok()) return s;
  }
  return {};
}

void AddReplayOptions(CLI::App* command, ReplayArguments* arguments) {
  AddGroupOptions(command, &arguments->group, "");
  AddFromTopic(command, &arguments->group);
  AddRecords(command, arguments);
  AddLetters(command, arguments);
  AddPolicy(command, arguments);
}

}  // namespace fracas::cli
