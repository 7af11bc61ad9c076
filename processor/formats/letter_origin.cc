#include "formats/letter_origin.h"

#include <array>

#include "core/check.h"
#include "core/text.h"

namespace fracas::formats {

namespace {

struct SystemName {
  LetterSystem system;
  std::string_view name;
  std::string_view title;
};
constexpr std::array<SystemName, 8> kSystems = {{
    {LetterSystem::kUnknown, "unknown", "unknown"},
    {LetterSystem::kFracas, "fracas", "Fracas"},
    {LetterSystem::kConnect, "connect", "Kafka Connect"},
    {LetterSystem::kSpring, "spring", "Spring Kafka"},
    {LetterSystem::kSpringRetry, "spring_retry", "Spring Kafka retry topics"},
    {LetterSystem::kStreams, "streams", "Kafka Streams"},
    {LetterSystem::kShareGroup, "share_group", "Kafka share group"},
    {LetterSystem::kConfluentRules, "confluent_rules", "Confluent data rules"},
}};

const SystemName& Find(LetterSystem system) {
  for (const SystemName& each : kSystems) {
    if (each.system == system) return each;
  }
  FRACAS_CHECK(false, "a system without a name");
  return kSystems[0];
}

// Topics that a Streams application makes for itself and reads as it wrote them.
bool IsInternal(std::string_view topic) {
  return topic.ends_with("-repartition") || topic.ends_with("-changelog");
}

std::string What(const LetterOrigin& origin) {
  const bool key = origin.key != ByteTrust::kOriginal;
  const bool value = origin.value != ByteTrust::kOriginal;
  return key && value ? "key and value" : key ? "the key" : "the value";
}

}  // namespace

std::string_view Title(LetterSystem system) { return Find(system).title; }
std::string_view Name(LetterSystem system) { return Find(system).name; }

bool FindSystem(std::string_view name, LetterSystem* system) {
  for (const SystemName& each : kSystems) {
    if (each.name != name) continue;
    *system = each.system;
    return true;
  }
  return false;
}

std::string_view Name(CoordinateTrust trust) {
  switch (trust) {
    case CoordinateTrust::kNone: return "none";
    case CoordinateTrust::kDoubtful: return "doubtful";
    case CoordinateTrust::kClaimed: return "claimed";
    case CoordinateTrust::kProven: return "proven";
  }
  return "";
}

std::string_view Name(ByteTrust trust) {
  switch (trust) {
    case ByteTrust::kOriginal: return "original";
    case ByteTrust::kRewritten: return "rewritten";
    case ByteTrust::kLeftOut: return "left_out";
    case ByteTrust::kUnknown: return "unknown";
  }
  return "";
}

ReplayToOrigin CanReplay(const LetterOrigin& origin) {
  ReplayToOrigin answer;
  const auto no = [&answer](std::string why) {
    answer.why = std::move(why);
    return answer;
  };
  if (origin.source.topic.empty()) return no("it does not say which topic it came from");
  if (origin.coordinates == CoordinateTrust::kDoubtful) {
    return no(Cat("what it says of its origin cannot be trusted: name the topic yourself (it says ",
                  origin.source.topic, ")"));
  }
  if (IsInternal(origin.source.topic)) {
    return no(
        Cat("it came from ", origin.source.topic,
            ", an internal topic of the application: replay the application's input instead"));
  }
  if (origin.value == ByteTrust::kLeftOut || origin.key == ByteTrust::kLeftOut) {
    return no(origin.named() ? Cat("the letter does not carry the record's bytes: read them at ",
                                   ToString(origin.source, origin.offset))
                             : std::string("the letter does not carry the record's bytes"));
  }
  answer.possible = true;
  answer.topic = origin.source.topic;
  answer.partition = origin.source.partition;
  answer.exact = origin.key == ByteTrust::kOriginal && origin.value == ByteTrust::kOriginal;
  if (!answer.exact) {
    answer.why =
        Cat(What(origin), " may not be what the record had, byte for byte: ", Title(origin.system),
            " has written it anew");
  } else if (!origin.headers_kept) {
    answer.why = "the record's own headers are lost";
  }
  return answer;
}

}  // namespace fracas::formats
