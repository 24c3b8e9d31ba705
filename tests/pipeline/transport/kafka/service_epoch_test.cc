#include "pipeline/transport/kafka/service_epoch.h"

#include <gtest/gtest.h>
#include <xxhash.h>

#include <cstdint>
#include <string>

#include "schemas/message.h"
#include "schemas/raw_batch.h"

namespace marquee {
namespace {

std::span<const std::byte> Bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(InputBatchTest, PutsEachMessageOnABorder) {
  InputBatch batch;
  for (std::size_t size : {1, 63, 64, 65, 0, 7}) {
    ASSERT_TRUE(batch.Add(Bytes(std::string(size, 'x')), 1, static_cast<std::int64_t>(size), 5));
  }
  ASSERT_EQ(batch.size(), 6U);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch[i].bytes.data()) % kMessageAlignment, 0U);
    EXPECT_EQ(static_cast<std::int64_t>(batch[i].bytes.size()), batch[i].offset);
  }
}

TEST(InputBatchTest, RefusesWhatDoesNotFitAndTakesItWhenEmpty) {
  InputBatch batch;
  const std::string message(kMaxMessageBytes, 'x');
  std::size_t added = 0;
  while (batch.Add(Bytes(message), 0, 0, 0)) ++added;
  EXPECT_GE(added, 2U);
  batch.Clear();
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.Add(Bytes(message), 0, 0, 0));
}

TEST(InputBatchTest, KeepsTheHeadOfAMessageThatIsTooLong) {
  InputBatch batch;
  std::string message(20 << 20, 'x');
  message[0] = 'y';
  ASSERT_TRUE(batch.Add(Bytes(message), 0, 0, 0));
  EXPECT_EQ(Text(batch[0].bytes), message.substr(0, kMaxOriginalBytes));
  EXPECT_EQ(batch[0].message_bytes, message.size());
  EXPECT_EQ(batch[0].message_xxh3, XXH3_64bits(message.data(), message.size()));
}

/// Sends each message back; fails at the one that says so.
class Echo final : public ServiceStage {
 public:
  Status Process(const ServiceInput& input, std::size_t, OutputGroup& output) override {
    if (Text(input.bytes) == "fail") return Status::Config("failed as told");
    output.Add(Topic::kResults, input.partition, input.bytes);
    return {};
  }
};

class ServiceEpochTest : public testing::TestWithParam<std::string> {
 protected:
  Status Run() {
    const auto runner = *MakeRunner(GetParam(), 2);
    ServiceEpoch epoch(stage_, outbox_, runner->num_slots());
    epoch.Start(batch_, 42);
    return runner->Run(epoch);
  }

  Waker waker_;
  Outbox outbox_{waker_, 64 << 20};
  Echo stage_;
  InputBatch batch_;
};

TEST_P(ServiceEpochTest, OutputsComeInTheOrderOfTheInputs) {
  for (int i = 0; i < 5000; ++i) {
    ASSERT_TRUE(batch_.Add(Bytes(std::to_string(i) + std::string(100, ' ')), i % 3, i, 0));
  }
  ASSERT_TRUE(Run().ok());
  int next = 0;
  std::size_t groups = 0;
  while (const auto group = outbox_.Pop()) {
    ++groups;
    EXPECT_EQ(group->tag, 42U);
    for (std::size_t i = 0; i < group->size(); ++i, ++next) {
      EXPECT_EQ(std::stoi(Text(group->message(i))), next);
      EXPECT_EQ(group->entry(i).partition, next % 3);
    }
  }
  EXPECT_EQ(next, 5000);
  EXPECT_GT(groups, 1U);    // the work was shared
  EXPECT_LT(groups, 100U);  // but small messages went together
}

TEST_P(ServiceEpochTest, AFailureIsToldAndNothingOfItsMessagesComesOut) {
  ASSERT_TRUE(batch_.Add(Bytes("fail"), 0, 0, 0));
  const Status status = Run();
  EXPECT_EQ(status.code(), StatusCode::kConfig);
  EXPECT_EQ(outbox_.Pop(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Serial, ServiceEpochTest, testing::Values("serial"));
INSTANTIATE_TEST_SUITE_P(Tbb, ServiceEpochTest, testing::Values("tbb"));

}  // namespace
}  // namespace marquee
