#pragma once

#include <memory>
#include <string>

#include "core/status.h"
#include "ports/crash_log.h"

namespace fracas::files {

// A crash log in one small file of fixed size, mapped into memory: writing costs a few stores, and the page
// outlives the process (not the machine: a machine that dies is not a record's doing).
//
//   file  := header, current, 16 deaths      little endian as the machine has it; one machine reads it
//   header: "FRACASCL", u32 version 1        anything else: the file is begun anew
//   current, death: u32 state (0 empty, 1 set), i32 partition, i64 from, i64 to, i32 deaths,
//                   u32 topic size, topic 256 bytes, u64 FNV-1a over all before it (of a death)
//
// Whatever is not well-formed in it counts as empty. Opening counts what the last incarnation was at as a
// death. kStop: the file cannot be made or mapped (message with path and cause).
Result<std::unique_ptr<CrashLog>> OpenCrashLog(const std::string& path);

}  // namespace fracas::files
