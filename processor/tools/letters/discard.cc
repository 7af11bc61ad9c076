#include "tools/letters/discard.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"

namespace fracas::tools {

Status Discarder::Add(const Letter& letter) {
  const auto no = [&letter](std::string_view why) {
    return Status::Reject(Cat(letter.Place(), " cannot be discarded: ", why));
  };
  if (letter.origin.system != formats::LetterSystem::kFracas || letter.stream.empty()) {
    return no(Cat("it is a dead letter of ", formats::Title(letter.origin.system),
                  ", of which Fracas keeps no account; retention will take it"));
  }
  if (letter.origin.coordinates != formats::CoordinateTrust::kProven) {
    return no(
        "it is not on a dead-letter topic of this configuration, so what it says of itself proves "
        "nothing");
  }
  if (letter.state != LetterState::kOpen) return no(Cat("it is ", Name(letter.state), " already"));
  auto group = std::find_if(groups_.begin(), groups_.end(),
                            [&](const Group& each) { return each.stream == letter.stream; });
  if (group == groups_.end()) group = groups_.insert(groups_.end(), Group{letter.stream, {}});
  group->letters.push_back({letter.origin.source, letter.origin.offset});
  ++count_;
  return {};
}

std::vector<wire::Command> Discarder::Commands(const DiscardOptions& options) const {
  std::vector<wire::Command> commands;
  for (const Group& group : groups_) {
    for (size_t begin = 0; begin < group.letters.size(); begin += limits::kCommandTargetsMax) {
      const size_t end = std::min(group.letters.size(), begin + limits::kCommandTargetsMax);
      wire::LetterDiscard discard;
      discard.letters.assign(group.letters.begin() + static_cast<ptrdiff_t>(begin),
                             group.letters.begin() + static_cast<ptrdiff_t>(end));
      wire::Command command;
      command.id = options.new_id();
      command.stream = group.stream;
      command.who = options.who;
      command.why = options.why;
      command.args = std::move(discard);
      commands.push_back(std::move(command));
    }
  }
  return commands;
}

BulkReport SendDiscards(std::vector<wire::Command> commands, CommandClient* client,
                        const CommandClient::BulkProgress& progress) {
  size_t at = 0;
  return client->SendAll(
      [&](wire::Command* command) -> Result<bool> {
        if (at == commands.size()) return false;
        *command = std::move(commands[at++]);
        return true;
      },
      progress);
}

}  // namespace fracas::tools
