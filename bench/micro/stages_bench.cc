// The stages in one thread, from records to figures, on batches of generated rows; an item is a
// row. Copying the messages that Produce makes is the anchor.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "bench/micro/generated_rows.h"
#include "pipeline/core/clock.h"
#include "pipeline/core/rejects.h"
#include "pipeline/core/stage.h"
#include "pipeline/stages/evaluate.h"
#include "pipeline/stages/feature_spec.h"
#include "pipeline/stages/infer.h"
#include "pipeline/stages/preprocess.h"
#include "pipeline/stages/produce.h"

namespace marquee::bench {
namespace {

/// Rows of a message by default.
constexpr std::size_t kBatchRows = 512;

// --- Running stages ------------------------------------------------------------------------------

struct Stages {
  ProduceStage produce;
  PreprocessStage preprocess;
  InferStage infer;
  /// With the engine "reference", which all others must equal.
  InferStage infer_reference;
};

Result<Stages> MakeStages() {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Status::Internal(std::string(rows.error().message()));
  // All columns go into messages, as by default.
  std::vector<ProducedColumn> columns;
  for (std::size_t i = 0; i < rows->columns.size(); ++i) columns.push_back({.index = i});
  MARQUEE_ASSIGN_OR_RETURN(PreprocessStage preprocess, PreprocessStage::Make(MoviesSpec()));
  MARQUEE_ASSIGN_OR_RETURN(InferStage infer, InferStage::Make(rows->model, ""));
  MARQUEE_ASSIGN_OR_RETURN(InferStage reference, InferStage::Make(rows->model, "reference"));
  return Stages{ProduceStage({.high = 1, .low = 2}, rows->columns, std::move(columns)),
                std::move(preprocess), std::move(infer), std::move(reference)};
}

/// The stages, made once a program; or why they can't be.
const Result<Stages>& AllStages() {
  static const Result<Stages> stages = MakeStages();
  return stages;
}

/// A message as the next stage receives it: copied to memory of its own size, and verified.
template <class View>
struct Received {
  AlignedBuffer buffer;
  std::size_t size;
  View view;
};

template <class View>
Result<Received<View>> Receive(const Message& message) {
  const std::size_t size = message.bytes().size();
  AlignedBuffer buffer(size);
  std::memcpy(buffer.data(), message.bytes().data(), size);
  MARQUEE_ASSIGN_OR_RETURN(const View view, View::Verify({buffer.data(), size}));
  return Received<View>{std::move(buffer), size, view};
}

template <class View>
std::vector<View> ViewsOf(const std::vector<Received<View>>& messages) {
  std::vector<View> views;
  for (const Received<View>& message : messages) views.push_back(message.view);
  return views;
}

template <Stage S>
typename S::Scratch MakeScratch(const S& stage) {
  if constexpr (std::is_default_constructible_v<typename S::Scratch>) {
    return {};
  } else {
    return typename S::Scratch(stage);
  }
}

/// Bring all inputs through the stage, and receive what it makes of each as a `View`.
template <class View, Stage S>
Result<std::vector<Received<View>>> Pass(const S& stage,
                                         const std::vector<typename S::Input>& inputs) {
  typename S::Scratch scratch = MakeScratch(stage);
  Message output;
  Rejects rejects("generated rows");
  std::vector<Received<View>> outputs;
  for (const typename S::Input& input : inputs) {
    MARQUEE_RETURN_IF_ERROR(stage.Process(input, scratch, output, rejects));
    if (rejects.size() > 0) return Status::Data("a generated row is rejected");
    MARQUEE_ASSIGN_OR_RETURN(Received<View> received, Receive<View>(output));
    outputs.push_back(std::move(received));
  }
  return outputs;
}

/// The rows in batches of one size, before and after each stage.
struct Batches {
  std::vector<RecordBlock> blocks;
  std::vector<ProduceStage::Input> records;  // refer to blocks
  std::vector<Received<RawBatchView>> raw;
  std::vector<Received<FeatureBatchView>> features;
  /// By the engine "reference".
  std::vector<Received<ResultBatchView>> results;
};

Result<Batches> MakeBatches(std::size_t batch) {
  const Result<Stages>& stages = AllStages();
  if (!stages) return Status::Internal(std::string(stages.error().message()));
  Batches made;
  for (std::size_t first = 0; first + batch <= kNumRows; first += batch) {
    RecordBlock& block = made.blocks.emplace_back();
    block.sequence = first / batch;
    block.first_record = first + 1;
    for (std::size_t row = first; row < first + batch; ++row) {
      block.records.push_back({.text = Generated()->TextOf(row)});
    }
  }
  const std::int64_t now_ns = WallClockNs();
  for (const RecordBlock& block : made.blocks) made.records.push_back({block, now_ns});
  MARQUEE_ASSIGN_OR_RETURN(made.raw, Pass<RawBatchView>(stages->produce, made.records));
  MARQUEE_ASSIGN_OR_RETURN(made.features,
                           Pass<FeatureBatchView>(stages->preprocess, ViewsOf(made.raw)));
  MARQUEE_ASSIGN_OR_RETURN(made.results,
                           Pass<ResultBatchView>(stages->infer_reference, ViewsOf(made.features)));
  return made;
}

/// Batches of 1 or kBatchRows rows, made once a program; or why they can't be.
const Result<Batches>& BatchesOf(std::size_t batch) {
  static const Result<Batches> single = MakeBatches(1);
  static const Result<Batches> whole = MakeBatches(kBatchRows);
  return batch == 1 ? single : whole;
}

// --- Checking ------------------------------------------------------------------------------------

/// The bytes of each column, over all batches: equal for equal rows, however cut into batches.
class ColumnBytes {
 public:
  void BeginBatch() { next_ = 0; }

  template <class T>
  void Add(std::span<const T> values) {
    if (next_ == columns_.size()) columns_.emplace_back();
    columns_[next_++].append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }

  /// The columns that FeatureBatch and ResultBatch share, but for the ordinals, which count within
  /// a batch.
  void AddRows(const RowColumns& rows) {
    Add(rows.ids);
    Add(rows.title_lengths);
    Add(std::span<const char>(rows.titles));
    Add(rows.target);
    Add(rows.target_class);
    Add(rows.labelled);
  }

  bool operator==(const ColumnBytes& other) const { return columns_ == other.columns_; }

 private:
  std::vector<std::string> columns_;
  std::size_t next_ = 0;
};

ColumnBytes BytesOf(const std::vector<Received<FeatureBatchView>>& batches) {
  ColumnBytes bytes;
  for (const auto& [buffer, size, batch] : batches) {
    bytes.BeginBatch();
    bytes.AddRows(batch.rows());
    for (std::size_t i = 0; i < batch.num_numeric(); ++i) bytes.Add(batch.numeric(i));
    for (std::size_t i = 0; i < batch.num_lists(); ++i) {
      bytes.Add(batch.list_lengths(i));
      bytes.Add(batch.list_codes(i));
    }
  }
  return bytes;
}

ColumnBytes BytesOf(const std::vector<Received<ResultBatchView>>& batches) {
  ColumnBytes bytes;
  for (const auto& [buffer, size, batch] : batches) {
    bytes.BeginBatch();
    bytes.AddRows(batch.rows());
    bytes.Add(batch.predicted_class());
    bytes.Add(batch.score());
    for (std::size_t c = 0; c < batch.num_classes(); ++c) bytes.Add(batch.probability(c));
    bytes.Add(batch.seen());
  }
  return bytes;
}

/// Whether the batches hold the fields that reading a byte at a time finds, in their rows and
/// columns.
bool HoldFields(const std::vector<Received<RawBatchView>>& batches, const GeneratedRows& rows) {
  std::size_t first = 0;
  for (const auto& [buffer, size, batch] : batches) {
    if (batch.num_columns() != rows.columns.size()) return false;
    if (first + batch.num_rows() > kNumRows) return false;
    for (std::size_t c = 0; c < rows.columns.size(); ++c) {
      const RawColumnView column = batch.column(c);
      if (column.name != rows.columns[c]) return false;
      std::size_t offset = 0;
      for (std::size_t row = 0; row < batch.num_rows(); ++row) {
        const std::string_view field = column.bytes.substr(offset, column.lengths[row]);
        if (field != rows.records[first + row].fields[c]) return false;
        offset += field.size();
      }
    }
    first += batch.num_rows();
  }
  return first == kNumRows;
}

/// Whether the batches hold the rows' ids, as reading a byte at a time finds them.
bool HoldIds(const std::vector<Received<FeatureBatchView>>& batches, const GeneratedRows& rows) {
  const auto found = std::find(rows.columns.begin(), rows.columns.end(), MoviesSpec().id_column);
  if (found == rows.columns.end()) return false;
  const auto column = static_cast<std::size_t>(found - rows.columns.begin());
  std::size_t next = 0;
  for (const auto& [buffer, size, batch] : batches) {
    for (const std::int64_t id : batch.rows().ids) {
      if (next == kNumRows || std::to_string(id) != rows.records[next++].fields[column])
        return false;
    }
  }
  return next == kNumRows;
}

/// Whether `evaluation` counts what a plain loop over the batches counts: rows, labels, and which
/// class was taken for which.
bool CountsRight(const Evaluation& evaluation,
                 const std::vector<Received<ResultBatchView>>& batches) {
  const std::size_t num_classes = evaluation.confusion().num_classes();
  std::vector<std::uint64_t> confusion(num_classes * num_classes);
  std::uint64_t labelled = 0;
  for (const auto& [buffer, size, batch] : batches) {
    const RowColumns rows = batch.rows();
    for (std::size_t row = 0; row < batch.num_rows(); ++row) {
      if (rows.labelled[row] == 0) continue;
      ++labelled;
      ++confusion[rows.target_class[row] * num_classes + batch.predicted_class()[row]];
    }
  }
  for (std::size_t i = 0; i < confusion.size(); ++i) {
    // No model has seen generated rows.
    if (evaluation.confusion().count(i / num_classes, i % num_classes) != confusion[i])
      return false;
  }
  return evaluation.rows() == kNumRows && evaluation.labelled() == labelled && labelled > 0;
}

// --- Timing --------------------------------------------------------------------------------------

std::size_t BatchRows(const benchmark::State& state) {
  return static_cast<std::size_t>(state.range(0));
}

/// The same rows, a row at a time if the benchmark takes them in batches, else in batches.
const Result<Batches>& OtherBatches(const benchmark::State& state) {
  return BatchesOf(BatchRows(state) == 1 ? kBatchRows : 1);
}

/// Time the stage on the batches, one after the other; it has passed all of them before.
template <Stage S>
void Time(benchmark::State& state, const S& stage, const std::vector<typename S::Input>& inputs) {
  typename S::Scratch scratch = MakeScratch(stage);
  Message output;
  Rejects rejects("generated rows");
  std::size_t next = 0;
  for (auto _ : state) {
    const Status status = stage.Process(inputs[next], scratch, output, rejects);
    if (!status.ok()) {
      Skip(state, status.message());
      break;
    }
    benchmark::DoNotOptimize(output.bytes().data());
    benchmark::ClobberMemory();
    if (++next == inputs.size()) next = 0;
  }
  CountRows(state, BatchRows(state));
}

void BM_Stage_Copy(benchmark::State& state) {
  const Result<Batches>& batches = BatchesOf(BatchRows(state));
  if (!batches) return Skip(state, batches.error().message());
  AlignedBuffer out(kMaxMessageBytes);
  for (const auto& [buffer, size, view] : batches->raw) {
    std::memcpy(out.data(), buffer.data(), size);
    if (!RawBatchView::Verify({out.data(), size})) return Skip(state, "a copy is no RawBatch");
  }
  std::size_t next = 0;
  for (auto _ : state) {
    std::memcpy(out.data(), batches->raw[next].buffer.data(), batches->raw[next].size);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
    if (++next == batches->raw.size()) next = 0;
  }
  CountRows(state, BatchRows(state));
}

void BM_Stage_Produce(benchmark::State& state) {
  const Result<Batches>& batches = BatchesOf(BatchRows(state));
  if (!batches) return Skip(state, batches.error().message());
  if (!HoldFields(batches->raw, *Generated())) {
    return Skip(state, "the fields differ from those read a byte at a time");
  }
  Time(state, AllStages()->produce, batches->records);
}

void BM_Stage_Preprocess(benchmark::State& state) {
  const Result<Batches>& batches = BatchesOf(BatchRows(state));
  if (!batches) return Skip(state, batches.error().message());
  const Result<Batches>& others = OtherBatches(state);
  if (!others) return Skip(state, others.error().message());
  if (!HoldIds(batches->features, *Generated())) {
    return Skip(state, "the ids differ from those read a byte at a time");
  }
  if (BytesOf(batches->features) != BytesOf(others->features)) {
    return Skip(state, "a row's features depend on the size of its batch");
  }
  Time(state, AllStages()->preprocess, ViewsOf(batches->raw));
}

void BM_Stage_Infer(benchmark::State& state) {
  const Result<Batches>& batches = BatchesOf(BatchRows(state));
  if (!batches) return Skip(state, batches.error().message());
  const Result<Batches>& others = OtherBatches(state);
  if (!others) return Skip(state, others.error().message());
  const InferStage& stage = AllStages()->infer;
  state.SetLabel(std::string(stage.engine().name()));
  const std::vector<FeatureBatchView> features = ViewsOf(batches->features);
  const auto results = Pass<ResultBatchView>(stage, features);
  if (!results) return Skip(state, results.error().message());
  if (BytesOf(*results) != BytesOf(others->results)) {
    return Skip(state, "the results differ from the reference engine's in batches of another size");
  }
  Time(state, stage, features);
}

void BM_Stage_Evaluate(benchmark::State& state) {
  const Result<Batches>& batches = BatchesOf(BatchRows(state));
  if (!batches) return Skip(state, batches.error().message());
  const std::int64_t now_ns = WallClockNs();
  Evaluation checked(AllStages()->infer.model().num_classes());
  for (const auto& [buffer, size, view] : batches->results) {
    const Status status = checked.Add(view, now_ns);
    if (!status.ok()) return Skip(state, status.message());
  }
  if (!CountsRight(checked, batches->results)) {
    return Skip(state, "the counts differ from a plain count");
  }
  Evaluation evaluation(AllStages()->infer.model().num_classes());
  std::size_t next = 0;
  for (auto _ : state) {
    const Status status = evaluation.Add(batches->results[next].view, now_ns);
    if (!status.ok()) {
      Skip(state, status.message());
      break;
    }
    benchmark::ClobberMemory();
    if (++next == batches->results.size()) next = 0;
  }
  benchmark::DoNotOptimize(evaluation.rows());
  CountRows(state, BatchRows(state));
}

const std::vector<std::int64_t> kSizes = {1, kBatchRows};
BENCHMARK(BM_Stage_Copy)->ArgName("rows")->ArgsProduct({kSizes});
BENCHMARK(BM_Stage_Produce)->ArgName("rows")->ArgsProduct({kSizes});
BENCHMARK(BM_Stage_Preprocess)->ArgName("rows")->ArgsProduct({kSizes});
BENCHMARK(BM_Stage_Infer)->ArgName("rows")->ArgsProduct({kSizes});
BENCHMARK(BM_Stage_Evaluate)->ArgName("rows")->ArgsProduct({kSizes});

}  // namespace
}  // namespace marquee::bench
