#include "tools/letters/letter_reader.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"
#include "core/text.h"
#include "tools/topics.h"

namespace fracas::tools {

namespace {

using formats::LetterSystem;

// Letters that lie further apart are fetched by a call of their own.
constexpr Offset kRunGapMax = 1'000;
// So many states are asked of an instance one by one before the whole ledger is read.
constexpr uint64_t kStatesAskedMax = 100;
constexpr int64_t kLedgerAgeMsMax = 2'000;

uint64_t Size(const std::vector<OffsetRange>& ranges) {
  uint64_t size = 0;
  for (const OffsetRange& range : ranges) size += static_cast<uint64_t>(range.to - range.from);
  return size;
}

bool ById(const Selection& selection) { return selection.business_id.has_value(); }

std::optional<std::string> Owned(std::string_view bytes) {
  if (bytes.data() == nullptr) return std::nullopt;
  return std::string(bytes);
}

// Facts that only the index has are kept.
void Merge(Letter loaded, Letter* row) {
  loaded.state = row->state;
  loaded.business_id = row->business_id;
  *row = std::move(loaded);
}

}  // namespace

std::string LookedAt::Text() const {
  if (index) return Cat(records, records == 1 ? " letter" : " letters", " of the instance's index");
  std::string text = Cat(records, records == 1 ? " record" : " records", " of ");
  if (topics.empty()) return Cat(text, "no topic at all");
  for (size_t i = 0; i < topics.size(); ++i) {
    AppendTo(&text, i == 0 ? "" : ", ", topics[i]);
    if (i == 4 && topics.size() > 6) return Cat(text, " and ", topics.size() - 5, " more topics");
  }
  return text;
}

Result<LogReader*> LetterReader::reader() {
  if (reader_ == nullptr) {
    Result<std::unique_ptr<LogReader>> made = ports_.reader();
    if (!made.ok()) return made.status();
    reader_ = std::move(*made);
  }
  return reader_.get();
}

Result<std::map<std::string, int32_t>> LetterReader::OwnTopics() {
  if (own_topics_.has_value()) return *own_topics_;
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  Result<TopicPlan> plan = PlanTopics(config_, *admin);
  if (!plan.ok()) return plan.status();
  std::vector<std::string> names;
  for (const PlannedTopic& topic : plan->topics) {
    if (topic.role == TopicRole::kDeadLetters) names.push_back(topic.name);
  }
  Result<std::vector<TopicDescription>> there = (*admin)->Describe(names);
  if (!there.ok()) return there.status();
  own_topics_.emplace();
  for (const TopicDescription& topic : *there) (*own_topics_)[topic.name] = topic.partitions;
  return *own_topics_;
}

bool LetterReader::IndexAnswers(const Selection& selection) const {
  return !from_topic_ && selection.WhyNotIndexed().empty();
}

Status LetterReader::Visit(const Selection& selection, Want want, const VisitLetter& visit) {
  looked_ = LookedAt();
  if (IndexAnswers(selection)) {
    bool answered = false;
    Status status = VisitIndex(selection, want, visit, &answered);
    if (answered) return status;
    looked_.why_scan = status.message();
    from_topic_ = true;
  }
  if (selection.state == LetterState::kExpired) {
    return Status::Stop(
        Cat("expired letters are gone from their topics: only a running instance with the "
            "role ledger knows of them, and ",
            looked_.why_scan.empty() ? "none was asked" : looked_.why_scan));
  }
  if (ById(selection) && !ports_.identity) {
    const std::string why = selection.WhyNotIndexed();
    return Status::Stop(
        Cat("only a running instance with the role ledger knows letters by their id, and ",
            !why.empty()               ? why
            : looked_.why_scan.empty() ? "none is asked"
                                       : looked_.why_scan));
  }
  return VisitTopics(selection, visit);
}

// --- By the index

Status LetterReader::VisitIndex(const Selection& selection, Want want, const VisitLetter& visit,
                                bool* answered) {
  if (!selection.records.empty()) {
    for (const OffsetRange& record : selection.records) {
      if (record.to - record.from > 1) {
        return Status::Retry("a range of source records is looked for in the topics");
      }
      Result<std::vector<Letter>> letters = index_.OfRecord(record.partition, record.from);
      if (!letters.ok()) {
        *answered = *answered || letters.status().action() != Action::kRetry;
        return letters.status();
      }
      *answered = looked_.index = true;
      bool more = true;
      if (Status s = VisitPage(*letters, selection, want, visit, &more); !s.ok() || !more) return s;
    }
    return {};
  }
  std::string after;
  do {
    Result<LetterPage> page = index_.Page(selection, after, limits::kLedgerPageMax);
    if (!page.ok()) {
      *answered = *answered || page.status().action() != Action::kRetry;
      return page.status();
    }
    *answered = looked_.index = true;
    bool more = true;
    if (Status s = VisitPage(page->letters, selection, want, visit, &more); !s.ok() || !more)
      return s;
    after = std::move(page->next);
  } while (!after.empty());
  return {};
}

Status LetterReader::VisitPage(const std::vector<Letter>& page, const Selection& selection,
                               Want want, const VisitLetter& visit, bool* more) {
  std::vector<Letter> wanted;
  for (const Letter& letter : page) {
    ++looked_.records;
    if (selection.Matches(letter)) wanted.push_back(letter);
  }
  const bool bytes = want == Want::kBytes || !selection.error.empty();
  if (bytes) {
    if (Status s = Load(&wanted); !s.ok()) return s;
  }
  for (const Letter& letter : wanted) {
    if (bytes && !letter.loaded && letter.state != LetterState::kExpired) {
      ++looked_.gone;
      continue;
    }
    if (!selection.Matches(letter)) continue;
    *more = visit(letter);
    if (!*more) return {};
  }
  return {};
}

Status LetterReader::Load(std::vector<Letter>* letters) {
  for (size_t begin = 0; begin < letters->size();) {
    size_t end = begin + 1;
    const Letter& first = (*letters)[begin];
    while (end < letters->size() && (*letters)[end].topic == first.topic &&
           (*letters)[end].offset > (*letters)[end - 1].offset &&
           (*letters)[end].offset - (*letters)[end - 1].offset <= kRunGapMax) {
      ++end;
    }
    if (first.state == LetterState::kExpired) {
      begin = end;
      continue;
    }
    if (Status s = LoadRun(letters, begin, end); !s.ok()) return s;
    begin = end;
  }
  return {};
}

Status LetterReader::LoadRun(std::vector<Letter>* letters, size_t begin, size_t end) {
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  Result<LogReader*> source = reader();
  if (!source.ok()) return source.status();
  const TopicPartition partition = (*letters)[begin].topic;
  Result<Watermarks> ends = (*admin)->Query(partition);
  if (!ends.ok()) return ends.status();
  const Offset from = std::max((*letters)[begin].offset, ends->low);
  const Offset to = std::min((*letters)[end - 1].offset + 1, ends->high);
  size_t at = begin;
  return (*source)->Read(partition, from, to,
                         [&](const ConsumedRecord& record, const PayloadLease& lease) {
                           while (at < end && (*letters)[at].offset < record.offset) ++at;
                           if (at < end && (*letters)[at].offset == record.offset) {
                             Letter loaded = ReadLetter(partition, record, lease, true);
                             // A topic that was made anew has something else at this place.
                             if (loaded.Source() == (*letters)[at].Source())
                               Merge(std::move(loaded), &(*letters)[at]);
                           }
                           return at < end;
                         });
}

// --- By the topics

Result<std::vector<OffsetRange>> LetterReader::WholeTopics(const std::vector<std::string>& names) {
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  Result<std::vector<TopicDescription>> topics = (*admin)->Describe(names);
  if (!topics.ok()) return topics.status();
  std::vector<OffsetRange> ranges;
  for (const std::string& name : names) {
    const auto found =
        std::find_if(topics->begin(), topics->end(),
                     [&](const TopicDescription& topic) { return topic.name == name; });
    if (found == topics->end()) {
      return Status::Reject(
          Cat("there is no topic ", name, " on this cluster: check the name and the brokers"));
    }
    for (Partition number = 0; number < found->partitions; ++number) {
      ranges.push_back({{name, number}, 0, INT64_MAX});
    }
  }
  return ranges;
}

// Cut to what the partitions hold.
Result<std::vector<OffsetRange>> LetterReader::Clip(const std::vector<OffsetRange>& places) {
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  std::vector<OffsetRange> clipped;
  for (const OffsetRange& place : places) {
    Result<std::vector<TopicDescription>> topic = (*admin)->Describe({place.partition.topic});
    if (!topic.ok()) return topic.status();
    if (topic->empty() || topic->front().partitions <= place.partition.partition) {
      return Status::Reject(Cat("there is no partition ", place.partition.topic, "/",
                                place.partition.partition, " on this cluster"));
    }
    Result<Watermarks> ends = (*admin)->Query(place.partition);
    if (!ends.ok()) return ends.status();
    const OffsetRange cut{place.partition, std::max(place.from, ends->low),
                          std::min(place.to, ends->high)};
    if (cut.from < cut.to) {
      clipped.push_back(cut);
    } else if (place.to != INT64_MAX) {
      return Status::Stop(Cat(place.partition.topic, "/", place.partition.partition,
                              " holds offsets ", ends->low, " to ", ends->high,
                              " (the last is not part of it), and nothing of ", place.from, "-",
                              place.to));
    }
  }
  return clipped;
}

Result<std::vector<OffsetRange>> LetterReader::RangesOf(const Selection& selection) {
  if (!selection.places.empty()) return Clip(selection.places);
  std::vector<std::string> names = selection.topics;
  if (names.empty()) {
    Result<std::map<std::string, int32_t>> own = OwnTopics();
    if (!own.ok()) return own.status();
    for (const auto& [name, partitions] : *own) names.push_back(name);
  }
  Result<std::vector<OffsetRange>> whole = WholeTopics(names);
  if (!whole.ok()) return whole.status();
  return Clip(*whole);
}

Status LetterReader::SetState(Letter* letter) {
  if (letter->origin.system != LetterSystem::kFracas || !letter->ours.has_value()) return {};
  if (!from_topic_ && !resolutions_.has_value() && asked_states_++ < kStatesAskedMax) {
    Result<std::vector<Letter>> known =
        index_.OfRecord(letter->origin.source, letter->origin.offset);
    if (!known.ok()) from_topic_ = true;
    for (const Letter& each : known.ok() ? *known : std::vector<Letter>()) {
      if (each.topic != letter->topic || each.offset != letter->offset) continue;
      letter->state = each.state;
      letter->business_id = each.business_id;
      return {};
    }
  }
  if (Status s = FollowLedger(); !s.ok()) return s;
  letter->state = resolutions_->StateOf(letter->origin.source, letter->origin.offset);
  if (ports_.identity) letter->business_id = ports_.identity(*letter);
  return {};
}

// A scan may go on for hours, as a replay at a rate does, and letters are settled meanwhile.
Status LetterReader::FollowLedger() {
  const int64_t now_ms = ports_.clock == nullptr ? 0 : ports_.clock->MonotonicMs();
  if (resolutions_.has_value() && now_ms - followed_ms_ < kLedgerAgeMsMax) return {};
  Result<Admin*> admin = ports_.admin();
  if (!admin.ok()) return admin.status();
  if (ledger_ == nullptr) {
    Result<std::unique_ptr<LogReader>> made = ports_.reader();
    if (!made.ok()) return made.status();
    ledger_ = std::move(*made);
  }
  if (!resolutions_.has_value()) resolutions_.emplace(config_.topics.ledger);
  Status followed = resolutions_->Follow(*admin, ledger_.get());
  if (followed.ok()) followed_ms_ = now_ms;
  return followed;
}

Status LetterReader::VisitTopics(const Selection& selection, const VisitLetter& visit) {
  Result<std::vector<OffsetRange>> ranges = RangesOf(selection);
  if (!ranges.ok()) return ranges.status();
  Result<std::map<std::string, int32_t>> own = OwnTopics();
  if (!own.ok()) return own.status();
  Result<LogReader*> source = reader();
  if (!source.ok()) return source.status();
  std::set<std::string> topics;
  for (const OffsetRange& range : *ranges) topics.insert(range.partition.topic);
  looked_.topics.assign(topics.begin(), topics.end());
  const uint64_t total = Size(*ranges);
  uint64_t before = 0;
  for (const OffsetRange& range : *ranges) {
    const bool trusted = own->contains(range.partition.topic);
    bool more = true;
    Status failed;
    Status read = (*source)->Read(
        range.partition, range.from, range.to,
        [&](const ConsumedRecord& record, const PayloadLease& lease) {
          ++looked_.records;
          if (ports_.progress)
            ports_.progress(before + static_cast<uint64_t>(record.offset - range.from), total);
          Letter letter = ReadLetter(range.partition, record, lease, trusted);
          // The state costs a question: first all else.
          Selection any = selection;
          any.state.reset();
          any.business_id.reset();
          if (!any.Matches(letter)) return true;
          failed = SetState(&letter);
          if (failed.ok() && selection.Matches(letter)) more = visit(letter);
          return failed.ok() && more;
        });
    if (!failed.ok()) return failed;
    if (!read.ok()) return read;
    if (!more) return {};
    before += static_cast<uint64_t>(range.to - range.from);
  }
  return {};
}

// --- Where it came from

void LetterReader::CheckOrigin(Letter* letter) {
  formats::LetterOrigin& origin = letter->origin;
  if (!letter->loaded || !origin.named() || origin.coordinates == formats::CoordinateTrust::kProven)
    return;
  const std::string place = letter->Source();
  Result<std::vector<OffsetRange>> there =
      Clip({{origin.source, origin.offset, origin.offset + 1}});
  Result<LogReader*> source = reader();
  if (!there.ok() || !source.ok()) {
    origin.notes.push_back(Cat("whether the record is at ", place, " could not be checked: ",
                               there.ok() ? source.status().message() : there.status().message()));
    return;
  }
  bool found = false;
  bool same_key = false;
  bool same_value = false;
  int64_t timestamp_ms = kNoTime;
  const Status read = (*source)->Read(origin.source, origin.offset, origin.offset + 1,
                                      [&](const ConsumedRecord& record, const PayloadLease&) {
                                        found = record.offset == origin.offset;
                                        timestamp_ms = record.timestamp_ms;
                                        same_key = found && Owned(record.key) == letter->key;
                                        same_value = found && Owned(record.value) == letter->value;
                                        return false;
                                      });
  if (same_key && same_value) {
    origin.coordinates = formats::CoordinateTrust::kProven;
    origin.key = origin.value = formats::ByteTrust::kOriginal;
    origin.timestamp_ms = timestamp_ms;
    origin.notes.push_back(Cat("the record at ", place, " has the same key and value"));
  } else if (found) {
    // What was carried as it was would be the same: one of the two claims is false.
    const bool contradicts = (!same_key && origin.key == formats::ByteTrust::kOriginal) ||
                             (!same_value && origin.value == formats::ByteTrust::kOriginal);
    if (contradicts) origin.coordinates = formats::CoordinateTrust::kDoubtful;
    origin.notes.push_back(Cat("a record is at ", place,
                               origin.value == formats::ByteTrust::kLeftOut
                                   ? ": it has the bytes that the letter does not carry"
                                   : ", and its key or value is another"));
  } else {
    origin.notes.push_back(Cat("no record is at ", place, read.ok() ? "" : ": ", read.message()));
  }
}

}  // namespace fracas::tools
