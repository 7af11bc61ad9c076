#include "tools/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "contract/describe.h"
#include "contract/evaluator.h"
#include "core/text.h"
#include "json/diagnose.h"
#include "json/writer.h"
#include "tools/document_reader.h"

namespace fracas::tools {
namespace {

constexpr uint64_t kProgressBytes = 4 * limits::kMiB;
constexpr std::string_view kStandardInput = "-";

// A descriptor that is closed when it was opened here.
class InputFile {
 public:
  InputFile(const std::string& name, int standard_input) {
    if (name == kStandardInput) {
      descriptor_ = standard_input;
    } else {
      descriptor_ = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
      owned_ = true;
    }
  }
  ~InputFile() {
    if (owned_ && descriptor_ >= 0) ::close(descriptor_);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  bool owned_ = false;
};

// The size of all inputs together, 0 if one of them is not a regular file.
uint64_t TotalBytes(const CheckOptions& options) {
  uint64_t total = 0;
  for (const std::string& input : options.inputs) {
    struct stat status {};
    const int failed = input == kStandardInput ? ::fstat(options.standard_input, &status)
                                               : ::stat(input.c_str(), &status);
    if (failed != 0) continue;  // reading it will say why
    if (!S_ISREG(status.st_mode)) return 0;
    total += static_cast<uint64_t>(status.st_size);
  }
  return total;
}

class Checker {
 public:
  Checker(const CheckOptions& options, const CheckSink& sink)
      : options_(options), sink_(sink), evaluator_(options.document_bytes_max) {}

  CheckSummary Run() {
    if (sink_.progress) bytes_total_ = TotalBytes(options_);
    for (const std::string& input : options_.inputs) {
      const Status status = CheckInput(input);
      if (!status.ok()) {
        ++summary_.unreadable;
        sink_.trouble(status);
      }
      if (summary_.stopped) break;
    }
    return summary_;
  }

 private:
  Status CheckInput(const std::string& input) {
    const InputFile file(input, options_.standard_input);
    if (file.descriptor() < 0) {
      return Status::Stop(Cat("cannot open ", input, ": ", std::strerror(errno),
                              "; check the name and the permissions"));
    }
    DocumentReader reader(file.descriptor(), input,
                          options_.ndjson ? Framing::kLines : Framing::kOneDocument,
                          options_.document_bytes_max);
    const uint64_t bytes_before = summary_.bytes;
    InputDocument document;
    for (;;) {
      const Result<bool> next = reader.Next(&document);
      summary_.bytes = bytes_before + reader.bytes_read();
      if (!next.ok()) return next.status();
      if (*next) Judge(input, document);
      ReportProgress(input, !*next);
      if (!*next || summary_.stopped) return {};
    }
  }

  void Judge(const std::string& input, const InputDocument& document) {
    items_.clear();
    findings_.Clear();
    captured_.findings_omitted = 0;
    CheckVerdict verdict{.file = input, .line = document.line, .findings = &items_};
    if (document.oversize) {
      AddOversize();
    } else {
      evaluator_.Evaluate(*options_.contract, document.bytes, {.now_ms = options_.now_ms},
                          &findings_, &captured_);
      evaluator_.Reset();
      for (const Finding& finding : findings_.items()) Add(finding, document.bytes);
    }
    for (const CheckFinding& item : items_) {
      if (options_.dispositions.Of(item.code) != Disposition::kWarn) verdict.pass = false;
    }
    verdict.findings_omitted = captured_.findings_omitted;
    ++summary_.documents;
    ++(verdict.pass ? summary_.passed : summary_.failed);
    summary_.stopped = !sink_.verdict(verdict);
  }

  void Add(const Finding& finding, std::string_view document) {
    const std::string_view pointer = findings_.pointer(finding);
    contract::Description text = contract::Describe(*options_.contract, finding, pointer, document);
    CheckFinding& item = items_.emplace_back();
    item.code = finding.code;
    item.pointer = pointer;
    item.schema = std::move(text.schema);
    item.message = std::move(text.message);
    item.byte = finding.byte;
    if (finding.byte == kNoByte) return;
    const json::LineColumn place = json::Locate(document, finding.byte);
    item.line = place.line;
    item.column = place.column;
  }

  // The document was never in memory, so nothing of the engine can speak about it.
  void AddOversize() {
    CheckFinding& item = items_.emplace_back();
    item.code = Code::kRecordOversize;
    item.message =
        Cat("the document is larger than the limit of ", options_.document_bytes_max, " bytes");
  }

  void ReportProgress(const std::string& input, bool input_ends) {
    if (!sink_.progress) return;
    if (!input_ends && summary_.bytes < progress_bytes_ + kProgressBytes) return;
    progress_bytes_ = summary_.bytes;
    sink_.progress({.file = input,
                    .bytes_done = summary_.bytes,
                    .bytes_total = bytes_total_,
                    .documents = summary_.documents});
  }

  const CheckOptions& options_;
  const CheckSink& sink_;
  contract::Evaluator evaluator_;
  CheckSummary summary_;
  uint64_t bytes_total_ = 0;
  uint64_t progress_bytes_ = 0;
  // Reused from document to document.
  Findings findings_;
  contract::Captured captured_;
  std::vector<CheckFinding> items_;
};

void RenderFinding(const CheckFinding& finding, json::Writer* writer) {
  const CodeInfo& info = Info(finding.code);
  writer->BeginObject()
      .Member("code", uint32_t{info.number})
      .Member("name", info.name)
      .Member("pointer", finding.pointer)
      .Member("schema", finding.schema)
      .Member("message", finding.message);
  if (finding.byte != kNoByte) {
    writer->Member("byte", finding.byte)
        .Member("line", uint64_t{finding.line})
        .Member("column", uint64_t{finding.column});
  }
  writer->EndObject();
}

}  // namespace

CheckSummary Check(const CheckOptions& options, const CheckSink& sink) {
  return Checker(options, sink).Run();
}

void RenderVerdict(const CheckVerdict& verdict, std::string* out) {
  json::Writer writer(out);
  writer.BeginObject()
      .Member("file", verdict.file)
      .Member("line", verdict.line)
      .Member("verdict", verdict.pass ? "pass" : "fail")
      .Key("findings")
      .BeginArray();
  for (const CheckFinding& finding : *verdict.findings) RenderFinding(finding, &writer);
  writer.EndArray();
  if (verdict.findings_omitted > 0) writer.Member("findings_omitted", verdict.findings_omitted);
  writer.EndObject();
  out->push_back('\n');
}

void RenderSummary(const CheckSummary& summary, std::string* out) {
  json::Writer(out)
      .BeginObject()
      .Member("documents", summary.documents)
      .Member("passed", summary.passed)
      .Member("failed", summary.failed)
      .Member("bytes", summary.bytes)
      .Member("unreadable", summary.unreadable)
      .EndObject();
  out->push_back('\n');
}

}  // namespace fracas::tools
