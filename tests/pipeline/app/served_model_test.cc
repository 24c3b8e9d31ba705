#include "pipeline/app/served_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "model/builtin.h"
#include "schemas/frame.h"
#include "tests/support/other_model.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::OtherModelFile;
using testing_support::TempDir;

class ServedModelTest : public testing::Test {
 protected:
  void SetUp() override {
    Replace(Builtin());
    auto served = ServedModel::Open({.model = path_, .challenger = {}, .engine = {}});
    ASSERT_TRUE(served) << served.error().message();
    served_ = *std::move(served);
    first_ = served_->Current()->stage.model().id();
  }

  static std::string_view Builtin() {
    const auto bytes = model::BuiltinModelBytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  /// As one does it: the new file takes the old one's name in one step.
  void Replace(std::string_view content) {
    std::filesystem::rename(folder_.Write("new", content), path_);
  }

  /// What it says once it has looked at the changed file.
  std::string Refresh() {
    for (int i = 0; i < 3'000; ++i) {
      if (auto news = served_->Refresh()) return *news;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return "nothing in 30 s";
  }

  TempDir folder_;
  std::string path_ = folder_.File("a.model");
  std::unique_ptr<ServedModel> served_;
  std::uint64_t first_ = 0;
};

TEST_F(ServedModelTest, TakesAFileThatHasChanged) {
  const auto in_use = served_->Current();
  EXPECT_EQ(served_->Refresh(), std::nullopt);
  Replace(OtherModelFile());
  EXPECT_THAT(Refresh(), HasSubstr("it was movies"));
  EXPECT_NE(served_->Current()->stage.model().id(), first_);
  EXPECT_EQ(in_use->stage.model().id(), first_) << "who works with the old one keeps it";
}

TEST_F(ServedModelTest, KeepsTheOldOneWhereTheNewOneIsOfNoUse) {
  std::string damaged(Builtin());
  damaged[damaged.size() / 2] ^= 1;
  const std::pair<std::string, std::string> cases[] = {
      {std::string(Builtin().substr(0, 1000)), "1000"},  // as a copy that has not ended
      {damaged, "checksum"},
      {"", "a.model"},
      {OtherModelFile(testing_support::OtherModel::kGoldenRowsDiffer), "golden.scores"},
  };
  for (const auto& [content, why] : cases) {
    Replace(content);
    const std::string said = Refresh();
    EXPECT_THAT(said, HasSubstr("is not used"));
    EXPECT_THAT(said, HasSubstr(why));
    EXPECT_EQ(served_->Current()->stage.model().id(), first_);
  }
  std::filesystem::remove(path_);
  EXPECT_THAT(Refresh(), HasSubstr("is not used"));
  Replace(OtherModelFile());
  EXPECT_THAT(Refresh(), HasSubstr("it was movies"));
}

TEST_F(ServedModelTest, AFileThatWasOnlyTouchedIsNoNews) {
  Replace(Builtin());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(served_->Refresh(), std::nullopt);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST_F(ServedModelTest, AChallengerIsLoadedAndReplacedToo) {
  const std::string challenger = folder_.Write("b.model", OtherModelFile());
  auto served = ServedModel::Open({.model = path_, .challenger = challenger, .engine = {}});
  ASSERT_TRUE(served) << served.error().message();
  served_ = *std::move(served);
  ASSERT_NE(served_->Current()->stage.challenger(), nullptr);
  EXPECT_NE(served_->Current()->stage.challenger()->id(), first_);
  std::filesystem::copy_file(path_, challenger, std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(Refresh(), HasSubstr("challenger movies"));
  EXPECT_EQ(served_->Current()->stage.challenger()->id(), first_);
}

TEST(ServedModelOpenTest, NamesTheFileThatIsNotThere) {
  const auto served = ServedModel::Open({.model = {}, .challenger = "none.model", .engine = {}});
  ASSERT_FALSE(served);
  EXPECT_THAT(std::string(served.error().message()), HasSubstr("none.model"));
}

}  // namespace
}  // namespace marquee
