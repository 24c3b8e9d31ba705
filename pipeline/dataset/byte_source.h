// pipeline/dataset/byte_source.h — the bytes of a file, in order, unpacked if it is gzip.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "pipeline/dataset/gunzip.h"
#include "pipeline/dataset/input_file.h"
#include "pipeline/dataset/read_ahead.h"
#include "schemas/status.h"

namespace marquee {

/// Reads a file from its first byte to its last; gzip (told by its magic bytes, several members
/// too) is unpacked, in a thread of its own.
///
/// Threads: one reader; any thread may ask bytes_consumed().
class ByteSource {
 public:
  /// Open `path` and look at its first bytes.
  /// Errors: kUnavailable if it can't be opened or read, or is a directory.
  static Result<std::unique_ptr<ByteSource>> Open(const std::string& path);

  /// Fill `out` with the bytes that come next. Fewer than asked for means: the end, or damage, is
  /// reached; 0 is the end.
  ///
  /// Errors: of damaged gzip, every byte before the damage is delivered first; the call after those
  /// fails, and so does each one after it, with kData naming file, offset in the compressed file
  /// and remedy. kUnavailable if reading fails.
  Result<std::size_t> Read(std::span<char> out);

  const std::string& path() const noexcept { return file_->path(); }
  bool is_gzip() const noexcept { return gunzip_.has_value(); }
  /// Bytes of the file (packed, if it is gzip) read so far.
  std::uint64_t bytes_consumed() const noexcept { return file_->bytes_consumed(); }
  /// Bytes of the file; 0 if unknown, as for a pipe.
  std::uint64_t bytes_total() const noexcept { return file_->bytes_total(); }

 private:
  static constexpr std::size_t kMagicBytes = 2;

  explicit ByteSource(std::unique_ptr<InputFile> file) : file_(std::move(file)) {}

  Status Start();
  Result<std::size_t> ReadPlain(std::span<char> out);

  std::unique_ptr<InputFile> file_;
  Status failure_;  // what ReadPlain says once the bytes before it are delivered
  bool at_end_ = false;
  // The first bytes, not yet delivered.
  std::array<char, kMagicBytes> head_{};
  std::size_t head_begin_ = 0;
  std::size_t head_end_ = 0;
  std::optional<Gunzip> gunzip_;
  std::optional<ReadAhead> read_ahead_;  // of gunzip_, so it ends before that does
};

}  // namespace marquee
