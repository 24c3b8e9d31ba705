#include "schemas/frame.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace marquee {
namespace {

static_assert(std::endian::native == std::endian::little,
              "frames are written in the host's byte order");

constexpr std::array<char, 8> kMagic = {'M', 'A', 'R', 'Q', 'U', 'E', 'E', '1'};

}  // namespace

std::array<std::byte, kFrameHeaderBytes> EncodeFrameHeader(
    std::span<const std::byte> payload) noexcept {
  std::array<std::byte, kFrameHeaderBytes> header{};
  const std::uint64_t length = payload.size();
  const std::uint64_t hash = XXH3_64bits(payload.data(), payload.size());
  std::memcpy(header.data(), kMagic.data(), kMagic.size());
  std::memcpy(header.data() + 8, &length, sizeof(length));
  std::memcpy(header.data() + 16, &hash, sizeof(hash));
  return header;
}

Result<FrameHeader> DecodeFrameHeader(std::span<const std::byte, kFrameHeaderBytes> bytes,
                                      std::uint64_t max_payload_bytes) {
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return Status::Data("not a Marquee file: a frame begins with the bytes MARQUEE1");
  }
  FrameHeader header;
  std::memcpy(&header.payload_bytes, bytes.data() + 8, sizeof(header.payload_bytes));
  std::memcpy(&header.payload_xxh3, bytes.data() + 16, sizeof(header.payload_xxh3));
  const auto reserved = bytes.subspan(24);
  if (std::any_of(reserved.begin(), reserved.end(),
                  [](std::byte b) { return b != std::byte{0}; })) {
    return Status::Data("the frame's header is damaged, or from a newer version of Marquee");
  }
  if (header.payload_bytes > max_payload_bytes) {
    return Status::Data(fmt::format("the frame claims {} bytes; at most {} are allowed here",
                                    header.payload_bytes, max_payload_bytes));
  }
  return header;
}

Status VerifyFramePayload(const FrameHeader& header, std::span<const std::byte> payload) {
  const std::uint64_t hash = XXH3_64bits(payload.data(), payload.size());
  if (payload.size() != header.payload_bytes || hash != header.payload_xxh3) {
    return Status::Data(
        fmt::format("checksum mismatch (stored {:016x}, computed {:016x}): the bytes are damaged",
                    header.payload_xxh3, hash));
  }
  return {};
}

}  // namespace marquee
