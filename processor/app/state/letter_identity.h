#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "app/plan_builder.h"
#include "core/header.h"
#include "ports/source.h"

namespace fracas::app {

// The business id of a dead-lettered record, found as it is found in the stream's records; "" where there is
// none, or the letter does not carry its bytes. Not thread-safe; a copy shares its memory with the original.
std::function<std::string(std::string_view stream, const ConsumedRecord& record,
                          std::span<const HeaderView> headers)>
LetterIdentity(const BuiltPlan& built);

}  // namespace fracas::app
