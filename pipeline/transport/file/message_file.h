// pipeline/transport/file/message_file.h — messages in a file, one frame (schemas/frame.h) after
// the other.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "pipeline/transport/file/output_file.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

/// Writes messages to a file. Threads: one at a time.
class MessageFileWriter {
 public:
  /// Create or overwrite `path`. Errors: kUnavailable.
  static Result<MessageFileWriter> Create(const std::string& path);

  Status Write(std::span<const std::byte> message);
  /// Errors: kUnavailable if the file is not whole on the disk.
  Status Close() { return file_.Close(); }
  const std::string& path() const noexcept { return file_.path(); }

 private:
  explicit MessageFileWriter(OutputFile file) : file_(std::move(file)) {}

  OutputFile file_;
};

/// Reads messages from a file, in order. Threads: one at a time.
class MessageFileReader {
 public:
  /// Errors: kUnavailable if the file can't be opened.
  static Result<MessageFileReader> Open(const std::string& path);

  /// Read the next message into `message`; false at the end of the file. Its bytes are those that
  /// were written (the checksum says so), but not verified. Errors: kData, naming file and offset,
  /// if the file is cut, damaged or none of ours.
  Result<bool> Next(Message& message);

  const std::string& path() const noexcept { return path_; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  MessageFileReader(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  Status Damaged(const Status& reason) const;
  Status Cut() const;

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::uint64_t offset_ = 0;  // of the frame to be read
};

}  // namespace marquee
