#include "kernels/gather.h"

#include <algorithm>
#include <cstring>

#include "schemas/check.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gather.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace {

/// The compiler makes of it what the instruction set has.
HWY_INLINE void CopyBlock(const char* from, std::uint8_t* to) {
  std::memcpy(to, from, kGatherBytes);
}

}  // namespace

/// Copy as many fields as can be copied in whole blocks: `copied` bytes. What a block holds behind
/// its field, the next field is written over. Returns where in `fields` the next one is.
std::size_t GatherBlocks(std::span<const std::string_view> fields, std::size_t stride,
                         std::span<std::uint8_t> out, std::size_t& copied) {
  std::uint8_t* to = out.data();
  std::uint8_t* const end = to + out.size();
  std::size_t index = 0;
  for (; index < fields.size(); index += stride) {
    const std::string_view field = fields[index];
    if (static_cast<std::size_t>(end - to) < kGatherBytes) break;
    CopyBlock(field.data(), to);
    if (field.size() > kGatherBytes) {
      std::memcpy(to + kGatherBytes, field.data() + kGatherBytes, field.size() - kGatherBytes);
    }
    to += field.size();
  }
  copied = static_cast<std::size_t>(to - out.data());
  return index;
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
void GatherFields(std::span<const std::string_view> fields, std::size_t stride, bool padded,
                  std::span<std::uint8_t> out) noexcept {
  std::size_t next = 0;
  std::size_t copied = 0;
  if (padded) next = MARQUEE_FOR_ISA(ActiveIsa(), GatherBlocks)(fields, stride, out, copied);
  GatherFieldsReference(fields.subspan(std::min(next, fields.size())), stride, out.subspan(copied));
}

void GatherFieldsReference(std::span<const std::string_view> fields, std::size_t stride,
                           std::span<std::uint8_t> out) noexcept {
  std::size_t copied = 0;
  for (std::size_t index = 0; index < fields.size(); index += stride) {
    const std::string_view field = fields[index];
    MARQUEE_CHECK(field.size() <= out.size() - copied);
    if (!field.empty()) std::memcpy(out.data() + copied, field.data(), field.size());
    copied += field.size();
  }
  MARQUEE_CHECK(copied == out.size());
}

}  // namespace marquee::kernels
#endif
