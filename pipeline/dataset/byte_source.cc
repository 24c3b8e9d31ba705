#include "pipeline/dataset/byte_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace marquee {
namespace {

constexpr std::size_t kInputBytes = 256 << 10;
constexpr unsigned char kGzipMagic[2] = {0x1f, 0x8b};
constexpr int kGzipWindowBits =
    15 + 16;  // the largest window; a gzip header and checksum, nothing else

std::string ErrnoText() { return std::strerror(errno); }

}  // namespace

Result<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return Status::Unavailable(
        fmt::format("{}: cannot open: {}; check the path and its permissions", path, ErrnoText()));
  }
  std::unique_ptr<ByteSource> source(new ByteSource(path, file));
  MARQUEE_RETURN_IF_ERROR(source->Start());
  return source;
}

ByteSource::~ByteSource() {
  if (stream_ready_) inflateEnd(&stream_);
  close(file_);
}

Status ByteSource::Start() {
  struct stat info = {};
  if (fstat(file_, &info) != 0) {
    return Status::Unavailable(fmt::format("{}: cannot examine: {}", path_, ErrnoText()));
  }
  if (S_ISDIR(info.st_mode)) {
    return Status::Unavailable(fmt::format("{}: is a directory; give a file in it", path_));
  }
  if (S_ISREG(info.st_mode)) {
    bytes_total_ = static_cast<std::uint64_t>(info.st_size);
    posix_fadvise(file_, 0, 0, POSIX_FADV_SEQUENTIAL);  // advice: its failure is harmless
  }
  input_.reset(new char[kInputBytes]);
  while (input_end_ < sizeof(kGzipMagic)) {
    MARQUEE_ASSIGN_OR_RETURN(const std::size_t got,
                             ReadFile(input_.get() + input_end_, sizeof(kGzipMagic) - input_end_));
    if (got == 0) break;
    input_end_ += got;
  }
  is_gzip_ = input_end_ == sizeof(kGzipMagic) &&
             std::memcmp(input_.get(), kGzipMagic, sizeof(kGzipMagic)) == 0;
  if (is_gzip_) {
    if (inflateInit2(&stream_, kGzipWindowBits) != Z_OK) {
      return Status::Internal(fmt::format("{}: zlib did not start", path_));
    }
    stream_ready_ = true;
    inside_member_ = true;
  }
  return {};
}

Result<std::size_t> ByteSource::Read(std::span<char> out) {
  if (!failure_.ok()) return Status(failure_.code(), std::string(failure_.message()));
  auto result = is_gzip_ ? ReadGzip(out) : ReadPlain(out);
  if (!result) failure_ = Status(result.error().code(), std::string(result.error().message()));
  return result;
}

Result<std::size_t> ByteSource::ReadFile(char* out, std::size_t size) {
  for (;;) {
    const ssize_t got = read(file_, out, size);
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

Result<std::size_t> ByteSource::ReadPlain(std::span<char> out) {
  const std::size_t buffered = std::min(out.size(), input_end_ - input_begin_);
  std::copy_n(input_.get() + input_begin_, buffered, out.data());
  input_begin_ += buffered;
  std::size_t filled = buffered;
  while (filled < out.size() && !at_end_) {
    auto got = ReadFile(out.data() + filled, out.size() - filled);
    if (!got) {
      if (filled == 0) return got;
      failure_ = std::move(got).error();  // after the bytes that came before it
      break;
    }
    at_end_ = *got == 0;
    filled += *got;
  }
  return filled;
}

Result<std::size_t> ByteSource::ReadGzip(std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !at_end_) {
    Status status;
    if (!inside_member_) {
      status = NextMember();
    } else if (input_begin_ == input_end_) {
      status = FillInput();
      if (status.ok() && input_end_ == 0) status = Damaged("the file ends inside the gzip data");
    }
    if (status.ok() && inside_member_) {
      const std::size_t room =
          std::min<std::size_t>(out.size() - filled, std::numeric_limits<uInt>::max());
      stream_.next_in = reinterpret_cast<Bytef*>(input_.get() + input_begin_);
      stream_.avail_in = static_cast<uInt>(input_end_ - input_begin_);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream_.avail_out = static_cast<uInt>(room);
      const int code = inflate(&stream_, Z_NO_FLUSH);
      input_begin_ = input_end_ - stream_.avail_in;
      filled += room - stream_.avail_out;
      if (code == Z_STREAM_END) {
        inside_member_ = false;
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        status = Damaged(stream_.msg != nullptr ? stream_.msg : "the gzip data cannot be unpacked");
      }
    }
    if (!status.ok()) {
      if (filled == 0) return status;
      failure_ = std::move(status);
      break;
    }
  }
  return filled;
}

/// Read the next stretch of the file into `input_`; input_end_ = 0 at its end.
Status ByteSource::FillInput() {
  input_begin_ = 0;
  input_end_ = 0;
  MARQUEE_ASSIGN_OR_RETURN(input_end_, ReadFile(input_.get(), kInputBytes));
  return {};
}

/// After a member's end: begin the next one, or reach the end. Zeros in between pad files on tape,
/// as gzip itself has it.
Status ByteSource::NextMember() {
  for (;;) {
    if (input_begin_ == input_end_) {
      MARQUEE_RETURN_IF_ERROR(FillInput());
      if (input_end_ == 0) {
        at_end_ = true;
        return {};
      }
    }
    if (input_[input_begin_] != 0) break;
    ++input_begin_;
  }
  if (static_cast<unsigned char>(input_[input_begin_]) != kGzipMagic[0]) {
    return Damaged("bytes that are no gzip data follow the gzip data");
  }
  inflateReset(&stream_);
  inside_member_ = true;
  return {};
}

Status ByteSource::Damaged(const char* what) const {
  const std::uint64_t offset = bytes_consumed() - (input_end_ - input_begin_);
  return Status::Data(fmt::format(
      "{}: damaged at byte {} of the compressed file ({}); get the file again, or check it with "
      "gzip -t",
      path_, offset, what));
}

}  // namespace marquee
