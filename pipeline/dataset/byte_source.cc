#include "pipeline/dataset/byte_source.h"

#include <algorithm>
#include <cstring>

namespace marquee {
namespace {

constexpr unsigned char kGzipMagic[] = {0x1f, 0x8b};

}  // namespace

Result<std::unique_ptr<ByteSource>> ByteSource::Open(const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(std::unique_ptr<InputFile> file, InputFile::Open(path));
  std::unique_ptr<ByteSource> source(new ByteSource(std::move(file)));
  MARQUEE_RETURN_IF_ERROR(source->Start());
  return source;
}

Status ByteSource::Start() {
  static_assert(sizeof(kGzipMagic) == kMagicBytes);
  while (head_end_ < kMagicBytes) {
    MARQUEE_ASSIGN_OR_RETURN(const std::size_t got,
                             file_->Read(std::span(head_).subspan(head_end_)));
    if (got == 0) return {};
    head_end_ += got;
  }
  if (std::memcmp(head_.data(), kGzipMagic, kMagicBytes) != 0) return {};
  gunzip_.emplace(*file_, head_);
  // A thread that waits for a pipe could not be stopped.
  if (file_->is_regular()) {
    read_ahead_.emplace([this](std::span<char> out) { return gunzip_->Read(out); });
  }
  return {};
}

Result<std::size_t> ByteSource::Read(std::span<char> out) {
  if (read_ahead_) return read_ahead_->Read(out);
  return gunzip_ ? gunzip_->Read(out) : ReadPlain(out);
}

Result<std::size_t> ByteSource::ReadPlain(std::span<char> out) {
  std::size_t filled = std::min(out.size(), head_end_ - head_begin_);
  std::copy_n(head_.begin() + static_cast<std::ptrdiff_t>(head_begin_), filled, out.begin());
  head_begin_ += filled;
  while (filled < out.size() && !at_end_ && failure_.ok()) {
    auto got = file_->Read(out.subspan(filled));
    if (!got) {
      failure_ = std::move(got).error();
    } else {
      at_end_ = *got == 0;
      filled += *got;
    }
  }
  if (filled == 0 && !failure_.ok()) {
    return Status(failure_.code(), std::string(failure_.message()));
  }
  return filled;
}

}  // namespace marquee
