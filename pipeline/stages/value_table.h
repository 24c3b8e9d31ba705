// pipeline/stages/value_table.h — texts and their numbers, looked up once a row.
#pragma once

#include <xxhash.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace marquee {

/// Finds the number of a text among those it was made of. Threads: immutable.
class ValueTable {
 public:
  ValueTable() = default;
  /// `texts` are all different.
  explicit ValueTable(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) numbers_.emplace(text, numbers_.size());
  }

  std::optional<std::size_t> Find(std::string_view text) const {
    const auto found = numbers_.find(text);
    if (found == numbers_.end()) return std::nullopt;
    return found->second;
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return XXH3_64bits(text.data(), text.size());
    }
  };

  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> numbers_;
};

}  // namespace marquee
