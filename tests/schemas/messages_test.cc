// Verified views: what they read, what they refuse, and that old encodings stay readable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <random>

#include "pipeline/app/message_json.h"
#include "pipeline/transport/file/message_file.h"
#include "tests/support/example_messages.h"
#include "tests/support/seed.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace testing_support;

/// All kinds of message, written by this build.
std::vector<std::vector<std::byte>> Examples() {
  std::vector<std::vector<std::byte>> examples;
  Message message;
  for (void (*write)(Message&) :
       {WriteExampleRawBatch, WriteExampleFeatureBatch, WriteExampleResultBatch}) {
    write(message);
    examples.emplace_back(message.bytes().begin(), message.bytes().end());
  }
  examples.push_back(ExampleDeadLetter());
  WriteExampleStatus(message);
  examples.emplace_back(message.bytes().begin(), message.bytes().end());
  return examples;
}

TEST(RawBatchViewTest, ReadsWhatWasWritten) {
  Message message;
  WriteExampleRawBatch(message);
  Message received;
  Receive(message.bytes(), received);
  const auto view = RawBatchView::Verify(received.bytes());
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->num_rows(), 3U);
  ASSERT_EQ(view->num_columns(), 3U);
  EXPECT_EQ(view->column(1).name, "title");
  EXPECT_THAT(view->column(0).lengths, ElementsAre(3, 0, 2));
  EXPECT_EQ(view->column(1).bytes, "Toy \"Story\"日本");
  EXPECT_EQ(view->ordinal(2), 2);
  EXPECT_EQ(view->FindColumn("overview"), 2U);
  EXPECT_EQ(view->FindColumn("none"), std::nullopt);
  const BatchInfo info = view->info();
  EXPECT_EQ(info.run.ToString(), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(info.sequence, 7U);
  EXPECT_EQ(info.num_rejects(), 1U);
  ASSERT_EQ(info.num_hops, 1U);
  EXPECT_EQ(info.hops[0].finished_ns(), 3'000);
  ASSERT_TRUE(info.totals.has_value());
  EXPECT_EQ(info.totals->records, 3590U);
}

TEST(FeatureBatchViewTest, ReadsWhatWasWritten) {
  Message message;
  WriteExampleFeatureBatch(message);
  const FeatureBatchView view = FeatureBatchView::Own(message);
  EXPECT_EQ(view.feature_spec(), 0x1122334455667788U);
  EXPECT_THAT(view.rows().ids, ElementsAre(862, 8844, -1));
  EXPECT_EQ(view.rows().titles, "One日本");
  EXPECT_THAT(view.numeric(0), ElementsAre(1.5F, 2.0F, -3.25F));
  EXPECT_TRUE(std::isnan(view.numeric(1)[0]));
  EXPECT_THAT(view.list_lengths(0), ElementsAre(2, 0, 1));
  EXPECT_THAT(view.list_codes(0), ElementsAre(11, 4'000'000'000, 33));
}

TEST(ResultBatchViewTest, ReadsWhatWasWritten) {
  Message message;
  WriteExampleResultBatch(message);
  const ResultBatchView view = ResultBatchView::Own(message);
  EXPECT_THAT(view.predicted_class(), ElementsAre(2, 1, 1));
  EXPECT_THAT(view.probability(1), ElementsAre(0.25F, 0.5F, 0.5F));
  EXPECT_THAT(view.seen(), ElementsAre(1, 0, 0));
  EXPECT_EQ(view.encoder_ns(), 200U);
}

TEST(MessageTest, ColumnsOfLargeBatchesBeginOnACacheLine) {
  Message message;
  const Rows rows(kAlignedColumnRows, {"1", "a title", ""});
  WriteRawBatch({"id", "title", "x"}, rows, message, ExampleInfo(rows.size()));
  const RawBatchView view = RawBatchView::Own(message);
  for (std::size_t c = 0; c < 2; ++c) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.column(c).lengths.data()) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.column(c).bytes.data()) % 64, 0U);
  }
}

TEST(MessageTest, SmallBatchesAreNotPadded) {
  Message message;
  WriteRawBatch({"id", "title", "overview"}, {{"1", "a", "b"}}, message, ExampleInfo(1));
  EXPECT_LT(message.bytes().size(), 420U);
}

TEST(MessageTest, RefusesAMessageAtAnOddAddressOrTooLong) {
  Message message;
  WriteExampleRawBatch(message);
  AlignedBuffer buffer(message.bytes().size() + 1);
  std::copy(message.bytes().begin(), message.bytes().end(), buffer.data() + 1);
  const auto odd = RawBatchView::Verify({buffer.data() + 1, message.bytes().size()});
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.error().message(), HasSubstr("64-byte border"));
  EXPECT_FALSE(message.Receive(kMaxMessageBytes + 1));
}

// --- refusals behind the structure check ---------------------------------------------------------

/// A feature batch with one thing wrong.
Status VerifyFeatureBatch(const std::function<void(wire::FeatureBatch&)>& spoil) {
  Message message;
  WriteExampleFeatureBatch(message);
  Message received;
  Receive(message.bytes(), received);
  spoil(*flatbuffers::GetMutableRoot<wire::FeatureBatch>(
      const_cast<std::byte*>(received.bytes().data())));
  auto view = FeatureBatchView::Verify(received.bytes());
  return view ? Status() : std::move(view).error();
}

template <class T>
T* Mutable(const flatbuffers::Vector<T>* vector) {
  return const_cast<T*>(reinterpret_cast<const T*>(vector->Data()));
}

TEST(FeatureBatchViewTest, RefusesEveryLengthAndCodeThatCodeReliesOn) {
  const auto refused = [](const char* what, const std::function<void(wire::FeatureBatch&)>& spoil) {
    const Status status = VerifyFeatureBatch(spoil);
    EXPECT_FALSE(status.ok()) << what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  EXPECT_TRUE(VerifyFeatureBatch([](wire::FeatureBatch&) {}).ok());
  refused("titles", [](auto& b) { Mutable(b.title_lengths())[0] = 99; });
  refused("list feature 0", [](auto& b) { Mutable(b.lists()->Get(0)->lengths())[1] = 1; });
  refused("ordinal", [](auto& b) { Mutable(b.ordinals())[1] = 0; });
  refused("ordinal", [](auto& b) { Mutable(b.ordinals())[2] = 4; });
  refused("labelled", [](auto& b) { Mutable(b.labelled())[1] = 1; });
  refused("labelled", [](auto& b) { Mutable(b.labelled())[0] = 2; });
  refused("infinite",
          [](auto& b) { Mutable(b.target())[0] = std::numeric_limits<float>::infinity(); });
}

Status VerifyResultBatch(const std::function<void(wire::ResultBatch&)>& spoil) {
  Message message;
  WriteExampleResultBatch(message);
  Message received;
  Receive(message.bytes(), received);
  spoil(*flatbuffers::GetMutableRoot<wire::ResultBatch>(
      const_cast<std::byte*>(received.bytes().data())));
  auto view = ResultBatchView::Verify(received.bytes());
  return view ? Status() : std::move(view).error();
}

TEST(ResultBatchViewTest, RefusesClassesAndNumbersOutOfRange) {
  const auto refused = [](const char* what, const std::function<void(wire::ResultBatch&)>& spoil) {
    const Status status = VerifyResultBatch(spoil);
    EXPECT_FALSE(status.ok()) << what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  EXPECT_TRUE(VerifyResultBatch([](wire::ResultBatch&) {}).ok());
  refused("a class is out of range", [](auto& b) { Mutable(b.predicted_class())[0] = 3; });
  refused("a class is out of range", [](auto& b) { Mutable(b.target_class())[0] = 3; });
  refused("a class is out of range", [](auto& b) { Mutable(b.seen())[0] = 2; });
  refused("not finite", [](auto& b) { Mutable(b.score())[1] = std::nanf(""); });
  refused("probability", [](auto& b) { Mutable(b.probabilities())[4] = 1.5F; });
  for (const std::int64_t absurd : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
    refused("a hop's times are before 1970 or after 2116", [absurd](auto& b) {
      const_cast<wire::Hop&>(*b.info()->hops()->Get(0)) = wire::Hop(1, 2, absurd, 2);
    });
  }
}

/// What a challenger says of the example's rows.
struct ChallengerParts {
  std::vector<std::uint8_t> classes = {0, 1, 2};
  std::vector<float> scores = {5, 6, 7};
  std::vector<float> probabilities = std::vector<float>(9, 0.25F);
  std::vector<std::uint8_t> seen = {0, 0, 1};
};

Status VerifyChallenger(const std::function<void(ChallengerParts&)>& spoil) {
  ChallengerParts parts;
  spoil(parts);
  Message message;
  auto& builder = message.Begin();
  const RowColumnOffsets o = CopyRowColumns(ExampleRows(), 3, message);
  const auto ones = builder.CreateVector(std::vector<std::uint8_t>(3, 1));
  const auto sixes = builder.CreateVector(std::vector<float>(3, 6.0F));
  const auto quarters = builder.CreateVector(std::vector<float>(9, 0.25F));
  const auto classes = builder.CreateVector(parts.classes);
  const auto scores = builder.CreateVector(parts.scores);
  const auto probabilities = builder.CreateVector(parts.probabilities);
  const auto seen = builder.CreateVector(parts.seen);
  const auto info = WriteBatchInfo(builder, ExampleInfo(3));
  EXPECT_TRUE(message
                  .Finish(wire::CreateResultBatch(
                              builder, info, 1, 3, 3, o.ordinals, o.ids, o.title_lengths,
                              o.title_bytes, o.target, o.target_class, o.labelled, ones, sixes,
                              quarters, ones, 1, 1, 1, 5, classes, scores, probabilities, seen, 1),
                          wire::ResultBatchIdentifier())
                  .ok());
  Message received;
  Receive(message.bytes(), received);
  auto view = ResultBatchView::Verify(received.bytes());
  if (!view) return std::move(view).error();
  EXPECT_EQ(view->challenger()->model_id, 5U);
  EXPECT_THAT(view->challenger()->predicted_class, ElementsAre(0, 1, 2));
  return {};
}

TEST(ResultBatchViewTest, RefusesAChallengersColumnsThatCodeCannotRelyOn) {
  const auto refused = [](const char* what, const std::function<void(ChallengerParts&)>& spoil) {
    const Status status = VerifyChallenger(spoil);
    EXPECT_FALSE(status.ok()) << what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  EXPECT_TRUE(VerifyChallenger([](ChallengerParts&) {}).ok());
  refused("do not hold 3 rows", [](auto& parts) { parts.classes.pop_back(); });
  refused("do not hold 3 rows", [](auto& parts) { parts.scores.pop_back(); });
  refused("do not hold 3 rows", [](auto& parts) { parts.probabilities.pop_back(); });
  refused("do not hold 3 rows", [](auto& parts) { parts.seen.push_back(0); });
  refused("out of range", [](auto& parts) { parts.classes[1] = 3; });
  refused("out of range", [](auto& parts) { parts.seen[0] = 2; });
  refused("out of range", [](auto& parts) { parts.scores[2] = std::nanf(""); });
  refused("a probability of the challenger", [](auto& parts) { parts.probabilities[4] = -1; });
}

TEST(RawBatchViewTest, RefusesColumnsThatDoNotAddUp) {
  Message message;
  WriteExampleRawBatch(message);
  Message received;
  Receive(message.bytes(), received);
  const auto* batch = wire::GetRawBatch(received.bytes().data());
  Mutable(batch->columns()->Get(1)->lengths())[0] += 1;
  const auto view = RawBatchView::Verify(received.bytes());
  ASSERT_FALSE(view);
  EXPECT_THAT(view.error().message(), HasSubstr("column 'title'"));
}

// --- damage --------------------------------------------------------------------------------------

/// Reading all of a message that was not refused must be harmless; under AddressSanitizer this
/// proves it.
void ReadAllIfAccepted(std::span<const std::byte> bytes) {
  Message message;
  Receive(bytes, message);
  const auto json = MessageJson(message.bytes());
  if (json) {
    EXPECT_FALSE(JsonText(*json).empty());
  }
}

TEST(MessageTest, DamagedMessagesAreRefusedOrHarmless) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (const auto& example : Examples()) {
    for (std::size_t length = 0; length < example.size(); length += 3) {
      ReadAllIfAccepted(std::span(example).first(length));
    }
    // Every single bit, so that what one bit can do does not wait for a lucky seed.
    auto flipped = example;
    for (std::size_t bit = 0; bit < example.size() * 8; ++bit) {
      flipped[bit / 8] ^= std::byte(1U << bit % 8);
      ReadAllIfAccepted(flipped);
      flipped[bit / 8] = example[bit / 8];
    }
    for (int round = 0; round < 1000; ++round) {
      auto damaged = example;
      const int flips = 1 + static_cast<int>(random() % 3);
      for (int flip = 0; flip < flips; ++flip) {
        damaged[random() % damaged.size()] ^= std::byte(1U << random() % 8);
      }
      ReadAllIfAccepted(damaged);
    }
    for (int round = 0; round < 200; ++round) {
      std::vector<std::byte> noise(random() % 4096);
      for (std::byte& byte : noise) byte = std::byte(random());
      ReadAllIfAccepted(noise);
    }
  }
}

TEST(MessageJsonTest, ShowsAStatusWithItsNames) {
  Message message;
  WriteExampleStatus(message);
  Message received;
  Receive(message.bytes(), received);
  const auto json = MessageJson(received.bytes());
  ASSERT_TRUE(json) << json.error().message();
  EXPECT_EQ((*json)["type"], "Status");
  EXPECT_EQ((*json)["state"], "waiting_for_brokers");
  EXPECT_EQ((*json)["ready"], false);
  EXPECT_EQ((*json)["dead_letters"]["invalid_utf8"], 6'000'000'000);
  EXPECT_EQ((*json)["dead_letters"].size(), 2U);
  EXPECT_EQ((*json)["lags"][0]["lag"], 40);
  EXPECT_EQ((*json)["lags"][1]["lag"], nullptr) << "unknown";
  EXPECT_EQ((*json)["events"][1]["text"], "broker 1 went away");
}

// --- golden encodings ----------------------------------------------------------------------------

// schemas/golden/ holds what released versions wrote. MARQUEE_UPDATE_GOLDEN=1 writes the files of
// the present version: only before its release, for released files never change.
constexpr const char* kGoldenVersion = "v0.1";
constexpr const char* kGoldenNames[] = {"raw_batch", "feature_batch", "result_batch", "dead_letter",
                                        "status"};

std::string GoldenPath(const char* name) {
  return std::string(MARQUEE_SOURCE_DIR "/schemas/golden/") + kGoldenVersion + "/" + name +
         ".marquee";
}

TEST(GoldenTest, ReleasedEncodingsAreStillRead) {
  const auto examples = Examples();
  if (std::getenv("MARQUEE_UPDATE_GOLDEN") != nullptr) {
    for (std::size_t i = 0; i < examples.size(); ++i) {
      std::filesystem::create_directories(std::filesystem::path(GoldenPath("")).parent_path());
      auto file = MessageFileWriter::Create(GoldenPath(kGoldenNames[i]));
      ASSERT_TRUE(file) << file.error().message();
      ASSERT_TRUE(file->Write(examples[i]).ok());
      ASSERT_TRUE(file->Close().ok());
    }
    GTEST_SKIP() << "wrote schemas/golden/" << kGoldenVersion << "; run again to read it";
  }
  for (std::size_t i = 0; i < examples.size(); ++i) {
    auto file = MessageFileReader::Open(GoldenPath(kGoldenNames[i]));
    ASSERT_TRUE(file) << file.error().message();
    Message golden;
    const auto more = file->Next(golden);
    ASSERT_TRUE(more && *more) << more.error().message();
    Message present;
    Receive(examples[i], present);
    const auto golden_json = MessageJson(golden.bytes());
    ASSERT_TRUE(golden_json) << golden_json.error().message();
    EXPECT_EQ(JsonText(*golden_json), JsonText(*MessageJson(present.bytes()))) << kGoldenNames[i];
  }
}

}  // namespace
}  // namespace marquee
