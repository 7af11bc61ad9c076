// The schema and the configuration that belong to the generated records.

#include "bench/generate.h"
#include "bench/generate_fields.h"
#include "core/text.h"

namespace fracas::bench {

std::string SchemaText(Profile profile) {
  std::string required;
  std::string properties;
  for (const Field& field : FieldsOf(profile)) {
    AppendTo(&properties, properties.empty() ? "" : ",", "\n    \"", field.name,
             "\": ", field.schema);
    if (field.required) AppendTo(&required, required.empty() ? "" : ", ", '"', field.name, '"');
  }
  return Cat(
      "{\n"
      "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
      "  \"title\": \"Customer telemetry\",\n"
      "  \"type\": \"object\",\n"
      "  \"required\": [",
      required, "],\n  \"properties\": {", properties, "\n  }\n}\n");
}

// The codes that hold a stream by default become dead letters, so that a backlog with planted
// faults drains; everything else is as a careful owner would declare it.
std::string ConfigText(std::string_view topic, std::string_view contract_file) {
  return Cat(
      "pipelines:\n"
      "  standard_ingest:\n"
      "    streams:\n"
      "      customer_telemetry:\n"
      "        topics: [",
      topic,
      "]\n"
      "        contract: ",
      contract_file,
      "\n"
      "        publish: { mode: copy, topic: ",
      topic,
      ".audited }\n"
      "        identity: { business_id: /customerId, message_id: /messageId }\n"
      "        event_time: { pointer: /eventTime, format: rfc3339, max_age: 7d, max_future: 5m }\n"
      "        critical: [/accountId, /eventTime]\n"
      "        sensitive: [/email]\n"
      "        limits: { record: 1MiB }\n"
      "        dispositions:\n"
      "          CDE_MISSING: dead_letter\n"
      "          CDE_NULL: dead_letter\n"
      "          TYPE_MISMATCH: dead_letter\n");
}

}  // namespace fracas::bench
