// pipeline/stages/result_json.h — results as JSON, for tools that do not read FlatBuffers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/result_batch.h"

namespace marquee {

/// Writes each row of a batch as a compact JSON object:
///
///     {"id":862,"title":"Toy Story","target":7.7,"class":"high","score":7.1,"p_low":0.1,
///      "p_mid":0.3,"p_high":0.6,"seen":false}
///
/// and, if asked for all members, before the end: `"labelled":true,"run":"<32 hex digits>",
/// "sequence":7,"ordinal":0,"model":"<16 hex digits>"`.
///
/// Exact:   floats in the shortest form that reads back as the same float; NaN and infinities,
///          which JSON has not, are null.
/// Threads: const.
class ResultJson {
 public:
  enum class Members : std::uint8_t {
    kPrediction,  ///< what is predicted of a row and known of it
    kAll,         ///< also where the row and the prediction come from
  };

  /// `class_names`: those of the model whose results will be written.
  ResultJson(std::span<const std::string_view> class_names, Members members);

  /// Put the objects of all rows into `lines`, each followed by a newline; no object holds one.
  void Write(const ResultBatchView& results, std::string& lines) const;

 private:
  void AppendPrediction(const ResultBatchView& results, const RowColumns& rows, std::size_t row,
                        std::string_view title, std::string& out) const;

  Members members_;
  std::vector<std::string> class_values_;      // of "class"
  std::vector<std::string> probability_keys_;  // with the comma before and the colon behind
};

}  // namespace marquee
