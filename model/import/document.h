// model/import/document.h — JSON and UBJSON files of strangers: read within bounds, asked by key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "schemas/status.h"

namespace marquee::model {

/// Arrays and objects within each other; more would be no model, and UBJSON is read recursively.
inline constexpr std::size_t kMaxDocumentDepth = 256;
/// Memory that values may take, as counted while reading: a few bytes of a file can claim much.
inline constexpr std::size_t kMaxDocumentBytes = std::size_t{512} << 20;

/// A value of a document. Arrays of numbers alone are kept as such: models consist of them.
struct Value {
  using Numbers = std::vector<double>;
  using Array = std::vector<Value>;
  using Object = std::vector<std::pair<std::string, Value>>;
  std::variant<std::monostate, bool, double, std::string, Numbers, Array, Object> data;
};

/// How the digits of a number become one: rounded once, to what the writer had.
enum class NumberType : std::uint8_t { kFloat, kDouble };

/// Read a document of text, or of UBJSON.
///
/// Errors: kConfig, with the position, if it is none, nests too deep, takes too much memory, or
/// names a key of an object twice.
Result<Value> ParseJson(std::string_view bytes, NumberType type);
Result<Value> ParseUbjson(std::string_view bytes);

/// Read the digits of a whole text as a number of `type`; false if it is none.
bool ParseNumber(std::string_view text, NumberType type, double& out) noexcept;

/// A value, and where in the document it is: every question answers with an error that says so.
///
/// Owns: nothing; the document must live on.
class Field {
 public:
  Field(const Value& value, std::string place) : value_(&value), place_(std::move(place)) {}

  const std::string& place() const noexcept { return place_; }

  /// An error about this place.
  Status Refuse(std::string_view problem) const;

  /// Refuse keys that are not among these. Errors: also if this is no object.
  Status AllowOnly(std::initializer_list<std::string_view> keys) const;

  /// The member of this name. Errors: no object, or it has none.
  Result<Field> Get(std::string_view key) const;
  /// The member of this name, if this is an object that has one.
  std::optional<Field> Find(std::string_view key) const;

  Result<std::string_view> Text() const;
  Result<bool> Bool() const;
  Result<double> Number() const;
  /// A whole number within [least, most]. Takes text too, for XGBoost writes numbers so.
  Result<std::int64_t> Integer(std::int64_t least, std::int64_t most) const;
  Result<std::span<const double>> Numbers() const;
  /// Numbers, and exactly so many.
  Result<std::span<const double>> Numbers(std::size_t count, std::string_view because) const;
  /// Whole numbers within [least, most], and exactly so many.
  Result<std::vector<std::int64_t>> Integers(std::size_t count, std::int64_t least,
                                             std::int64_t most, std::string_view because) const;
  Result<std::vector<std::string>> Texts() const;

  /// Number of elements. Errors: no array.
  Result<std::size_t> Size() const;
  /// Element i of an array that holds more than numbers; i < Size().
  Result<Field> At(std::size_t i) const;

  bool IsNull() const noexcept { return std::holds_alternative<std::monostate>(value_->data); }
  bool IsNumber() const noexcept { return std::holds_alternative<double>(value_->data); }

 private:
  Result<std::int64_t> AsInteger(double number, std::int64_t least, std::int64_t most) const;

  const Value* value_;
  std::string place_;
};

}  // namespace marquee::model
