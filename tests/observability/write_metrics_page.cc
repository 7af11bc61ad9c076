#include <fstream>

#include "observability/metrics.h"

// Writes deploy/prometheus/METRICS.md from the table: build the target write_metrics_page.
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  std::ofstream file(argv[1], std::ios::binary);
  file << fracas::observability::MetricsPage();
  return file.flush() ? 0 : 1;
}
