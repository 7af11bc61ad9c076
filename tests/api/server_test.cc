#include "api/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "api/address.h"
#include "core/limits.h"
#include "core/text.h"
#include "tests/api/raw_client.h"

namespace fracas::api {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::string_view_literals::operator""sv;

class ServerTest : public testing::Test {
 protected:
  ServerTest() : server_(Routes()) {
    const Status started = server_.Start({"127.0.0.1:0", "127.0.0.1:0"});
    EXPECT_TRUE(started.ok()) << started.message();
    all_ = server_.listen_address();
    monitoring_ = server_.metrics_address();
  }

  std::vector<Route> Routes() {
    return {
        {"GET", "/livez", Audience::kMonitoring,
         [](const Request&) {
           return Response{200, "text/plain", "ok\n"};
         }},
        {"GET", "/state/*", Audience::kOperator,
         [](const Request& request) {
           std::string body = request.path;
           for (const auto& [name, value] : request.query) AppendTo(&body, " ", name, "=", value);
           return Response{200, "text/plain", body};
         }},
        {"POST", "/echo", Audience::kOperator,
         [this](const Request& request) {
           ++echoes_;
           return Response{202, "application/octet-stream", request.body};
         }},
        {"GET", "/large", Audience::kOperator,
         [](const Request&) {
           return Response{200, "text/plain", std::string(8 << 20, 'x')};
         }},
        {"GET", "/slow", Audience::kOperator,
         [](const Request&) {
           std::this_thread::sleep_for(milliseconds(300));
           return Response{200, "text/plain", "done"};
         }},
    };
  }

  int Status_(std::string_view request) { return StatusOf(Ask(all_, request)); }

  std::atomic<int> echoes_{0};
  Server server_;
  std::string all_;
  std::string monitoring_;
};

TEST_F(ServerTest, AnswersAndCloses) {
  const std::string answer = Ask(all_, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_EQ(BodyOf(answer), "ok\n");
  EXPECT_NE(answer.find("Content-Type: text/plain"), std::string::npos);
  EXPECT_NE(answer.find("Content-Length: 3"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  EXPECT_EQ(Status_("GET /livez HTTP/1.0\r\n\r\n"), 200);
}

TEST_F(ServerTest, MonitoringListenerCarriesNothingElse) {
  EXPECT_EQ(StatusOf(Ask(monitoring_, "GET /livez HTTP/1.1\r\n\r\n")), 200);
  EXPECT_EQ(StatusOf(Ask(monitoring_, "GET /state/x HTTP/1.1\r\n\r\n")), 404);
  EXPECT_EQ(StatusOf(Ask(monitoring_, "POST /echo HTTP/1.1\r\nContent-Length: 1\r\n\r\nx")), 404);
}

TEST_F(ServerTest, HeadNotFoundAndNotAllowed) {
  const std::string head = Ask(all_, "HEAD /livez HTTP/1.1\r\n\r\n");
  EXPECT_EQ(StatusOf(head), 200);
  EXPECT_EQ(BodyOf(head), "");
  EXPECT_NE(head.find("Content-Length: 3"), std::string::npos);
  EXPECT_EQ(Status_("GET /nothing HTTP/1.1\r\n\r\n"), 404);
  EXPECT_EQ(BodyOf(Ask(all_, "HEAD /nothing HTTP/1.1\r\n\r\n")), "");
  const std::string refused = Ask(all_, "DELETE /livez HTTP/1.1\r\n\r\n");
  EXPECT_EQ(StatusOf(refused), 405);
  EXPECT_NE(refused.find("Allow: GET, HEAD\r\n"), std::string::npos) << refused;
  EXPECT_EQ(Status_("GET /echo HTTP/1.1\r\n\r\n"), 405);
  EXPECT_EQ(Status_("OPTIONS * HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Status_("BREW /livez HTTP/1.1\r\n\r\n"), 405);
  EXPECT_EQ(Status_("CONNECT /livez HTTP/1.1\r\n\r\n"), 405);
}

TEST_F(ServerTest, PathParametersAndQuery) {
  const auto body = [&](std::string_view target) {
    return BodyOf(Ask(all_, Cat("GET ", target, " HTTP/1.1\r\n\r\n")));
  };
  EXPECT_EQ(body("/state/crm.contacts-1?a=b%20c"), "/state/crm.contacts-1 a=b c");
  EXPECT_EQ(body("/state/%63rm"), "/state/crm");
  EXPECT_EQ(Status_("GET /state/ HTTP/1.1\r\n\r\n"), 404);
  EXPECT_EQ(Status_("GET /state/a/b HTTP/1.1\r\n\r\n"), 404);
  EXPECT_EQ(Status_("GET /livezx HTTP/1.1\r\n\r\n"), 404);
}

TEST_F(ServerTest, PathsAreAllowListed) {
  for (const char* path :
       {"/state/..%2f..%2fetc", "/../etc/passwd", "/state/%2e%2e", "/state/%00", "/state/%0d%0aX",
        "/state/a%", "/state/a%4", "/state/a%zz", "/state/ü", "/state/a;b", "/state/a\\b",
        "/state/<b>", "http://evil/livez", "livez", "/livez#f"}) {
    const int status = Status_(Cat("GET ", path, " HTTP/1.1\r\n\r\n"));
    EXPECT_EQ(status, 400) << path;
  }
}

TEST_F(ServerTest, BodiesAreBounded) {
  const std::string body(limits::kHttpBodyBytesMax, 'b');
  const auto post = [&](size_t length, std::string_view bytes) {
    return Ask(all_, Cat("POST /echo HTTP/1.1\r\nContent-Length: ", length, "\r\n\r\n", bytes));
  };
  const std::string answer = post(body.size(), body);
  EXPECT_EQ(StatusOf(answer), 202);
  EXPECT_EQ(BodyOf(answer), body);
  EXPECT_EQ(StatusOf(post(body.size() + 1, body + "b")), 413);
  EXPECT_EQ(StatusOf(post(0, "")), 202);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 413);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Length: 1 \r\nContent-Length: 1\r\n\r\nx"),
            400);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Length:\r\n\r\n"), 400);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Length: 0x10\r\n\r\n"), 400);
}

TEST_F(ServerTest, ABodyThatComesInPiecesIsWhole) {
  RawClient client(all_);
  client.Send("POST /echo HTTP/1.1\r\nContent-Le");
  std::this_thread::sleep_for(milliseconds(50));
  client.Send("ngth: 6\r\n\r\nabc");
  std::this_thread::sleep_for(milliseconds(50));
  client.Send("defGET /livez HTTP/1.1\r\n\r\n");
  const std::string answer = client.Receive();
  EXPECT_EQ(StatusOf(answer), 202);
  EXPECT_EQ(BodyOf(answer), "abcdef") << "and nothing is taken for a second request";
}

TEST_F(ServerTest, SmugglingIsRefused) {
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: "
                    "chunked\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 411);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\ntransfer-encoding: xchunked\r\n\r\n"), 411);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n"), 400);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nA: b\r\n folded\r\n\r\n"), 400);
  EXPECT_EQ(Status_("GET /livez HTTP/1.1\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(Status_("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(Status_("GET  HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(Status_("GET /livez HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(Status_("GET /livez HTTP/1.1\r\nA: \0\r\n\r\n"sv), 400);
  EXPECT_EQ(Status_("\x16\x03\x01 TLS hello\r\n\r\n"), 400);
  EXPECT_EQ(echoes_, 0);
}

TEST_F(ServerTest, FormsAreRefused) {
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=a\r\n"
                    "Content-Length: 3\r\n\r\n--a"),
            415);
  EXPECT_EQ(Status_("POST /echo HTTP/1.1\r\nContent-Type: Application/X-WWW-Form-Urlencoded\r\n"
                    "Content-Length: 3\r\n\r\na=b"),
            415);
}

TEST_F(ServerTest, HeadsAreBounded) {
  std::string fifty;
  for (size_t i = 0; i < limits::kHttpHeadersMax; ++i) AppendTo(&fifty, "H", i, ": v\r\n");
  EXPECT_EQ(Status_(Cat("GET /livez HTTP/1.1\r\n", fifty, "\r\n")), 200);
  EXPECT_EQ(Status_(Cat("GET /livez HTTP/1.1\r\n", fifty, "One: more\r\n\r\n")), 431);
  const std::string large(limits::kHttpHeadBytesMax, 'x');
  EXPECT_EQ(Status_(Cat("GET /livez HTTP/1.1\r\nA: ", large, "\r\n\r\n")), 431);
  const std::string path(limits::kHttpPathBytesMax, 'x');
  EXPECT_EQ(Status_(Cat("GET /", path, " HTTP/1.1\r\n\r\n")), 414);
  // Headers without an end: refused when the bound is reached, not kept.
  EXPECT_EQ(Status_(Cat("GET /livez HTTP/1.1\r\n", std::string(200'000, 'a'))), 431);
}

TEST_F(ServerTest, SlowClientsDoNotKeepOthersOut) {
  std::vector<RawClient> slow;
  for (size_t i = 0; i < 2 * limits::kHttpConnectionsMax; ++i) {
    slow.emplace_back(all_);
    slow.back().Send("GET /livez HT");
  }
  const auto begin = steady_clock::now();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Status_("GET /livez HTTP/1.1\r\n\r\n"), 200);
    slow[static_cast<size_t>(i)].Send("T");
  }
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST_F(ServerTest, ARequestThatIsNeverFinishedIsDropped) {
  RawClient client(all_);
  const auto begin = steady_clock::now();
  client.Send("GET /livez HTTP/1.1\r\n");
  EXPECT_EQ(client.Receive(milliseconds(9'000)), "");
  const auto took = steady_clock::now() - begin;
  EXPECT_GE(took, std::chrono::seconds(limits::kHttpTimeoutSeconds) - milliseconds(200));
  EXPECT_LT(took, std::chrono::seconds(limits::kHttpTimeoutSeconds) + milliseconds(2'000));
}

TEST_F(ServerTest, SlowHandlersDoNotKeepTheOtherListenerOut) {
  std::vector<RawClient> busy;
  for (int i = 0; i < 5 * limits::kHttpThreads; ++i) {
    busy.emplace_back(all_);
    busy.back().Send("GET /slow HTTP/1.1\r\n\r\n");
  }
  const auto begin = steady_clock::now();
  EXPECT_EQ(StatusOf(Ask(monitoring_, "GET /livez HTTP/1.1\r\n\r\n")), 200);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(300));
  for (RawClient& each : busy) EXPECT_EQ(StatusOf(each.Receive()), 200);
}

TEST_F(ServerTest, AClientThatDoesNotReadIsDropped) {
  RawClient client(all_);
  const int small = 4'096;
  setsockopt(client.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  client.Send("GET /large HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::seconds(limits::kHttpTimeoutSeconds) +
                              milliseconds(800));
  EXPECT_EQ(Status_("GET /livez HTTP/1.1\r\n\r\n"), 200);
  EXPECT_LT(client.Receive(milliseconds(500)).size(), size_t{8} << 20);
}

TEST_F(ServerTest, LargeAnswersArriveWhole) {
  EXPECT_EQ(BodyOf(Ask(all_, "GET /large HTTP/1.1\r\n\r\n")).size(), size_t{8} << 20);
}

TEST_F(ServerTest, ClientsThatGoAwayAreForgotten) {
  for (int i = 0; i < 20; ++i) RawClient(all_).Send("GET /slow HTTP/1.1\r\n\r\n");
  for (int i = 0; i < 300; ++i) RawClient client(all_);
  EXPECT_EQ(Status_("GET /livez HTTP/1.1\r\n\r\n"), 200);
}

TEST_F(ServerTest, StopDoesNotWorkOffTheQueue) {
  std::vector<RawClient> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.emplace_back(all_);
    waiting.back().Send("GET /slow HTTP/1.1\r\n\r\n");
  }
  std::this_thread::sleep_for(milliseconds(100));
  const auto begin = steady_clock::now();
  server_.Stop();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(StatusOf(waiting.back().Receive()), 503);
}

TEST_F(ServerTest, StopIsQuickAndAnswersWhatRuns) {
  RawClient idle(all_);
  RawClient half(all_);
  half.Send("GET /li");
  RawClient running(all_);
  running.Send("GET /slow HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(100));
  const auto begin = steady_clock::now();
  server_.Stop();
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(BodyOf(running.Receive()), "done");
  EXPECT_EQ(half.Receive(), "");
  EXPECT_FALSE(RawClient(all_).connected());
  server_.Stop();
}

TEST(ServerStart, PortInUseNamesThePortAndTheNextStep) {
  Server first({});
  ASSERT_TRUE(first.Start({"127.0.0.1:0", ""}).ok());
  Server second({});
  const Status refused = second.Start({first.listen_address(), ""});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.action(), Action::kStop);
  EXPECT_NE(refused.message().find(first.listen_address()), std::string_view::npos);
  EXPECT_NE(refused.message().find("http.listen"), std::string_view::npos);
  EXPECT_NE(refused.message().find("in use"), std::string_view::npos);
}

TEST(ServerStart, APortIsFreeAgainAtOnce) {
  std::string address;
  for (int i = 0; i < 3; ++i) {
    Server server({});
    ASSERT_TRUE(server.Start({address.empty() ? "127.0.0.1:0" : address, ""}).ok()) << i;
    address = server.listen_address();
    EXPECT_EQ(StatusOf(Ask(address, "GET / HTTP/1.1\r\n\r\n")), 404);
  }
}

TEST(ServerStart, AddressesThatCannotBeRead) {
  for (const char* bad : {"", "9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x",
                          "::1:80", "127.0.0.1:9464x"}) {
    const auto address = ParseAddress(bad);
    ASSERT_FALSE(address.ok()) << bad;
    EXPECT_EQ(address.status().action(), Action::kReject);
  }
  EXPECT_EQ(ParseAddress("[::1]:0")->host, "::1");
  EXPECT_EQ(ParseAddress("*:9465")->host, "");
  Server server({});
  EXPECT_EQ(server.Start({"203.0.113.7:9464", ""}).action(), Action::kStop);
  Server named({});
  EXPECT_EQ(named.Start({"no such host:9464", ""}).action(), Action::kReject);
}

TEST(ServerStart, TheOperatorListenerStaysOnThisMachine) {
  Server server({});
  const Status refused = server.Start({"0.0.0.0:0", ""});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.action(), Action::kReject);
  EXPECT_NE(refused.message().find("metrics_listen"), std::string_view::npos);
  Server open({});
  EXPECT_TRUE(open.Start({"", "0.0.0.0:0"}).ok());
}

TEST(ServerStart, NoListenerIsFine) {
  Server server({});
  EXPECT_TRUE(server.Start({"", ""}).ok());
  EXPECT_EQ(server.listen_address(), "");
  EXPECT_EQ(server.metrics_address(), "");
}

TEST(Ready, SaysWhy) {
  const Response ready = ReadyResponse({{"assignment", true, ""}});
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(
      ready.body,
      "{\"ready\":true,\"checks\":[{\"name\":\"assignment\",\"ok\":true,\"reason\":\"\"}]}\n");
  const Response waiting = ReadyResponse({{"a", true, ""}, {"b", false, "no \"broker\"\n"}});
  EXPECT_EQ(waiting.status, 503);
  EXPECT_NE(waiting.body.find("\"ready\":false"), std::string::npos);
  EXPECT_NE(waiting.body.find("no \\\"broker\\\"\\u000a"), std::string::npos);
}

}  // namespace
}  // namespace fracas::api
