// model/encoder.h — second part of a model: from list features to columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/matrix.h"
#include "model/code_table.h"

namespace marquee::model {

using kernels::ListView;

/// As in schemas/model.fbs, whose comments define what each does.
enum class EncodingKind : std::uint8_t { kHot, kLinearScore, kTargetMean, kTargetMax, kTargetMin };

/// One step from list features to columns. Owns: its look-up table; the rest is its Model's memory.
struct Encoding {
  std::string_view name;
  EncodingKind kind = EncodingKind::kHot;
  /// Numbers of list features in the feature spec.
  std::span<const std::uint8_t> lists;
  /// Unique item hashes, and a value for each (none if kHot).
  std::span<const std::uint32_t> codes;
  std::span<const float> values;
  float unknown = 0.0f;
  float base = 0.0f;
  bool other = false;
  /// Where its columns are among all of the classifier's, and how many.
  std::size_t first_column = 0;
  std::size_t num_columns = 1;

  /// Say what an item adds to the column, `unknown` if it was not fitted. Only for kinds that have
  /// values.
  float ValueOf(std::uint32_t code) const noexcept { return value_table.view().Find(code); }

  /// Exactly one of them is filled: columns if kHot, else values.
  CodeTableStorage<std::uint32_t> column_table;
  CodeTableStorage<float> value_table;
};

/// All encodings of a model, in the order of their columns.
///
/// Owns: the look-up tables. Threads: immutable.
class Encoder {
 public:
  Encoder() = default;

  /// Append an encoding, of which all but first_column, num_columns and tables is set, and checked
  /// (model/validate.h).
  ///
  /// Returns false, with nothing appended, if its codes collide as no hashes do. `first_column`
  /// continues the last one's columns, or `num_numeric` for the first.
  [[nodiscard]] bool Append(Encoding encoding, std::size_t num_numeric);

  std::span<const Encoding> encodings() const noexcept { return encodings_; }

  /// Write the columns of all encodings.
  ///
  /// Shapes: lists [num_lists], each of num_rows rows whose lengths sum to its codes; `out` is the
  /// classifier's whole matrix
  ///         and gets its columns [num_numeric, num_columns); nothing else is touched.
  /// Exact:  a row's bits depend on that row only.
  /// Cost:   no allocation; one look-up an item and encoding.
  void Apply(std::span<const ListView> lists, std::size_t num_rows,
             kernels::MatrixView out) const noexcept;

 private:
  std::vector<Encoding> encodings_;
};

}  // namespace marquee::model
