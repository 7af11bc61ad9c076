#pragma once

#include "config/model.h"
#include "tools/inspect/judge.h"
#include "tools/inspect/specimen.h"

namespace fracas::tools {

// The streams that a record may be of: that it was read for, that read its topic, or that publish
// to it. Where that cannot be told, every stream of the configuration. What they call sensitive is
// hidden in it.
Streams SourcesOf(const config::Config& config, const Specimen& specimen);

}  // namespace fracas::tools
