// Marquee's engine on the rows of a file, to be compared with other libraries on the same rows.
//
// It loads a model of numeric columns only and the rows, and writes the scores of the engine
// "reference" to a file. Then it reads orders from standard input, `ISA BATCH SECONDS` a line, and
// answers each with a line of JSON: after a look at the scores, the nanoseconds a row of what
// `infer` does (scaler and engine), and, if the model's trees are symmetric, of the same with trees
// that have no split: scaling and binning alone.
#include <fmt/core.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "kernels/isa.h"
#include "model/engine_oblivious.h"
#include "model/model.h"
#include "schemas/aligned_buffer.h"

namespace marquee::bench {
namespace {

/// Rows between two looks at the clock, for batches that are smaller.
constexpr std::size_t kRowsBetweenLooks = 512;

/// Both ways of scoring take turns so often, for their difference is a figure too.
constexpr int kSlices = 10;

struct Rows {
  std::size_t num_rows = 0;
  std::size_t num_columns = 0;
  std::vector<float> values;  // column-major
};

Result<Rows> ReadRows(const std::string& path, std::size_t num_columns) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return Status::Config(fmt::format("{}: cannot be opened", path));
  const auto size = static_cast<std::size_t>(file.tellg());
  if (size == 0 || size % (num_columns * sizeof(float)) != 0) {
    return Status::Config(
        fmt::format("{}: has {} bytes, not rows of {} floats", path, size, num_columns));
  }
  Rows rows{size / (num_columns * sizeof(float)), num_columns,
            std::vector<float>(size / sizeof(float))};
  file.seekg(0);
  file.read(reinterpret_cast<char*>(rows.values.data()), static_cast<std::streamsize>(size));
  if (!file) return Status::Config(fmt::format("{}: cannot be read to its end", path));
  return rows;
}

/// Rows as messages hold them: a batch's columns lie next to each other. Rows that fill no batch
/// are left out.
class Batches {
 public:
  Batches(const Rows& rows, std::size_t batch)
      : batch_(batch),
        num_columns_(rows.num_columns),
        num_batches_(rows.num_rows / batch),
        buffer_(num_batches_ * batch * rows.num_columns * sizeof(float)) {
    auto* out = reinterpret_cast<float*>(buffer_.data());
    for (std::size_t b = 0; b < num_batches_; ++b) {
      for (std::size_t c = 0; c < num_columns_; ++c) {
        out = std::copy_n(&rows.values[c * rows.num_rows + b * batch], batch, out);
      }
    }
  }

  std::size_t rows() const noexcept { return batch_; }
  std::size_t size() const noexcept { return num_batches_; }

  /// Point `columns` at the columns of a batch.
  void Get(std::size_t number, std::vector<std::span<const float>>& columns) const {
    const auto* first =
        reinterpret_cast<const float*>(buffer_.data()) + number * batch_ * num_columns_;
    columns.clear();
    for (std::size_t c = 0; c < num_columns_; ++c) columns.emplace_back(first + c * batch_, batch_);
  }

 private:
  std::size_t batch_;
  std::size_t num_columns_;
  std::size_t num_batches_;
  AlignedBuffer buffer_;
};

/// The model's scaler and an engine, in the memory of one worker: what `infer` asks of a batch.
class Scorer {
 public:
  Scorer(const model::Model& model, std::unique_ptr<const model::Engine> engine, std::size_t batch)
      : model_(model),
        engine_(std::move(engine)),
        scratch_(engine_->MakeScratch()),
        stride_((batch + 15) / 16 * 16),  // whole cache lines, as in pipeline/stages/infer.cc
        matrix_(stride_ * model.num_columns() * sizeof(float)) {}

  void Score(const Batches& batches, std::size_t number, std::span<float> scores) {
    batches.Get(number, numeric_);
    const kernels::MatrixView matrix{reinterpret_cast<float*>(matrix_.data()), stride_};
    model_.scaler().Apply(numeric_, batches.rows(), matrix);
    engine_->Score(matrix, batches.rows(), scores, scratch_);
  }

 private:
  const model::Model& model_;
  std::unique_ptr<const model::Engine> engine_;
  model::EngineScratch scratch_;
  std::size_t stride_;
  AlignedBuffer matrix_;
  std::vector<std::span<const float>> numeric_;
};

/// Score all batches, once.
std::vector<float> ScoreAll(Scorer& scorer, const Batches& batches) {
  std::vector<float> scores(batches.size() * batches.rows());
  for (std::size_t b = 0; b < batches.size(); ++b) {
    scorer.Score(batches, b, std::span(scores).subspan(b * batches.rows(), batches.rows()));
  }
  return scores;
}

/// Processor time of this process, of which other processes take nothing.
double ProcessSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Nanoseconds a row, of batch after batch for so long.
double NsPerRow(Scorer& scorer, const Batches& batches, double seconds) {
  const std::size_t calls_between_looks =
      std::max<std::size_t>(1, kRowsBetweenLooks / batches.rows());
  std::vector<float> scores(batches.rows());
  std::size_t calls = 0;
  std::size_t next = 0;
  double elapsed = 0;
  const double begin = ProcessSeconds();
  do {
    for (std::size_t i = 0; i < calls_between_looks; ++i) {
      scorer.Score(batches, next, scores);
      if (++next == batches.size()) next = 0;
    }
    calls += calls_between_looks;
    elapsed = ProcessSeconds() - begin;
  } while (elapsed < seconds);
  return elapsed * 1e9 / static_cast<double>(calls * batches.rows());
}

/// An engine that scales and bins like the model's, and has one tree without a split. Null if the
/// trees are binary: their columns of bins are made for their splits.
std::unique_ptr<const model::Engine> MakeBinningEngine(const model::Model& model) {
  static constexpr std::array<std::uint8_t, 1> kDepths = {0};
  static constexpr std::array<float, 1> kLeaves = {0};
  const auto* symmetric = std::get_if<model::SymmetricTrees>(&model.trees());
  if (symmetric == nullptr) return nullptr;
  model::SymmetricTrees trees = *symmetric;
  trees.trees.depths = kDepths;
  trees.trees.split_features = {};
  trees.trees.split_borders = {};
  trees.trees.leaves = kLeaves;
  return model::MakeObliviousEngine(trees);
}

Status Answer(const model::Model& model, const Rows& rows, std::span<const float> expected,
              std::string_view isa_name, std::size_t batch, double seconds) {
  const auto isas = kernels::SupportedIsas();
  const auto isa = std::find_if(isas.begin(), isas.end(), [isa_name](kernels::Isa candidate) {
    return kernels::IsaName(candidate) == isa_name;
  });
  if (isa == isas.end() || batch == 0 || batch > rows.num_rows) {
    return Status::Usage(fmt::format("no order: {} {}", isa_name, batch));
  }
  kernels::UseIsa(*isa);
  MARQUEE_ASSIGN_OR_RETURN(auto engine, model::MakeEngine(model));
  Scorer whole(model, std::move(engine), batch);
  std::optional<Scorer> binning;
  if (auto bins = MakeBinningEngine(model)) binning.emplace(model, std::move(bins), batch);
  const Batches batches(rows, batch);
  const std::vector<float> scores = ScoreAll(whole, batches);
  if (!std::equal(scores.begin(), scores.end(), expected.begin(), [](float a, float b) {
        return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
      })) {
    return Status::Internal(fmt::format(
        "{}, batches of {}: the scores differ from the engine reference's", isa_name, batch));
  }
  double whole_ns = 0;
  double binning_ns = 0;
  for (int slice = 0; slice < kSlices; ++slice) {
    whole_ns += NsPerRow(whole, batches, seconds / kSlices) / kSlices;
    if (binning) binning_ns += NsPerRow(*binning, batches, seconds / kSlices) / kSlices;
  }
  fmt::print("{{\"whole_ns\": {}, \"binning_ns\": {}}}\n", whole_ns,
             binning ? fmt::format("{}", binning_ns) : "null");
  std::fflush(stdout);
  return {};
}

Status Serve(const std::string& model_path, const std::string& rows_path,
             const std::string& scores_path) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, model::Model::Load(model_path));
  if (model->num_lists() != 0 || model->num_scores() != 1) {
    return Status::Config(fmt::format("{}: has lists or several scores", model_path));
  }
  MARQUEE_ASSIGN_OR_RETURN(const Rows rows, ReadRows(rows_path, model->num_columns()));
  MARQUEE_ASSIGN_OR_RETURN(auto reference, model::MakeEngine(*model, "reference"));
  Scorer scorer(*model, std::move(reference), rows.num_rows);
  const std::vector<float> expected = ScoreAll(scorer, Batches(rows, rows.num_rows));
  std::ofstream file(scores_path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(expected.data()),
             static_cast<std::streamsize>(expected.size() * sizeof(float)));
  file.close();
  if (!file) return Status::Unavailable(fmt::format("{}: cannot be written", scores_path));
  std::string isas;
  for (const kernels::Isa isa : kernels::SupportedIsas()) {
    isas += fmt::format("{}\"{}\"", isas.empty() ? "" : ", ", kernels::IsaName(isa));
  }
  fmt::print("{{\"isas\": [{}], \"rows\": {}}}\n", isas, rows.num_rows);
  std::fflush(stdout);
  std::string isa;
  std::size_t batch = 0;
  double seconds = 0;
  while (std::cin >> isa >> batch >> seconds) {
    MARQUEE_RETURN_IF_ERROR(Answer(*model, rows, expected, isa, batch, seconds));
  }
  return {};
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) {
  CLI::App app("Measure Marquee's engine on rows of a file; orders come from standard input");
  std::string model;
  std::string rows;
  std::string scores;
  app.add_option("--model", model, "model file, of numeric columns only")->required();
  app.add_option("--rows", rows, "rows as f32, column after column")->required();
  app.add_option("--scores", scores, "file for the reference's scores, as f32")->required();
  CLI11_PARSE(app, argc, argv);
  const marquee::Status status = marquee::bench::Serve(model, rows, scores);
  if (status.ok()) return 0;
  fmt::print(stderr, "score_matrix: {}\n", status.message());
  return 1;
}
