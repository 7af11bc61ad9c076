// fracas-generate: seeded customer telemetry with planted faults, as lines or into a topic.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "bench/generate.h"
#include "bench/generate_kafka.h"
#include "core/text.h"

namespace fracas::bench {
namespace {

constexpr char kUsage[] =
    R"(fracas-generate: seeded customer telemetry with planted faults.

  fracas-generate [--records N] [--size 200|1k|4k] [--invalid SHARE] [--truth FILE] > records.ndjson
  fracas-generate --brokers HOST:PORT --topic T [--partitions N] [--truth FILE]
  fracas-generate --schema FILE [--config FILE] --records 0

  --records N        how many (10000)
  --first N          number of the first record (0): continue where another run stopped
  --size S           average bytes of a record: 200, 1k or 4k (1k)
  --seed N           same seed, same bytes (1)
  --invalid SHARE    share of records with one planted fault, 0 to 1 (0)
  --faults A,B       which: truncated invalid_utf8 control_character critical_missing critical_null
                     wrong_type unknown_enum out_of_range bad_format stale (these by default),
                     future, oversize
  --oversize-bytes N an oversize record is larger than this (1048576)
  --customers N      distinct business ids (100000)
  --timestamp-ms N   of record 0, one more each record (now minus --records milliseconds)
  --truth FILE       one line per planted fault: line or topic, partition and offset; kind and code
  --schema FILE      writes the JSON Schema that every record without a fault fulfils
  --config FILE      writes the stream's configuration with the rules that the truth counts on
  --brokers B        produce to Kafka instead of standard output; key = business id
  --topic T          (records)
  --partitions N     record n goes to partition n % N (1)
  --rate N           records per second (as fast as possible)
  --headers N        small headers on every record (0)
  --compression C    none, lz4, zstd, snappy, gzip (none)
)";

struct Settings {
  GeneratorOptions options;
  KafkaTarget target;
  Span span{.first = 0, .count = 10'000, .per_second = 0};
  bool has_timestamp = false;
  std::string truth;
  std::string schema;
  std::string config;
};

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

bool ParseUint(const char* text, uint64_t* value) {
  char* end = nullptr;
  *value = std::strtoull(text, &end, 10);
  return end != text && *end == '\0' && *text != '-';
}

bool ParseShare(const char* text, double* value) {
  char* end = nullptr;
  *value = std::strtod(text, &end);
  return end != text && *end == '\0' && *value >= 0 && *value <= 1;
}

bool ParseProfile(std::string_view text, Profile* profile) {
  if (text == "200")
    *profile = Profile::k200B;
  else if (text == "1k")
    *profile = Profile::k1KB;
  else if (text == "4k")
    *profile = Profile::k4KB;
  else
    return false;
  return true;
}

bool ParseFaults(std::string_view text, std::vector<Fault>* faults) {
  faults->clear();
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const Fault fault = FindFault(text.substr(0, comma));
    if (fault == Fault::kNone) return false;
    faults->push_back(fault);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return !faults->empty();
}

// Options whose value is text.
bool SetText(std::string_view name, const char* value, Settings* settings) {
  if (name == "--truth")
    settings->truth = value;
  else if (name == "--schema")
    settings->schema = value;
  else if (name == "--config")
    settings->config = value;
  else if (name == "--brokers")
    settings->target.brokers = value;
  else if (name == "--topic")
    settings->target.topic = value;
  else if (name == "--compression")
    settings->target.compression = value;
  else if (name == "--size")
    return ParseProfile(value, &settings->options.profile);
  else if (name == "--faults")
    return ParseFaults(value, &settings->options.faults);
  else if (name == "--invalid")
    return ParseShare(value, &settings->options.invalid);
  else
    return false;
  return true;
}

// Options whose value is a whole number.
bool SetNumber(std::string_view name, uint64_t value, Settings* settings) {
  if (name == "--records")
    settings->span.count = value;
  else if (name == "--first")
    settings->span.first = value;
  else if (name == "--rate")
    settings->span.per_second = value;
  else if (name == "--seed")
    settings->options.seed = value;
  else if (name == "--oversize-bytes")
    settings->options.oversize_bytes = value;
  else if (name == "--customers" && value > 0)
    settings->options.customers = value;
  else if (name == "--partitions" && value > 0)
    settings->target.partitions = static_cast<int32_t>(value);
  else if (name == "--headers" && value < 100)
    settings->target.headers = static_cast<int>(value);
  else if (name == "--timestamp-ms") {
    settings->options.timestamp_ms = static_cast<int64_t>(value);
    settings->has_timestamp = true;
  } else
    return false;
  return true;
}

bool ParseArguments(int argc, char** argv, Settings* settings) {
  settings->target.topic = "records";
  for (int i = 1; i < argc; i += 2) {
    uint64_t number = 0;
    const bool known =
        i + 1 < argc && (SetText(argv[i], argv[i + 1], settings) ||
                         (ParseUint(argv[i + 1], &number) && SetNumber(argv[i], number, settings)));
    if (!known) {
      std::fprintf(stderr,
                   "fracas-generate: %s: unknown option, or a value that it cannot have\n\n%s",
                   argv[i], kUsage);
      return false;
    }
  }
  if (!settings->has_timestamp) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    settings->options.timestamp_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now).count() -
        static_cast<int64_t>(settings->span.first + settings->span.count);
  }
  return true;
}

bool WriteFile(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  const File file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size()) {
    std::fprintf(stderr, "fracas-generate: cannot write %s: %s\n", path.c_str(),
                 std::strerror(errno));
    return false;
  }
  return true;
}

bool WriteLines(const Span& span, Generator* generator, std::FILE* truth) {
  for (uint64_t i = 0; i < span.count; ++i) {
    const Generated record = generator->At(span.first + i);
    std::fwrite(record.value.data(), 1, record.value.size(), stdout);
    std::fputc('\n', stdout);
    if (record.fault == Fault::kNone || truth == nullptr) continue;
    const Code code = CodeOf(record.fault);
    const std::string line =
        Cat("{\"line\":", i + 1, ",\"sequence\":", span.first + i, ",\"key\":\"", record.key,
            "\",\"kind\":\"", Name(record.fault), "\",\"code\":", static_cast<int>(code),
            ",\"name\":\"", Info(code).name, "\"}\n");
    std::fwrite(line.data(), 1, line.size(), truth);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "fracas-generate: cannot write to standard output: %s\n",
                 std::strerror(errno));
    return false;
  }
  return true;
}

int Run(int argc, char** argv) {
  Settings settings;
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    std::fputs(kUsage, stdout);
    return 0;
  }
  if (!ParseArguments(argc, argv, &settings)) return 2;
  const std::string contract = settings.schema.empty() ? "contract.schema.json" : settings.schema;
  if (!WriteFile(settings.schema, SchemaText(settings.options.profile)) ||
      !WriteFile(settings.config, ConfigText(settings.target.topic, contract))) {
    return 1;
  }
  File truth;
  if (!settings.truth.empty()) {
    truth.reset(std::fopen(settings.truth.c_str(), "wb"));
    if (truth == nullptr) {
      std::fprintf(stderr, "fracas-generate: cannot write %s: %s\n", settings.truth.c_str(),
                   std::strerror(errno));
      return 1;
    }
  }
  Generator generator(settings.options);
  const bool done = settings.target.brokers.empty()
                        ? WriteLines(settings.span, &generator, truth.get())
                        : Produce(settings.target, settings.span, &generator, truth.get());
  return done ? 0 : 1;
}

}  // namespace
}  // namespace fracas::bench

int main(int argc, char** argv) { return fracas::bench::Run(argc, argv); }
