#pragma once

#include "config/values/value.h"

// One reader a type; config/values/value.cc chooses. Internal to this folder.

namespace fracas::config {

// A plain scalar where a text belongs: another YAML reader could take it for something else.
Complaint RefuseLook(const Scalar& scalar);

Complaint ReadText(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadName(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadTopic(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadTopicTemplate(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadGroupTemplate(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadPattern(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadPointer(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadIdSource(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadReplayMark(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadInteger(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadFraction(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadBoolean(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadDuration(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadSize(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadRate(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadChoice(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadStart(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadZone(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadAddress(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadPath(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadDisposition(const Key& key, const Scalar& scalar, Value* value);
Complaint ReadSetting(const Key& key, const Scalar& scalar, Value* value);

}  // namespace fracas::config
