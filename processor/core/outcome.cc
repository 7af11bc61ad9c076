#include "core/outcome.h"

#include "core/check.h"

namespace fracas {

std::string_view Name(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPending: return "pending";
    case Outcome::kPublished: return "published";
    case Outcome::kDeadLettered: return "dead_lettered";
    case Outcome::kMasked: return "masked";
    case Outcome::kObserved: return "observed";
  }
  return "pending";
}

void Tally::Add(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPublished: ++published; return;
    case Outcome::kDeadLettered: ++dead_lettered; return;
    case Outcome::kMasked: ++masked; return;
    case Outcome::kObserved: ++observed; return;
    case Outcome::kPending: break;
  }
  CheckFailed(__FILE__, __LINE__, "outcome != kPending", "a judged record has an outcome");
}

Tally& Tally::operator+=(const Tally& other) {
  published += other.published;
  dead_lettered += other.dead_lettered;
  masked += other.masked;
  observed += other.observed;
  return *this;
}

}  // namespace fracas
