#include "model/import/document.h"

#include <fast_float/fast_float.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace marquee::model {
namespace {

using Json = nlohmann::json;

/// Takes what the parser finds, and stops it at the first thing that is too much.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(NumberType type) : type_(type) {}

  bool null() override { return Add({}); }
  bool boolean(bool value) override { return Add({value}); }
  bool number_integer(number_integer_t value) override {
    return AddNumber(static_cast<double>(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return AddNumber(static_cast<double>(value));
  }
  bool number_float(number_float_t value, const string_t& digits) override {
    double number = value;
    // Rounding to double and then to float is not always rounding to float.
    if (type_ == NumberType::kFloat && !digits.empty()) ParseNumber(digits, type_, number);
    return AddNumber(number);
  }
  bool string(string_t& value) override { return Take(value.size()) && Add({std::move(value)}); }
  bool binary(binary_t&) override { return Stop("holds binary data, which no model does"); }

  bool start_object(std::size_t) override { return Open({Value::Object()}); }
  bool key(string_t& key) override {
    const auto& object = std::get<Value::Object>(open_.back().value.data);
    const bool twice = std::any_of(object.begin(), object.end(),
                                   [&key](const auto& member) { return member.first == key; });
    // Linear, so bounded: no object of a model has many members.
    if (object.size() >= kMaxMembers) return Stop("holds an object of too many members");
    if (twice) return Stop(fmt::format("holds the key '{}' twice in one object", key));
    open_.back().key = key;
    return Take(sizeof(std::string) + key.size());
  }
  bool end_object() override { return Close(); }

  bool start_array(std::size_t) override { return Open({Value::Numbers()}); }
  bool end_array() override { return Close(); }

  bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 9: …"
    const std::string_view text = error.what();
    return Stop(fmt::format("cannot be read: {}", text.substr(text.find("] ") + 2)));
  }

  Status status() && { return problem_.empty() ? Status() : Status::Config(std::move(problem_)); }
  Value root() && { return std::move(root_); }

 private:
  static constexpr std::size_t kMaxMembers = 1024;

  struct Level {
    Value value;
    std::string key;  // of the member that comes next
  };

  bool Stop(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }

  bool Take(std::size_t bytes) {
    bytes_ += bytes;
    return bytes_ <= kMaxDocumentBytes ||
           Stop(fmt::format("holds more values than fit {} MiB", kMaxDocumentBytes >> 20));
  }

  bool Open(Value value) {
    if (open_.size() >= kMaxDocumentDepth) {
      return Stop(fmt::format("nests deeper than {}", kMaxDocumentDepth));
    }
    open_.push_back({std::move(value), {}});
    return true;
  }

  bool Close() {
    Value value = std::move(open_.back().value);
    open_.pop_back();
    return Add(std::move(value));
  }

  bool AddNumber(double number) {
    if (!open_.empty()) {
      if (auto* numbers = std::get_if<Value::Numbers>(&open_.back().value.data)) {
        numbers->push_back(number);
        return Take(sizeof(number));
      }
    }
    return Add({number});
  }

  bool Add(Value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Level& level = open_.back();
    if (auto* object = std::get_if<Value::Object>(&level.value.data)) {
      object->emplace_back(std::move(level.key), std::move(value));
      return Take(sizeof(Value));
    }
    if (const auto* numbers = std::get_if<Value::Numbers>(&level.value.data)) {
      // The first that is no number.
      if (!Take(numbers->size() * sizeof(Value))) return false;
      Value::Array array;
      for (const double number : *numbers) array.push_back({number});
      level.value.data = std::move(array);
    }
    std::get<Value::Array>(level.value.data).push_back(std::move(value));
    return Take(sizeof(Value));
  }

  NumberType type_;
  std::size_t bytes_ = 0;
  std::vector<Level> open_;
  Value root_;
  std::string problem_;
};

Result<Value> Parse(std::string_view bytes, NumberType type, Json::input_format_t format) {
  Builder builder(type);
  const bool whole = Json::sax_parse(bytes.begin(), bytes.end(), &builder, format);
  MARQUEE_RETURN_IF_ERROR(std::move(builder).status());
  if (!whole) return Status::Config("cannot be read");
  return std::move(builder).root();
}

template <class Number>
bool ParseAs(std::string_view text, double& out) noexcept {
  Number number = 0;
  const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), number);
  out = static_cast<double>(number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<Value> ParseJson(std::string_view bytes, NumberType type) {
  return Parse(bytes, type, Json::input_format_t::json);
}

Result<Value> ParseUbjson(std::string_view bytes) {
  return Parse(bytes, NumberType::kDouble, Json::input_format_t::ubjson);
}

bool ParseNumber(std::string_view text, NumberType type, double& out) noexcept {
  return type == NumberType::kFloat ? ParseAs<float>(text, out) : ParseAs<double>(text, out);
}

Status Field::Refuse(std::string_view problem) const {
  return Status::Config(fmt::format("{}: {}", place_, problem));
}

Status Field::AllowOnly(std::initializer_list<std::string_view> keys) const {
  const auto* object = std::get_if<Value::Object>(&value_->data);
  if (object == nullptr) return Refuse("is no object");
  for (const auto& [key, value] : *object) {
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return Refuse(fmt::format("has the key '{}', which Marquee does not know (known are {})", key,
                                fmt::join(keys, ", ")));
    }
  }
  return {};
}

std::optional<Field> Field::Find(std::string_view key) const {
  const auto* object = std::get_if<Value::Object>(&value_->data);
  if (object == nullptr) return std::nullopt;
  const auto found = std::find_if(object->begin(), object->end(),
                                  [key](const auto& member) { return member.first == key; });
  if (found == object->end()) return std::nullopt;
  return Field(found->second,
               place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key));
}

Result<Field> Field::Get(std::string_view key) const {
  if (auto field = Find(key)) return *std::move(field);
  if (place_.empty()) return Status::Config(fmt::format("has no '{}'", key));
  return Refuse(fmt::format("has no '{}'", key));
}

Result<std::string_view> Field::Text() const {
  const auto* text = std::get_if<std::string>(&value_->data);
  if (text == nullptr) return Refuse("is no text");
  return std::string_view(*text);
}

Result<bool> Field::Bool() const {
  const auto* value = std::get_if<bool>(&value_->data);
  if (value == nullptr) return Refuse("is neither true nor false");
  return *value;
}

Result<double> Field::Number() const {
  const auto* number = std::get_if<double>(&value_->data);
  if (number == nullptr) return Refuse("is no number");
  return *number;
}

Result<std::int64_t> Field::AsInteger(double number, std::int64_t least, std::int64_t most) const {
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) ||
      number != std::trunc(number)) {
    return Refuse(fmt::format("is {}, not a whole number from {} to {}", number, least, most));
  }
  return static_cast<std::int64_t>(number);
}

Result<std::int64_t> Field::Integer(std::int64_t least, std::int64_t most) const {
  if (const auto* text = std::get_if<std::string>(&value_->data)) {
    double number = 0;
    if (!ParseNumber(*text, NumberType::kDouble, number)) {
      return Refuse(fmt::format("is '{}', not a whole number", *text));
    }
    return AsInteger(number, least, most);
  }
  MARQUEE_ASSIGN_OR_RETURN(const double number, Number());
  return AsInteger(number, least, most);
}

Result<std::span<const double>> Field::Numbers() const {
  const auto* numbers = std::get_if<Value::Numbers>(&value_->data);
  if (numbers == nullptr) return Refuse("is no array of numbers");
  return std::span<const double>(*numbers);
}

Result<std::span<const double>> Field::Numbers(std::size_t count, std::string_view because) const {
  MARQUEE_ASSIGN_OR_RETURN(const auto numbers, Numbers());
  if (numbers.size() != count) {
    return Refuse(fmt::format("has {} entries instead of {} ({})", numbers.size(), count, because));
  }
  return numbers;
}

Result<std::vector<std::int64_t>> Field::Integers(std::size_t count, std::int64_t least,
                                                  std::int64_t most,
                                                  std::string_view because) const {
  MARQUEE_ASSIGN_OR_RETURN(const auto numbers, Numbers(count, because));
  std::vector<std::int64_t> integers;
  integers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double number = numbers[i];
    if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) ||
        number != std::trunc(number)) {
      return Refuse(
          fmt::format("[{}] is {}, not a whole number from {} to {}", i, number, least, most));
    }
    integers.push_back(static_cast<std::int64_t>(number));
  }
  return integers;
}

Result<std::vector<std::string>> Field::Texts() const {
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t size, Size());
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < size; ++i) {
    MARQUEE_ASSIGN_OR_RETURN(const Field element, At(i));
    MARQUEE_ASSIGN_OR_RETURN(const std::string_view text, element.Text());
    texts.emplace_back(text);
  }
  return texts;
}

Result<std::size_t> Field::Size() const {
  if (const auto* numbers = std::get_if<Value::Numbers>(&value_->data)) return numbers->size();
  if (const auto* array = std::get_if<Value::Array>(&value_->data)) return array->size();
  return Refuse("is no array");
}

Result<Field> Field::At(std::size_t i) const {
  const auto* array = std::get_if<Value::Array>(&value_->data);
  if (array == nullptr || i >= array->size()) return Refuse(fmt::format("[{}] is a number", i));
  return Field((*array)[i], fmt::format("{}[{}]", place_, i));
}

}  // namespace marquee::model
