#pragma once

#include <cstdint>
#include <string>

#include "config/model.h"
#include "core/ids.h"
#include "core/status.h"
#include "ports/admin.h"
#include "ports/log_reader.h"

namespace fracas::tools {

// What moving a group on over source records would give up.
struct LossPlan {
  TopicPartition source;
  Offset from = 0;         // where the group stands
  Offset to = 0;           // where it would go on
  Offset low = 0;          // the first offset that the source still has
  Offset high = 0;
  bool back = false;       // `to` lies before `from`: a topic that was made anew; nothing is counted as lost
  Offset gone = 0;         // of [from, to): what retention has taken already …
  Offset readable = 0;     // … and what is still there and would be given up
  int64_t next_ms = 0;     // Kafka timestamp of the first record at or behind `to`; 0: there is none
};

struct LossQuestion {
  TopicPartition source;
  std::string to;          // "earliest" or an offset
  // The breaker holds the partition because its offset is none of the topic's: only then may it go back.
  bool out_of_range = false;
};

// kReject: nothing would be lost, `to` is behind the log's end or no number, the group has no offset there,
// the topic is none of the configuration's.
Result<LossPlan> PlanLoss(const config::Config& config, const LossQuestion& question, Admin* admin,
                          LogReader* reader);

}  // namespace fracas::tools
