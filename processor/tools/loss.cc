#include "tools/loss.h"

#include <algorithm>

#include "core/text.h"
#include "wire/text.h"

namespace fracas::tools {

namespace {

Status CheckPlan(const LossPlan& plan, bool out_of_range) {
  const std::string where = Cat(plan.source.topic, "/", plan.source.partition);
  if (plan.to > plan.high) {
    return Status::Reject(Cat(where, " ends at ", plan.high, ": --to ", plan.to, " is behind it"));
  }
  if (plan.to < plan.low) {
    return Status::Reject(Cat("the first record that ", where, " still has is ", plan.low, ": --to ", plan.to,
                              " would be gone as well; use --to earliest"));
  }
  if (plan.to > plan.from || plan.back) return {};
  if (out_of_range) return Status::Reject(Cat(where, " stands at ", plan.to, " already"));
  return Status::Reject(Cat("nothing of ", where, " is lost: the group stands at ", plan.from,
                            " and the source goes back to ", plan.low));
}

}  // namespace

Result<LossPlan> PlanLoss(const config::Config& config, const LossQuestion& question, Admin* admin,
                          LogReader* reader) {
  LossPlan plan;
  plan.source = question.source;
  const std::string where = Cat(plan.source.topic, "/", plan.source.partition);
  Result<Watermarks> ends = admin->Query(plan.source);
  if (!ends.ok()) return ends.status();
  Result<std::vector<Offset>> committed = admin->Committed(config.group, {plan.source});
  if (!committed.ok()) return committed.status();
  if (committed->front() == kNoOffset) {
    return Status::Reject(Cat("group ", config.group, " has no offset on ", where,
                              ": it begins there as the stream's `start` says"));
  }
  plan.from = committed->front();
  plan.low = ends->low;
  plan.high = ends->high;
  plan.to = plan.low;
  if (question.to != "earliest" && !wire::ParseInt(question.to, 0, INT64_MAX, &plan.to)) {
    return Status::Reject(Cat("'", question.to, "' is no offset: write --to earliest, or a number"));
  }
  plan.back = question.out_of_range && plan.to < plan.from;
  if (Status s = CheckPlan(plan, question.out_of_range); !s.ok()) return s;
  plan.gone = std::max<Offset>(0, std::min(plan.low, plan.to) - plan.from);
  plan.readable = std::max<Offset>(0, plan.to - std::max(plan.from, plan.low));
  Status read = reader->Read(plan.source, plan.to, plan.high,
                             [&](const ConsumedRecord& record, const PayloadLease&) {
                               plan.next_ms = std::max<int64_t>(0, record.timestamp_ms);
                               return false;
                             });
  if (!read.ok()) return read;
  return plan;
}

}  // namespace fracas::tools
