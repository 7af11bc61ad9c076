#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/status.h"

// From when to when X.509 certificates (RFC 5280) are valid, and whose they are. Dates only:
// whether one is to be believed is OpenSSL's business. Bytes of others: total, whatever they are.

namespace fracas::formats {

struct Certificate {
  std::string subject;  // the common name, or what stands in its place; "" it has none
  int64_t begins_ms = 0;
  int64_t ends_ms = 0;
};

// One certificate in DER. kReject: it is none; the message says where reading ended.
Result<Certificate> ReadCertificate(std::string_view der);
// Every CERTIFICATE block of a PEM text, in order. kReject: a block is none, or there is none.
Result<std::vector<Certificate>> ReadCertificates(std::string_view pem);

}  // namespace fracas::formats
