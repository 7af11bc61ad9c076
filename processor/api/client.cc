#include "api/client.h"

#include <httplib.h>

#include <charconv>

#include "api/address.h"
#include "core/limits.h"
#include "core/text.h"

namespace fracas::api {

namespace {

// A listener that refuses is told from one that hangs within this.
constexpr int kConnectSeconds = 1;

int PortOf(const std::string& port) {
  int number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number;
}

std::string_view Describe(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection: return "nobody listens there";
    case httplib::Error::Read: return "the answer did not come in time";
    case httplib::Error::Canceled: return "the answer is longer than we take";
    default: return "no answer";  // NOLINT: not an enum of ours
  }
}

}  // namespace

Result<Answer> Get(const std::string& address, const std::string& target) {
  Result<Address> parsed = ParseAddress(address);
  if (!parsed.ok()) return parsed.status();
  httplib::Client client(parsed->host.empty() ? "127.0.0.1" : parsed->host, PortOf(parsed->port));
  client.set_connection_timeout(kConnectSeconds);
  client.set_read_timeout(2 * limits::kHttpTimeoutSeconds);
  client.set_write_timeout(limits::kHttpTimeoutSeconds);
  client.set_url_encode(false);
  client.set_keep_alive(false);
  Answer answer;
  const httplib::Result result = client.Get(target.c_str(), [&](const char* bytes, size_t size) {
    if (answer.body.size() + size > limits::kHttpAnswerBytesMax) return false;
    answer.body.append(bytes, size);
    return true;
  });
  if (!result) return Status::Retry(Cat("http://", address, ": ", Describe(result.error())));
  answer.status = result->status;
  return answer;
}

}  // namespace fracas::api
