// pipeline/transport/file/output_file.h — writing a file, or standard output, and noticing when it
// fails.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "schemas/status.h"

namespace marquee {

/// Refuse to write to the file that is being read: opening it would empty it. Errors: kUsage.
Status RefuseToOverwrite(const std::string& input, const std::string& output);

/// A buffered output file. A full disk or a closed pipe is an error at the next Write or at Close,
/// never a silent loss.
///
/// Threads: one at a time. Close it: the destructor closes too, but can't say that it failed.
class OutputFile {
 public:
  /// Create or overwrite `path`; "-" is standard output. Errors: kUnavailable, with the system's
  /// reason.
  static Result<OutputFile> Create(const std::string& path);

  Status Write(std::span<const std::byte> bytes);
  Status Write(std::string_view text) { return Write(std::as_bytes(std::span(text))); }

  /// Write what is buffered. Errors: kUnavailable.
  Status Flush();
  /// Write what is buffered and close. Errors: kUnavailable.
  Status Close();

  const std::string& path() const noexcept { return path_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const noexcept;
  };

  OutputFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  Status Failed() const;

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace marquee
