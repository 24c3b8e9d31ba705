#include "pipeline/dataset/json_record.h"

#include <fmt/core.h>
#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "schemas/check.h"
#include "schemas/raw_batch.h"

namespace marquee {
namespace {

namespace ondemand = simdjson::ondemand;

// As of a CSV file's columns.
constexpr std::size_t kMaxKeys = 4096;
constexpr std::size_t kMaxKeyBytes = 256;
constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxFieldBytes = std::numeric_limits<std::uint16_t>::max();
// Upper bounds of what a message holds beside names and texts. The first leaves room for the reject
// table, should the row become a dead letter.
constexpr std::size_t kMessageOverhead = 8192;
constexpr std::size_t kColumnOverhead = 48;
constexpr std::string_view kNameKey = "name";
constexpr std::string_view kItemSeparator = ", ";
constexpr std::string_view kWhiteSpace = " \t\r\n";

std::string_view TrimEnd(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
}

/// Whether `text` is a number by the grammar of JSON. (Reading a value's token checks only where it
/// ends.)
bool IsNumber(std::string_view text) {
  const auto skip_digits = [&text] {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits;
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool leading_zero = text.starts_with('0');
  const std::size_t whole = skip_digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (skip_digits() == 0) return false;
  }
  return text.empty();
}

bool IsContainer(ondemand::value value) {
  ondemand::json_type type;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  return type == ondemand::json_type::object || type == ondemand::json_type::array;
}

/// The start of a name, for a message.
std::string_view Head(std::string_view name) { return name.substr(0, 64); }

}  // namespace

BatchInfo JsonOrigin(std::string_view topic, std::uint32_t num_partitions, std::uint32_t partition,
                     std::uint64_t offset) {
  MARQUEE_CHECK(partition < num_partitions);
  const XXH128_hash_t hash = XXH3_128bits(topic.data(), topic.size());
  return {.run = {.high = hash.high64, .low = hash.low64},
          .sequence = offset * num_partitions + partition,
          .first_record = offset + 1,
          .num_ordinals = 1};
}

/// What a reader reuses from record to record. Not in the header: simdjson's is large.
class JsonRecordReader::Parser {
 public:
  explicit Parser(std::vector<std::string> needed_columns)
      : needed_columns_(std::move(needed_columns)) {}

  Status Read(std::span<const std::byte> json, const BatchInfo& origin, Message& output);

 private:
  using Value = ondemand::value;
  struct Field {
    std::string_view name;
    std::string_view text;
  };

  Status ReadFields();
  Status ReadField(Value value, std::string_view& text);
  Status ReadValue(Value value, std::size_t depth, std::string_view& text);
  Status ReadObject(Value value, std::size_t depth, std::string_view& text);
  Status ReadArray(Value value, std::size_t depth, std::string_view& text);
  Status ReadScalar(Value value, std::string_view& text) const;
  Status AddAbsentColumns();
  Status CheckFields() const;
  Status Write(const BatchInfo& origin, Message& output);

  Result<std::string_view> TextFrom(std::string_view begin, Value value) const;
  Status Malformed(simdjson::error_code error, const char* location) const;
  Status Malformed(simdjson::error_code error, Value value) const;

  std::vector<std::string> needed_columns_;
  ondemand::parser parser_;  // holds the decoded strings
  std::string json_;         // the record, and the padding behind it
  std::size_t json_bytes_ = 0;
  std::string joined_;  // lists
  std::vector<Field> fields_;
  std::vector<std::uint32_t> by_name_;  // places in fields_
  std::vector<flatbuffers::Offset<wire::RawColumn>> columns_;
};

JsonRecordReader::JsonRecordReader(std::vector<std::string> needed_columns)
    : parser_(std::make_unique<Parser>(std::move(needed_columns))) {}
JsonRecordReader::~JsonRecordReader() = default;
JsonRecordReader::JsonRecordReader(JsonRecordReader&&) noexcept = default;
JsonRecordReader& JsonRecordReader::operator=(JsonRecordReader&&) noexcept = default;

Status JsonRecordReader::Read(std::span<const std::byte> json, const BatchInfo& origin,
                              Message& output) {
  return parser_->Read(json, origin, output);
}

Status JsonRecordReader::Parser::Read(std::span<const std::byte> json, const BatchInfo& origin,
                                      Message& output) {
  MARQUEE_CHECK(origin.num_ordinals == 1);
  if (json.empty()) return Status::Data("the record is empty; send one JSON object a record");
  json_.assign(reinterpret_cast<const char*>(json.data()), json.size());
  // Spaces, so that a document that ends too early ends there whatever record was here before.
  json_.append(simdjson::SIMDJSON_PADDING, ' ');
  json_bytes_ = json.size();
  joined_.clear();
  // An item takes one more byte than in the JSON at most (", " for a comma): fields point in here,
  // so it must not grow.
  joined_.reserve(2 * json_bytes_);
  MARQUEE_RETURN_IF_ERROR(ReadFields());
  MARQUEE_RETURN_IF_ERROR(AddAbsentColumns());
  MARQUEE_RETURN_IF_ERROR(CheckFields());
  return Write(origin, output);
}

Status JsonRecordReader::Parser::ReadFields() {
  fields_.clear();
  ondemand::document document;
  if (const auto error = parser_.iterate(json_.data(), json_bytes_, json_.size()).get(document)) {
    return Malformed(error, nullptr);
  }
  const auto location = [&document] {
    const char* at = nullptr;
    return document.current_location().get(at) == simdjson::SUCCESS ? at : nullptr;
  };
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return Malformed(error, location());
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return Malformed(error, location());
    if (fields_.size() == kMaxKeys) {
      return Status::Data(
          fmt::format("the object has more than {} keys; leave out what is no column", kMaxKeys));
    }
    Field& read = fields_.emplace_back();
    if (const auto error = field.unescaped_key().get(read.name)) {
      return Malformed(error, location());
    }
    MARQUEE_RETURN_IF_ERROR(ReadField(field.value(), read.text));
  }
  if (const char* const rest = location(); rest != nullptr) {
    return Status::Data(
        fmt::format("byte {}: the record goes on after its JSON object; send one object a record",
                    rest - json_.data()));
  }
  return {};
}

Status JsonRecordReader::Parser::ReadField(Value value, std::string_view& text) {
  ondemand::json_type type;
  if (const auto error = value.type().get(type)) return Malformed(error, value);
  if (type != ondemand::json_type::array) return ReadValue(value, 1, text);
  ondemand::array array;
  if (const auto error = value.get_array().get(array)) return Malformed(error, value);
  const std::size_t begin = joined_.size();
  for (auto next : array) {
    Value item;
    if (const auto error = std::move(next).get(item)) return Malformed(error, value);
    std::string_view item_text;
    MARQUEE_RETURN_IF_ERROR(ReadValue(item, 2, item_text));
    if (item_text.empty()) continue;
    if (joined_.size() > begin) joined_.append(kItemSeparator);
    joined_.append(item_text);
  }
  text = std::string_view(joined_).substr(begin);
  return {};
}

/// Read a value and all in it; `text` is what stands for it.
Status JsonRecordReader::Parser::ReadValue(Value value, std::size_t depth, std::string_view& text) {
  if (depth > kMaxDepth) {
    return Status::Data(
        fmt::format("key '{}': nested over {} levels deep; flatten it or leave it out",
                    Head(fields_.back().name), kMaxDepth));
  }
  ondemand::json_type type;
  if (const auto error = value.type().get(type)) return Malformed(error, value);
  if (type == ondemand::json_type::object) return ReadObject(value, depth, text);
  if (type == ondemand::json_type::array) return ReadArray(value, depth, text);
  if (type != ondemand::json_type::string) return ReadScalar(value, text);
  if (const auto error = value.get_string().get(text)) return Malformed(error, value);
  return {};
}

Status JsonRecordReader::Parser::ReadObject(Value value, std::size_t depth,
                                            std::string_view& text) {
  const std::string_view begin = value.raw_json_token();
  ondemand::object object;
  if (const auto error = value.get_object().get(object)) return Malformed(error, value);
  bool named = false;
  for (auto next : object) {
    ondemand::field field;
    if (const auto error = std::move(next).get(field)) return Malformed(error, value);
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return Malformed(error, value);
    const bool is_name = key == kNameKey && !IsContainer(field.value());
    std::string_view member;
    MARQUEE_RETURN_IF_ERROR(ReadValue(field.value(), depth + 1, member));
    if (!is_name) continue;
    named = true;
    text = member;
  }
  if (named) return {};
  MARQUEE_ASSIGN_OR_RETURN(text, TextFrom(begin, value));
  return {};
}

Status JsonRecordReader::Parser::ReadArray(Value value, std::size_t depth, std::string_view& text) {
  const std::string_view begin = value.raw_json_token();
  ondemand::array array;
  if (const auto error = value.get_array().get(array)) return Malformed(error, value);
  for (auto next : array) {
    Value item;
    if (const auto error = std::move(next).get(item)) return Malformed(error, value);
    std::string_view member;
    MARQUEE_RETURN_IF_ERROR(ReadValue(item, depth + 1, member));
  }
  MARQUEE_ASSIGN_OR_RETURN(text, TextFrom(begin, value));
  return {};
}

Status JsonRecordReader::Parser::ReadScalar(Value value, std::string_view& text) const {
  const std::string_view token = TrimEnd(value.raw_json_token());
  if (token == "null") {
    text = {};
  } else if (token == "true") {
    text = "True";
  } else if (token == "false") {
    text = "False";
  } else if (IsNumber(token)) {
    text = token;
  } else {
    return Malformed(simdjson::NUMBER_ERROR, token.data());
  }
  return {};
}

/// Give every needed column that the object lacks an empty field. Errors: kData if a key is there
/// twice.
Status JsonRecordReader::Parser::AddAbsentColumns() {
  by_name_.resize(fields_.size());
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  const auto name_of = [this](std::uint32_t place) { return fields_[place].name; };
  std::ranges::sort(by_name_, {}, name_of);
  const auto twice = std::ranges::adjacent_find(by_name_, {}, name_of);
  if (twice != by_name_.end()) {
    return Status::Data(fmt::format("key '{}' is there twice; keep one", Head(name_of(*twice))));
  }
  for (const std::string& name : needed_columns_) {
    if (!std::ranges::binary_search(by_name_, std::string_view(name), {}, name_of)) {
      fields_.push_back({.name = name, .text = {}});
    }
  }
  return {};
}

Status JsonRecordReader::Parser::CheckFields() const {
  // The record is UTF-8, but simdjson 3.0 makes bytes that are none of a lone \uDC00.
  const bool has_escapes = json_.find('\\') != std::string::npos;
  const auto is_text = [](std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
  };
  std::size_t bytes = kMessageOverhead;
  for (const auto& [name, text] : fields_) {
    if (name.size() > kMaxKeyBytes) {
      return Status::Data(fmt::format("key '{}…' has {} bytes; at most {} are allowed: shorten it",
                                      Head(name), name.size(), kMaxKeyBytes));
    }
    if (text.size() > kMaxFieldBytes) {
      return Status::Data(
          fmt::format("key '{}': the field has {} bytes; at most {} are allowed: shorten it or "
                      "leave it out",
                      Head(name), text.size(), kMaxFieldBytes));
    }
    if (has_escapes && !(is_text(name) && is_text(text))) {
      return Status::Data(fmt::format(
          "key '{}': half a surrogate pair is no character; correct its \\u escape", Head(name)));
    }
    bytes += kColumnOverhead + name.size() + text.size();
  }
  if (bytes > kMaxMessageBytes) {
    return Status::Data(
        fmt::format("the record's {} fields do not fit into a message of {} bytes; shorten them",
                    fields_.size(), kMaxMessageBytes));
  }
  return {};
}

Status JsonRecordReader::Parser::Write(const BatchInfo& origin, Message& output) {
  auto& builder = output.Begin();
  columns_.clear();
  for (const auto& [name, text] : fields_) {
    const auto length = static_cast<std::uint16_t>(text.size());
    const auto lengths = builder.CreateVector(&length, 1);
    const auto bytes =
        builder.CreateVector(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    columns_.push_back(wire::CreateRawColumn(
        builder, builder.CreateString(name.data(), name.size()), lengths, bytes));
  }
  const auto columns = builder.CreateVector(columns_);
  const auto info = WriteBatchInfo(builder, origin);
  return output.Finish(wire::CreateRawBatch(builder, info, /*num_rows=*/1, columns),
                       wire::RawBatchIdentifier());
}

/// The JSON from `begin` to the end of `value`, which has been read.
Result<std::string_view> JsonRecordReader::Parser::TextFrom(std::string_view begin,
                                                            Value value) const {
  const char* next = nullptr;
  if (const auto error = value.current_location().get(next)) return Malformed(error, nullptr);
  return TrimEnd({begin.data(), static_cast<std::size_t>(next - begin.data())});
}

Status JsonRecordReader::Parser::Malformed(simdjson::error_code error, const char* location) const {
  const std::string where =
      location == nullptr ? "" : fmt::format("byte {}: ", location - json_.data());
  const std::string_view what =
      error == simdjson::UTF8_ERROR ? "not valid UTF-8" : "not a well-formed JSON object";
  return Status::Data(fmt::format("{}the record is {} ({}); send one JSON object a record", where,
                                  what, simdjson::error_message(error)));
}

Status JsonRecordReader::Parser::Malformed(simdjson::error_code error, Value value) const {
  const char* location = nullptr;
  if (value.current_location().get(location) != simdjson::SUCCESS) location = nullptr;
  return Malformed(error, location);
}

}  // namespace marquee
