#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "pipeline/app/command.h"
#include "pipeline/app/service_ports.h"
#include "pipeline/app/settings.h"

namespace marquee {
namespace {

// What a service answers is far shorter; another server's page may not be.
constexpr std::size_t kMaxAnswerBytes = 64 << 10;

struct HealthOptions {
  std::string stage;
  std::string url = fmt::format("http://127.0.0.1:{}/healthz/ready", kServicePorts[0].port);
  double timeout_s = 3;
};

struct HttpAnswer {
  long code = 0;
  std::string body;
};

std::size_t OnBody(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > kMaxAnswerBytes) return 0;  // ends the transfer
  body.append(data, size * count);
  return size * count;
}

Result<HttpAnswer> Ask(const std::string& url, double timeout_s) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (curl == nullptr) return Status::Internal("health: libcurl does not start");
  HttpAnswer answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  // The service itself is asked; a proxy's 127.0.0.1 is another machine.
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "marquee");
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout_s * 1000));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer.body);
  if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) {
    return Status::Unavailable(
        fmt::format("{}: {}; is the service running, and is this the address of its --listen?", url,
                    curl_easy_strerror(code)));
  }
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &answer.code);
  return answer;
}

std::string UrlOf(const HealthOptions& options) {
  if (options.stage.empty()) return options.url;
  const auto* const service = std::find_if(
      kServicePorts.begin(), kServicePorts.end(),
      [&options](const ServicePort& candidate) { return candidate.stage == options.stage; });
  return fmt::format("http://127.0.0.1:{}/healthz/ready", service->port);
}

Status Health(const HealthOptions& options) {
  const std::string url = UrlOf(options);
  MARQUEE_ASSIGN_OR_RETURN(const HttpAnswer answer, Ask(url, options.timeout_s));
  const auto json = nlohmann::ordered_json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("reasons")) {
    return Status::Unavailable(
        fmt::format("{}: HTTP {} from something that is no service of Marquee's; correct the "
                    "address",
                    url, answer.code));
  }
  fmt::print("{}\n", json.dump());
  if (!options.stage.empty() && json.contains("stage") && json["stage"] != options.stage) {
    return Status::Unavailable(
        fmt::format("{}: the service there is {}, not {}; give the address "
                    "with --url",
                    url, json["stage"].dump(), options.stage));
  }
  if (answer.code == 200) return {};
  return Status::Unavailable(fmt::format("{}: not ready: {}", url, json["reasons"].dump()));
}

}  // namespace

void AddHealthCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "health", "Ask a running service whether it is ready (exit code 0) or not (1)",
      "  marquee health infer\n"
      "  marquee health --url http://127.0.0.1:9402/healthz/live");
  auto options = std::make_shared<HealthOptions>();
  std::vector<std::string> stages;
  for (const ServicePort& service : kServicePorts) stages.emplace_back(service.stage);
  auto* stage =
      command->add_option("STAGE", options->stage, "a service of this host, at its usual port")
          ->check(CLI::IsMember(stages));
  // No setting: like STAGE, it says what is asked this time.
  command->add_option("--url", options->url, "address to ask instead of a stage's")
      ->capture_default_str()
      ->excludes(stage);
  AddSetting(*command, "--timeout", options->timeout_s, "seconds to wait for an answer")
      ->check(CLI::Range(0.1, 3600.0));
  SetAction(command, chosen, [options] { return Health(*options); });
}

}  // namespace marquee
