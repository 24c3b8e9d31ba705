// model/code_table.h — builds and owns the tables that kernels/code_table.h describes.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/code_table.h"

namespace marquee::model {

/// The memory of a CodeTable. Movable; views stay valid when it is moved.
template <class Value>
class CodeTableStorage {
 public:
  /// Searches longer than this don't happen with hashes: a million of them need fewer than a
  /// hundred steps at half load.
  static constexpr std::size_t kMaxSteps = 512;

  /// Build the table of codes[i] → values[i], any other code → `unknown`.
  ///
  /// `codes` must be unique. Returns nothing if they collide as no hashes do: such a table would
  /// make a crafted model hang.
  static std::optional<CodeTableStorage> Make(std::span<const std::uint32_t> codes,
                                              std::span<const Value> values, Value unknown) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(2, 2 * codes.size()));
    CodeTableStorage table;
    table.shift_ = 32 - static_cast<unsigned>(std::countr_zero(capacity));
    table.zero_value_ = unknown;
    table.slots_.assign(capacity, {0, unknown});
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (codes[i] == 0) {
        table.zero_value_ = values[i];
        continue;
      }
      std::size_t place = kernels::CodeTable<Value>::Home(codes[i], table.shift_);
      std::size_t steps = 0;
      for (; table.slots_[place].code != 0; place = (place + 1) % capacity) {
        if (++steps > kMaxSteps) return std::nullopt;
      }
      table.slots_[place] = {codes[i], values[i]};
    }
    return table;
  }

  kernels::CodeTable<Value> view() const noexcept { return {slots_, shift_, zero_value_}; }

 private:
  std::vector<kernels::CodeSlot<Value>> slots_;
  unsigned shift_ = 31;
  Value zero_value_{};
};

}  // namespace marquee::model
