// pipeline/observe/status_server.h — a service's metrics and health over HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "pipeline/observe/status_pages.h"
#include "schemas/service_status.h"
#include "schemas/status.h"

struct mg_connection;  // civetweb's
struct mg_context;

namespace marquee {

/// Answers GET and HEAD with the pages of StatusPages, and nothing else.
///
/// Threads: starts its own, and answers from them; Publish may be called from any.
class StatusServer {
 public:
  /// Listen on `address`, IP:PORT as in 127.0.0.1:9401 or [::1]:9401, and nowhere else; port 0 = any
  /// that is free.
  /// Errors: kUsage if it is no such address; kUnavailable if it cannot be listened on.
  static Result<std::unique_ptr<StatusServer>> Start(const std::string& address, BuildInfo build,
                                                     StatusPagesOptions options = {});
  /// Waits for answers under way. Cost: up to two seconds, for civetweb 1.15 looks no more often
  /// whether it is to end.
  ~StatusServer();
  StatusServer(const StatusServer&) = delete;
  StatusServer& operator=(const StatusServer&) = delete;

  /// Show `status` from now on. Cost: a copy of it.
  void Publish(const ServiceStatus& status) { pages_.Publish(status); }

  std::uint16_t port() const noexcept { return port_; }

 private:
  StatusServer(BuildInfo build, StatusPagesOptions options);
  Status Listen(const std::string& address);
  static int OnRequest(mg_connection* connection);
  static int OnLog(const mg_connection* connection, const char* message);

  StatusPages pages_;
  mg_context* context_ = nullptr;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string first_complaint_;  // civetweb's; guarded by mutex_
};

}  // namespace marquee
