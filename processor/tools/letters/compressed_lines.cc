#include "tools/letters/compressed_lines.h"

#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "core/check.h"
#include "core/limits_tools.h"
#include "core/text.h"

namespace fracas::tools {

namespace {

constexpr int kLevel = 3;  // the library's own balance of size and time

struct Reading {
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct FreeStream {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<std::FILE, CloseFile> file;
  std::unique_ptr<ZSTD_DStream, FreeStream> stream;
};

// Hands on whole lines; keeps the beginning of the next.
Status TakeLines(std::string* text, const std::function<Status(std::string_view)>& visit) {
  size_t begin = 0;
  for (size_t end = text->find('\n'); end != std::string::npos; end = text->find('\n', begin)) {
    if (Status s = visit(std::string_view(*text).substr(begin, end - begin)); !s.ok()) return s;
    begin = end + 1;
  }
  text->erase(0, begin);
  if (text->size() <= limits::kArchiveLineBytesMax) return {};
  return Status::Stop(Cat("a line is longer than ", limits::kArchiveLineBytesMax, " bytes"));
}

// Feeds one block of the file. `*open`: a frame has begun and not ended.
Status Inflate(ZSTD_DStream* stream, std::string_view block, std::vector<char>* room,
               std::string* text, bool* open) {
  ZSTD_inBuffer in{block.data(), block.size(), 0};
  bool full = false;  // there may be more to come out although all is in
  while (in.pos < in.size || full) {
    ZSTD_outBuffer out{room->data(), room->size(), 0};
    const size_t left = ZSTD_decompressStream(stream, &out, &in);
    if (ZSTD_isError(left) != 0) return Status::Stop(ZSTD_getErrorName(left));
    text->append(room->data(), out.pos);
    *open = left != 0;
    full = out.pos == out.size;
  }
  return {};
}

Status ReadAll(Reading* reading, const std::function<Status(std::string_view)>& visit) {
  std::vector<char> block(ZSTD_DStreamInSize());
  std::vector<char> room(ZSTD_DStreamOutSize());
  std::string text;
  bool open = false;
  for (;;) {
    const size_t size = std::fread(block.data(), 1, block.size(), reading->file.get());
    if (size == 0) break;
    if (Status s = Inflate(reading->stream.get(), {block.data(), size}, &room, &text, &open);
        !s.ok())
      return s;
    if (Status s = TakeLines(&text, visit); !s.ok()) return s;
  }
  if (std::ferror(reading->file.get()) != 0) return Status::Stop(std::strerror(errno));
  if (open || !text.empty()) return Status::Stop("it is cut off");
  return {};
}

}  // namespace

struct Compressor::Context {
  ZSTD_CCtx* zstd = ZSTD_createCCtx();
  ~Context() { ZSTD_freeCCtx(zstd); }
};

Compressor::Compressor() : context_(std::make_unique<Context>()) {
  FRACAS_CHECK(context_->zstd != nullptr, "no memory for a compressor");
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context_->zstd, ZSTD_c_checksumFlag, 1);
}
Compressor::~Compressor() = default;

void Compressor::Frame(std::string_view text, std::string* out) {
  const size_t begin = out->size();
  out->resize(begin + ZSTD_compressBound(text.size()));
  const size_t size = ZSTD_compress2(context_->zstd, out->data() + begin, out->size() - begin,
                                     text.data(), text.size());
  // With room for the bound it fails only without memory.
  FRACAS_CHECK(ZSTD_isError(size) == 0, "compression failed");
  out->resize(begin + size);
}

Status ReadCompressedLines(const std::filesystem::path& file,
                           const std::function<Status(std::string_view)>& visit) {
  Reading reading;
  reading.file.reset(std::fopen(file.c_str(), "rbe"));
  if (reading.file == nullptr) {
    return Status::Stop(Cat(file.string(), ": cannot be read: ", std::strerror(errno)));
  }
  reading.stream.reset(ZSTD_createDStream());
  FRACAS_CHECK(reading.stream != nullptr, "no memory to decompress");
  return ReadAll(&reading, visit).WithPrefix(Cat(file.string(), ": "));
}

}  // namespace fracas::tools
