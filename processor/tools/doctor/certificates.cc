#include "tools/doctor/certificates.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/limits_tools.h"
#include "core/text.h"
#include "core/timestamp.h"
#include "formats/certificate.h"

namespace fracas::tools {

namespace {

constexpr int64_t kDayMs = 24 * 3'600'000LL;

// A setting that holds or names certificates in PEM.
struct Place {
  std::string_view setting;
  bool file = false;
  bool authorities = false;  // whom we believe; else our own
};
constexpr Place kPlaces[] = {{"ssl.ca.location", true, true},
                             {"ssl.certificate.location", true, false},
                             {"ssl.ca.pem", false, true},
                             {"ssl.certificate.pem", false, false}};

class Checker {
 public:
  Checker(int64_t now_ms, AreaReport* report) : now_ms_(now_ms), report_(report) {}

  void CheckSetting(const Place& place, const std::string& value);
  void CheckPresented(const PresentedCertificate& presented);
  size_t looked_at() const { return looked_at_; }

 private:
  // `renew`: what is done when it ends.
  void CheckDates(const std::string& whose, const formats::Certificate& certificate,
                  const std::string& renew);
  void Add(Grade grade, std::string what, std::string means, std::string next) {
    report_->findings.push_back({grade, std::move(what), std::move(means), std::move(next)});
  }

  const int64_t now_ms_;
  AreaReport* const report_;
  size_t looked_at_ = 0;
};

Result<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return Status::Retry(Cat(path, " is a folder of certificates: their dates were not looked at"));
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(limits::kCertificateFileBytesMax + 1, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())) && !file.eof()) {
    return Status::Stop(Cat(path, " cannot be read: does it exist, and may this user read it?"));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > limits::kCertificateFileBytesMax)
    return Status::Stop(Cat(path, " is longer than ", limits::kCertificateFileBytesMax, " bytes"));
  return text;
}

void Checker::CheckDates(const std::string& whose, const formats::Certificate& certificate,
                         const std::string& renew) {
  ++looked_at_;
  const std::string name =
      Cat(whose, certificate.subject.empty() ? "" : " of ", certificate.subject);
  if (certificate.ends_ms <= now_ms_) {
    Add(Grade::kError, Cat(name, " ended at ", FormatTimestamp(certificate.ends_ms)),
        "connections to the brokers fail", renew);
  } else if (certificate.begins_ms > now_ms_) {
    Add(Grade::kError, Cat(name, " is not valid before ", FormatTimestamp(certificate.begins_ms)),
        "connections to the brokers fail; or the clock of this machine is wrong",
        "timedatectl status");
  } else if (certificate.ends_ms - now_ms_ < limits::kDoctorCertificateMsWarning) {
    Add(Grade::kWarning,
        Cat(name, " ends in ", (certificate.ends_ms - now_ms_) / kDayMs, " days, at ",
            FormatTimestamp(certificate.ends_ms)),
        "connections to the brokers will fail then", renew);
  }
}

void Checker::CheckSetting(const Place& place, const std::string& value) {
  if (place.file && value == "probe") return;  // librdkafka looks for the system's own
  const std::string named =
      place.file ? Cat(place.setting, " ", value) : std::string(place.setting);
  Result<std::string> text = place.file ? ReadFile(value) : Result<std::string>(value);
  if (!text.ok()) {
    const bool folder = text.status().action() == Action::kRetry;
    return Add(folder ? Grade::kNote : Grade::kError,
               Cat(place.setting, ": ", text.status().message()), "",
               folder ? "" : Cat("ls -l ", value));
  }
  const Result<std::vector<formats::Certificate>> found = formats::ReadCertificates(*text);
  if (!found.ok()) {
    return Add(Grade::kError, Cat(named, ": ", found.status().message()),
               "no connection can be made with it", Cat("openssl x509 -noout -text -in ", value));
  }
  // In a system's bundle of authorities some are always old, and nobody meets them.
  if (place.authorities && found->size() >= limits::kCertificateBundleMin) {
    looked_at_ += found->size();
    return;
  }
  for (const formats::Certificate& certificate : *found) {
    CheckDates(Cat("the certificate in ", named), certificate,
               Cat("renew it, then: openssl x509 -noout -dates -in ",
                   place.file ? value : std::string("FILE")));
  }
}

void Checker::CheckPresented(const PresentedCertificate& presented) {
  const std::string whose = Cat(presented.depth == 0 ? "the certificate" : "a signing certificate",
                                " that broker ", presented.broker, " presents");
  const Result<formats::Certificate> certificate = formats::ReadCertificate(presented.der);
  if (!certificate.ok()) {
    return Add(Grade::kNote, Cat(whose, " cannot be read: ", certificate.status().message()), "",
               "");
  }
  const std::string host = presented.broker.substr(
      presented.broker.find("://") == std::string::npos ? 0 : presented.broker.find("://") + 3);
  CheckDates(whose, *certificate,
             Cat("renew it on the broker, then: openssl s_client -connect ", host,
                 " </dev/null | openssl x509 -noout -dates"));
}

}  // namespace

AreaReport CheckCertificates(const config::Config& config,
                             const std::vector<PresentedCertificate>& presented, int64_t now_ms) {
  AreaReport report;
  report.area = Area::kCertificates;
  Checker checker(now_ms, &report);
  for (const config::KafkaSetting& setting : config.kafka.common) {
    for (const Place& place : kPlaces) {
      if (setting.name == place.setting) checker.CheckSetting(place, setting.value);
    }
  }
  for (const PresentedCertificate& each : presented) checker.CheckPresented(each);
  report.about = checker.looked_at() == 0 && report.findings.empty()
                     ? std::string("none is used")
                     : Cat(checker.looked_at(), " looked at");
  return report;
}

}  // namespace fracas::tools
