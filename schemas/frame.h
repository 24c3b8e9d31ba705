// schemas/frame.h — how a message or model lies in a file.
//
// A file is a sequence of frames. A frame is a 64-byte header (magic, payload length, XXH3-64 of
// the payload, zeros), the payload, and zeros up to the next multiple of 64 bytes: so every payload
// of a mapped file is aligned as a message must be. All integers are little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "schemas/status.h"

namespace marquee {

inline constexpr std::size_t kFrameHeaderBytes = 64;

/// Parsed header of a frame.
struct FrameHeader {
  std::uint64_t payload_bytes = 0;
  std::uint64_t payload_xxh3 = 0;

  /// Zero bytes that follow the payload.
  std::size_t padding_bytes() const noexcept { return (64 - payload_bytes % 64) % 64; }
};

/// Write the header that goes before `payload`.
std::array<std::byte, kFrameHeaderBytes> EncodeFrameHeader(
    std::span<const std::byte> payload) noexcept;

/// Read a header. Errors: kData if it is no frame of ours, or its payload would be longer than
/// `max_payload_bytes`.
Result<FrameHeader> DecodeFrameHeader(std::span<const std::byte, kFrameHeaderBytes> bytes,
                                      std::uint64_t max_payload_bytes);

/// Compare the payload with its header's checksum. Errors: kData if any bit differs.
Status VerifyFramePayload(const FrameHeader& header, std::span<const std::byte> payload);

}  // namespace marquee
