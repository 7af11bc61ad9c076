#include "peer_letters.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base64.h"

namespace fracas::formats {

namespace {

using nlohmann::json;

std::optional<std::string> Bytes(const json& text) {
  if (text.is_null()) return std::nullopt;
  std::string bytes;
  EXPECT_TRUE(DecodeBase64(text.get<std::string>(), &bytes));
  return bytes;
}

PeerRecord RecordOf(const json& row) {
  PeerRecord record;
  record.place = {row.at("topic").get<std::string>(), row.at("partition").get<Partition>()};
  record.offset = row.at("offset").get<int64_t>();
  record.timestamp_ms = row.at("timestamp").get<int64_t>();
  record.key = Bytes(row.at("key"));
  record.value = Bytes(row.at("value"));
  record.headers.key_null = !record.key.has_value();
  record.headers.value_null = !record.value.has_value();
  for (const json& header : row.at("headers")) {
    const std::string name = header.at(0).get<std::string>();
    const std::optional<std::string> value = Bytes(header.at(1));
    value.has_value() ? record.headers.Add(name, *value) : record.headers.AddNull(name);
  }
  return record;
}

PeerLetter LetterOf(const json& row) {
  PeerLetter letter;
  letter.system = row.at("system").get<std::string>();
  letter.version = row.at("version").get<std::string>();
  letter.name = row.at("case").get<std::string>();
  letter.letter = RecordOf(row);
  const std::string prefix = letter.system + "-" + letter.version + ".";
  EXPECT_TRUE(letter.letter.place.topic.starts_with(prefix)) << letter.letter.place.topic;
  letter.topic = letter.letter.place.topic.substr(prefix.size());
  if (!row.at("truth").is_null()) letter.truth = RecordOf(row.at("truth"));
  return letter;
}

}  // namespace

std::deque<PeerLetter> ReadPeerLetters() {
  std::deque<PeerLetter> letters;
  for (const std::string system : {"connect", "spring", "streams"}) {
    std::ifstream file(std::string(FRACAS_PEERS_DIR) + "/" + system + ".ndjson");
    EXPECT_TRUE(file.good()) << system;
    for (std::string line; std::getline(file, line);)
      letters.push_back(LetterOf(json::parse(line)));
  }
  return letters;
}

}  // namespace fracas::formats
