#include "tools/replay/feed.h"

#include <utility>

namespace fracas::tools {

std::vector<LetterHeader> CopyHeaders(const FeedRecord& record) {
  std::vector<LetterHeader> headers;
  for (const HeaderView& header : record.headers) {
    LetterHeader& copy = headers.emplace_back();
    copy.name = header.name;
    if (header.value.data() != nullptr) copy.value = std::string(header.value);
  }
  return headers;
}

Status TopicFeed::Visit(const std::vector<ReplayRange>& ranges,
                        const std::function<bool(const FeedRecord&)>& visit) {
  std::vector<HeaderView> headers;
  bool more = true;
  for (const ReplayRange& range : ranges) {
    if (!more) return {};
    FeedRecord fed;
    fed.place = range.source;
    Status read =
        reader_->Read(range.source, range.next, range.to,
                      [&](const ConsumedRecord& record, const PayloadLease& lease) {
                        headers.clear();
                        lease.VisitHeaders(record.lease_index,
                                           [&](std::string_view name, std::string_view value) {
                                             headers.push_back({name, value});
                                           });
                        fed.offset = record.offset;
                        fed.timestamp_ms = record.timestamp_ms;
                        fed.key = record.key;
                        fed.value = record.value;
                        fed.headers = headers;
                        more = visit(fed);
                        return more;
                      });
    if (!read.ok()) return read;
  }
  return {};
}

Status LetterFeed::Visit(const std::vector<ReplayRange>& ranges,
                         const std::function<bool(const FeedRecord&)>& visit) {
  Selection selection = selection_;
  selection.places.clear();
  for (const ReplayRange& range : ranges) {
    if (range.next < range.to) selection.places.push_back({range.source, range.next, range.to});
  }
  if (selection.places.empty()) return {};
  return reader_->Visit(selection, LetterReader::Want::kBytes, [&](const Letter& letter) {
    const std::vector<HeaderView> headers = letter.OwnHeaders();
    FeedRecord fed;
    fed.place = letter.topic;
    fed.offset = letter.offset;
    const bool dated = letter.origin.timestamp_ms != kNoTime;
    fed.timestamp_ms = dated ? letter.origin.timestamp_ms : letter.timestamp_ms;
    if (letter.key.has_value()) fed.key = *letter.key;
    if (letter.value.has_value()) fed.value = *letter.value;
    fed.headers = headers;
    fed.letter = &letter;
    return visit(fed);
  });
}

}  // namespace fracas::tools
