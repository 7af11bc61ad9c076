#include "config/find_stream.h"

#include <vector>

#include "core/text.h"

namespace fracas::config {

Result<size_t> FindStream(const Config& config, const std::string& name) {
  std::string known;
  std::vector<size_t> found;
  for (size_t index = 0; index < config.streams.size(); ++index) {
    const Stream& stream = config.streams[index];
    AppendTo(&known, known.empty() ? "" : ", ", QualifiedName(stream));
    if (name.empty() || name == stream.id || name == QualifiedName(stream)) found.push_back(index);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return Status::Reject(
        Cat("there is no stream '", name, "' in ", config.file, "; it has: ", known));
  }
  return Status::Reject(
      name.empty() ? Cat(config.file, " has several streams; say which with --stream: ", known)
                   : Cat("'", name, "' is in several pipelines; write PIPELINE/STREAM: ", known));
}

}  // namespace fracas::config
