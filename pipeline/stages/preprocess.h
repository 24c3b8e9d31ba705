// pipeline/stages/preprocess.h — RawBatch to FeatureBatch: nothing fitted, so it needs no model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/rejects.h"
#include "pipeline/core/stage.h"
#include "pipeline/stages/feature_kinds.h"
#include "pipeline/stages/feature_spec.h"
#include "schemas/feature_batch.h"
#include "schemas/raw_batch.h"

namespace marquee {

/// What was wrong with the optional fields of a column.
struct ColumnProblems {
  std::string column;
  ProblemCounts counts{};
};

/// How many rows' features fit into a message, if their titles and lists are short: of a wide table
/// fewer than a batch may have.
std::size_t MostRowsOf(const FeatureSpec& spec);

/// Applies a feature spec, a column at a time over the rows of a batch.
///
/// Rows with a NUL byte, invalid UTF-8 or no usable id are rejected; an unusable optional field is
/// absent and counted. In a table without the target's column, or that of labels, no row is labelled.
/// Errors: kData if the batch lacks another column of the spec. Threads: const; each worker has its own
/// Scratch.
class PreprocessStage {
 public:
  static constexpr wire::StageId kId = wire::StageId::Preprocess;
  using Input = RawBatchView;

  /// What a worker reuses from batch to batch.
  class Scratch {
   public:
    explicit Scratch(const PreprocessStage& stage);
    Arrival arrival;  ///< of the next input
    /// What was wrong with optional fields of the last batch: one entry a column of the spec.
    const std::vector<ColumnProblems>& problems() const noexcept { return problems_; }

   private:
    friend class PreprocessStage;
    std::vector<ColumnProblems> problems_;
    /// A column's fields of kept rows.
    struct KeptFields {
      std::vector<std::uint16_t> lengths;
      std::string bytes;
    };
    std::vector<std::uint8_t> kept_;         // by row; empty = all
    std::vector<std::uint16_t> no_lengths_;  // 0 for each row: a column that is not there
    std::vector<RawColumnView> columns_;     // by column of the spec: all rows
    std::vector<RawColumnView> fields_;      // the same of kept rows
    std::vector<KeptFields> kept_fields_;    // what fields_ refers to unless all rows are kept
    KindScratch kinds_;
    // Of kept rows:
    std::vector<std::uint16_t> ordinals_;
    std::vector<std::int64_t> ids_;
    std::vector<float> target_;
    std::vector<std::uint8_t> target_class_;
    std::vector<std::uint8_t> labelled_;
    // By list of the spec:
    std::vector<std::vector<std::uint16_t>> list_lengths_;
    std::vector<std::vector<std::uint32_t>> list_codes_;
    std::vector<ProblemCounts> list_problems_;
    std::vector<flatbuffers::Offset<wire::NumericColumn>> numeric_offsets_;
    std::vector<flatbuffers::Offset<wire::ListColumn>> list_offsets_;
  };

  /// Errors: kConfig: as of FeatureSpec::Check.
  static Result<PreprocessStage> Make(const FeatureSpec& spec);

  Status Process(const RawBatchView& input, Scratch& scratch, Message& output,
                 Rejects& rejects) const;

  const FeatureSpec& spec() const noexcept { return spec_; }

 private:
  struct NumericLine {
    NumericKind function;
    KindArguments arguments;
    std::size_t column;
    bool counts_problems;
    std::optional<std::size_t> list;  // whose lengths the values are
  };
  struct ListLine {
    ListKind function;
    double parameter;
    std::size_t column;
    bool counts_problems;
  };
  class Batch;

  explicit PreprocessStage(FeatureSpec spec) : spec_(std::move(spec)) {}
  /// Place in columns_; their number if the spec reads no such column.
  std::size_t ColumnIndex(const std::string& name) const;
  void IndexClasses();
  bool has_ids() const noexcept { return id_column_ < columns_.size(); }

  FeatureSpec spec_;
  std::uint64_t spec_hash_ = 0;
  std::vector<std::string> columns_;  // all that the spec reads
  std::vector<bool> must_have_;       // by column
  std::size_t id_column_ = 0;
  std::size_t title_column_ = 0;
  std::size_t target_column_ = 0;
  std::size_t label_column_ = 0;
  bool label_counts_problems_ = false;
  KindArguments target_values_;               // of a category
  std::vector<std::uint8_t> class_of_value_;  // by number of the value
  std::vector<NumericLine> numeric_;
  std::vector<ListLine> lists_;
};

static_assert(Stage<PreprocessStage>);

}  // namespace marquee
