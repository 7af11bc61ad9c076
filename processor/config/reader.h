#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/effective.h"
#include "config/environment.h"
#include "config/model.h"
#include "config/problem.h"
#include "core/status.h"

// YAML in, effective configuration out. Fails closed: an unknown or repeated key, a wrong type, a
// number that another YAML reader would read differently, a contradiction — each is a problem with
// its place, and all of them are found in one run.

namespace fracas::config {

// What came of reading. Run only what is ok(); `draft` is there so that lint can go on and look at
// the contracts of a file that still has other problems (bad values are replaced by their defaults
// in it).
struct Reading {
  std::vector<Problem>
      problems;  // by place; at most limits::kConfigProblemsMax and a last one that counts
  Config draft;
  Effective effective;  // for config/show.h
  bool ok() const { return !HasErrors(problems); }
};

// Relative paths (contract, schemas, state.dir) are taken from the file's folder.
Reading ReadFile(const std::string& file, const Environment& environment);
// `file` names the bytes in problems; its folder (it need not exist) is where relative paths begin.
Reading ReadBytes(std::string_view yaml, const std::string& file, const Environment& environment);

// For those who only want to run it: the configuration, or one Reject status with every error in
// it, a line each.
Result<Config> Load(const std::string& file, const Environment& environment);

}  // namespace fracas::config
