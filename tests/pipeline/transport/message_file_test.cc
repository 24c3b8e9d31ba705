#include "pipeline/transport/file/message_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::ReadFile;
using testing_support::TempDir;

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string Text(const Message& message) {
  return {reinterpret_cast<const char*>(message.bytes().data()), message.bytes().size()};
}

std::string WriteExample(const TempDir& dir) {
  const std::string path = dir.File("messages.marquee");
  auto writer = MessageFileWriter::Create(path);
  EXPECT_TRUE(writer);
  for (const std::string& text : {std::string("one"), std::string(), std::string(1000, 'x')}) {
    EXPECT_TRUE(writer->Write(Bytes(text)).ok());
  }
  EXPECT_TRUE(writer->Close().ok());
  return path;
}

TEST(MessageFileTest, MessagesComeBackInOrder) {
  const TempDir dir;
  auto reader = MessageFileReader::Open(WriteExample(dir));
  ASSERT_TRUE(reader);
  Message message;
  for (const std::string& text : {std::string("one"), std::string(), std::string(1000, 'x')}) {
    const auto more = reader->Next(message);
    ASSERT_TRUE(more && *more);
    EXPECT_EQ(Text(message), text);
  }
  const auto more = reader->Next(message);
  ASSERT_TRUE(more);
  EXPECT_FALSE(*more);
}

TEST(MessageFileTest, ACutFileGivesTheMessagesBeforeTheCut) {
  const TempDir dir;
  const std::string content = ReadFile(WriteExample(dir));
  ASSERT_EQ(content.size() % 64, 0U);
  for (const std::size_t length : {content.size() - 1, content.size() - 700, std::size_t{200}}) {
    auto reader = MessageFileReader::Open(dir.Write("cut.marquee", content.substr(0, length)));
    Message message;
    ASSERT_TRUE(*reader->Next(message));
    EXPECT_EQ(Text(message), "one");
    auto more = reader->Next(message);
    while (more && *more) more = reader->Next(message);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code(), StatusCode::kData);
    EXPECT_THAT(std::string(more.error().message()), HasSubstr("ends inside a message"));
  }
}

TEST(MessageFileTest, DamageAndOtherFilesAreNamed) {
  const TempDir dir;
  std::string content = ReadFile(WriteExample(dir));
  content[64] ^= 1;
  Message message;
  auto damaged = MessageFileReader::Open(dir.Write("damaged.marquee", content));
  auto more = damaged->Next(message);
  ASSERT_FALSE(more);
  EXPECT_THAT(std::string(more.error().message()), HasSubstr("damaged.marquee, byte 0: checksum"));

  auto csv = MessageFileReader::Open(dir.Write("movies.csv", std::string(500, 'a')));
  more = csv->Next(message);
  ASSERT_FALSE(more);
  EXPECT_THAT(std::string(more.error().message()), HasSubstr("not a Marquee file"));
  EXPECT_FALSE(MessageFileReader::Open(dir.File("none")));
}

TEST(OutputFileTest, AFullDiskIsAnError) {
  auto file = OutputFile::Create("/dev/full");
  ASSERT_TRUE(file);
  Status status = file->Write(std::string_view("some bytes"));
  if (status.ok()) status = file->Close();
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/dev/full: No space left"));
  EXPECT_FALSE(OutputFile::Create("/nonexistent/file"));
}

}  // namespace
}  // namespace marquee
