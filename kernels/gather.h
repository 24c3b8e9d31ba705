// kernels/gather.h — fields that lie apart, brought together end to end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace marquee::kernels {

/// So many bytes are copied at a time where that many may be read.
inline constexpr std::size_t kGatherBytes = 64;

/// Copy fields[0], fields[stride], fields[2 * stride], … end to end into `out`.
///
/// With `padded`, kGatherBytes may be read from the start of each field on, however short it is:
/// then a short field costs one load and one store instead of a call.
///
/// Shapes:  fields [(n - 1) * stride + 1] for n fields; out as long as they are together.
/// Exact:   equal to GatherFieldsReference.
/// Cost:    no allocation; one pass.
void GatherFields(std::span<const std::string_view> fields, std::size_t stride, bool padded,
                  std::span<std::uint8_t> out) noexcept;

/// GatherFields by memcpy, which never reads beyond a field.
void GatherFieldsReference(std::span<const std::string_view> fields, std::size_t stride,
                           std::span<std::uint8_t> out) noexcept;

}  // namespace marquee::kernels
