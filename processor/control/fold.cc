#include "control/fold.h"

#include <algorithm>
#include <utility>

#include "core/text.h"
#include "state/format/codec.h"
#include "wire/command.h"

namespace fracas::control {

namespace {

// Whatever a decoder calls it: state that cannot be read is nothing to go on with.
Status Unreadable(const Status& why) { return Status::Stop(std::string(why.message())); }

template <typename T>
Status Read(Result<T> read, T* value) {
  if (!read.ok()) return Unreadable(read.status());
  *value = std::move(*read);
  return {};
}

}  // namespace

Status Fold::Apply(std::string_view key, std::string_view value, const std::string* before) {
  const Result<state::Kind> kind = state::KindOf(key);
  if (!kind.ok()) return {};
  switch (*kind) {
    case state::Kind::kGenesis: {
      state::Genesis genesis;
      if (value.empty()) return Status::Stop("its genesis was deleted");
      if (Status s = Read(state::DecodeGenesis(value), &genesis); !s.ok()) return s;
      next_.genesis = std::make_shared<const state::Genesis>(std::move(genesis));
      return {};
    }
    case state::Kind::kCursor:
      if (value.empty()) return Status::Stop("its cursor was deleted");
      return Read(state::DecodeCursor(value), &next_.cursor);
    case state::Kind::kBreaker: {
      std::string stream;
      if (Status s = Read(state::DecodeBreakerKey(key), &stream); !s.ok()) return s;
      if (value.empty()) {
        next_.breakers.erase(stream);
        return {};
      }
      state::Breaker breaker;
      if (Status s = Read(state::DecodeBreaker(value), &breaker); !s.ok()) return s;
      next_.breakers[stream] = std::make_shared<const state::Breaker>(std::move(breaker));
      return {};
    }
    case state::Kind::kQuarantine: return ApplyQuarantine(key, value, before);
    case state::Kind::kTicket: {
      std::string id;
      if (Status s = Read(state::DecodeTicketKey(key), &id); !s.ok()) return s;
      if (value.empty()) {
        next_.tickets.Erase(id);
        return {};
      }
      state::Ticket ticket;
      if (Status s = Read(state::DecodeTicket(value), &ticket); !s.ok()) return s;
      if (ticket.id != id) return Status::Stop("a ticket under the key of another");
      next_.tickets.Put(std::move(ticket));
      return {};
    }
    case state::Kind::kLetter: return {};  // of the ledger; here it says nothing
  }
  return {};
}

Status Fold::ApplyQuarantine(std::string_view key, std::string_view value,
                             const std::string* before) {
  state::QuarantineKey quarantined;
  if (Status s = Read(state::DecodeQuarantineKey(key), &quarantined); !s.ok()) return s;
  if (before != nullptr) {
    if (Status s = Count(quarantined.stream, quarantined, *before, -1, nullptr); !s.ok()) return s;
  }
  std::shared_ptr<const state::QuarantineEntry> entry;
  if (!value.empty()) {
    if (Status s = Count(quarantined.stream, quarantined, value, 1, &entry); !s.ok()) return s;
  }
  if (quarantined.scope == state::QuarantineScope::kRecord) {
    PutRecord(quarantined.id, std::move(entry));
  }
  return {};
}

Status Fold::Count(const std::string& stream, const state::QuarantineKey& key,
                   std::string_view value, int64_t sign,
                   std::shared_ptr<const state::QuarantineEntry>* entry) {
  state::QuarantineEntry read;
  if (Status s = Read(state::DecodeQuarantineEntry(value), &read); !s.ok()) return s;
  const auto by = static_cast<uint64_t>(sign);  // modulo arithmetic
  Snapshot::QuarantineSize& size = next_.quarantine[stream];
  size.entries += by;
  if (key.scope == state::QuarantineScope::kId) size.ids += by;
  if (key.scope == state::QuarantineScope::kRecord) next_.record_entries += by;
  if (read.expired) size.expired += by;
  if (size.entries == 0) {
    next_.quarantine.erase(stream);
  } else if (sign > 0 && (size.oldest_ms == 0 || read.since_ms <= size.oldest_ms)) {
    size.oldest_ms = read.since_ms;
    size.oldest_gone = false;
  } else if (sign < 0 && read.since_ms <= size.oldest_ms) {
    size.oldest_gone = true;
  }
  if (sign > 0 && read.expires_ms != 0 && !read.expired) expiries_ = true;
  if (entry != nullptr && key.scope == state::QuarantineScope::kRecord) {
    *entry = std::make_shared<const state::QuarantineEntry>(std::move(read));
  }
  return {};
}

void Fold::PutRecord(const std::string& id, std::shared_ptr<const state::QuarantineEntry> entry) {
  TopicPartition source;
  Offset offset = 0;
  if (!wire::ParseRecordId(id, &source, &offset)) return;  // nobody's record
  if (records_ == nullptr) {
    records_ = next_.records == nullptr
                   ? std::make_shared<Snapshot::PartitionRecords>()
                   : std::make_shared<Snapshot::PartitionRecords>(*next_.records);
    next_.records = records_;
  }
  std::shared_ptr<Snapshot::Records>& partition = partitions_[source];
  if (partition == nullptr) {
    const auto found = records_->find(source);
    partition = found == records_->end() ? std::make_shared<Snapshot::Records>()
                                         : std::make_shared<Snapshot::Records>(*found->second);
    (*records_)[source] = partition;
  }
  if (entry == nullptr) {
    partition->erase(offset);
    if (partition->empty()) {
      records_->erase(source);
      partitions_.erase(source);
    }
  } else {
    partition->insert_or_assign(offset, std::move(entry));
  }
}

std::shared_ptr<const Snapshot> Fold::Finish(Offset offset) {
  next_.offset = offset;
  if (expiries_) next_.expiries_offset = offset;
  if (next_.records != nullptr && next_.records->empty()) next_.records = nullptr;
  return std::make_shared<const Snapshot>(std::move(next_));
}

}  // namespace fracas::control
