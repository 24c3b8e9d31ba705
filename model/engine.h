// model/engine.h — scoring a model's trees: several ways behind one interface, the same bits from
// each.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/matrix.h"
#include "schemas/aligned_buffer.h"
#include "schemas/status.h"

namespace marquee::model {

class Model;

/// Memory an engine works in. One for each worker; only the engine that made it knows what lies
/// there.
class EngineScratch {
 public:
  explicit EngineScratch(std::size_t bytes) : buffer_(bytes) {}

  std::byte* data() noexcept { return buffer_.data(); }
  std::size_t size() const noexcept { return buffer_.capacity(); }

 private:
  AlignedBuffer buffer_;
};

/// Scores rows with a model's trees, in a layout of its own.
///
/// Owns: its layout; the Model may go away. Threads: immutable, safe to share; each worker brings
/// its scratch.
class Engine {
 public:
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  virtual std::string_view name() const noexcept = 0;

  /// Say how much scratch Score needs, whatever the number of rows.
  virtual std::size_t scratch_bytes() const noexcept = 0;

  /// Make the scratch of one worker.
  EngineScratch MakeScratch() const { return EngineScratch(scratch_bytes()); }

  /// Score a batch of rows.
  ///
  /// Shapes: columns [num_columns][num_rows], as Scaler and Encoder wrote them; scores row-major
  /// [num_rows x num_scores],
  ///         overwritten.
  /// Units:  raw scores, before cutpoints or softmax; finite.
  /// Exact:  bitwise equal to the engine "reference"; a row's bits depend on that row only.
  /// Cost:   no allocation.
  virtual void Score(kernels::ConstMatrixView columns, std::size_t num_rows,
                     std::span<float> scores, EngineScratch& scratch) const noexcept = 0;

 protected:
  Engine() = default;
};

/// Name the engines that score this model, best first.
std::vector<std::string_view> EngineNames(const Model& model);

/// Make the engine called `name`, or the best for this model if `name` is empty. Errors: kUsage if
/// none of that name scores it; the message lists those that do.
Result<std::unique_ptr<const Engine>> MakeEngine(const Model& model, std::string_view name = {});

}  // namespace marquee::model
