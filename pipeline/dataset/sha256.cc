#include "pipeline/dataset/sha256.h"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

namespace marquee {
namespace {

constexpr std::size_t kChunkBytes = 1 << 20;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

Result<std::string> FileSha256(const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    return Status::Unavailable(fmt::format("{}: cannot open: {}", path, std::strerror(errno)));
  }
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(),
                                                                     &EVP_MD_CTX_free);
  if (hash == nullptr || EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) != 1) {
    return Status::Internal("SHA-256: libcrypto did not start");
  }
  std::vector<char> chunk(kChunkBytes);
  std::size_t got = 0;
  while ((got = std::fread(chunk.data(), 1, chunk.size(), file.get())) > 0) {
    EVP_DigestUpdate(hash.get(), chunk.data(), got);
  }
  if (std::ferror(file.get()) != 0) {
    return Status::Unavailable(fmt::format("{}: reading failed: {}", path, std::strerror(errno)));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
  unsigned digest_bytes = 0;
  EVP_DigestFinal_ex(hash.get(), digest.data(), &digest_bytes);
  std::string text;
  for (unsigned i = 0; i < digest_bytes; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace marquee
