// viewer/data/recent_rows.h — the latest rows, taken at a cost that does not grow with their number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "schemas/result_batch.h"
#include "schemas/snapshot_generated.h"

namespace marquee::viewer {

/// Where and when a batch of results arrived.
struct Arrival {
  std::int64_t time_ns = 0;  ///< Unix time
  std::int32_t partition = -1;
  std::int64_t offset = -1;
  std::size_t bytes = 0;
};

/// Keeps the last kMaxRows rows, oldest first, in the snapshot that shows them.
///
/// Of what comes between two snapshots nobody sees more than the last rows. So a batch's rows are
/// taken as it comes only while few have been taken since the last snapshot; what comes then is
/// taken from the batch that is the last one when the next snapshot is made.
/// Threads: one at a time. Cost: at most 2 * kMaxRows rows are taken for a snapshot.
class RecentRows {
 public:
  explicit RecentRows(std::vector<std::unique_ptr<wire::RowT>>& rows) : rows_(rows) {}

  /// Note a batch that has come.
  void Add(const ResultBatchView& batch, const Arrival& arrival);
  /// A snapshot is about to be made: take what was left of `last`, which Add had last; null if it
  /// does not lie there any more.
  void Finish(const ResultBatchView* last, const Arrival& arrival);
  void Clear();

 private:
  void Take(const ResultBatchView& batch, const Arrival& arrival);

  std::vector<std::unique_ptr<wire::RowT>>& rows_;
  std::uint64_t number_ = 0;
  std::size_t taken_ = 0;      // since the last snapshot
  bool last_is_left_ = false;  // the last batch was not taken
};

}  // namespace marquee::viewer
