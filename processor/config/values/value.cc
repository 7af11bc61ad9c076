// Scalars by type. Every complaint says what to write instead; nothing is converted on a guess.

#include "config/values/value.h"

#include "config/values/readers.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::config {
namespace {

Complaint ReadByType(const Key& key, const Scalar& scalar, Value* value) {
  switch (key.type) {
    case Type::kText:
    case Type::kTextList: return ReadText(key, scalar, value);
    case Type::kName: return ReadName(key, scalar, value);
    case Type::kInteger: return ReadInteger(key, scalar, value);
    case Type::kRatio:
    case Type::kFraction: return ReadFraction(key, scalar, value);
    case Type::kBoolean: return ReadBoolean(key, scalar, value);
    case Type::kChoice:
    case Type::kChoiceList: return ReadChoice(key, scalar, value);
    case Type::kDuration: return ReadDuration(key, scalar, value);
    case Type::kSize: return ReadSize(key, scalar, value);
    case Type::kRate: return ReadRate(key, scalar, value);
    case Type::kStart: return ReadStart(key, scalar, value);
    case Type::kPointer:
    case Type::kPointerList: return ReadPointer(key, scalar, value);
    case Type::kIdSource: return ReadIdSource(key, scalar, value);
    case Type::kReplayMark: return ReadReplayMark(key, scalar, value);
    case Type::kZone: return ReadZone(key, scalar, value);
    case Type::kAddress: return ReadAddress(key, scalar, value);
    case Type::kPath:
    case Type::kPathMap: return ReadPath(key, scalar, value);
    case Type::kTopic:
    case Type::kTopicList: return ReadTopic(key, scalar, value);
    case Type::kTopicTemplate: return ReadTopicTemplate(key, scalar, value);
    case Type::kGroupTemplate: return ReadGroupTemplate(key, scalar, value);
    case Type::kPattern: return ReadPattern(key, scalar, value);
    case Type::kDispositions: return ReadDisposition(key, scalar, value);
    case Type::kSettings: return ReadSetting(key, scalar, value);
  }
  return {};
}

}  // namespace

bool IsPointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')))
      return false;
  }
  return text.size() <= limits::kPointerBytesMax;
}

Complaint ReadScalar(const Key& key, const Scalar& scalar, Value* value) {
  if (scalar.text.find('\0') != std::string::npos) return {"a NUL character", "remove it"};
  if (key.takes_off && scalar.text == "off") {
    value->off = true;
    return {};
  }
  if (key.takes_off && !scalar.quoted && (scalar.text == "false" || scalar.text == "no")) {
    return {Cat(scalar.text, " is a boolean"), "write off"};
  }
  return ReadByType(key, scalar, value);
}

}  // namespace fracas::config
