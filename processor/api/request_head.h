#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// The strict reading of a request's first part, before anything else looks at it.
//
//   request := line (header CRLF)* CRLF body
//   line    := METHOD " " target " HTTP/1.0" | "HTTP/1.1" CRLF
//   body    := Content-Length bytes, none without it
//
// Refused (with the status): bare CR or LF, control bytes, white space around a header's name, a
// folded header, two Content-Length or two Host headers, an absolute target (400); any
// Transfer-Encoding (411, or 400 beside Content-Length: request smuggling); form bodies (415); a
// path with bytes outside [A-Za-z0-9._~/-] after decoding, or a ".." segment (400); more than
// limits allow (413, 414, 431).

namespace fracas::api {

struct RequestHead {
  std::string method;
  std::string target;         // as sent: path and query
  std::string path;           // decoded
  std::string content_type;
  size_t content_length = 0;
  size_t size = 0;            // bytes up to and with the empty line
};

enum class HeadResult { kIncomplete, kComplete, kRefused };

// `bytes`: what has been received so far. kRefused: *status is the answer's, *reason a sentence for
// its body. Cheap to call again with more bytes: it looks for the empty line first.
HeadResult ParseRequestHead(std::string_view bytes, RequestHead* head, int* status,
                            std::string* reason);

}  // namespace fracas::api
