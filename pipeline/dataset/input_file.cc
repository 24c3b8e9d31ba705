#include "pipeline/dataset/input_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace marquee {
namespace {

std::string ErrnoText() { return std::strerror(errno); }

}  // namespace

Result<std::unique_ptr<InputFile>> InputFile::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return Status::Unavailable(
        fmt::format("{}: cannot open: {}; check the path and its permissions", path, ErrnoText()));
  }
  std::unique_ptr<InputFile> opened(new InputFile(path, file));
  MARQUEE_RETURN_IF_ERROR(opened->Examine());
  return opened;
}

InputFile::~InputFile() { close(file_); }

Status InputFile::Examine() {
  struct stat info = {};
  if (fstat(file_, &info) != 0) {
    return Status::Unavailable(fmt::format("{}: cannot examine: {}", path_, ErrnoText()));
  }
  if (S_ISDIR(info.st_mode)) {
    return Status::Unavailable(fmt::format("{}: is a directory; give a file in it", path_));
  }
  is_regular_ = S_ISREG(info.st_mode);
  if (is_regular_) {
    bytes_total_ = static_cast<std::uint64_t>(info.st_size);
    posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: its failure is harmless
  }
  return {};
}

Result<std::size_t> InputFile::Read(std::span<char> out) {
  for (;;) {
    const ssize_t got = read(file_, out.data(), out.size());
    if (got >= 0) {
      bytes_consumed_.fetch_add(static_cast<std::uint64_t>(got), std::memory_order_relaxed);
      return static_cast<std::size_t>(got);
    }
    if (errno == EINTR) continue;
    return Status::Unavailable(
        fmt::format("{}: reading failed at byte {}: {}; check the disk, then run again", path_,
                    bytes_consumed(), ErrnoText()));
  }
}

}  // namespace marquee
