#include "schemas/message.h"

#include <fmt/core.h>

#include "schemas/check.h"

namespace marquee {
namespace {

// Room for the longest message, and for alignment and offsets while it is being built.
constexpr std::size_t kStorageBytes = kMaxMessageBytes / 65'536 * 65'536 + 2 * 65'536;
static_assert(kStorageBytes % kMessageAlignment == 0 && kStorageBytes > kMaxMessageBytes + 65'536);

// A message holds its columns, each a table, some dozens of strings and no deeper nesting; a column
// count beyond this is no message of ours.
constexpr std::size_t kMaxTables = 8192;
constexpr std::size_t kMaxDepth = 8;

}  // namespace

Message::Storage::Storage() : buffer_(kStorageBytes) {}

std::uint8_t* Message::Storage::allocate(std::size_t size) {
  // The builder asks once, for its initial size. More would mean that a stage wrote more than it
  // had counted, and that columns it still holds dangle: end here, before they are written to.
  if (size > buffer_.capacity()) std::abort();
  return reinterpret_cast<std::uint8_t*>(buffer_.data());
}

void Message::Storage::deallocate(std::uint8_t*, std::size_t) {}

Message::Message()
    : builder_(kStorageBytes, &storage_, /*own_allocator=*/false, kMessageAlignment) {}

flatbuffers::FlatBufferBuilder& Message::Begin() {
  builder_.Clear();
  bytes_ = {};
  return builder_;
}

Status Message::Finished() {
  bytes_ = std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize()));
  if (bytes_.size() > kMaxMessageBytes) {
    return Status::Internal(fmt::format("a message of {} bytes was built; the limit is {}",
                                        bytes_.size(), kMaxMessageBytes));
  }
  return {};
}

Result<std::span<std::byte>> Message::Receive(std::size_t size) {
  if (size > kMaxMessageBytes) {
    return Status::Data(
        fmt::format("a message of {} bytes; Marquee's are at most {}", size, kMaxMessageBytes));
  }
  Begin();
  bytes_ = {storage_.data(), size};
  return std::span(storage_.data(), size);
}

Status CheckMessageBytes(std::span<const std::byte> bytes) {
  if (reinterpret_cast<std::uintptr_t>(bytes.data()) % kMessageAlignment != 0) {
    return Status::Internal("a message must be copied onto a 64-byte border before it is read");
  }
  if (bytes.size() > kMaxMessageBytes) {
    return Status::Data(fmt::format("a message of {} bytes; Marquee's are at most {}", bytes.size(),
                                    kMaxMessageBytes));
  }
  return {};
}

Status VerifyStructure(std::span<const std::byte> bytes, bool (*verify)(flatbuffers::Verifier&),
                       std::string_view what) {
  flatbuffers::Verifier::Options options;
  options.max_depth = kMaxDepth;
  options.max_tables = kMaxTables;
  options.check_nested_flatbuffers = false;  // our schemas have none
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                 options);
  if (!verify(verifier)) {
    return Status::Data(
        fmt::format("not a {}: {} bytes fail its structure check", what, bytes.size()));
  }
  return {};
}

}  // namespace marquee
