#include "pipeline/observe/status_server.h"

#include <civetweb.h>
#include <fmt/core.h>

#include <array>
#include <string_view>
#include <utility>

#include "pipeline/observe/listen_address.h"

namespace marquee {

Result<std::unique_ptr<StatusServer>> StatusServer::Start(const std::string& address,
                                                          BuildInfo build,
                                                          StatusPagesOptions options) {
  MARQUEE_RETURN_IF_ERROR(CheckListenAddress(address, "--listen"));
  std::unique_ptr<StatusServer> server(new StatusServer(std::move(build), std::move(options)));
  MARQUEE_RETURN_IF_ERROR(server->Listen(address));
  return server;
}

StatusServer::StatusServer(BuildInfo build, StatusPagesOptions options)
    : pages_(std::move(build), std::move(options)) {}

StatusServer::~StatusServer() {
  if (context_ != nullptr) mg_stop(context_);
}

Status StatusServer::Listen(const std::string& address) {
  static const unsigned started = mg_init_library(MG_FEATURES_DEFAULT);  // once, and thread-safe
  static_cast<void>(started);
  // Two threads, so that one slow client does not hide the service from its health check.
  std::array<const char*, 7> settings = {"listening_ports",    address.c_str(), "num_threads", "2",
                                         "request_timeout_ms", "5000",          nullptr};
  mg_callbacks callbacks{};
  // Called for every request, before civetweb looks for files; no request gets so far.
  callbacks.begin_request = &OnRequest;
  callbacks.log_message = &OnLog;
  context_ = mg_start(&callbacks, this, settings.data());
  if (context_ == nullptr) {
    return Status::Unavailable(
        fmt::format("cannot listen on {}: {}; end the program that uses it, or choose another "
                    "address with --listen",
                    address, first_complaint_));
  }
  mg_server_port port{};
  mg_get_server_ports(context_, 1, &port);
  port_ = static_cast<std::uint16_t>(port.port);
  return {};
}

int StatusServer::OnRequest(mg_connection* connection) {
  const auto* server =
      static_cast<const StatusServer*>(mg_get_user_data(mg_get_context(connection)));
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  const StatusPages::Page page =
      method == "GET" || method == "HEAD"
          ? server->pages_.Get(request->local_uri)
          : StatusPages::Page{
                .code = 405, .content_type = "text/plain", .body = "only GET and HEAD\n"};
  std::string text = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n"
      "Connection: close\r\n\r\n",
      page.code, mg_get_response_code_text(connection, page.code), page.content_type,
      page.body.size());
  if (method != "HEAD") text += page.body;
  mg_write(connection, text.data(), text.size());
  return page.code;
}

/// Keep the first complaint: if starting fails, it tells why. Later ones are about clients.
int StatusServer::OnLog(const mg_connection* connection, const char* message) {
  auto* server = static_cast<StatusServer*>(mg_get_user_data(mg_get_context(connection)));
  const std::lock_guard lock(server->mutex_);
  if (server->first_complaint_.empty()) server->first_complaint_ = message;
  return 1;
}

}  // namespace marquee
