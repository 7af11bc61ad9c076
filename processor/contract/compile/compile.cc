#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "contract/compile/compile_stream.h"
#include "contract/compile/schema_builder.h"
#include "contract/compile/schema_library.h"
#include "contract/compile/uri.h"
#include "contract/contract.h"
#include "contract/describe.h"
#include "contract/evaluator.h"
#include "contract/plan.h"
#include "contract/prove_plan.h"
#include "core/limits.h"
#include "core/sha256.h"
#include "core/text.h"
#include "json/diagnose.h"

namespace fracas::contract {
namespace {

// Everything that decides what the contract says, each part behind its length so that no two
// different contracts give the same text.
class Digest {
 public:
  void Add(std::string_view text) {
    sha_.Update(Cat(text.size(), ":"));
    sha_.Update(text);
  }
  void Add(int64_t number) { sha_.Update(Cat(number, ";")); }
  void Add(const std::vector<std::string>& texts) {
    Add(static_cast<int64_t>(texts.size()));
    for (const std::string& text : texts) Add(text);
  }
  std::string Finish() { return sha_.Finish(); }

 private:
  Sha256 sha_;
};

void AddRules(const Rules& rules, Digest* digest) {
  digest->Add(int64_t{rules.has_schema});
  digest->Add(rules.critical);
  digest->Add(rules.sentinels);
  digest->Add(int64_t{rules.has_event_time});
  if (rules.has_event_time) {
    digest->Add(rules.event_time.pointer);
    digest->Add(static_cast<int64_t>(rules.event_time.format));
    digest->Add(int64_t{rules.event_time.zone_offset_minutes});
    digest->Add(rules.event_time.max_age_ms);
    digest->Add(rules.event_time.max_future_ms);
  }
  digest->Add(rules.captures);
  digest->Add(rules.sensitive);
  for (const bool forbidden : rules.forbid_characters) digest->Add(int64_t{forbidden});
  digest->Add(int64_t{rules.report_drift});
  digest->Add(int64_t{rules.forbid_duplicate_keys});
  digest->Add(static_cast<int64_t>(rules.document_bytes_max));
}

std::string DigestOf(const SchemaLibrary* library, const Rules& rules,
                     const CompileOptions& options) {
  Digest digest;
  AddRules(rules, &digest);
  digest.Add(static_cast<int64_t>(options.default_dialect));
  digest.Add(int64_t{options.assert_formats});
  if (library == nullptr) return digest.Finish();
  std::vector<std::string_view> others;
  for (uint32_t i = 0; i < library->documents(); ++i) {
    if (i > 0) others.push_back(library->document(i).parsed->bytes);
  }
  std::sort(others.begin(), others.end());  // not the order in which they happened to be loaded
  digest.Add(library->document(0).parsed->bytes);
  for (const std::string_view bytes : others) digest.Add(bytes);
  return digest.Finish();
}

// A schema as a contract for schemas: no rules but that no key is there twice.
std::shared_ptr<const Contract> CompileMetaschema(const std::string& uri,
                                                  const CompileOptions& options) {
  SchemaLibrary library(options);
  const Result<Spot> root = library.AddByUri(uri);
  if (!root.ok()) return nullptr;
  auto plan = std::make_unique<Plan>();
  Rules rules;
  rules.forbid_duplicate_keys = true;
  rules.document_bytes_max = limits::kSchemaFileBytesMax;
  std::vector<Problem> problems;
  CompileStreamRules(rules, plan.get(), &problems);
  SchemaBuilder(options, &library, plan.get()).Build(root.value());
  if (!library.problems().empty() || !problems.empty()) return nullptr;
  plan->documents = library.TakeDocuments();
  CollectNames(plan.get());
  return std::make_shared<const Contract>(std::move(plan));
}

// Holds the library's documents against their metaschemas.
class MetaschemaCheck {
 public:
  MetaschemaCheck(const CompileOptions& options, std::vector<Problem>* problems)
      : options_(options), problems_(*problems), evaluator_(limits::kSchemaFileBytesMax) {
    options_.assert_formats = false;
  }

  void Check(const LibraryDocument& document) {
    if (document.built_in || document.metaschema.empty()) return;
    auto [entry, added] = metaschemas_.emplace(document.metaschema, nullptr);
    if (added) entry->second = CompileMetaschema(document.metaschema, options_);
    if (entry->second == nullptr) {
      problems_.push_back({NameOf(document), 1, 1, "/$schema",
                           Cat("the metaschema ", document.metaschema, " cannot be used")});
      return;
    }
    Findings findings;
    Captured captured;
    const std::string& bytes = document.parsed->bytes;
    evaluator_.Explain(*entry->second, bytes, RecordContext(), &findings, &captured);
    for (const Finding& finding : findings.items()) {
      const std::string_view pointer = findings.pointer(finding);
      const json::LineColumn at = json::Locate(bytes, std::min<size_t>(finding.byte, bytes.size()));
      problems_.push_back({NameOf(document), at.line, at.column, std::string(pointer),
                           Describe(*entry->second, finding, pointer, bytes).message});
    }
  }

 private:
  static std::string NameOf(const LibraryDocument& document) {
    return document.file.empty() ? document.uri : document.file;
  }

  CompileOptions options_;
  std::vector<Problem>& problems_;
  Evaluator evaluator_;
  std::map<std::string, std::shared_ptr<const Contract>> metaschemas_;
};

struct Source {
  std::string bytes;
  std::string file;
  std::string base_uri;
};

Compiled Finish(std::unique_ptr<Plan> plan, std::vector<Problem> problems) {
  Compiled compiled;
  compiled.problems = std::move(problems);
  if (!compiled.problems.empty()) return compiled;
  CollectNames(plan.get());
  compiled.contract = std::make_shared<const Contract>(std::move(plan));
  return compiled;
}

Compiled CompileSource(Source source, const Rules& rules, const CompileOptions& options) {
  auto plan = std::make_unique<Plan>();
  std::vector<Problem> problems;
  CompileStreamRules(rules, plan.get(), &problems);
  SchemaLibrary library(options);
  const bool loaded = library.AddRoot(std::move(source.bytes), source.file, source.base_uri);
  MetaschemaCheck metaschemas(options, &problems);
  if (loaded) metaschemas.Check(library.document(0));
  if (loaded && problems.empty() && library.problems().empty()) {
    SchemaBuilder(options, &library, plan.get()).Build({0, 0});
    for (uint32_t i = 1; i < library.documents(); ++i) metaschemas.Check(library.document(i));
  }
  problems.insert(problems.end(), library.problems().begin(), library.problems().end());
  if (!problems.empty()) return Finish(nullptr, std::move(problems));
  plan->sha256 = DigestOf(&library, rules, options);
  plan->documents = library.TakeDocuments();
  return Finish(std::move(plan), {});
}

}  // namespace

Contract::Contract(std::unique_ptr<const Plan> plan)
    : plan_(std::move(plan)), prove_plan_(CompileProve(*plan_)) {}

Contract::~Contract() = default;

const std::string& Contract::sha256() const { return plan_->sha256; }

Compiled CompileFile(const std::string& file, const Rules& rules, const CompileOptions& options) {
  Result<std::string> bytes = ReadSchemaFile(file);
  if (!bytes.ok()) {
    return {nullptr, {{file, 0, 0, "", Cat("cannot be read: ", bytes.status().message())}}};
  }
  std::error_code ignored;
  std::string path = std::filesystem::weakly_canonical(file, ignored).string();
  if (path.empty()) path = file;
  Compiled compiled =
      CompileSource({std::move(bytes).value(), path, FileUri(path)}, rules, options);
  for (Problem& problem : compiled.problems) {
    if (problem.file == path) problem.file = file;  // as the caller wrote it
  }
  return compiled;
}

Compiled CompileBytes(std::string schema, const std::string& base_uri, const Rules& rules,
                      const CompileOptions& options) {
  return CompileSource({std::move(schema), "", base_uri}, rules, options);
}

Compiled CompileRules(const Rules& rules) {
  auto plan = std::make_unique<Plan>();
  std::vector<Problem> problems;
  CompileStreamRules(rules, plan.get(), &problems);
  plan->sha256 = DigestOf(nullptr, rules, CompileOptions());
  return Finish(std::move(plan), std::move(problems));
}

}  // namespace fracas::contract
