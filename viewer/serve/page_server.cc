#include "viewer/serve/page_server.h"

#include <civetweb.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "pipeline/observe/listen_address.h"
#include "schemas/wire_span.h"
#include "viewer/data/snapshot_json.h"
#include "viewer/serve/hosts.h"

namespace marquee::viewer {
namespace {

constexpr std::string_view kFeed = "/feed";
/// A client that asked hears something at least so often.
constexpr std::chrono::seconds kLongestSilence{1};
/// Threads for pages and health checks while all clients are there.
constexpr int kThreadsForPages = 4;

/// What a browser may do with the page: run its own scripts and WebAssembly, ask its own server,
/// and be in nobody's frame.
constexpr std::string_view kSafety =
    "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

std::string_view HeaderOf(const mg_connection* connection, const char* name) {
  const char* value = mg_get_header(connection, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool IsHealth(std::string_view path) { return path == "/healthz/live" || path == "/healthz/ready"; }

/// Write a whole answer. `headers` end with a line's end each.
int Write(mg_connection* connection, int code, std::string_view headers, std::string_view body) {
  const bool head = std::string_view(mg_get_request_info(connection)->request_method) == "HEAD";
  std::string text =
      fmt::format("HTTP/1.1 {} {}\r\n{}{}Content-Length: {}\r\nConnection: close\r\n\r\n", code,
                  mg_get_response_code_text(connection, code), headers, kSafety, body.size());
  if (!head) text += body;
  mg_write(connection, text.data(), text.size());
  return code;
}

int WriteFile(mg_connection* connection, const PageFile& file) {
  // The page is as new as its server: a browser asks each time, and is mostly told that it has it.
  const std::string caching =
      fmt::format("Cache-Control: no-cache\r\nETag: {}\r\nVary: Accept-Encoding\r\n", file.etag);
  if (HeaderOf(connection, "If-None-Match").find(file.etag) != std::string_view::npos) {
    return Write(connection, 304, caching, "");
  }
  const bool zipped = !file.gzip.empty() && HeaderOf(connection, "Accept-Encoding").find("gzip") !=
                                                std::string_view::npos;
  return Write(connection, 200,
               fmt::format("Content-Type: {}\r\n{}{}", file.content_type, caching,
                           zipped ? "Content-Encoding: gzip\r\n" : ""),
               zipped ? file.gzip : file.bytes);
}

PageServer& ServerOf(const mg_connection* connection) {
  return *static_cast<PageServer*>(mg_get_user_data(mg_get_context(connection)));
}

}  // namespace

Result<std::unique_ptr<PageServer>> PageServer::Start(PageServerOptions options, PageFiles files) {
  MARQUEE_RETURN_IF_ERROR(CheckListenAddress(options.address, "--serve"));
  std::unique_ptr<PageServer> server(new PageServer(std::move(options), std::move(files)));
  MARQUEE_RETURN_IF_ERROR(server->Listen());
  return server;
}

PageServer::PageServer(PageServerOptions options, PageFiles files)
    : options_(std::move(options)), files_(std::move(files)) {}

PageServer::~PageServer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  published_.notify_all();
  if (context_ != nullptr) mg_stop(context_);
}

Status PageServer::Listen() {
  static const unsigned started = mg_init_library(MG_FEATURES_DEFAULT);  // once, and thread-safe
  static_cast<void>(started);
  // A client holds its thread as long as it is connected.
  const std::string threads = fmt::format("{}", options_.most_clients + kThreadsForPages);
  const std::string ping_after = fmt::format("{}", options_.ping_after.count());
  const std::array<const char*, 13> settings = {
      "listening_ports", options_.address.c_str(), "num_threads", threads.c_str(),
      "request_timeout_ms", "5000",
      // By itself it ends nothing: civetweb reads again.
      "websocket_timeout_ms", ping_after.c_str(), "enable_websocket_ping_pong", "yes",
      // Else the system holds a message's end back.
      "tcp_nodelay", "1", nullptr};
  mg_callbacks callbacks{};
  // Called for every request, before civetweb looks for files; none gets so far.
  callbacks.begin_request = &OnRequest;
  callbacks.log_message = &OnLog;
  context_ = mg_start(&callbacks, this, const_cast<const char**>(settings.data()));
  if (context_ == nullptr) {
    return Status::Unavailable(
        fmt::format("cannot listen on {}: {}; end the program that uses it, or choose another "
                    "address with --serve",
                    options_.address, first_complaint_));
  }
  mg_set_websocket_handler(context_, std::string(kFeed).c_str(), nullptr, &OnReady, &OnData,
                           &OnClose, this);
  mg_server_port port{};
  mg_get_server_ports(context_, 1, &port);
  port_ = static_cast<std::uint16_t>(port.port);
  return {};
}

void PageServer::Publish(std::shared_ptr<const SnapshotMessage> message) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(message);
  }
  published_.notify_all();
}

std::shared_ptr<const SnapshotMessage> PageServer::Newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

std::shared_ptr<const SnapshotMessage> PageServer::WaitForOtherThan(
    const std::shared_ptr<const SnapshotMessage>& sent) const {
  std::unique_lock lock(mutex_);
  published_.wait_for(lock, kLongestSilence, [&] { return stop_ || newest_ != sent; });
  return newest_ != sent ? newest_ : nullptr;
}

// --- HTTP ----------------------------------------------------------------------------------------

/// Why this request is not answered; code 200 if it is.
PageServer::Reply PageServer::Refusal(const mg_connection* connection) const {
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  const std::string_view path = request->local_uri;
  if (method != "GET" && method != "HEAD") return {.code = 405, .body = "only GET and HEAD\n"};
  // Those who look after a service call it by any name, and learn nothing of its data.
  if (IsHealth(path)) return {};
  const std::string_view host = HeaderOf(connection, "Host");
  if (!IsKnownHost(host, options_.names)) {
    return {.code = 403,
            .body = fmt::format("This server does not answer by the name '{}': call it by its "
                                "address in numbers or localhost, or start it with --serve-name\n",
                                host)};
  }
  const std::string_view origin = HeaderOf(connection, "Origin");
  if (!origin.empty() && !IsSameOrigin(origin, host)) {
    return {.code = 403, .body = fmt::format("not for pages of {}\n", origin)};
  }
  if (path != kFeed) return {};
  if (clients_ >= options_.most_clients) {
    return {.code = 503,
            .body = fmt::format("{} pages are open already, which is the most this server serves; "
                                "this page tries again by itself\n",
                                options_.most_clients)};
  }
  if (HeaderOf(connection, "Upgrade").empty()) return {.code = 426, .body = "a WebSocket\n"};
  return {};
}

PageServer::Reply PageServer::Answer(std::string_view path) const {
  if (path == "/healthz/live") return {.body = "alive\n"};
  if (path == "/metrics") return {.body = Metrics()};
  const auto newest = Newest();
  const wire::Snapshot& snapshot = newest->view();
  if (path == "/healthz/ready") {
    if (snapshot.source()->state() != wire::SourceState::Failed) return {.body = "ready\n"};
    return {.code = 503, .body = fmt::format("{}\n", TextOf(snapshot.source()->message()))};
  }
  if (path == "/snapshot.json") {
    return {.content_type = "application/json", .body = SnapshotLine(snapshot) + "\n"};
  }
  return {.code = 404, .body = "no such page\n"};
}

std::string PageServer::Metrics() const {
  return fmt::format(
      "# HELP marquee_viewer_clients Pages that are connected.\n"
      "# TYPE marquee_viewer_clients gauge\n"
      "marquee_viewer_clients {}\n"
      "# HELP marquee_viewer_snapshots_sent_total Snapshots sent to pages.\n"
      "# TYPE marquee_viewer_snapshots_sent_total counter\n"
      "marquee_viewer_snapshots_sent_total {}\n"
      "# HELP marquee_viewer_snapshot_bytes_sent_total Their bytes.\n"
      "# TYPE marquee_viewer_snapshot_bytes_sent_total counter\n"
      "marquee_viewer_snapshot_bytes_sent_total {}\n"
      "# HELP marquee_viewer_refused_requests_total Requests that were refused.\n"
      "# TYPE marquee_viewer_refused_requests_total counter\n"
      "marquee_viewer_refused_requests_total {}\n",
      clients_.load(), snapshots_sent_.load(), bytes_sent_.load(), refused_.load());
}

int PageServer::OnRequest(mg_connection* connection) {
  PageServer& server = ServerOf(connection);
  const std::string_view path = mg_get_request_info(connection)->local_uri;
  Reply reply = server.Refusal(connection);
  if (reply.code == 200) {
    if (path == kFeed) return 0;  // civetweb shakes hands, and calls OnReady
    const auto file = server.files_.find(path);
    if (file != server.files_.end()) return WriteFile(connection, file->second);
    reply = server.Answer(path);
  } else {
    ++server.refused_;
  }
  return Write(connection, reply.code,
               fmt::format("Content-Type: {}\r\nCache-Control: no-store\r\n", reply.content_type),
               reply.body);
}

/// Keep the first complaint: if starting fails, it tells why. Later ones are about clients.
int PageServer::OnLog(const mg_connection* connection, const char* text) {
  PageServer& server = ServerOf(connection);
  const std::lock_guard lock(server.mutex_);
  if (server.first_complaint_.empty()) server.first_complaint_ = text;
  return 1;
}

// --- WebSocket -----------------------------------------------------------------------------------

bool PageServer::Send(mg_connection* connection,
                      const std::shared_ptr<const SnapshotMessage>& message) {
  const auto bytes = message == nullptr ? std::span<const std::byte>() : message->bytes();
  // Less is written if the client takes nothing for the request's time; the next message would then
  // begin within this one. Of an empty one civetweb counts the header.
  if (mg_websocket_write(connection, MG_WEBSOCKET_OPCODE_BINARY,
                         reinterpret_cast<const char*>(bytes.data()),
                         bytes.size()) < static_cast<int>(std::max<std::size_t>(bytes.size(), 1))) {
    return false;
  }
  if (message != nullptr) ++snapshots_sent_;
  bytes_sent_ += bytes.size();
  return true;
}

void PageServer::OnReady(mg_connection* connection, void* context) {
  auto& server = *static_cast<PageServer*>(context);
  ++server.clients_;
  auto client = std::make_unique<Client>();
  client->sent = server.Newest();
  server.Send(connection, client->sent);
  mg_set_user_connection_data(connection, client.release());
}

int PageServer::OnData(mg_connection* connection, int bits, char* /*data*/, std::size_t /*size*/,
                       void* context) {
  const int opcode = bits & 0x0f;
  if (opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE) return 0;
  if (opcode != MG_WEBSOCKET_OPCODE_TEXT && opcode != MG_WEBSOCKET_OPCODE_BINARY) return 1;
  auto& server = *static_cast<PageServer*>(context);
  auto& client = *static_cast<Client*>(mg_get_user_connection_data(connection));
  const auto message = server.WaitForOtherThan(client.sent);
  if (message != nullptr) client.sent = message;
  return server.Send(connection, message) ? 1 : 0;
}

void PageServer::OnClose(const mg_connection* connection, void* context) {
  delete static_cast<Client*>(mg_get_user_connection_data(connection));
  --static_cast<PageServer*>(context)->clients_;
}

}  // namespace marquee::viewer
