// viewer/serve/page_server.h — the viewer's page over HTTP, and snapshots over a WebSocket.
//
// The feed is asked for: the server sends the newest snapshot when a client connects, and for each
// message of the client, whatever is in it, one that is newer, or, if there is none within a second,
// an empty message. So whoever is slow gets fewer snapshots and never an old one, and nothing queues
// up. Each client takes a thread: a page that is hidden hangs up, and one that is gone without a word
// is found out by pings. Nothing that a client sends is obeyed otherwise.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"
#include "viewer/data/snapshot_message.h"
#include "viewer/serve/page_files.h"

struct mg_connection;  // civetweb's
struct mg_context;

namespace marquee::viewer {

struct PageServerOptions {
  /// IP:PORT; port 0 = any that is free.
  std::string address = "127.0.0.1:8501";
  /// Names beside localhost and addresses in numbers by which it may be called.
  std::vector<std::string> names;
  /// More are refused: each takes a thread.
  int most_clients = 64;
  /// A client that is silent for so long is asked for a sign of life; after seven such times without
  /// any it is gone.
  std::chrono::milliseconds ping_after{10'000};
};

/// Answers GET and HEAD: the page's files, /feed (the WebSocket), /snapshot.json (the newest one),
/// /healthz/live, /healthz/ready (503 while the source fails), and /metrics.
///
/// Threads: starts its own; Publish may be called from any.
class PageServer {
 public:
  /// Errors: kUsage if the address is none; kUnavailable if it cannot be listened on.
  static Result<std::unique_ptr<PageServer>> Start(PageServerOptions options, PageFiles files);
  /// Cost: up to two seconds, for civetweb 1.15 looks no more often whether it is to end.
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  /// Make `message` the newest snapshot.
  void Publish(std::shared_ptr<const SnapshotMessage> message);

  std::uint16_t port() const noexcept { return port_; }

 private:
  /// An answer that is no file.
  struct Reply {
    int code = 200;
    std::string_view content_type = "text/plain; charset=utf-8";
    std::string body;
  };
  /// What is known of a client while it is connected.
  struct Client {
    std::shared_ptr<const SnapshotMessage> sent;
  };

  PageServer(PageServerOptions options, PageFiles files);
  Status Listen();

  static int OnRequest(mg_connection* connection);
  static int OnLog(const mg_connection* connection, const char* text);
  static void OnReady(mg_connection* connection, void* server);
  static int OnData(mg_connection* connection, int bits, char* data, std::size_t size,
                    void* server);
  static void OnClose(const mg_connection* connection, void* server);

  Reply Refusal(const mg_connection* connection) const;
  Reply Answer(std::string_view path) const;
  std::string Metrics() const;
  std::shared_ptr<const SnapshotMessage> Newest() const;
  /// The newest one, as soon as it is not `sent`; null if that takes too long.
  std::shared_ptr<const SnapshotMessage> WaitForOtherThan(
      const std::shared_ptr<const SnapshotMessage>& sent) const;
  bool Send(mg_connection* connection, const std::shared_ptr<const SnapshotMessage>& message);

  const PageServerOptions options_;
  const PageFiles files_;
  mutable std::mutex mutex_;  // guards the next three
  std::shared_ptr<const SnapshotMessage> newest_ = SnapshotMessage::Make(EmptySnapshot());
  bool stop_ = false;
  std::string first_complaint_;  // civetweb's
  mutable std::condition_variable published_;
  std::atomic<int> clients_ = 0;
  std::atomic<std::uint64_t> snapshots_sent_ = 0;
  std::atomic<std::uint64_t> bytes_sent_ = 0;
  std::atomic<std::uint64_t> refused_ = 0;
  std::uint16_t port_ = 0;
  mg_context* context_ = nullptr;
};

}  // namespace marquee::viewer
