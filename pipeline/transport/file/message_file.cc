#include "pipeline/transport/file/message_file.h"

#include <fmt/core.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "schemas/frame.h"

namespace marquee {

Result<MessageFileWriter> MessageFileWriter::Create(const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(path));
  return MessageFileWriter(std::move(file));
}

Status MessageFileWriter::Write(std::span<const std::byte> message) {
  static constexpr std::array<std::byte, kFrameHeaderBytes> kZeros{};
  const FrameHeader layout{.payload_bytes = message.size()};
  MARQUEE_RETURN_IF_ERROR(file_.Write(EncodeFrameHeader(message)));
  MARQUEE_RETURN_IF_ERROR(file_.Write(message));
  return file_.Write(std::span(kZeros).first(layout.padding_bytes()));
}

Result<MessageFileReader> MessageFileReader::Open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) {
    return Status::Unavailable(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return MessageFileReader(path, file);
}

Result<bool> MessageFileReader::Next(Message& message) {
  std::array<std::byte, kFrameHeaderBytes> bytes;
  const std::size_t header_bytes = std::fread(bytes.data(), 1, bytes.size(), file_.get());
  if (header_bytes == 0 && std::feof(file_.get()) != 0) return false;
  if (header_bytes != bytes.size()) return Cut();
  auto header = DecodeFrameHeader(bytes, kMaxMessageBytes);
  if (!header) return Damaged(header.error());
  MARQUEE_ASSIGN_OR_RETURN(const std::span<std::byte> payload,
                           message.Receive(static_cast<std::size_t>(header->payload_bytes)));
  std::array<std::byte, kFrameHeaderBytes> padding;
  if (std::fread(payload.data(), 1, payload.size(), file_.get()) != payload.size() ||
      std::fread(padding.data(), 1, header->padding_bytes(), file_.get()) !=
          header->padding_bytes()) {
    return Cut();
  }
  if (const Status status = VerifyFramePayload(*header, payload); !status.ok()) {
    return Damaged(status);
  }
  offset_ += kFrameHeaderBytes + payload.size() + header->padding_bytes();
  return true;
}

Status MessageFileReader::Damaged(const Status& reason) const {
  return Status::Data(fmt::format("{}, byte {}: {}", path_, offset_, reason.message()));
}

Status MessageFileReader::Cut() const {
  if (std::ferror(file_.get()) != 0) {
    return Status::Unavailable(fmt::format("cannot read {}: {}", path_, std::strerror(errno)));
  }
  return Status::Data(
      fmt::format("{}, byte {}: the file ends inside a message; get the whole file, or "
                  "use the messages before",
                  path_, offset_));
}

}  // namespace marquee
