#include "app/live/state_routes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/base64.h"
#include "core/limits.h"
#include "core/text.h"
#include "json/writer.h"
#include "tools/live_json.h"

namespace fracas::app {

namespace {

constexpr std::string_view kBreakers = "/state/breakers/";

// The last value of a query's member; "" where there is none.
std::string Query(const api::Request& request, std::string_view name) {
  std::string value;
  for (const auto& [key, each] : request.query) {
    if (key == name) value = each;
  }
  return value;
}

bool Has(const api::Request& request, std::string_view name) {
  return std::any_of(request.query.begin(), request.query.end(),
                     [&](const auto& member) { return member.first == name; });
}

template <typename Number>
bool ParseNumber(const std::string& text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

api::Response Json(std::string body) {
  body.push_back('\n');
  return {.status = 200, .content_type = "application/json", .body = std::move(body)};
}

api::Response Failed(const Status& status) {
  switch (status.action()) {
    case Action::kReject: return api::ErrorResponse(400, status.message());
    case Action::kRetry:
    case Action::kAbort: return api::ErrorResponse(503, status.message());
    case Action::kStop: return api::ErrorResponse(500, status.message());
  }
  return api::ErrorResponse(500, status.message());
}

api::Response NotRestored() {
  return api::ErrorResponse(503, "the state is still being read from its topic");
}

api::Response Breaker(const api::Request& request, const StateInputs& inputs) {
  const std::string name = request.path.substr(kBreakers.size());
  const tools::LiveState live = LiveStateOf(inputs);
  const tools::StreamLive* stream = tools::Find(live, name);
  if (stream == nullptr) return api::ErrorResponse(404, Cat("no stream is called ", name));
  return Json(tools::ToJson(stream->breaker));
}

api::Response Tickets(const api::Request& request, const StateInputs& inputs) {
  const std::string stream = Query(request, "stream");
  std::string body = "{\"tickets\":[";
  size_t count = 0;
  inputs.snapshot->tickets.Visit([&](const control::TicketTable::Pointer& ticket) {
    if (!stream.empty() && ticket->stream != stream) return;
    if (++count > limits::kHttpPageItemsMax) return;
    AppendTo(&body, count == 1 ? "" : ",", tools::ToJson(*ticket));
  });
  return Json(Cat(body, "],\"count\":", count, "}"));
}

api::Response Authority(const api::Request& /*request*/, const StateInputs& inputs) {
  std::string body;
  json::Writer writer(&body);
  const tools::ControlLane lane = inputs.lane.value_or(tools::ControlLane{});
  writer.BeginObject()
      .Member("group", inputs.group)
      .Member("instance", inputs.instance)
      .Member("active", lane.active)
      .Member("state_offset", inputs.snapshot->offset)
      .Member("restored", lane.restored)
      .Member("restore_position", lane.restore_position)
      .Member("restore_target", lane.restore_target)
      .Member("lag_ms", lane.lag_ms)
      .EndObject();
  return Json(std::move(body));
}

// The key that a request names; kReject: it names none or a wrong one.
Result<state::QuarantineKey> KeyOf(const api::Request& request) {
  state::QuarantineKey key;
  key.stream = Query(request, "stream");
  if (key.stream.empty())
    return Status::Reject("an id or a record wants its stream: ?stream=pipeline/stream");
  if (Has(request, "record")) {
    key.scope = state::QuarantineScope::kRecord;
    key.id = Query(request, "record");
  } else if (Has(request, "id")) {
    key.id = Query(request, "id");
  } else if (!DecodeBase64(Query(request, "id_base64"), &key.id)) {
    return Status::Reject("id_base64: no base64 (RFC 4648, with padding)");
  }
  if (key.id.empty() || key.id.size() > state::kTextBytesMax)
    return Status::Reject("an id that none can have");
  return key;
}

api::Response Quarantine(const api::Request& request, const StateStore& store) {
  Result<tools::QuarantinePage> page = tools::QuarantinePage();
  if (Has(request, "record") || Has(request, "id") || Has(request, "id_base64")) {
    Result<state::QuarantineKey> key = KeyOf(request);
    if (!key.ok()) return Failed(key.status());
    page = QuarantineEntryOf(store, *key);
  } else {
    PageQuery query{.stream = Query(request, "stream"),
                    .expired = Query(request, "expired") == "true",
                    .after = Query(request, "after"),
                    .limit = 100};
    const std::string limit = Query(request, "limit");
    if (!limit.empty() && !ParseNumber(limit, &query.limit)) {
      return api::ErrorResponse(400, Cat("limit: a number from 1 to ", limits::kHttpPageItemsMax));
    }
    query.limit = std::clamp<size_t>(query.limit, 1, limits::kHttpPageItemsMax);
    page = QuarantinePageOf(store, query);
  }
  return page.ok() ? Json(tools::ToJson(*page)) : Failed(page.status());
}

api::Response DeadLetters(const StateSources& sources, const api::Request& request) {
  if (!sources.dead_letters)
    return api::ErrorResponse(503, "this instance has not the role ledger");
  Result<std::string> answer = sources.dead_letters(request);
  return answer.ok() ? Json(std::move(*answer)) : Failed(answer.status());
}

api::Response Digest(const StateSources& sources, const api::Request& request) {
  Offset at_least = 0;
  const std::string text = Query(request, "at_least");
  if (!text.empty() && !ParseNumber(text, &at_least))
    return api::ErrorResponse(400, "at_least: an offset");
  if (!sources.digest) return NotRestored();
  Result<std::string> digest = sources.digest(at_least);
  return digest.ok() ? Json(std::move(*digest)) : Failed(digest.status());
}

api::Handler ForGroup(const std::string& group, api::Handler handler) {
  return [group, handler = std::move(handler)](const api::Request& request) {
    const std::string asked = Query(request, "group");
    if (asked.empty() || asked == group) return handler(request);
    return api::ErrorResponse(409, Cat("this instance is of group ", group, ", not of ", asked));
  };
}

}  // namespace

std::vector<api::Route> StateRoutes(const StateSources& sources) {
  std::vector<api::Route> routes;
  if (!sources.inputs) return routes;  // this program keeps no state
  const auto get = [&](const char* path, api::Handler handler) {
    routes.push_back(
        {"GET", path, api::Audience::kOperator, ForGroup(sources.group, std::move(handler))});
  };
  const auto with_inputs = [&](api::Response (*answer)(const api::Request&, const StateInputs&)) {
    return [inputs = sources.inputs, answer](const api::Request& request) {
      const std::optional<StateInputs> now = inputs();
      return now.has_value() ? answer(request, *now) : NotRestored();
    };
  };
  get("/state/streams", with_inputs([](const api::Request&, const StateInputs& inputs) {
        return Json(tools::ToJson(LiveStateOf(inputs)));
      }));
  get("/state/breakers/*/*", with_inputs(Breaker));
  get("/state/tickets", with_inputs(Tickets));
  get("/state/authority", with_inputs(Authority));
  get("/state/quarantine", [store = sources.store](const api::Request& request) {
    const StateStore* opened = store();
    return opened == nullptr ? NotRestored() : Quarantine(request, *opened);
  });
  get("/state/dead_letters",
      [sources](const api::Request& request) { return DeadLetters(sources, request); });
  get("/state/digest", [sources](const api::Request& request) { return Digest(sources, request); });
  return routes;
}

}  // namespace fracas::app
