#include "pipeline/dataset/gunzip.h"

#include <fmt/core.h>
#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace marquee {
namespace {

constexpr std::size_t kInputBytes = 64 << 10;
constexpr unsigned char kFirstMagicByte = 0x1f;

const char* WhatIsWrong(int code) {
  switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
      return "the checksum differs";
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
      return "the gzip header is invalid";
    default:
      return "the gzip data cannot be unpacked";
  }
}

}  // namespace

Gunzip::Gunzip(InputFile& file, std::span<const char> head)
    : file_(file), input_(new char[kInputBytes]), state_(new inflate_state) {
  std::copy(head.begin(), head.end(), input_.get());
  input_end_ = head.size();
  BeginMember();
}

Gunzip::~Gunzip() = default;

Result<std::size_t> Gunzip::Read(std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size() && !at_end_ && failure_.ok()) {
    failure_ = inside_member_ ? UnpackInto(out, filled) : NextMember();
  }
  if (failure_.ok()) return filled;
  filled += TakeUnpacked(out.subspan(filled));
  if (filled == 0) return Status(failure_.code(), std::string(failure_.message()));
  return filled;
}

/// Unpack what there is of the member into out[filled…); read on if there is nothing.
Status Gunzip::UnpackInto(std::span<char> out, std::size_t& filled) {
  constexpr std::size_t kMost = std::numeric_limits<std::uint32_t>::max();
  const std::size_t room = std::min(out.size() - filled, kMost);
  state_->next_in = reinterpret_cast<std::uint8_t*>(input_.get() + input_begin_);
  state_->avail_in = static_cast<std::uint32_t>(input_end_ - input_begin_);
  state_->next_out = reinterpret_cast<std::uint8_t*>(out.data() + filled);
  state_->avail_out = static_cast<std::uint32_t>(room);
  const int code = isal_inflate(state_.get());
  input_begin_ = input_end_ - state_->avail_in;
  const std::size_t unpacked = room - state_->avail_out;
  filled += unpacked;
  if (code < 0) return Damaged(WhatIsWrong(code));
  if (state_->block_state == ISAL_BLOCK_FINISH) {
    inside_member_ = false;
    return {};
  }
  if (unpacked > 0 || input_begin_ < input_end_) return {};
  MARQUEE_RETURN_IF_ERROR(FillInput());
  return input_end_ == 0 ? Damaged("the file ends inside the gzip data") : Status();
}

/// After a failure: take what was unpacked before it and had no room. ISA-L keeps that to itself.
std::size_t Gunzip::TakeUnpacked(std::span<char> out) {
  const auto left = static_cast<std::size_t>(state_->tmp_out_valid - state_->tmp_out_processed);
  const std::size_t taken = std::min(left, out.size());
  std::memcpy(out.data(), state_->tmp_out_buffer + state_->tmp_out_processed, taken);
  state_->tmp_out_processed += static_cast<std::int32_t>(taken);
  return taken;
}

/// Read the next stretch of the file into `input_`; input_end_ = 0 at its end.
Status Gunzip::FillInput() {
  input_begin_ = 0;
  input_end_ = 0;
  MARQUEE_ASSIGN_OR_RETURN(input_end_, file_.Read({input_.get(), kInputBytes}));
  return {};
}

/// After a member's end: begin the next one, or reach the end. Zeros in between pad files on tape,
/// as gzip itself has it.
Status Gunzip::NextMember() {
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
  if (static_cast<unsigned char>(input_[input_begin_]) != kFirstMagicByte) {
    return Damaged("bytes that are no gzip data follow the gzip data");
  }
  BeginMember();
  return {};
}

void Gunzip::BeginMember() {
  isal_inflate_init(state_.get());
  state_->crc_flag = ISAL_GZIP;  // with its header and checksum
  inside_member_ = true;
}

Status Gunzip::Damaged(const char* what) const {
  const std::uint64_t offset = file_.bytes_consumed() - (input_end_ - input_begin_);
  return Status::Data(fmt::format(
      "{}: damaged at byte {} of the compressed file ({}); get the file again, or check it with "
      "gzip -t",
      file_.path(), offset, what));
}

}  // namespace marquee
