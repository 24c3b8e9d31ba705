// pipeline/dataset/input_file.h — the bytes of a file as they lie on the disk.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "schemas/status.h"

namespace marquee {

/// Reads a file from its first byte to its last.
///
/// Threads: one reader; any thread may ask bytes_consumed().
class InputFile {
 public:
  /// Errors: kUnavailable if it can't be opened, or is a directory.
  static Result<std::unique_ptr<InputFile>> Open(const std::string& path);

  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Read bytes that come next into `out`: any number of them, 0 at the end.
  /// Errors: kUnavailable.
  Result<std::size_t> Read(std::span<char> out);

  const std::string& path() const noexcept { return path_; }
  /// False for a pipe, whose bytes may take forever.
  bool is_regular() const noexcept { return is_regular_; }
  std::uint64_t bytes_consumed() const noexcept {
    return bytes_consumed_.load(std::memory_order_relaxed);
  }
  /// 0 if unknown.
  std::uint64_t bytes_total() const noexcept { return bytes_total_; }

 private:
  InputFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  Status Examine();

  std::string path_;
  int file_;
  bool is_regular_ = false;
  std::uint64_t bytes_total_ = 0;
  std::atomic<std::uint64_t> bytes_consumed_ = 0;
};

}  // namespace marquee
