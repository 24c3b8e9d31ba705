#include "pipeline/observe/status_server.h"

#include <civetweb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/example_messages.h"
#include "tests/support/http_get.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::ExampleStatus;
using testing_support::HttpGet;
using testing_support::HttpReply;

const BuildInfo kBuild = {.version = "0.1.0", .librdkafka = "2.0.2", .model = ""};

std::string Address(const std::string& host, const StatusServer& server) {
  return host + ":" + std::to_string(server.port());
}

// A server takes two seconds to end: few tests, each with one.

TEST(StatusServerTest, AnswersWithThePagesOnItsAddressOnly) {
  const auto server = StatusServer::Start("127.0.0.1:0", kBuild);
  ASSERT_TRUE(server) << server.error().message();
  const std::string url = "http://" + Address("127.0.0.1", **server);
  (*server)->Publish(ExampleStatus());

  const HttpReply metrics = HttpGet(url + "/metrics?all=1");
  EXPECT_EQ(metrics.code, 200);
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metrics.body, MetricsText(ExampleStatus(), kBuild));
  const HttpReply ready = HttpGet(url + "/healthz/ready");
  EXPECT_EQ(ready.code, 503);
  EXPECT_EQ(ready.content_type, "application/json");
  EXPECT_THAT(ready.body, HasSubstr("no broker answers"));
  const HttpReply head = HttpGet(url + "/ping", "HEAD");
  EXPECT_EQ(head.code, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(HttpGet(url + "/metrics", "POST").code, 405);
  EXPECT_EQ(HttpGet(url + "/metrics", "OPTIONS").code, 405);
  EXPECT_EQ(HttpGet(url + "/").code, 404);
  EXPECT_EQ(HttpGet(url + "/../../../etc/passwd").code, 404);
  // All of 127.0.0.0/8 is this machine's; a server on all interfaces would answer here too.
  EXPECT_EQ(HttpGet("http://" + Address("127.0.0.2", **server) + "/ping").code, 0);
}

TEST(StatusServerTest, SaysWhichAddressIsInUseAndFreesItAtItsEnd) {
  auto first = StatusServer::Start("127.0.0.1:0", kBuild);
  ASSERT_TRUE(first) << first.error().message();
  const std::string address = Address("127.0.0.1", **first);
  {
    const auto second = StatusServer::Start(address, kBuild);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), StatusCode::kUnavailable);
    const std::string message(second.error().message());
    EXPECT_THAT(message, HasSubstr("cannot listen on " + address));
    EXPECT_THAT(message, HasSubstr("in use"));
    EXPECT_THAT(message, HasSubstr("--listen"));
  }
  first->reset();
  EXPECT_EQ(HttpGet("http://" + address + "/ping").code, 0);
  const auto third = StatusServer::Start(address, kBuild);
  EXPECT_TRUE(third) << third.error().message();
}

TEST(StatusServerTest, ListensOnIpv6OrSaysThatCivetwebCannot) {
  const auto server = StatusServer::Start("[::1]:0", kBuild);
  if (mg_check_feature(MG_FEATURES_IPV6) == 0) {
    ASSERT_FALSE(server);
    EXPECT_THAT(std::string(server.error().message()), HasSubstr("without IPv6"));
    return;
  }
  ASSERT_TRUE(server) << server.error().message();
  EXPECT_EQ(HttpGet("http://" + Address("[::1]", **server) + "/ping").code, 200);
}

TEST(StatusServerTest, RefusesWhatIsNoAddress) {
  for (const char* address :
       {"", "9401", ":9401", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
        "127.0.0.1:94 01", "127.0.0.1:9401s", "::1:9401", "[::1]9401", "[]:9401", "[127.0.0.1]:1",
        "127.0.0.1:1,0.0.0.0:2", "example.org:80"}) {
    const auto server = StatusServer::Start(address, kBuild);
    ASSERT_FALSE(server) << address;
    EXPECT_EQ(server.error().code(), StatusCode::kUsage) << address;
    EXPECT_THAT(std::string(server.error().message()), HasSubstr("127.0.0.1:9401")) << address;
  }
}

}  // namespace
}  // namespace marquee
