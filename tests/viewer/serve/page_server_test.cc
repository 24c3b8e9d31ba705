// The server as browsers, slow ones, rude ones and attackers see it.
#include "viewer/serve/page_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "tests/support/example_snapshots.h"
#include "tests/support/raw_client.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using testing_support::Ask;
using testing_support::RawClient;
using testing_support::WebSocketClient;

std::shared_ptr<const SnapshotMessage> Numbered(std::uint64_t number) {
  wire::SnapshotT snapshot = testing_support::ExampleSnapshot();
  snapshot.number = number;
  return SnapshotMessage::Make(snapshot);
}

/// The number of a snapshot that was received; nothing if it is none.
std::optional<std::uint64_t> NumberOf(const std::optional<std::string>& bytes) {
  if (!bytes) return std::nullopt;
  const auto message = SnapshotMessage::Verify(std::as_bytes(std::span(*bytes)));
  if (!message) return std::nullopt;
  return (*message)->view().number();
}

class PageServerTest : public ::testing::Test {
 protected:
  PageServerTest() {
    PageFiles files;
    files["/"] = {.content_type = "text/html", .bytes = "<p>", .gzip = "ZIPPED", .etag = "\"1\""};
    files["/page.js"] = {.content_type = "text/javascript", .bytes = "js", .etag = "\"2\""};
    auto server = PageServer::Start(
        {.address = "127.0.0.1:0", .names = {"Marquee.example"}, .most_clients = 2},
        std::move(files));
    if (server) server_ = *std::move(server);
  }
  void SetUp() override { ASSERT_NE(server_, nullptr); }

  std::uint16_t port() const { return server_->port(); }
  std::string Get(const std::string& path, const std::string& headers = "Host: localhost\r\n") {
    return Ask(port(), "GET " + path + " HTTP/1.1\r\n" + headers + "\r\n");
  }
  /// Until a slot is free again: a server notices the end of a client when it next listens to it.
  static bool ConnectsWithin(std::chrono::seconds patience, std::uint16_t port) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      if (WebSocketClient(port, "/feed").open()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
  }

  std::unique_ptr<PageServer> server_;
};

TEST_F(PageServerTest, ServesThePageAndNothingElse) {
  const std::string page = Get("/");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("Content-Type: text/html\r\n"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("nosniff"));
  EXPECT_THAT(page, ::testing::EndsWith("\r\n\r\n<p>"));
  EXPECT_THAT(Get("/?query"), ::testing::EndsWith("<p>"));
  for (const char* path :
       {"/none", "/../etc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/page.js/"}) {
    EXPECT_THAT(Get(path), Not(StartsWith("HTTP/1.1 200"))) << path;
  }
}

TEST_F(PageServerTest, SparesABrowserWhatItHasOrCanUnpack) {
  EXPECT_THAT(Get("/", "Host: localhost\r\nAccept-Encoding: gzip, deflate\r\n"),
              ::testing::AllOf(HasSubstr("Content-Encoding: gzip"), HasSubstr("ZIPPED")));
  EXPECT_THAT(Get("/page.js", "Host: localhost\r\nAccept-Encoding: gzip\r\n"),
              Not(HasSubstr("Content-Encoding")));
  const std::string same = Get("/", "Host: localhost\r\nIf-None-Match: \"1\"\r\n");
  EXPECT_THAT(same, StartsWith("HTTP/1.1 304"));
  EXPECT_THAT(same, ::testing::EndsWith("\r\n\r\n"));
  EXPECT_THAT(Ask(port(), "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              ::testing::EndsWith("\r\n\r\n"));
}

TEST_F(PageServerTest, AnswersByKnownNamesOnly) {
  EXPECT_THAT(Get("/", "Host: evil.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Get("/snapshot.json", "Host: evil.example\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Get("/", ""), Not(StartsWith("HTTP/1.1 200")));
  EXPECT_THAT(Get("/", "Host: marquee.example:8501\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(Get("/", "Host: 192.0.2.1:8501\r\n"), StartsWith("HTTP/1.1 200"));
  // Those who look after a service call it as they like.
  EXPECT_THAT(Get("/healthz/live", "Host: evil.example\r\n"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, OtherPagesMayNotListen) {
  EXPECT_THAT(WebSocketClient(port(), "/feed", "Origin: http://evil.example\r\n").answer(),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(WebSocketClient(port(), "/feed", "Origin: null\r\n").answer(),
              StartsWith("HTTP/1.1 403"));
  EXPECT_TRUE(WebSocketClient(port(), "/feed", "Origin: http://localhost\r\n").open());
  EXPECT_THAT(Get("/feed"), StartsWith("HTTP/1.1 426"));
}

TEST_F(PageServerTest, OnlyReads) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    EXPECT_THAT(Ask(port(), std::string(method) + " / HTTP/1.1\r\nHost: localhost\r\n"
                                                  "Content-Length: 0\r\n\r\n"),
                StartsWith("HTTP/1.1 405"))
        << method;
  }
}

TEST_F(PageServerTest, MalformedRequestsHarmNobody) {
  const std::string long_line(20'000, 'x');
  for (const std::string& request :
       {std::string("\0\xff\r\n\r\n", 6), std::string("GET\r\n\r\n"),
        "GET /" + long_line + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: " + long_line + "\r\n\r\n",
        std::string("GET /feed HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                    "Upgrade: websocket\r\n\r\n")}) {
    EXPECT_THAT(Ask(port(), request), Not(HasSubstr("200 OK")));
  }
  WebSocketClient client(port(), "/feed");
  ASSERT_TRUE(client.Receive().has_value());
  // A frame of a kind that there is not, and a length that nobody sends.
  client.raw().Write(std::string("\x8f\x80\0\0\0\0", 6));
  client.raw().Write("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, NewestSnapshotComesAtOnceAndEachNewerOneForTheAsking) {
  server_->Publish(Numbered(7));
  WebSocketClient client(port(), "/feed");
  ASSERT_TRUE(client.open()) << client.answer();
  EXPECT_EQ(NumberOf(client.Receive()), 7U);
  // What comes while nobody asks is left out, but for the last.
  for (const std::uint64_t number : {8U, 9U, 10U}) server_->Publish(Numbered(number));
  client.Send("next");
  EXPECT_EQ(NumberOf(client.Receive()), 10U);
  client.Send("next");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  server_->Publish(Numbered(11));
  EXPECT_EQ(NumberOf(client.Receive()), 11U);
}

TEST_F(PageServerTest, SilenceIsSaid) {
  server_->Publish(Numbered(1));
  WebSocketClient client(port(), "/feed");
  EXPECT_EQ(NumberOf(client.Receive()), 1U);
  const auto began = std::chrono::steady_clock::now();
  client.Send("next");
  EXPECT_EQ(client.Receive(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  // And nothing that is sent is obeyed.
  client.Send("{\"quit\": true}");
  EXPECT_EQ(client.Receive(), "");
}

TEST_F(PageServerTest, WhoAsksAndDoesNotReadSlowsNobody) {
  WebSocketClient rude(port(), "/feed");
  ASSERT_TRUE(rude.open());
  std::string frames;
  for (int i = 0; i < 10'000; ++i) frames += WebSocketClient::Frame("next");
  rude.raw().WriteSome(frames);
  WebSocketClient polite(port(), "/feed");
  ASSERT_TRUE(polite.Receive().has_value());
  const auto began = std::chrono::steady_clock::now();
  // More than the rude one's buffers hold.
  for (std::uint64_t number = 1; number <= 500; ++number) {
    polite.Send("next");
    server_->Publish(Numbered(number));
    ASSERT_EQ(NumberOf(polite.Receive()), number);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  EXPECT_THAT(Get("/metrics"), HasSubstr("marquee_viewer_clients 2\n"));
}

TEST_F(PageServerTest, TooManyClientsAreRefusedUntilOneLeaves) {
  WebSocketClient first(port(), "/feed");
  ASSERT_TRUE(first.Receive().has_value());
  {
    WebSocketClient second(port(), "/feed");
    ASSERT_TRUE(second.Receive().has_value());
    EXPECT_THAT(WebSocketClient(port(), "/feed").answer(), StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(Get("/feed"), HasSubstr("2 pages are open already"));
    EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_TRUE(ConnectsWithin(std::chrono::seconds(10), port()));
}

TEST_F(PageServerTest, WhoIsGoneWithoutAWordGivesUpItsPlace) {
  const auto server = PageServer::Start(
      {.address = "127.0.0.1:0", .most_clients = 1, .ping_after = std::chrono::milliseconds(50)},
      {});
  ASSERT_TRUE(server.has_value());
  WebSocketClient gone((*server)->port(), "/feed");
  ASSERT_TRUE(gone.Receive().has_value());
  // It is still connected, and answers no ping.
  EXPECT_TRUE(ConnectsWithin(std::chrono::seconds(10), (*server)->port()));
}

TEST_F(PageServerTest, WhoAnswersPingsKeepsItsPlace) {
  const auto server = PageServer::Start(
      {.address = "127.0.0.1:0", .most_clients = 1, .ping_after = std::chrono::milliseconds(50)},
      {});
  ASSERT_TRUE(server.has_value());
  (*server)->Publish(Numbered(1));
  WebSocketClient quiet((*server)->port(), "/feed");
  ASSERT_EQ(NumberOf(quiet.Receive()), 1U);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(quiet.Receive(), "");  // a ping
    ASSERT_TRUE(quiet.raw().Write(std::string("\x8a\x80\0\0\0\0", 6)));
  }
  EXPECT_THAT(WebSocketClient((*server)->port(), "/feed").answer(), StartsWith("HTTP/1.1 503"));
}

TEST_F(PageServerTest, HealthIsTheSources) {
  server_->Publish(Numbered(1));
  EXPECT_THAT(Get("/healthz/ready"), StartsWith("HTTP/1.1 200"));
  wire::SnapshotT failed = testing_support::ExampleSnapshot();
  failed.source->state = wire::SourceState::Failed;
  failed.source->message = "no broker answers";
  server_->Publish(SnapshotMessage::Make(failed));
  const std::string ready = Get("/healthz/ready");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(ready, HasSubstr("no broker answers"));
  EXPECT_THAT(Get("/healthz/live"), StartsWith("HTTP/1.1 200"));
}

TEST_F(PageServerTest, FiguresAreThereAsJson) {
  server_->Publish(Numbered(42));
  const std::string answer = Get("/snapshot.json");
  const auto json = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n")), nullptr, false);
  ASSERT_TRUE(json.is_object()) << answer;
  EXPECT_EQ(json["number"], 42);
}

TEST_F(PageServerTest, AnAddressThatIsTakenIsSaid) {
  const std::string address = "127.0.0.1:" + std::to_string(port());
  const auto second = PageServer::Start({.address = address}, {});
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(std::string(second.error().message()), HasSubstr(address));
  EXPECT_EQ(PageServer::Start({.address = "8501"}, {}).error().code(), StatusCode::kUsage);
}

}  // namespace
}  // namespace marquee::viewer
