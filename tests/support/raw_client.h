// tests/support/raw_client.h — a client of a server of this machine, down to the bytes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::testing_support {

/// A connection to a port of 127.0.0.1. What it waits for must come within ten seconds.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(socket_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  /// Returns whether all of it was sent.
  bool Write(std::string_view bytes) {
    return connected_ && send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                             static_cast<ssize_t>(bytes.size());
  }
  /// Send what there is room for, without waiting for more.
  void WriteSome(std::string_view bytes) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    static_cast<void>(sent);
  }

  /// The next `size` bytes; fewer if the other side closes before.
  std::string Read(std::size_t size) {
    while (received_.size() < size && More()) {
    }
    return Take(size);
  }
  std::string ReadUntil(std::string_view end) {
    while (received_.find(end) == std::string::npos && More()) {
    }
    return Take(received_.find(end) + end.size());
  }
  /// Everything until the other side closes.
  std::string ReadAll() {
    while (More()) {
    }
    return Take(received_.size());
  }

 private:
  bool More() {
    std::array<char, 65536> part;
    const ssize_t size = recv(socket_, part.data(), part.size(), 0);
    if (size <= 0) return false;
    received_.append(part.data(), static_cast<std::size_t>(size));
    return true;
  }
  std::string Take(std::size_t size) {
    const std::string taken = received_.substr(0, size);
    received_.erase(0, size);
    return taken;
  }

  int socket_;
  bool connected_ = false;
  std::string received_;
};

/// Send `request`, and return the whole answer.
inline std::string Ask(std::uint16_t port, std::string_view request) {
  RawClient client(port);
  return client.Write(request) ? client.ReadAll() : "";
}

/// The client's side of a WebSocket.
class WebSocketClient {
 public:
  /// `headers` end with a line's end each.
  WebSocketClient(std::uint16_t port, std::string_view path, std::string_view headers = "")
      : client_(port) {
    client_.Write("GET " + std::string(path) +
                  " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                  std::string(headers) + "\r\n");
    answer_ = client_.ReadUntil("\r\n\r\n");
  }

  bool open() const { return answer_.starts_with("HTTP/1.1 101"); }
  /// The head of the server's answer.
  const std::string& answer() const { return answer_; }
  RawClient& raw() { return client_; }

  /// A short text frame, masked by zeros, which is a mask.
  static std::string Frame(std::string_view text) {
    return std::string{'\x81', static_cast<char>(0x80 | text.size()), 0, 0, 0, 0} +
           std::string(text);
  }
  bool Send(std::string_view text) { return client_.Write(Frame(text)); }

  /// The next message; nothing if the server closed.
  std::optional<std::string> Receive() {
    const std::string head = client_.Read(2);
    if (head.size() < 2 || (head[0] & 0x0f) == 8) return std::nullopt;
    std::size_t size = static_cast<unsigned char>(head[1]);
    const std::size_t more = size == 127 ? 8 : (size == 126 ? 2 : 0);
    if (more > 0) size = 0;
    for (const char byte : client_.Read(more)) size = size << 8 | static_cast<unsigned char>(byte);
    return client_.Read(size);
  }

 private:
  RawClient client_;
  std::string answer_;
};

}  // namespace marquee::testing_support
