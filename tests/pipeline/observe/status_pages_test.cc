#include "pipeline/observe/status_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/example_messages.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::ExampleStatus;
using Json = nlohmann::json;

const BuildInfo kBuild = {.version = "0.1.0", .librdkafka = "2.0.2", .model = ""};

/// Pages whose clock stands still.
class StatusPagesTest : public testing::Test {
 protected:
  void Pass(std::chrono::nanoseconds time) { now_ns_ += time.count(); }

  static ServiceStatus ReadyStatus() {
    ServiceStatus status = ExampleStatus();
    status.state = ServiceState::kRunning;
    status.not_ready_reason.clear();
    return status;
  }

  std::int64_t now_ns_ = 1'000'000'000'000;
  StatusPages pages_{kBuild, {.clock_ns = [this] { return now_ns_; }}};
};

TEST_F(StatusPagesTest, ShowsThePublishedStatusAsMetrics) {
  pages_.Publish(ExampleStatus());
  const StatusPages::Page reply = pages_.Get("/metrics");
  EXPECT_EQ(reply.code, 200);
  EXPECT_EQ(reply.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(reply.body, MetricsText(ExampleStatus(), kBuild));
}

TEST_F(StatusPagesTest, HasNoMetricsBeforeTheFirstStatus) {
  EXPECT_EQ(pages_.Get("/metrics").code, 503);
}

TEST_F(StatusPagesTest, IsAliveWhileStatusesKeepComing) {
  for (const char* path : {"/healthz/live", "/ping", "/v2/health/live"}) {
    SCOPED_TRACE(path);
    pages_.Publish(ExampleStatus());  // not ready, but alive
    Pass(std::chrono::seconds(15));
    EXPECT_EQ(pages_.Get(path).code, 200);
    Pass(std::chrono::seconds(1));
    const StatusPages::Page stale = pages_.Get(path);
    EXPECT_EQ(stale.code, 503);
    EXPECT_EQ(stale.content_type, "application/json");
    EXPECT_EQ(Json::parse(stale.body),
              Json::parse(R"({"live":false,"reasons":["no status for 16 s: the service hangs"]})"));
    pages_.Publish(ExampleStatus());
    EXPECT_EQ(pages_.Get(path).code, 200);
  }
}

TEST_F(StatusPagesTest, IsAliveFromTheStartButNotForeverWithoutAStatus) {
  EXPECT_EQ(pages_.Get("/healthz/live").code, 200);
  Pass(std::chrono::seconds(16));
  EXPECT_EQ(pages_.Get("/healthz/live").code, 503);
}

TEST_F(StatusPagesTest, IsReadyWhenTheStatusIs) {
  for (const char* path : {"/healthz/ready", "/ready", "/v2/health/ready"}) {
    SCOPED_TRACE(path);
    pages_.Publish(ReadyStatus());
    const StatusPages::Page reply = pages_.Get(path);
    EXPECT_EQ(reply.code, 200);
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_EQ(Json::parse(reply.body),
              Json::parse(R"({"ready":true,"reasons":[],"stage":"preprocess",
                              "instance":"preprocess-a","state":"running"})"));
    pages_.Publish(ExampleStatus());
    const StatusPages::Page waiting = pages_.Get(path);
    EXPECT_EQ(waiting.code, 503);
    const Json json = Json::parse(waiting.body);
    EXPECT_EQ(json["ready"], false);
    EXPECT_EQ(json["reasons"], Json::array({"no broker answers"}));
    EXPECT_EQ(json["state"], "waiting_for_brokers");
  }
}

TEST_F(StatusPagesTest, IsNotReadyBeforeTheFirstStatusNorAfterTheLast) {
  EXPECT_EQ(Json::parse(pages_.Get("/ready").body)["reasons"], Json::array({"no status yet"}));
  pages_.Publish(ReadyStatus());
  Pass(std::chrono::seconds(20));
  const StatusPages::Page stale = pages_.Get("/ready");
  EXPECT_EQ(stale.code, 503);
  EXPECT_THAT(stale.body, HasSubstr("no status for 20 s"));
  EXPECT_THAT(pages_.Get("/metrics").body, HasSubstr("marquee_ready{stage=\"preprocess\"} 0\n"));
}

TEST_F(StatusPagesTest, HasNothingElse) {
  for (const char* path : {"", "/", "/index.html", "/metrics/", "/healthz", "/etc/passwd", "/."}) {
    const StatusPages::Page page = pages_.Get(path);
    EXPECT_EQ(page.code, 404) << path;
    EXPECT_THAT(page.body, HasSubstr("/metrics")) << path;
  }
}

TEST_F(StatusPagesTest, IsReadWhileStatusesArePublished) {
  pages_.Publish(ReadyStatus());
  std::atomic<bool> done{false};
  std::thread publisher([this, &done] {
    ServiceStatus status = ReadyStatus();
    while (!done) {
      ++status.rows_in;
      pages_.Publish(status);
    }
  });
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(pages_.Get("/ready").code, 200);
    EXPECT_EQ(pages_.Get("/metrics").code, 200);
  }
  done = true;
  publisher.join();
}

}  // namespace
}  // namespace marquee
