#pragma once

namespace fracas::sim {

// Planted defects, each of which breaks one guarantee: the checker must see it.
struct Defects {
  // Offsets are sent with the generation of now instead of the one that their records were read
  // under: Kafka accepts that.
  bool fresh_metadata = false;
  bool hasty = false;                 // a source gives what it had again while a round goes on
  bool forgets_notes = false;         // offsets' metadata is not read: attempts begin anew
  bool ignores_red = false;           // workers are not told of breakers
  bool ignores_lag = false;           // workers go on though their state is old
  bool ignores_quarantine = false;    // workers are not told who is quarantined
  bool keeps_tickets = false;         // workers take tickets that are used or void
  bool store_forgets = false;         // a store loses a change
  bool two_authorities = false;       // the broker fences no predecessor of the authority
  bool ledger_forgets = false;        // a ledger's store loses a change of a letter
  bool ledger_reads_aborted = false;  // … takes dead letters of aborted transactions for letters
};

}  // namespace fracas::sim
