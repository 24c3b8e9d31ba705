// schemas/message.h — the memory of one message, and the limits every message keeps.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "schemas/aligned_buffer.h"
#include "schemas/status.h"

namespace marquee {

/// No encoded message is longer: brokers and clients refuse a million bytes by default, and headers
/// need room.
inline constexpr std::size_t kMaxMessageBytes = 900'000;

/// Most rows a batch may hold: so many that a batch's fixed costs vanish, so few that its features
/// always fit into a message.
inline constexpr std::size_t kMaxBatchRows = 4096;

/// From so many rows up, every column begins on a 64-byte border; below, padding would outweigh the
/// data.
inline constexpr std::size_t kAlignedColumnRows = 64;

/// The memory of one message, reused from message to message: either written in place by a
/// FlatBufferBuilder, or filled with the bytes of a received one.
///
/// Writing: `Begin`, then create columns with `Column` and tables with `builder()`, then `Finish`.
/// The memory is there from the start and never grows, so column pointers stay valid until the next
/// `Begin`. Not copyable: the builder points into it.
class Message {
 public:
  Message();
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  /// Forget the content and start a new message.
  flatbuffers::FlatBufferBuilder& Begin();
  flatbuffers::FlatBufferBuilder& builder() noexcept { return builder_; }

  /// Make an uninitialised column of `size` elements, to be written in place; `num_rows` decides
  /// its alignment.
  template <class T>
  std::span<T> Column(std::size_t size, std::size_t num_rows,
                      flatbuffers::Offset<flatbuffers::Vector<T>>& offset) {
    if (num_rows >= kAlignedColumnRows) {
      builder_.ForceVectorAlignment(size, sizeof(T), kMessageAlignment);
    }
    T* data = nullptr;
    offset = builder_.CreateUninitializedVector<T>(size, &data);
    return {data, size};
  }

  /// Make a column with the values of `values`.
  template <class T>
  flatbuffers::Offset<flatbuffers::Vector<T>> Copy(std::span<const T> values,
                                                   std::size_t num_rows) {
    flatbuffers::Offset<flatbuffers::Vector<T>> offset;
    const std::span<T> column = Column<T>(values.size(), num_rows, offset);
    std::copy(values.begin(), values.end(), column.begin());
    return offset;
  }

  /// End the message with its root table. Errors: kInternal if it is longer than kMaxMessageBytes.
  template <class Table>
  Status Finish(flatbuffers::Offset<Table> root, const char* file_identifier) {
    builder_.Finish(root, file_identifier);
    return Finished();
  }

  /// Make room for a received message of `size` bytes, on a 64-byte border, for the caller to copy
  /// or read into.
  /// Errors: kData if it is longer than kMaxMessageBytes.
  Result<std::span<std::byte>> Receive(std::size_t size);

  /// The finished or received message.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  class Storage final : public flatbuffers::Allocator {
   public:
    Storage();
    std::uint8_t* allocate(std::size_t size) override;
    void deallocate(std::uint8_t* pointer, std::size_t size) override;
    std::byte* data() noexcept { return buffer_.data(); }

   private:
    AlignedBuffer buffer_;
  };

  Status Finished();

  Storage storage_;  // outlives builder_, which points into it
  flatbuffers::FlatBufferBuilder builder_;
  std::span<const std::byte> bytes_;
};

/// Check that `bytes` begin on a 64-byte border and are not longer than a message may be: what the
/// FlatBuffers verifier, which looks at offsets only, leaves out. Errors: kData.
Status CheckMessageBytes(std::span<const std::byte> bytes);

/// Verify the structure of a message whose base was checked, with tight limits. `verify` is the
/// generated function.
Status VerifyStructure(std::span<const std::byte> bytes, bool (*verify)(flatbuffers::Verifier&),
                       std::string_view what);

}  // namespace marquee
