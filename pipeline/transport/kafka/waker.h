// pipeline/transport/kafka/waker.h — how other threads, librdkafka and signals wake an I/O thread.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <system_error>

namespace marquee {

/// An event that stays until it is waited for. Threads: Notify from any, and from signal handlers.
class Waker {
 public:
  Waker() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~Waker() { close(fd_); }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  void Notify() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(fd_, &one, sizeof(one));
  }

  /// Wait for a Notify since the last Wait, up to `timeout_ms`.
  void Wait(int timeout_ms) noexcept {
    pollfd event{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&event, 1, timeout_ms) != 1) return;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(fd_, &count, sizeof(count));
  }

  /// For librdkafka, which notifies by writing eight bytes.
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace marquee
