#include "api/request_head.h"

#include <algorithm>

#include "core/limits.h"
#include "core/percent.h"
#include "core/text.h"

namespace fracas::api {

namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

bool IsTokenByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsTokenByte);
}

bool IsPathByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._~/-").find(c) != std::string_view::npos;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// One pass over a head whose end is known. The first refusal is kept.
class HeadReader {
 public:
  HeadReader(std::string_view text, RequestHead* head) : text_(text), head_(head) {}

  bool Read() {
    ReadLine(TakeLine());
    size_t headers = 0;
    while (ok() && !text_.empty()) {
      if (++headers > limits::kHttpHeadersMax) {
        Refuse(431, Cat("more than ", limits::kHttpHeadersMax, " headers"));
        break;
      }
      ReadHeader(TakeLine());
    }
    if (ok()) CheckBody();
    return ok();
  }

  int status() const { return status_; }
  std::string& reason() { return reason_; }

 private:
  bool ok() const { return status_ == 0; }

  void Refuse(int status, std::string reason) {
    if (!ok()) return;
    status_ = status;
    reason_ = std::move(reason);
  }

  std::string_view TakeLine() {
    const size_t end = text_.find("\r\n");
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 2);
    for (const char c : line) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7F) Refuse(400, "a control byte in the head");
    }
    return line;
  }

  void ReadLine(std::string_view line) {
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return Refuse(400, "no request line");
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      return Refuse(505, "the version must be HTTP/1.0 or HTTP/1.1");
    }
    head_->method = line.substr(0, first);
    head_->target = line.substr(first + 1, last - first - 1);
    if (!IsToken(head_->method)) return Refuse(400, "the method is no token");
    if (head_->target.size() > limits::kHttpPathBytesMax) {
      return Refuse(414, Cat("the target is longer than ", limits::kHttpPathBytesMax, " bytes"));
    }
    ReadTarget(head_->target);
  }

  void ReadTarget(std::string_view target) {
    if (!target.starts_with('/')) return Refuse(400, "the target must be a path");
    for (const char c : target) {
      if (c <= ' ' || static_cast<unsigned char>(c) >= 0x7F || c == '#') {
        return Refuse(400, "the target holds a byte that must be percent-encoded");
      }
    }
    const std::string_view path = target.substr(0, target.find('?'));
    if (!PercentDecode(path, &head_->path)) {
      return Refuse(400, "a broken percent-encoding in the path");
    }
    if (!std::all_of(head_->path.begin(), head_->path.end(), IsPathByte)) {
      return Refuse(400, "the path may hold letters, digits and . _ ~ / - only");
    }
    if (Cat(head_->path, "/").find("/../") != std::string::npos) Refuse(400, "the path climbs");
  }

  void ReadHeader(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
      return Refuse(400, "a header without a name");
    }
    std::string_view value = line.substr(colon + 1);
    const size_t begin = value.find_first_not_of(" \t");
    value = begin == std::string_view::npos ? std::string_view() : value.substr(begin);
    value = value.substr(0, value.find_last_not_of(" \t") + 1);
    const std::string name = Lower(line.substr(0, colon));
    if (name == "content-length") return ReadContentLength(value);
    if (name == "content-type") head_->content_type = Lower(value);
    if (name == "transfer-encoding") transfer_encoding_ = true;
    if (name == "host" && ++hosts_ > 1) Refuse(400, "two Host headers");
  }

  void ReadContentLength(std::string_view value) {
    if (has_length_) return Refuse(400, "two Content-Length headers");
    has_length_ = true;
    if (value.empty()) return Refuse(400, "an empty Content-Length");
    for (const char c : value) {
      if (c < '0' || c > '9') return Refuse(400, "Content-Length is no number");
    }
    // More digits than the limit has is too large whatever they are.
    size_t length = limits::kHttpBodyBytesMax + 1;
    if (value.size() <= 9) {
      length = 0;
      for (const char c : value) length = length * 10 + static_cast<size_t>(c - '0');
    }
    if (length > limits::kHttpBodyBytesMax) {
      return Refuse(413, Cat("the body is larger than ", limits::kHttpBodyBytesMax, " bytes"));
    }
    head_->content_length = length;
  }

  void CheckBody() {
    if (transfer_encoding_ && has_length_) {
      return Refuse(400, "both Content-Length and Transfer-Encoding");
    }
    if (transfer_encoding_)
      return Refuse(411, "Transfer-Encoding is not taken: send Content-Length");
    if (head_->content_type.starts_with("multipart/") ||
        head_->content_type.starts_with("application/x-www-form-urlencoded")) {
      if (head_->content_length > 0) Refuse(415, "forms are not taken: send JSON");
    }
  }

  std::string_view text_;
  RequestHead* head_;
  bool has_length_ = false;
  bool transfer_encoding_ = false;
  int hosts_ = 0;
  int status_ = 0;
  std::string reason_;
};

}  // namespace

HeadResult ParseRequestHead(std::string_view bytes, RequestHead* head, int* status,
                            std::string* reason) {
  const size_t end = bytes.substr(0, limits::kHttpHeadBytesMax).find(kEnd);
  if (end == std::string_view::npos) {
    if (bytes.size() < limits::kHttpHeadBytesMax) return HeadResult::kIncomplete;
    *status = 431;
    *reason = Cat("the head is larger than ", limits::kHttpHeadBytesMax, " bytes");
    return HeadResult::kRefused;
  }
  *head = RequestHead();
  head->size = end + kEnd.size();
  HeadReader reader(bytes.substr(0, end), head);
  if (reader.Read()) return HeadResult::kComplete;
  *status = reader.status();
  *reason = std::move(reader.reason());
  return HeadResult::kRefused;
}

}  // namespace fracas::api
