#include "pipeline/app/generated_data.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "pipeline/transport/file/output_file.h"

namespace marquee {

Result<TemporaryFile> TemporaryFile::Make() {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
  if (error) {
    return Status::Unavailable(fmt::format("no folder for temporary files: {}", error.message()));
  }
  std::string path = (directory / "marquee-XXXXXX").string();
  const int file = mkstemp(path.data());
  if (file < 0) {
    return Status::Unavailable(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  unlink(path.c_str());
  return TemporaryFile(file);
}

TemporaryFile::~TemporaryFile() {
  if (file_ >= 0) close(file_);
}

std::string TemporaryFile::path() const { return fmt::format("/proc/self/fd/{}", file_); }

Status GenerateCsvFile(const model::Model& model, std::uint64_t rows, std::uint64_t seed,
                       const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(const GeneratorProfile profile, ProfileFromModel(model));
  MARQUEE_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Create(path));
  MARQUEE_RETURN_IF_ERROR(GenerateCsv(
      profile, rows, seed, [&output](std::string_view text) { return output.Write(text); }));
  return output.Close();
}

}  // namespace marquee
