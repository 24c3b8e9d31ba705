#include "schemas/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace marquee {
namespace {

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

TEST(FrameTest, HeaderComesBack) {
  const std::string payload = "a payload of thirty-odd bytes or so";
  const auto header = EncodeFrameHeader(Bytes(payload));
  const auto decoded = DecodeFrameHeader(header, 1000);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(decoded->payload_bytes, payload.size());
  EXPECT_EQ((decoded->payload_bytes + decoded->padding_bytes()) % 64, 0u);
  EXPECT_TRUE(VerifyFramePayload(*decoded, Bytes(payload)).ok());
}

TEST(FrameTest, EveryFlippedBitIsRefused) {
  const std::string payload = "0123456789";
  const auto header = EncodeFrameHeader(Bytes(payload));
  for (std::size_t bit = 0; bit < 8 * (header.size() + payload.size()); ++bit) {
    auto bad_header = header;
    std::string bad_payload = payload;
    if (bit < 8 * header.size()) {
      bad_header[bit / 8] ^= std::byte(1 << bit % 8);
    } else {
      bad_payload[bit / 8 - header.size()] ^= static_cast<char>(1 << bit % 8);
    }
    const auto decoded = DecodeFrameHeader(bad_header, 1000);
    const bool refused = !decoded || !VerifyFramePayload(*decoded, Bytes(bad_payload)).ok();
    EXPECT_TRUE(refused) << "bit " << bit;
  }
}

TEST(FrameTest, RefusesPayloadOverTheLimit) {
  const auto header = EncodeFrameHeader(Bytes(std::string(100, 'x')));
  EXPECT_TRUE(DecodeFrameHeader(header, 100));
  const auto decoded = DecodeFrameHeader(header, 99);
  ASSERT_FALSE(decoded);
  EXPECT_THAT(decoded.error().message(), testing::HasSubstr("claims 100 bytes"));
}

}  // namespace
}  // namespace marquee
