// pipeline/dataset/read_ahead.h — bytes fetched by a thread of their own, a little ahead.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "schemas/status.h"

namespace marquee {

/// Calls a source from a thread of its own, so that its work overlaps with the reader's.
///
/// Owns:    the thread, and kNumBuffers buffers of kBufferBytes, no more. The destructor waits for
///          the call of the source that is under way.
/// Threads: one reader.
class ReadAhead {
 public:
  static constexpr std::size_t kNumBuffers = 4;
  static constexpr std::size_t kBufferBytes = 128 << 10;

  /// Fills a buffer; less means that the end or a failure is reached, 0 is the end. Must not block
  /// for long.
  using Source = std::function<Result<std::size_t>(std::span<char>)>;

  explicit ReadAhead(Source source);
  ~ReadAhead();
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// As the source itself: all bytes before a failure first, then the failure, which stays.
  Result<std::size_t> Read(std::span<char> out);

 private:
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
  };

  void Fetch();
  bool FetchOne(Buffer& buffer);

  Source source_;
  std::size_t taken_ = 0;  // of the oldest full buffer

  std::mutex mutex_;  // guards what follows but the full buffers, the reader's, and the one fetched
  std::condition_variable changed_;
  std::array<Buffer, kNumBuffers> buffers_;
  std::size_t oldest_ = 0;
  std::size_t num_full_ = 0;
  bool finished_ = false;  // the thread fetches no more …
  Status failure_;         // … because of this
  bool stop_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace marquee
