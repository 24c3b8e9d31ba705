// The command `marquee health`, asked of servers in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/app/command.h"
#include "pipeline/app/service_ports.h"
#include "pipeline/observe/status_server.h"
#include "tests/support/example_messages.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::ExampleStatus;

struct Outcome {
  Status status;
  std::string out;
};

Outcome Health(std::vector<std::string> arguments) {
  CLI::App root;
  Action action;
  AddHealthCommand(root, action);
  arguments.insert(arguments.begin(), "health");
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    root.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return {.status = Status::Usage(error.what()), .out = ""};
  }
  testing::internal::CaptureStdout();
  Status status = action();
  std::fflush(stdout);
  return {.status = std::move(status), .out = testing::internal::GetCapturedStdout()};
}

TEST(HealthCommandTest, TellsReadyFromNotReady) {
  const auto server = StatusServer::Start("127.0.0.1:0", {});
  ASSERT_TRUE(server) << server.error().message();
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port());
  ServiceStatus status = ExampleStatus();
  (*server)->Publish(status);

  const Outcome waiting = Health({"--url", url + "/healthz/ready"});
  EXPECT_EQ(ExitCodeOf(waiting.status), ExitCode::kFailed);
  EXPECT_EQ(std::string(waiting.status.message()),
            url + "/healthz/ready: not ready: [\"no broker answers\"]");
  EXPECT_EQ(nlohmann::json::parse(waiting.out)["ready"], false);
  EXPECT_TRUE(Health({"--url", url + "/healthz/live"}).status.ok());

  status.not_ready_reason.clear();
  (*server)->Publish(status);
  const Outcome ready = Health({"--url", url + "/healthz/ready", "--timeout", "20"});
  EXPECT_TRUE(ready.status.ok()) << ready.status.message();
  EXPECT_EQ(nlohmann::json::parse(ready.out)["stage"], "preprocess");
  EXPECT_EQ(std::count(ready.out.begin(), ready.out.end(), '\n'), 1);

  // 200 or 404, but no answer of a service's health.
  for (const char* path : {"/metrics", "/nothing"}) {
    const Outcome other = Health({"--url", url + path});
    EXPECT_EQ(other.status.code(), StatusCode::kUnavailable);
    EXPECT_THAT(std::string(other.status.message()), HasSubstr("no service of Marquee's"));
    EXPECT_EQ(other.out, "");
  }
}

TEST(HealthCommandTest, AsksAStageAtItsPortAndNoticesAnother) {
  for (const ServicePort& service : kServicePorts) {
    const std::string address = "127.0.0.1:" + std::to_string(service.port);
    const auto server = StatusServer::Start(address, {});
    if (!server) continue;  // a service runs on this machine; one of three ports will do
    ServiceStatus status = ExampleStatus();
    status.not_ready_reason.clear();
    status.stage = service.stage;
    (*server)->Publish(status);
    const Outcome ready = Health({std::string(service.stage)});
    EXPECT_TRUE(ready.status.ok()) << ready.status.message();

    status.stage = "another";
    (*server)->Publish(status);
    const Outcome other = Health({std::string(service.stage)});
    EXPECT_EQ(other.status.code(), StatusCode::kUnavailable);
    EXPECT_THAT(std::string(other.status.message()), HasSubstr("\"another\", not "));
    return;
  }
  FAIL() << "none of the services' ports is free";
}

TEST(HealthCommandTest, SaysThatNobodyAnswers) {
  const std::string url = "http://127.0.0.1:1/healthz/ready";  // no service can have that port
  const Outcome away = Health({"--url", url});
  EXPECT_EQ(ExitCodeOf(away.status), ExitCode::kFailed);
  EXPECT_THAT(std::string(away.status.message()), HasSubstr(url));
  EXPECT_THAT(std::string(away.status.message()), HasSubstr("is the service running"));
}

TEST(HealthCommandTest, RefusesWrongArguments) {
  EXPECT_EQ(Health({"evaluate"}).status.code(), StatusCode::kUsage);
  EXPECT_EQ(Health({"infer", "--url", "http://127.0.0.1:1/"}).status.code(), StatusCode::kUsage);
  EXPECT_EQ(Health({"--timeout", "0"}).status.code(), StatusCode::kUsage);
}

}  // namespace
}  // namespace marquee
