#include "tools/quarantine_import.h"

#include <deque>
#include <utility>

#include "core/text.h"
#include "tools/targets.h"

namespace fracas::tools {

namespace {

// What a target may take in a command at most: every byte escaped, the member's name and punctuation.
size_t BytesOf(const wire::QuarantineTarget& target) { return 6 * target.id.size() + 64; }
constexpr size_t kCommandBytes = limits::kControlBytesMax - 16 * limits::kKiB;  // the rest: texts

// The targets of a list, line by line.
class TargetLines {
 public:
  TargetLines(const ImportOptions& options, DocumentReader* lines) : options_(options), lines_(lines) {}

  // False: the end. kReject names the line that is wrong.
  Result<bool> Next(wire::QuarantineTarget* target) {
    InputDocument document;
    for (;;) {
      Result<bool> more = lines_->Next(&document);
      if (!more.ok() || !*more) return more;
      if (document.line >= options_.from_line) break;
    }
    line_ = document.line;
    if (document.oversize) return Wrong("the line is too long to name anything");
    Result<wire::QuarantineTarget> read = LineTarget(document.bytes);
    if (!read.ok()) return Wrong(read.status().message());
    *target = std::move(*read);
    return true;
  }

  uint64_t line() const { return line_; }
  uint64_t bytes_read() const { return lines_->bytes_read(); }

 private:
  Status Wrong(std::string_view why) const {
    return Status::Reject(Cat(options_.file, ":", line_, ": ", why));
  }

  const ImportOptions& options_;
  DocumentReader* const lines_;
  uint64_t line_ = 0;
};

class Importer {
 public:
  Importer(const ImportOptions& options, DocumentReader* lines) : options_(options), lines_(options, lines) {
    report_.through_line = options.from_line - 1;
  }

  ImportReport Run(CommandClient* client, const std::function<void(uint64_t, uint64_t)>& progress) {
    report_.commands = client->SendAll([this](wire::Command* command) { return Next(command); },
                                       [&](const BulkReport& so_far) {
                                         Settle(so_far.settled);
                                         if (progress) progress(report_.targets, lines_.bytes_read());
                                       });
    Settle(report_.commands.settled);
    report_.status = Ending();
    report_.complete = report_.status.ok();
    return std::move(report_);
  }

 private:
  struct Part {  // what one command carried
    uint64_t targets = 0;
    uint64_t last_line = 0;
  };

  // Collects lines until a command is full. A wrong line ends the list behind what stands before it.
  Result<bool> Next(wire::Command* command) {
    wire::QuarantineAdd add;
    uint64_t last_line = 0;
    for (size_t bytes = 0; add.targets.size() < limits::kCommandTargetsMax && bytes < kCommandBytes;) {
      wire::QuarantineTarget target;
      Result<bool> more = wrong_.ok() ? lines_.Next(&target) : Result<bool>(false);
      if (!more.ok()) wrong_ = more.status();
      if (!more.ok() || !*more) break;
      last_line = lines_.line();
      bytes += BytesOf(target);
      add.targets.push_back(std::move(target));
    }
    if (add.targets.empty()) {
      if (wrong_.ok()) return false;
      return wrong_;
    }
    parts_.push_back({add.targets.size(), last_line});
    add.owner = options_.owner;
    add.expires_ms = options_.expires_ms;
    *command = {.id = options_.new_id(),
                .stream = options_.stream,
                .who = options_.who,
                .why = options_.why,
                .expected_version = {},
                .args = std::move(add)};
    return true;
  }

  void Settle(uint64_t settled) {
    for (; settled_ < settled; ++settled_) {
      report_.targets += parts_.front().targets;
      report_.through_line = parts_.front().last_line;
      parts_.pop_front();
    }
  }

  Status Ending() const {
    const BulkReport& commands = report_.commands;
    std::string why;
    Action action = Action::kStop;
    if (!commands.refused.empty()) {
      why = Cat("refused: ", commands.refused.front().because);
    } else if (!commands.trouble.ok()) {
      why = commands.trouble.message();
      action = commands.trouble.action();
    } else {
      return {};
    }
    return Status(action, Cat(why, report_.through_line == 0
                                       ? std::string(". Nothing of the list is in for sure; import it again")
                                       : Cat(". Every line up to ", report_.through_line,
                                             " is in; go on with --from-line ", report_.through_line + 1)));
  }

  const ImportOptions& options_;
  TargetLines lines_;
  ImportReport report_;
  std::deque<Part> parts_;  // of commands that are not settled
  uint64_t settled_ = 0;
  Status wrong_;
};

}  // namespace

Result<ListFacts> CheckList(const ImportOptions& options, DocumentReader* lines) {
  TargetLines targets(options, lines);
  ListFacts facts;
  wire::QuarantineTarget target;
  for (;;) {
    Result<bool> more = targets.Next(&target);
    if (!more.ok()) return more.status();
    if (!*more) return facts;
    ++facts.targets;
    facts.lines = targets.line();
  }
}

ImportReport ImportTargets(const ImportOptions& options, DocumentReader* lines, CommandClient* client,
                           const std::function<void(uint64_t targets, uint64_t bytes)>& progress) {
  return Importer(options, lines).Run(client, progress);
}

}  // namespace fracas::tools
