#include "pipeline/transport/file/output_file.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace marquee {

Status RefuseToOverwrite(const std::string& input, const std::string& output) {
  std::error_code ignored;  // of a file that is not there: then it is another one
  if (!std::filesystem::equivalent(input, output, ignored)) return {};
  return Status::Usage(fmt::format("{} is the file that is read; write to another one", output));
}

void OutputFile::CloseFile::operator()(std::FILE* file) const noexcept {
  if (file != stdout) std::fclose(file);
}

Result<OutputFile> OutputFile::Create(const std::string& path) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return Status::Unavailable(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return OutputFile(path == "-" ? "standard output" : path, file);
}

Status OutputFile::Write(std::span<const std::byte> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) return Failed();
  return {};
}

Status OutputFile::Flush() { return std::fflush(file_.get()) == 0 ? Status() : Failed(); }

Status OutputFile::Close() {
  if (file_ == nullptr) return {};
  std::FILE* file = file_.release();
  const bool closed = file == stdout ? std::fflush(file) == 0 : std::fclose(file) == 0;
  return closed ? Status() : Failed();
}

Status OutputFile::Failed() const {
  return Status::Unavailable(fmt::format("cannot write {}: {}; what was written is incomplete",
                                         path_, std::strerror(errno)));
}

}  // namespace marquee
