// pipeline/dataset/gunzip.h — gzip data, unpacked by ISA-L.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "pipeline/dataset/input_file.h"
#include "schemas/status.h"

struct inflate_state;  // ISA-L's

namespace marquee {

/// Unpacks a file of gzip data: one member or several, with zeros between them or behind.
class Gunzip {
 public:
  /// `head` was read from `file` already. Owns nothing of `file`, which must outlive it.
  Gunzip(InputFile& file, std::span<const char> head);
  ~Gunzip();

  /// Fill `out` with the bytes that come next. Fewer than asked for means: the end, or damage, is
  /// reached; 0 is the end.
  ///
  /// Errors: after every byte before the damage, kData, naming file, offset and remedy;
  /// kUnavailable if reading fails. They stay.
  Result<std::size_t> Read(std::span<char> out);

 private:
  Status UnpackInto(std::span<char> out, std::size_t& filled);
  std::size_t TakeUnpacked(std::span<char> out);
  Status FillInput();
  Status NextMember();
  void BeginMember();
  Status Damaged(const char* what) const;

  InputFile& file_;
  Status failure_;  // what Read says once the bytes before it are delivered
  bool at_end_ = false;
  bool inside_member_ = false;
  // Bytes read from the file and not yet unpacked.
  std::unique_ptr<char[]> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::unique_ptr<inflate_state> state_;
};

}  // namespace marquee
