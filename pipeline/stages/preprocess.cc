#include "pipeline/stages/preprocess.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "kernels/items.h"
#include "pipeline/core/clock.h"
#include "pipeline/stages/text_flaw.h"
#include "schemas/check.h"
#include "schemas/feature_batch.h"

namespace marquee {
namespace {

constexpr auto kListTooLong = static_cast<std::size_t>(FieldProblem::kListTooLong);

/// The whole of a trimmed field as an integer; `readable` as for ParseShortNumber.
std::optional<std::int64_t> ParseId(std::string_view text, std::size_t readable) {
  if (const auto number = ParseShortNumber(text, readable)) return *number;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

bool IsContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

/// Whether no field of the column holds a NUL byte or invalid UTF-8. The column is checked as one
/// text, which is enough if no field begins inside a character.
bool AllFieldsAreText(const RawColumnView& column) {
  const kernels::ByteKinds kinds = kernels::FindByteKinds(column.bytes);
  if (kinds.nul) return false;
  if (!kinds.above_ascii) return true;
  if (TextFlaw(column.bytes) != wire::RejectReason::None) return false;
  std::size_t offset = 0;
  for (const std::uint16_t length : column.lengths) {
    if (length > 0 && IsContinuationByte(column.bytes[offset])) return false;
    offset += length;
  }
  return true;
}

/// Room for what is in a FeatureBatch beside its columns' elements: its info, tables, vector
/// lengths and alignment.
std::size_t FixedBytes(const FeatureSpec& spec) {
  const std::size_t num_columns = 8 + spec.numeric.size() + 2 * spec.lists.size();
  return kMaxBatchInfoBytes + num_columns * (3 * kMessageAlignment);
}

/// What a row takes without its title and the items of its lists.
std::size_t RowBytes(const FeatureSpec& spec) {
  return sizeof(std::int64_t) + 2 * sizeof(std::uint16_t) + sizeof(float) + 2 +
         spec.numeric.size() * sizeof(float) + spec.lists.size() * sizeof(std::uint16_t);
}

}  // namespace

std::size_t MostRowsOf(const FeatureSpec& spec) {
  constexpr std::size_t kShortTitle = 32;
  return (kMaxMessageBytes - FixedBytes(spec)) / (RowBytes(spec) + kShortTitle);
}

/// One call of Process.
class PreprocessStage::Batch {
 public:
  Batch(const PreprocessStage& stage, const RawBatchView& input, Scratch& scratch, Rejects& rejects)
      : stage_(stage), input_(input), scratch_(scratch), rejects_(rejects), info_(input.info()) {}

  Status Process(Message& output) {
    const std::int64_t started_ns = WallClockNs();
    MARQUEE_RETURN_IF_ERROR(FindColumns());
    scratch_.kept_.clear();
    for (ColumnProblems& column : scratch_.problems_) column.counts.fill(0);
    num_kept_ = input_.num_rows();
    RejectBytesThatAreNoText();
    TakeKeptRows();
    if (EncodedBytes() > kMaxMessageBytes) {
      RejectRowsThatDoNotFit();
      TakeKeptRows();
    }
    return Write(output, started_ns);
  }

 private:
  Status FindColumns() {
    scratch_.columns_.clear();
    scratch_.no_lengths_.assign(input_.num_rows(), 0);
    for (std::size_t i = 0; i < stage_.columns_.size(); ++i) {
      const std::string& name = stage_.columns_[i];
      const auto index = input_.FindColumn(name);
      if (!index && stage_.must_have_[i]) {
        return Status::Data(
            fmt::format("the input has no column '{}', which the feature spec needs", name));
      }
      scratch_.columns_.push_back(
          index ? input_.column(*index)
                : RawColumnView{.name = name, .lengths = scratch_.no_lengths_, .bytes = {}});
    }
    return CheckBytesPresent();
  }

  /// A column may carry lengths only if no feature reads its bytes.
  Status CheckBytesPresent() const {
    for (std::size_t i = 0; i < scratch_.columns_.size(); ++i) {
      const RawColumnView& column = scratch_.columns_[i];
      if (!column.has_bytes() && TotalLength(column.lengths) > 0 &&
          stage_.spec_.UseOf(column.name) == ColumnUse::kBytes) {
        return Status::Data(
            fmt::format("column '{}' carries lengths only, but the feature spec reads its text; "
                        "produce it whole",
                        column.name));
      }
    }
    return {};
  }

  void Reject(std::size_t row, wire::RejectReason reason, std::string_view column,
              std::string_view message) {
    if (scratch_.kept_.empty()) scratch_.kept_.assign(input_.num_rows(), 1);
    if (scratch_.kept_[row] == 0) return;  // rejected before, for another column
    scratch_.kept_[row] = 0;
    --num_kept_;
    ++info_.rejects[static_cast<std::size_t>(reason)];
    rejects_.AddRow(input_, row,
                    {.reason = reason,
                     .stage = kId,
                     .record = info_.first_record + input_.ordinal(row),
                     .column = column,
                     .message = message});
  }

  void RejectBytesThatAreNoText() {
    for (std::size_t index = 0; index < input_.num_columns(); ++index) {
      const RawColumnView column = input_.column(index);
      if (AllFieldsAreText(column)) continue;
      std::size_t offset = 0;
      for (std::size_t row = 0; row < input_.num_rows(); ++row) {
        const std::string_view field = column.bytes.substr(offset, column.lengths[row]);
        offset += column.lengths[row];
        const wire::RejectReason flaw = TextFlaw(field);
        if (flaw != wire::RejectReason::None) Reject(row, flaw, column.name, TextFlawMessage(flaw));
      }
    }
  }

  void TakeKeptRows() {
    ParseIds();
    SelectFields();
    scratch_.kinds_.BeginBatch();
    HashLists();
  }

  void ParseIds() {
    scratch_.ids_.clear();
    if (!stage_.has_ids()) return NumberRows();
    const RawColumnView& column = scratch_.columns_[stage_.id_column_];
    std::size_t end = 0;
    for (std::size_t row = 0; row < input_.num_rows(); ++row) {
      const std::size_t length = column.lengths[row];
      end += length;
      if (!scratch_.kept_.empty() && scratch_.kept_[row] == 0) continue;
      const std::string_view text = kernels::Trim(column.bytes.substr(end - length, length));
      if (const auto id = ParseId(text, column.bytes.data() + column.bytes.size() - text.data())) {
        scratch_.ids_.push_back(*id);
      } else if (text.empty()) {
        Reject(row, wire::RejectReason::IdAbsent, column.name, "the row has no id; give it one");
      } else {
        Reject(row, wire::RejectReason::IdNotANumber, column.name,
               fmt::format("'{}' is not a 64-bit integer; correct the id", text.substr(0, 64)));
      }
    }
  }

  void NumberRows() {
    for (std::size_t row = 0; row < input_.num_rows(); ++row) {
      if (!scratch_.kept_.empty() && scratch_.kept_[row] == 0) continue;
      scratch_.ids_.push_back(static_cast<std::int64_t>(info_.first_record + input_.ordinal(row)));
    }
  }

  /// The titles of these rows, empty ones if the table has none.
  RawColumnView Titles(const std::vector<RawColumnView>& columns, std::size_t num_rows) const {
    if (stage_.title_column_ < columns.size()) return columns[stage_.title_column_];
    return {.name = {}, .lengths = std::span(scratch_.no_lengths_).first(num_rows), .bytes = {}};
  }

  /// The fields that features are made of: the input's own where all rows are kept.
  void SelectFields() {
    scratch_.fields_ = scratch_.columns_;
    if (scratch_.kept_.empty()) return;
    for (std::size_t i = 0; i < scratch_.columns_.size(); ++i) {
      const RawColumnView& column = scratch_.columns_[i];
      Scratch::KeptFields& kept = scratch_.kept_fields_[i];
      kept.lengths.clear();
      kept.bytes.clear();
      std::size_t offset = 0;
      for (std::size_t row = 0; row < input_.num_rows(); ++row) {
        if (scratch_.kept_[row] != 0) {
          kept.lengths.push_back(column.lengths[row]);
          if (column.has_bytes()) kept.bytes.append(column.bytes, offset, column.lengths[row]);
        }
        offset += column.lengths[row];
      }
      scratch_.fields_[i].lengths = kept.lengths;
      if (column.has_bytes()) scratch_.fields_[i].bytes = kept.bytes;
    }
  }

  /// Problems are counted where a column is read first, and once.
  ProblemCounts& Problems(std::size_t column, bool counts) {
    return counts ? scratch_.problems_[column].counts : uncounted_;
  }

  void HashLists() {
    for (std::size_t i = 0; i < stage_.lists_.size(); ++i) {
      const ListLine& line = stage_.lists_[i];
      scratch_.list_lengths_[i].resize(num_kept_);
      scratch_.list_problems_[i] = {};
      line.function(scratch_.fields_[line.column], line.parameter, i, scratch_.kinds_,
                    scratch_.list_lengths_[i], scratch_.list_codes_[i], scratch_.list_problems_[i]);
    }
  }

  std::size_t EncodedBytes() const {
    std::size_t bytes = FixedBytes(stage_.spec_);
    bytes += num_kept_ * RowBytes(stage_.spec_) +
             Titles(scratch_.columns_, input_.num_rows()).bytes.size();
    for (const auto& codes : scratch_.list_codes_) bytes += codes.size() * sizeof(std::uint32_t);
    return bytes;
  }

  /// Keep the first rows that fit. Only a batch made to be so can get here: see kMaxBatchRows.
  void RejectRowsThatDoNotFit() {
    std::size_t bytes = FixedBytes(stage_.spec_);
    const RawColumnView title = Titles(scratch_.columns_, input_.num_rows());
    std::size_t kept_row = 0;
    for (std::size_t row = 0; row < input_.num_rows(); ++row) {
      if (!scratch_.kept_.empty() && scratch_.kept_[row] == 0) continue;
      bytes += RowBytes(stage_.spec_) + title.lengths[row];
      for (const auto& lengths : scratch_.list_lengths_) {
        bytes += lengths[kept_row] * sizeof(std::uint32_t);
      }
      ++kept_row;
      if (bytes > kMaxMessageBytes) {
        Reject(row, wire::RejectReason::FeaturesTooLarge, {},
               "the batch's features do not fit into a message; use a smaller --batch-rows");
      }
    }
  }

  /// Ordinals of the kept rows: the input's own where all rows are kept.
  std::span<const std::uint16_t> Ordinals() {
    if (scratch_.kept_.empty()) return input_.ordinals();
    scratch_.ordinals_.clear();
    for (std::size_t row = 0; row < input_.num_rows(); ++row) {
      if (scratch_.kept_[row] != 0) scratch_.ordinals_.push_back(input_.ordinal(row));
    }
    return scratch_.ordinals_;
  }

  void ApplyTargetRule() {
    scratch_.target_.resize(num_kept_);
    scratch_.target_class_.assign(num_kept_, kNoClass);
    if (stage_.spec_.target.is_category()) {
      ReadCategories();
    } else {
      ReadTargets();
    }
    ApplyLabelRule();
  }

  void ReadTargets() {
    const TargetRule& rule = stage_.spec_.target;
    const auto targets = scratch_.kinds_.Numbers(scratch_.fields_[stage_.target_column_], rule.min,
                                                 rule.max, Problems(stage_.target_column_, true));
    std::copy(targets.begin(), targets.end(), scratch_.target_.begin());
    for (std::size_t row = 0; row < num_kept_; ++row) {
      const float target = scratch_.target_[row];
      if (std::isnan(target)) continue;
      scratch_.target_class_[row] = static_cast<std::uint8_t>(
          std::count_if(rule.bounds.begin(), rule.bounds.end(),
                        [target](double bound) { return target >= static_cast<float>(bound); }));
    }
  }

  void ReadCategories() {
    FindNumericKind(kCategoryCode)(scratch_.fields_[stage_.target_column_], stage_.target_values_,
                                   scratch_.kinds_, scratch_.target_,
                                   Problems(stage_.target_column_, true));
    for (std::size_t row = 0; row < num_kept_; ++row) {
      float& target = scratch_.target_[row];
      if (std::isnan(target)) continue;
      scratch_.target_class_[row] = stage_.class_of_value_[static_cast<std::size_t>(target)];
      target = scratch_.target_class_[row];
    }
  }

  void ApplyLabelRule() {
    const TargetRule& rule = stage_.spec_.target;
    scratch_.labelled_.resize(num_kept_);
    std::transform(scratch_.target_class_.begin(), scratch_.target_class_.end(),
                   scratch_.labelled_.begin(),
                   [](std::uint8_t number) { return number == kNoClass ? 0 : 1; });
    if (rule.label_column.empty()) return;
    const auto counts = scratch_.kinds_.Numbers(
        scratch_.fields_[stage_.label_column_], 0, std::numeric_limits<float>::max(),
        Problems(stage_.label_column_, stage_.label_counts_problems_));
    for (std::size_t row = 0; row < num_kept_; ++row) {
      if (!(counts[row] >= rule.label_min)) scratch_.labelled_[row] = 0;
    }
  }

  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::NumericColumn>>> WriteNumeric(
      Message& output) {
    scratch_.numeric_offsets_.clear();
    for (const NumericLine& line : stage_.numeric_) {
      flatbuffers::Offset<flatbuffers::Vector<float>> offset;
      const std::span<float> values = output.Column<float>(num_kept_, num_kept_, offset);
      if (line.list && scratch_.list_problems_[*line.list][kListTooLong] == 0) {
        std::copy_n(scratch_.list_lengths_[*line.list].begin(), num_kept_, values.begin());
      } else {
        line.function(scratch_.fields_[line.column], line.arguments, scratch_.kinds_, values,
                      Problems(line.column, line.counts_problems));
      }
      scratch_.numeric_offsets_.push_back(wire::CreateNumericColumn(output.builder(), offset));
    }
    return output.builder().CreateVector(scratch_.numeric_offsets_);
  }

  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<wire::ListColumn>>> WriteLists(
      Message& output) {
    scratch_.list_offsets_.clear();
    for (std::size_t i = 0; i < stage_.lists_.size(); ++i) {
      const auto lengths = output.Copy<std::uint16_t>(scratch_.list_lengths_[i], num_kept_);
      const auto codes = output.Copy<std::uint32_t>(scratch_.list_codes_[i], num_kept_);
      scratch_.list_offsets_.push_back(wire::CreateListColumn(output.builder(), lengths, codes));
      const ListLine& line = stage_.lists_[i];
      ProblemCounts& problems = Problems(line.column, line.counts_problems);
      for (std::size_t p = 0; p < kNumFieldProblems; ++p)
        problems[p] += scratch_.list_problems_[i][p];
    }
    return output.builder().CreateVector(scratch_.list_offsets_);
  }

  Status Write(Message& output, std::int64_t started_ns) {
    ApplyTargetRule();
    const RawColumnView titles = Titles(scratch_.fields_, num_kept_);
    const RowColumns rows{.ordinals = Ordinals(),
                          .ids = scratch_.ids_,
                          .title_lengths = titles.lengths,
                          .titles = titles.bytes,
                          .target = scratch_.target_,
                          .target_class = scratch_.target_class_,
                          .labelled = scratch_.labelled_};
    auto& builder = output.Begin();
    const RowColumnOffsets o = CopyRowColumns(rows, num_kept_, output);
    const auto numeric = WriteNumeric(output);
    const auto lists = WriteLists(output);
    scratch_.arrival.AddTo(info_, kId, started_ns, WallClockNs());
    const auto info = WriteBatchInfo(builder, info_);
    return output.Finish(wire::CreateFeatureBatch(builder, info, stage_.spec_hash_,
                                                  static_cast<std::uint32_t>(num_kept_), o.ordinals,
                                                  o.ids, o.title_lengths, o.title_bytes, o.target,
                                                  o.target_class, o.labelled, numeric, lists),
                         wire::FeatureBatchIdentifier());
  }

  const PreprocessStage& stage_;
  const RawBatchView& input_;
  Scratch& scratch_;
  Rejects& rejects_;
  BatchInfo info_;
  std::size_t num_kept_ = 0;
  ProblemCounts uncounted_{};
};

PreprocessStage::Scratch::Scratch(const PreprocessStage& stage)
    : list_lengths_(stage.lists_.size()),
      list_codes_(stage.lists_.size()),
      list_problems_(stage.lists_.size()) {
  kept_fields_.resize(stage.columns_.size());
  for (const std::string& column : stage.columns_) problems_.push_back({.column = column});
}

Result<PreprocessStage> PreprocessStage::Make(const FeatureSpec& spec) {
  MARQUEE_RETURN_IF_ERROR(spec.Check().WithContext("feature spec"));
  PreprocessStage stage(spec);
  stage.spec_hash_ = spec.Hash();
  stage.columns_ = spec.Columns();
  stage.id_column_ = stage.ColumnIndex(spec.id_column);
  stage.title_column_ = stage.ColumnIndex(spec.title_column);
  stage.target_column_ = stage.ColumnIndex(spec.target.column);
  stage.label_column_ = stage.ColumnIndex(spec.target.label_column);
  const std::vector<std::string> needed = spec.NeededColumns();
  for (const std::string& column : stage.columns_) {
    stage.must_have_.push_back(std::find(needed.begin(), needed.end(), column) != needed.end());
  }
  stage.IndexClasses();
  // The target's column counts its own problems, so no feature may count them again.
  std::vector<bool> counted(stage.columns_.size(), false);
  counted[stage.target_column_] = true;
  const auto claims_problems = [&](const FeatureLine& line, std::size_t column) {
    if (!KindReportsProblems(line.kind) || counted[column]) return false;
    counted[column] = true;
    return true;
  };
  for (const FeatureLine& line : spec.numeric) {
    const std::size_t column = stage.ColumnIndex(line.column);
    const auto counted_list =
        std::find_if(spec.lists.begin(), spec.lists.end(), [&line](const FeatureLine& list) {
          return list.column == line.column && KindCountsItemsOf(line.kind, list.kind);
        });
    std::optional<std::size_t> list;
    if (counted_list != spec.lists.end()) {
      list = static_cast<std::size_t>(counted_list - spec.lists.begin());
    }
    stage.numeric_.push_back({FindNumericKind(line.kind),
                              {line.parameter, ValueTable(line.values)},
                              column,
                              claims_problems(line, column),
                              list});
  }
  for (const FeatureLine& line : spec.lists) {
    const std::size_t column = stage.ColumnIndex(line.column);
    stage.lists_.push_back(
        {FindListKind(line.kind), line.parameter, column, claims_problems(line, column)});
  }
  stage.label_counts_problems_ = !spec.target.label_column.empty() && !counted[stage.label_column_];
  return stage;
}

void PreprocessStage::IndexClasses() {
  std::vector<std::string> values;
  const auto& classes = spec_.target.class_values;
  for (std::size_t number = 0; number < classes.size(); ++number) {
    values.insert(values.end(), classes[number].begin(), classes[number].end());
    class_of_value_.resize(values.size(), static_cast<std::uint8_t>(number));
  }
  target_values_.values = ValueTable(values);
}

Status PreprocessStage::Process(const RawBatchView& input, Scratch& scratch, Message& output,
                                Rejects& rejects) const {
  return Batch(*this, input, scratch, rejects).Process(output);
}

std::size_t PreprocessStage::ColumnIndex(const std::string& name) const {
  return static_cast<std::size_t>(std::find(columns_.begin(), columns_.end(), name) -
                                  columns_.begin());
}

}  // namespace marquee
