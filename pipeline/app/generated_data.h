// pipeline/app/generated_data.h — generated rows in a file that goes away by itself.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "pipeline/dataset/generator.h"
#include "schemas/status.h"

namespace marquee {

/// A file that is removed at the end of its life; who has it open by then can still read it.
/// Move-only.
class TemporaryFile {
 public:
  /// Make an empty file in the system's folder for temporary ones. Errors: kUnavailable.
  static Result<TemporaryFile> Make();

  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, "")) {}
  TemporaryFile& operator=(TemporaryFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }

  const std::string& path() const noexcept { return path_; }

 private:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

/// Generate a CSV after the profile of `model` into `path` ("-" = standard output).
/// Errors: kConfig of the model's profile; kUnavailable of writing.
Status GenerateCsvFile(const model::Model& model, std::uint64_t rows, std::uint64_t seed,
                       const std::string& path);

}  // namespace marquee
