#include "pipeline/stages/drift_monitor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <span>
#include <string>

#include "model/builtin.h"
#include "tests/support/feature_messages.h"

namespace marquee {
namespace {

using testing_support::kNothingMoved;
using testing_support::WriteFeatureBatch;

class DriftMonitorTest : public testing::Test {
 protected:
  void SetUp() override {
    auto model = model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
    ASSERT_TRUE(model) << model.error().message();
    model_ = *std::move(model);
  }

  /// Look at so many batches of 512 rows.
  void Watch(DriftMonitor& monitor, std::size_t batches, std::size_t moved = kNothingMoved) {
    Message message;
    for (std::size_t i = 0; i < batches; ++i) {
      WriteFeatureBatch(*model_, 512, random_, message, moved);
      monitor.Add(FeatureBatchView::Own(message), i % 2);
    }
  }

  std::shared_ptr<const model::Model> model_;
  std::mt19937_64 random_{3};
};

TEST_F(DriftMonitorTest, SaysNothingOfFewRows) {
  DriftMonitor monitor(*model_, 2);
  EXPECT_EQ(monitor.Read().rows, 0U);
  Watch(monitor, 15);
  EXPECT_EQ(monitor.Read().rows, 15 * DriftMonitor::kRowsPerBatch);
  EXPECT_TRUE(monitor.Read().features.empty());
  Watch(monitor, 1);
  EXPECT_EQ(monitor.Read().features.size(), model_->num_numeric());
}

TEST_F(DriftMonitorTest, RowsAsInTrainingHaveNoDrift) {
  DriftMonitor monitor(*model_, 2);
  Watch(monitor, 400);
  for (const FeatureDrift& drift : monitor.Read().features) {
    EXPECT_LT(drift.psi, 0.02) << drift.feature;
  }
}

TEST_F(DriftMonitorTest, AFeatureThatMovesRaisesItsOwnIndexAndNoOther) {
  for (std::size_t moved = 0; moved < model_->num_numeric(); ++moved) {
    const auto quantiles = model_->numeric_profiles()[moved].quantiles;
    // Of a flag, the upper half may be all the same as the lower.
    if (quantiles[quantiles.size() / 2] == quantiles.back()) continue;
    DriftMonitor monitor(*model_, 2);
    Watch(monitor, 200, moved);
    const auto features = monitor.Read().features;
    for (std::size_t i = 0; i < features.size(); ++i) {
      if (i == moved) {
        EXPECT_GT(features[i].psi, 0.15) << features[i].feature;
      } else {
        EXPECT_LT(features[i].psi, 0.03)
            << features[i].feature << " beside " << features[moved].feature;
      }
    }
  }
}

TEST_F(DriftMonitorTest, TheEndOfABatchCountsAsItsBeginning) {
  const float greatest = model_->numeric_profiles()[0].quantiles.back();
  for (const std::uint32_t rows : {64U, 65U, 100U, 127U, 191U, 512U}) {
    DriftMonitor monitor(*model_, 1);
    Message message;
    for (std::size_t i = 0; i < 200; ++i) {
      WriteFeatureBatch(*model_, rows, random_, message);
      const auto batch = FeatureBatchView::Own(message);
      const std::span<const float> last_third = batch.numeric(0).subspan(rows - rows / 3);
      std::fill_n(const_cast<float*>(last_third.data()), last_third.size(), greatest);
      monitor.Add(batch, 0);
    }
    EXPECT_GT(monitor.Read().features[0].psi, 0.25) << rows << " rows";
  }
}

TEST_F(DriftMonitorTest, OldRowsAreForgotten) {
  DriftMonitor monitor(*model_, 2);
  Watch(monitor, 200, 0);
  const double before = monitor.Read().features[0].psi;
  // Both workers' windows twice over.
  const std::size_t batches = 2 * 2 * 2 * DriftMonitor::kWindowRows / DriftMonitor::kRowsPerBatch;
  Watch(monitor, batches);
  EXPECT_GT(before, 0.25);
  EXPECT_LT(monitor.Read().features[0].psi, 0.02);
  EXPECT_LE(monitor.Read().rows, 2 * 2 * DriftMonitor::kWindowRows);
}

}  // namespace
}  // namespace marquee
