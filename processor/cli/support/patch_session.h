#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/control_session.h"
#include "tools/inspect/judge.h"
#include "tools/inspect/redaction.h"
#include "tools/letters/selection.h"
#include "tools/patch/specimen_reader.h"
#include "tools/replay/lineage.h"
#include "tools/replay/under_way.h"

// What inspect and secure-clean share: how records are named, where they are found, by whose rules
// they are judged, and who may see what is sensitive.

namespace fracas::cli {

struct SourceArguments {
  GroupArguments group;  // the configuration may be left out for files
  std::string source;
  tools::SelectionText selection;
  std::string contract;
  bool ndjson = false;
  bool reveal = false;
  std::string who;
  std::string why;
  uint64_t limit = 0;
};
// SOURCE, -c, --output, --contract, --ndjson, the filters of dead letters, --reveal, --who, --why.
void AddSourceOptions(CLI::App* command, SourceArguments* arguments, uint64_t limit);

// One thread; `services` and the arguments outlive it.
class PatchSession {
 public:
  // Asks nobody yet. kReject: what SOURCE means cannot be told.
  static Result<std::unique_ptr<PatchSession>> Open(const Services& services,
                                                    const SourceArguments& arguments);

  // At least one, or a failure that says what was looked at.
  Result<tools::FoundSpecimens> Find();
  // The rules of the record's stream, of --contract, or JSON's alone.
  Result<tools::Judge*> JudgeOf(const tools::Specimen& specimen);
  // The streams that the record may be of, whose sensitive values are hidden in it.
  tools::Streams HidingSources(const tools::Specimen& specimen) const;
  // Writes into the journal who looks at sensitive values of what, and why; first of all where
  // --reveal is given. kReject: without a reason, or where nobody keeps a journal.
  Status JournalReveal(const std::vector<tools::Specimen>& specimens);
  // The ticket of a replay of this record that is not judged yet; nullptr: there is none. The state
  // is read once. REQUIRES: control().
  Result<const state::Ticket*> UnderWay(const tools::Specimen& specimen);

  // The newest dead letter that a replay of this record has come back as; nullptr: none did. Read
  // once. REQUIRES: control(), Find.
  Result<const tools::NewerLetter*> NewerOf(const tools::Specimen& specimen);
  // As NewerOf has read it; empty before.
  tools::Lineage* lineage() { return &lineage_; }
  tools::LetterReader Letters();

  // The open ticket of this dead letter, as UnderWay has read it; "": none. REQUIRES: UnderWay.
  std::string TicketSeen(const TopicPartition& letter, Offset offset) const {
    return under_way_->TicketOf(letter, offset);
  }

  bool on_kafka() const { return on_kafka_; }
  // nullptr: without a configuration.
  ControlSession* control() const { return control_.get(); }
  int64_t now_ms() const { return services_.clock->WallMs(); }
  std::string who() const { return arguments_.who.empty() ? services_.user : arguments_.who; }
  const Services& services() const { return services_; }

 private:
  PatchSession(const Services& services, const SourceArguments& arguments)
      : services_(services), arguments_(arguments) {}
  Result<tools::FoundSpecimens> FindOnKafka();
  tools::LetterPorts Ports();

  const Services& services_;
  const SourceArguments& arguments_;
  bool on_kafka_ = false;
  std::string file_stream_;
  std::unique_ptr<ControlSession> control_;
  // By the streams that judge the records and that they may come from.
  std::map<std::pair<std::string, tools::Streams>, std::unique_ptr<tools::Judge>> judges_;
  std::optional<tools::ReplaysUnderWay> under_way_;
  int64_t since_ms_ = 0;  // when the oldest of what was found became a dead letter; 0: not known
  bool lineage_read_ = false;
  tools::Lineage lineage_;
};

// The options that name the same records once more, for commands that are shown: " -c fracas.yaml
// …".
std::string ContextOptions(const SourceArguments& arguments);
// The window and, below it, what marks the place; each line begins with `indent`.
void PrintWindow(const tools::Window& window, std::string_view indent);

}  // namespace fracas::cli
