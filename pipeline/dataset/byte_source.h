// pipeline/dataset/byte_source.h — the bytes of a file, in order, unpacked if it is gzip.
#pragma once

#include <zlib.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "schemas/status.h"

namespace marquee {

/// Reads a file from its first byte to its last; gzip (told by its magic bytes, several members
/// too) is unpacked.
///
/// Threads: one reader; any thread may ask bytes_consumed().
class ByteSource {
 public:
  /// Open `path` and look at its first bytes.
  /// Errors: kUnavailable if it can't be opened or read, or is a directory.
  static Result<std::unique_ptr<ByteSource>> Open(const std::string& path);

  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Fill `out` with the bytes that come next. Fewer than asked for means: the end, or damage, is
  /// reached; 0 is the end.
  ///
  /// Errors: of damaged gzip, every byte before the damage is delivered first; the call after those
  /// fails, and so does each one after it, with kData naming file, offset in the compressed file
  /// and remedy. kUnavailable if reading fails.
  Result<std::size_t> Read(std::span<char> out);

  const std::string& path() const noexcept { return path_; }
  bool is_gzip() const noexcept { return is_gzip_; }
  /// Bytes of the file (packed, if it is gzip) read so far.
  std::uint64_t bytes_consumed() const noexcept {
    return bytes_consumed_.load(std::memory_order_relaxed);
  }
  /// Bytes of the file; 0 if unknown, as for a pipe.
  std::uint64_t bytes_total() const noexcept { return bytes_total_; }

 private:
  ByteSource(std::string path, int file) : path_(std::move(path)), file_(file) {}

  Status Start();
  Result<std::size_t> ReadFile(char* out, std::size_t size);
  Result<std::size_t> ReadPlain(std::span<char> out);
  Result<std::size_t> ReadGzip(std::span<char> out);
  Status FillInput();
  Status NextMember();
  Status Damaged(const char* what) const;

  std::string path_;
  int file_;
  bool is_gzip_ = false;
  bool at_end_ = false;
  Status failure_;  // what Read says once the bytes before it are delivered
  std::uint64_t bytes_total_ = 0;
  std::atomic<std::uint64_t> bytes_consumed_ = 0;
  // Bytes read from the file and not yet delivered (plain: only its first two) or unpacked.
  std::unique_ptr<char[]> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  z_stream stream_ = {};
  bool stream_ready_ = false;
  bool inside_member_ = false;
};

}  // namespace marquee
