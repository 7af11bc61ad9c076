#include "bench/generate_fields.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace fracas::bench {
namespace {

constexpr std::string_view kFirstNames[] = {
    "Alexandra", "Benjamin",  "Charlotte", "Dominic",  "Elizabeth", "Frederick",
    "Gabriella", "Harrison",  "Isabella",  "Jonathan", "Katherine", "Leonardo",
    "Margaret",  "Nathaniel", "Olivia",    "Penelope", "Zoë",       "José",
    "Søren",     "Łukasz",    "李小龙",    "Ольга",    "Aïcha",     "Jürgen"};
constexpr std::string_view kLastNames[] = {
    "Anderson",     "Blackwood", "Castellanos", "Davidson",   "Eriksen",
    "Fitzgerald",   "Goldsmith", "Hamilton",    "Iverson",    "Jankowski",
    "Kowalczyk",    "Lindqvist", "Montgomery",  "Nakamura",   "O'Sullivan",
    "Papadopoulos", "Müller",    "Núñez",       "Østergaard", "Çelik"};
constexpr std::string_view kCities[] = {
    "Amsterdam",  "Barcelona", "Copenhagen", "Dublin", "Edinburgh",  "Frankfurt am Main",
    "Gothenburg", "Helsinki",  "São Paulo",  "Zürich", "Luxembourg", "Manchester"};
constexpr std::string_view kStreets[] = {"Market Street",  "Station Road",    "Church Lane",
                                         "High Street",    "Park Avenue",     "Mill Road",
                                         "Kurfürstendamm", "Victoria Terrace"};
constexpr std::string_view kCountries[] = {"DE", "FR", "GB", "US", "NL",
                                           "SE", "JP", "BR", "PL", "ES"};
constexpr std::string_view kEvents[] = {"page_view",      "sign_in",  "sign_out",
                                        "purchase",       "refund",   "profile_update",
                                        "support_ticket", "app_crash"};
constexpr std::string_view kTiers[] = {"basic", "silver", "gold", "platinum"};
constexpr std::string_view kTags[] = {"newsletter",   "beta-tester", "high-value", "churn-risk",
                                      "mobile",       "web",         "b2b",        "referral",
                                      "holiday-2026", "vip"};
constexpr std::string_view kAgents[] = {
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 "
    "Safari/537.36 "
    "FracasShop/5.12.3 (build 20261103.4; channel stable)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1 FracasShop/5.12.3 (build 20261103.4)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0 "
    "FracasShop/5.12.3 (build 20261103.4; channel stable; locale de_DE)",
    "FracasShop/5.12.3 (Android 14; Pixel 8 Pro; en_GB; build 20261103.4; channel beta) "
    "okhttp/4.12.0 Dalvik/2.1.0 (Linux; U; Android 14)"};
constexpr std::string_view kSentences[] = {
    "The customer asked for a copy of the invoice and was sent one by mail.",
    "Delivery was delayed by two days because of weather; a voucher was offered.",
    "Said \\\"the app closes itself\\\" after the last update on an older phone.",
    "First line of the transcript.\\nSecond line of the transcript.",
    "Address changed by the customer in the self-service portal, confirmed by code.",
    "Called back on Monday, no answer; second attempt is planned for the afternoon.",
    "Prefers to be contacted in the evening – not before 18:00 local time.",
    "Paid by card, amount settled, receipt archived under the order number."};
constexpr std::string_view kProducts[] = {"Wireless Headphones", "Standing Desk",
                                          "Espresso Machine",    "Trail Running Shoes",
                                          "Mechanical Keyboard", "Rain Jacket"};
constexpr std::string_view kActions[] = {"opened", "viewed", "edited", "closed", "shared"};

template <size_t kSize>
std::string_view Pick(const std::string_view (&choices)[kSize], RecordSeed* record) {
  return choices[record->random.Below(kSize)];
}

// Days since 1970-01-01 to year, month, day (proleptic Gregorian, eras of 400 years).
void WriteDate(int64_t days, Text* out) {
  days += 719'468;
  const int64_t era = days / 146'097;
  const int64_t day_of_era = days % 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  const int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  out->Digits(static_cast<uint64_t>(year), 4).Add('-').Digits(static_cast<uint64_t>(month), 2);
  out->Add('-').Digits(static_cast<uint64_t>(day), 2);
}

void WriteTime(int64_t ms, Text* out) {
  const auto of_day = static_cast<uint64_t>(ms % 86'400'000);
  out->Add('"');
  WriteDate(ms / 86'400'000, out);
  out->Add('T').Digits(of_day / 3'600'000, 2).Add(':').Digits(of_day / 60'000 % 60, 2).Add(':');
  out->Digits(of_day / 1'000 % 60, 2).Add('.').Digits(of_day % 1'000, 3).Add("Z\"");
}

void WriteUuid(RecordSeed* record, Text* out) {
  const uint64_t high = record->random.Next();
  const uint64_t low = record->random.Next();
  out->Add('"').Hex(high >> 32, 8).Add('-').Hex(high >> 16, 4).Add("-4").Hex(high, 3).Add("-a");
  out->Hex(low >> 48, 3).Add('-').Hex(low, 12).Add('"');
}

void MessageId(RecordSeed* record, Text* out) {
  if (record->fault == Fault::kBadFormat) {
    out->Add("\"message-").Int(record->random.Between(1, 999'999)).Add('"');
  } else {
    WriteUuid(record, out);
  }
}

void EventTime(RecordSeed* record, Text* out) {
  constexpr int64_t kDayMs = 86'400'000;
  int64_t ms = record->timestamp_ms - record->random.Between(0, 60'000);
  if (record->fault == Fault::kStale) ms -= 30 * kDayMs;
  if (record->fault == Fault::kFuture) ms += kDayMs;
  WriteTime(ms, out);
}

void EventType(RecordSeed* record, Text* out) {
  const std::string_view known = Pick(kEvents, record);
  out->Quoted(record->fault == Fault::kUnknownEnum ? "teleported" : known);
}

void AccountId(RecordSeed* record, Text* out) {
  if (record->fault == Fault::kCriticalNull) {
    out->Add("null");
  } else {
    out->Add("\"AC").Digits(record->random.Below(100'000'000), 8).Add('"');
  }
}

void Age(RecordSeed* record, Text* out) {
  const int64_t age = record->random.Between(18, 95);
  if (record->fault == Fault::kWrongType) {
    out->Add('"').Int(age).Add('"');
  } else {
    out->Int(record->fault == Fault::kOutOfRange ? age + 200 : age);
  }
}

void Email(RecordSeed* record, Text* out) {
  out->Add("\"customer.").Int(static_cast<int64_t>(record->customer));
  out->Add("@mail").Int(record->random.Between(1, 9)).Add(".example.com\"");
}

void IpAddress(RecordSeed* record, Text* out) {
  out->Add("\"10.")
      .Int(record->random.Between(0, 255))
      .Add('.')
      .Int(record->random.Between(0, 255));
  out->Add('.').Int(record->random.Between(1, 254)).Add('"');
}

void Address(RecordSeed* record, Text* out) {
  out->Add("{\"street\":\"")
      .Int(record->random.Between(1, 250))
      .Add(' ')
      .Add(Pick(kStreets, record));
  out->Add(", Apartment ").Int(record->random.Between(1, 99)).Add(", Floor ");
  out->Int(record->random.Between(0, 30));
  out->Add("\",\"city\":").Quoted(Pick(kCities, record)).Add(",\"postalCode\":\"");
  out->Digits(record->random.Below(100'000), 5).Add("\",\"country\":");
  out->Quoted(Pick(kCountries, record)).Add(",\"verified\":");
  out->Add(record->random.Below(4) == 0 ? "false}" : "true}");
}

void Tags(RecordSeed* record, Text* out) {
  out->Add('[');
  const int64_t count = record->random.Between(1, 5);
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) out->Add(',');
    out->Quoted(Pick(kTags, record));
  }
  out->Add(']');
}

void Notes(RecordSeed* record, Text* out) {
  out->Add('"');
  const int64_t count = record->random.Between(4, 8);
  for (int64_t i = 0; i < count; ++i) {
    if (i > 0) out->Add(' ');
    out->Add(Pick(kSentences, record));
  }
  out->Add('"');
}

void Referrer(RecordSeed* record, Text* out) {
  if (record->random.Below(5) == 0) {
    out->Add("null");
  } else {
    out->Add("\"https://www.example.com/campaign/").Int(record->random.Between(1, 9'999)).Add('"');
  }
}

void Items(RecordSeed* record, Text* out) {
  out->Add('[');
  const int64_t count = record->random.Between(7, 14);
  for (int64_t i = 0; i < count; ++i) {
    out->Add(i > 0 ? ",{\"sku\":\"SKU-" : "{\"sku\":\"SKU-")
        .Digits(record->random.Below(1'000'000), 6);
    out->Add("\",\"name\":").Quoted(Pick(kProducts, record)).Add(",\"quantity\":");
    out->Int(record->random.Between(1, 9)).Add(",\"unitPrice\":");
    out->Decimal(record->random.Between(199, 99'999), 2).Add(",\"gift\":");
    out->Add(record->random.Below(8) == 0 ? "true}" : "false}");
  }
  out->Add(']');
}

void History(RecordSeed* record, Text* out) {
  out->Add('[');
  const int64_t count = record->random.Between(6, 12);
  for (int64_t i = 0; i < count; ++i) {
    out->Add(i > 0 ? ",{\"at\":" : "{\"at\":");
    WriteTime(record->timestamp_ms - record->random.Between(60'000, 1'000'000'000), out);
    out->Add(",\"action\":").Quoted(Pick(kActions, record)).Add(",\"durationMs\":");
    out->Int(record->random.Between(1, 60'000)).Add('}');
  }
  out->Add(']');
}

void Series(RecordSeed* record, Text* out) {
  out->Add('[');
  for (int i = 0; i < 16; ++i) {
    if (i > 0) out->Add(',');
    out->Decimal(record->random.Between(-50'000, 500'000), 3);
  }
  out->Add(']');
}

// --- Members with nothing special about them
// -------------------------------------------------------------

template <int64_t kLow, int64_t kHigh>
void Integer(RecordSeed* record, Text* out) {
  out->Int(record->random.Between(kLow, kHigh));
}

template <int64_t kLow, int64_t kHigh, int kDecimals>
void Fixed(RecordSeed* record, Text* out) {
  out->Decimal(record->random.Between(kLow, kHigh), kDecimals);
}

void Flag(RecordSeed* record, Text* out) {
  out->Add(record->random.Below(2) == 0 ? "false" : "true");
}

constexpr std::string_view kCount = R"({"type":"integer","minimum":0})";
constexpr std::string_view kBoolean = R"({"type":"boolean"})";
constexpr std::string_view kMoney = R"({"type":"number","minimum":0,"maximum":10000000})";
constexpr std::string_view kUnit = R"({"type":"number","minimum":0,"maximum":1})";
constexpr std::string_view kVersion =
    R"({"type":"string","pattern":"^[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}$"})";

void Version(RecordSeed* record, Text* out) {
  out->Add('"').Int(record->random.Between(1, 20)).Add('.').Int(record->random.Between(0, 40));
  out->Add('.').Int(record->random.Between(0, 99)).Add('"');
}

constexpr std::array<Field, 52> kFields = {{
    // 200 B: 7 members.
    {"customerId", R"({"type":"string","pattern":"^C[0-9]{9}$"})", true,
     [](RecordSeed* record, Text* out) {
       out->Add('"');
       WriteCustomerId(record->customer, out);
       out->Add('"');
     }},
    {"messageId", R"({"type":"string","format":"uuid"})", true, MessageId},
    {"eventTime", R"({"type":"string","format":"date-time"})", true, EventTime},
    {"eventType",
     R"({"enum":["page_view","sign_in","sign_out","purchase","refund","profile_update","support_ticket","app_crash"]})",
     true, EventType},
    {"accountId", R"({"type":["string","null"],"pattern":"^AC[0-9]{8}$"})", false, AccountId},
    {"age", R"({"type":"integer","minimum":0,"maximum":150})", true, Age},
    {"balance", R"({"type":"number","minimum":-1000000,"maximum":1000000})", true,
     Fixed<-500'000, 9'999'999, 2>},
    // 1 KB: 28 members.
    {"idempotency_key", R"({"type":"string","minLength":8,"maxLength":64})", true, WriteUuid},
    {"schemaVersion", R"({"const":3})", true, [](RecordSeed*, Text* out) { out->Add('3'); }},
    {"firstName", R"({"type":"string","minLength":1,"maxLength":64})", true,
     [](RecordSeed* record, Text* out) { out->Quoted(Pick(kFirstNames, record)); }},
    {"lastName", R"({"type":"string","minLength":1,"maxLength":64})", true,
     [](RecordSeed* record, Text* out) { out->Quoted(Pick(kLastNames, record)); }},
    {"email", R"({"type":"string","format":"email","maxLength":254})", true, Email},
    {"birthDate", R"({"type":"string","format":"date"})", true,
     [](RecordSeed* record, Text* out) {
       out->Add('"');
       WriteDate(record->random.Between(-9'000, 13'000), out);
       out->Add('"');
     }},
    {"loyaltyTier", R"({"enum":["basic","silver","gold","platinum"]})", true,
     [](RecordSeed* record, Text* out) { out->Quoted(Pick(kTiers, record)); }},
    {"marketingConsent", kBoolean, true, Flag},
    {"active", kBoolean, true, Flag},
    {"sessionCount", kCount, true, Integer<0, 20'000>},
    {"pageViews", kCount, true, Integer<0, 900'000>},
    {"lastLoginMs", R"({"type":"integer","minimum":0})", true,
     [](RecordSeed* record, Text* out) {
       out->Int(record->timestamp_ms - record->random.Between(0, 4'000'000'000));
     }},
    {"lifetimeValue", kMoney, true, Fixed<0, 99'999'999, 2>},
    {"latitude", R"({"type":"number","minimum":-90,"maximum":90})", true,
     Fixed<-9'000'000, 9'000'000, 5>},
    {"longitude", R"({"type":"number","minimum":-180,"maximum":180})", true,
     Fixed<-18'000'000, 18'000'000, 5>},
    {"riskScore", kUnit, true, Fixed<0, 10'000, 4>},
    {"churnProbability", kUnit, true, Fixed<0, 1'000'000, 6>},
    {"ipAddress", R"({"type":"string","format":"ipv4"})", true, IpAddress},
    {"userAgent", R"({"type":"string","maxLength":512})", true,
     [](RecordSeed* record, Text* out) { out->Quoted(Pick(kAgents, record)); }},
    {"address",
     R"({"type":"object","required":["street","city","postalCode","country"],"properties":{)"
     R"("street":{"type":"string","minLength":1,"maxLength":128},)"
     R"("city":{"type":"string","minLength":1,"maxLength":64},)"
     R"("postalCode":{"type":"string","pattern":"^[0-9]{5}$"},)"
     R"("country":{"type":"string","pattern":"^[A-Z]{2}$"},)"
     R"("verified":{"type":"boolean"}},"additionalProperties":false})",
     true, Address},
    {"tags",
     R"({"type":"array","maxItems":16,"items":{"type":"string","minLength":1,"maxLength":32}})",
     true, Tags},
    // 4 KB: 52 members.
    {"phone", R"({"type":"string","pattern":"^\\+[0-9]{8,15}$"})", false,
     [](RecordSeed* record, Text* out) {
       out->Add("\"+49").Digits(record->random.Below(1'000'000'000), 9).Add('"');
     }},
    {"referrer", R"({"type":["string","null"],"maxLength":2048})", false, Referrer},
    {"notes", R"({"type":"string","maxLength":4000})", false, Notes},
    {"deviceId", R"({"type":"string","format":"uuid"})", true, WriteUuid},
    {"appVersion", kVersion, true, Version},
    {"osVersion", kVersion, true, Version},
    {"screenWidth", R"({"type":"integer","minimum":1,"maximum":16384})", true, Integer<320, 7'680>},
    {"screenHeight", R"({"type":"integer","minimum":1,"maximum":16384})", true,
     Integer<480, 4'320>},
    {"clicks", kCount, true, Integer<0, 5'000>},
    {"errors", kCount, true, Integer<0, 50>},
    {"retries", kCount, true, Integer<0, 9>},
    {"bytesSent", kCount, true, Integer<0, 4'000'000'000>},
    {"bytesReceived", kCount, true, Integer<0, 4'000'000'000>},
    {"batteryLevel", kUnit, true, Fixed<0, 100, 2>},
    {"cpuLoad", kUnit, true, Fixed<0, 1'000, 3>},
    {"memoryMb", kMoney, true, Fixed<100, 640'000, 1>},
    {"latencyMs", kMoney, true, Fixed<1, 90'000'000, 3>},
    {"offlineMode", kBoolean, true, Flag},
    {"darkMode", kBoolean, true, Flag},
    {"firstSeen", R"({"type":"string","format":"date-time"})", true,
     [](RecordSeed* record, Text* out) {
       WriteTime(record->timestamp_ms - record->random.Between(0, 4'000'000'000), out);
     }},
    {"homeAddress",
     R"({"type":"object","required":["street","city"],"properties":{)"
     R"("street":{"type":"string","maxLength":128},"city":{"type":"string","maxLength":64},)"
     R"("postalCode":{"type":"string","pattern":"^[0-9]{5}$"},)"
     R"("country":{"type":"string","pattern":"^[A-Z]{2}$"},"verified":{"type":"boolean"}}})",
     false, Address},
    {"items",
     R"({"type":"array","minItems":1,"maxItems":100,"items":{"type":"object",)"
     R"("required":["sku","quantity","unitPrice"],"properties":{)"
     R"("sku":{"type":"string","pattern":"^SKU-[0-9]{6}$"},"name":{"type":"string","maxLength":128},)"
     R"("quantity":{"type":"integer","minimum":1,"maximum":999},)"
     R"("unitPrice":{"type":"number","minimum":0,"maximum":100000},"gift":{"type":"boolean"}},)"
     R"("additionalProperties":false}})",
     true, Items},
    {"history",
     R"({"type":"array","maxItems":100,"items":{"type":"object","required":["at","action"],)"
     R"("properties":{"at":{"type":"string","format":"date-time"},)"
     R"("action":{"enum":["opened","viewed","edited","closed","shared"]},)"
     R"("durationMs":{"type":"integer","minimum":0}}}})",
     true, History},
    {"series", R"({"type":"array","minItems":16,"maxItems":16,"items":{"type":"number"}})", true,
     Series},
}};

}  // namespace

Text& Text::Int(int64_t value) {
  end_ = std::to_chars(end_, end_ + 20, value).ptr;
  return *this;
}

Text& Text::Digits(uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    end_[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  end_ += width;
  return *this;
}

Text& Text::Decimal(int64_t scaled, int decimals) {
  if (scaled < 0) {
    Add('-');
    scaled = -scaled;
  }
  uint64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  const auto magnitude = static_cast<uint64_t>(scaled);
  return Int(static_cast<int64_t>(magnitude / unit)).Add('.').Digits(magnitude % unit, decimals);
}

Text& Text::Hex(uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    end_[i] = "0123456789abcdef"[value & 15];
    value >>= 4;
  }
  end_ += digits;
  return *this;
}

void WriteCustomerId(uint64_t customer, Text* out) {
  out->Add('C').Digits(customer % 1'000'000'000, 9);
}

std::span<const Field> FieldsOf(Profile profile) {
  const std::span<const Field> all(kFields);
  switch (profile) {
    case Profile::k200B: return all.first(7);
    case Profile::k1KB: return all.first(28);
    case Profile::k4KB: return all;
  }
  return all;
}

}  // namespace fracas::bench
