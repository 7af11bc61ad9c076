#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "observability/metric_table.h"

namespace fracas::observability {

namespace {

// Seconds since 1970 at which the machine started: what /proc counts process starts from.
double BootSeconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double CountDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  int entries = 0;
  while (readdir(directory) != nullptr) ++entries;
  closedir(directory);
  return entries - 3;  // ".", ".." and the one that reads this folder
}

}  // namespace

ProcessTotals ReadProcess() {
  ProcessTotals totals;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    totals.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
  }
  totals.open_fds = CountDescriptors();
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The second field is the program's name in brackets and may contain anything.
  const size_t bracket = line.rfind(')');
  if (bracket == std::string::npos) return totals;
  std::istringstream fields(line.substr(bracket + 1));
  std::string skipped;
  for (int field = 3; field < 22; ++field) fields >> skipped;
  double start_ticks = 0;
  double virtual_bytes = 0;
  double resident_pages = 0;
  if (fields >> start_ticks >> virtual_bytes >> resident_pages) {
    totals.resident_bytes = resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
    totals.start_seconds = BootSeconds() + start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return totals;
}

}  // namespace fracas::observability
