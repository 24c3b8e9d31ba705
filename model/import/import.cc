#include "model/import/import.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "model/import/document.h"
#include "model/import/readers.h"

namespace marquee::model {
namespace {

bool StartsWith(std::string_view bytes, std::string_view start) {
  return bytes.substr(0, start.size()) == start;
}

/// JSON and UBJSON both begin with "{"; behind it JSON has a key's quote, UBJSON a length.
bool IsUbjson(std::string_view bytes) {
  return bytes.size() > 1 && bytes[0] == '{' &&
         std::string_view("iUIlL#$").find(bytes[1]) != std::string_view::npos;
}

/// Where the first keys of a document are.
constexpr std::size_t kFirstKeys = 4096;

Result<Forest> ReadDocument(std::string_view bytes) {
  if (IsUbjson(bytes)) {
    MARQUEE_ASSIGN_OR_RETURN(const Value document, ParseUbjson(bytes));
    return ReadXgboost(document);
  }
  // XGBoost's numbers are floats, written with the digits of floats.
  if (bytes.find("\"learner\"") < kFirstKeys) {
    MARQUEE_ASSIGN_OR_RETURN(const Value document, ParseJson(bytes, NumberType::kFloat));
    if (Field(document, "").Find("learner")) return ReadXgboost(document);
  }
  MARQUEE_ASSIGN_OR_RETURN(const Value document, ParseJson(bytes, NumberType::kDouble));
  const Field root(document, "");
  if (root.Find("features_info")) return ReadCatboostJson(document);
  if (const auto format = root.Find("format")) {
    MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, format->Text());
    if (name == "marquee-trees") return ReadPortable(document);
  }
  return Status::Config(
      "is JSON, but neither XGBoost's ('learner'), CatBoost's ('features_info') nor an exporter's "
      "(format 'marquee-trees')");
}

Result<Forest> ReadAny(std::string_view bytes) {
  if (StartsWith(bytes, "CBM1")) return ReadCatboostBinary(bytes);
  if (StartsWith(bytes, "tree\n") || StartsWith(bytes, "tree\r\n")) return ReadLightgbm(bytes);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && bytes[first] == '{') {
    return ReadDocument(bytes.substr(first));
  }
  if (StartsWith(bytes, "\x80") || StartsWith(bytes, "PK")) {
    return Status::Config(
        "is a Python pickle or archive, which runs code when it is read: write its trees with "
        "model/import/export_sklearn.py, where you trust the file");
  }
  if (StartsWith(bytes, "binf")) {
    return Status::Config("is XGBoost's old binary format: save it as .json or .ubj");
  }
  // Field 1, ir_version, comes first in every ONNX file.
  if (StartsWith(bytes, "\x08")) return ReadOnnx(bytes);
  return Status::Config(
      "is of no known format: XGBoost's .json or .ubj, LightGBM's text, CatBoost's .json or .cbm, "
      "ONNX, or the JSON of model/import/export_sklearn.py");
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path, std::size_t max_bytes) {
  const auto refuse = [&path](std::string_view problem) {
    return Status::Config(fmt::format("{}: {}", path, problem));
  };
  std::error_code error;
  // Of what is no plain file, the size is an error.
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return refuse(error.message());
  if (size > max_bytes) {
    return refuse(fmt::format("has {} bytes; at most {} are allowed", size, max_bytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (!file) return refuse("cannot be read to its end");
  return bytes;
}

Result<Forest> ReadForest(std::string_view bytes) {
  auto forest = ReadAny(bytes);
  if (!forest) return Printable(forest.error());
  return forest;
}

}  // namespace marquee::model
