// pipeline/app/generated_data.h — generated rows in a file that goes away by itself.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "pipeline/dataset/generator.h"
#include "schemas/status.h"

namespace marquee {

/// A file without a name, which is gone when the process ends, however it ends. Move-only.
class TemporaryFile {
 public:
  /// Make an empty file in the system's folder for temporary ones. Errors: kUnavailable.
  static Result<TemporaryFile> Make();

  ~TemporaryFile();
  TemporaryFile(TemporaryFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  TemporaryFile& operator=(TemporaryFile&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }

  /// What opens it, in this process and during this object's life.
  std::string path() const;

 private:
  explicit TemporaryFile(int file) : file_(file) {}

  int file_;
};

/// Generate a CSV after the profile of `model` into `path` ("-" = standard output).
/// Errors: kConfig of the model's profile; kUnavailable of writing.
Status GenerateCsvFile(const model::Model& model, std::uint64_t rows, std::uint64_t seed,
                       const std::string& path);

}  // namespace marquee
