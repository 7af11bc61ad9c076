#include "tools/doctor/diagnosis.h"

#include <algorithm>

#include "core/timestamp.h"
#include "json/writer.h"

namespace fracas::tools {

namespace {

void WriteText(std::string_view key, std::string_view text, json::Writer* writer) {
  writer->Key(key);
  text.empty() ? writer->Null() : writer->String(text);
}

void WriteArea(const AreaReport& report, json::Writer* writer) {
  writer->BeginObject()
      .Member("area", Name(report.area))
      .Member("looked", report.looked)
      .Member("about", report.about);
  writer->Key("findings").BeginArray();
  for (const DoctorFinding& finding : report.findings) {
    writer->BeginObject().Member("grade", Name(finding.grade)).Member("what", finding.what);
    WriteText("means", finding.means, writer);
    WriteText("next", finding.next, writer);
    writer->EndObject();
  }
  writer->EndArray().EndObject();
}

void WriteTransaction(const OpenTransaction& transaction, json::Writer* writer) {
  writer->BeginObject().Member("transactional_id", transaction.id);
  WriteText("instance", transaction.instance, writer);
  writer->Member("state", transaction.state)
      .Member("producer_id", transaction.producer_id)
      .Member("producer_epoch", transaction.producer_epoch)
      .Member("started", FormatTimestamp(transaction.started_ms))
      .Member("timeout_ms", transaction.timeout_ms);
  writer->Key("partitions").BeginArray();
  for (const TopicPartition& partition : transaction.partitions) {
    writer->BeginObject()
        .Member("topic", partition.topic)
        .Member("partition", partition.partition)
        .EndObject();
  }
  writer->EndArray().EndObject();
}

}  // namespace

std::string_view Name(Area area) {
  switch (area) {
    case Area::kBrokers: return "brokers";
    case Area::kCertificates: return "certificates";
    case Area::kAccess: return "access";
    case Area::kTopics: return "topics";
    case Area::kTransactions: return "transactions";
    case Area::kLag: return "lag";
    case Area::kState: return "state";
    case Area::kDisk: return "disk";
    case Area::kClock: return "clock";
  }
  return "";
}

std::string_view Name(Grade grade) {
  switch (grade) {
    case Grade::kNote: return "note";
    case Grade::kWarning: return "warning";
    case Grade::kError: return "error";
  }
  return "";
}

size_t Diagnosis::Count(Grade grade) const {
  size_t count = 0;
  for (const AreaReport& report : areas) {
    count += static_cast<size_t>(
        std::count_if(report.findings.begin(), report.findings.end(),
                      [grade](const DoctorFinding& finding) { return finding.grade == grade; }));
  }
  return count;
}

bool Diagnosis::looked() const {
  return std::all_of(areas.begin(), areas.end(),
                     [](const AreaReport& report) { return report.looked; });
}

std::string ToJson(const Diagnosis& diagnosis) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject().Member("v", "1.0").Member("group", diagnosis.group);
  writer.Member("time", FormatTimestamp(diagnosis.time_ms))
      .Member("fine", diagnosis.fine())
      .Member("looked", diagnosis.looked());
  writer.Member("errors", uint64_t{diagnosis.Count(Grade::kError)})
      .Member("warnings", uint64_t{diagnosis.Count(Grade::kWarning)});
  writer.Key("areas").BeginArray();
  for (const AreaReport& report : diagnosis.areas) WriteArea(report, &writer);
  writer.EndArray().Key("transactions").BeginArray();
  for (const OpenTransaction& transaction : diagnosis.transactions) {
    WriteTransaction(transaction, &writer);
  }
  writer.EndArray().EndObject();
  return text;
}

}  // namespace fracas::tools
