// model/validate.h — the checks behind the checksum: does a well-formed model mean something?
#pragma once

#include <cstddef>
#include <cstdint>

#include "schemas/status.h"

namespace marquee::wire {
struct Model;
}

namespace marquee::model {

/// The format this Marquee reads and writes.
inline constexpr std::uint32_t kFormatVersion = 1;

/// A split of a symmetric tree names its column in a byte, and 255 is left free.
inline constexpr std::size_t kMaxSymmetricColumns = 255;
/// A block's bins of so many columns stay in the second-level cache; trees on tables rarely see more.
inline constexpr std::size_t kMaxColumns = 1024;
inline constexpr std::size_t kMaxClasses = 254;
/// Of one encoding: more than all items of the movies, and few enough that a crafted model is
/// refused quickly.
inline constexpr std::size_t kMaxCodes = std::size_t{1} << 20;
/// Of all encodings, which are sorted and put into tables while loading.
inline constexpr std::size_t kMaxTotalCodes = std::size_t{1} << 22;
inline constexpr std::size_t kMaxTrees = 65'536;
inline constexpr std::size_t kMaxGoldenRows = 8192;
/// Longest way from a root to a leaf: what grows freely, as forests do, has some tens.
inline constexpr std::size_t kMaxBinaryDepth = 1024;
/// Words of all sets of categories: as far as f32 has every category.
inline constexpr std::size_t kMaxSetWords = (std::size_t{1} << 24) / 32;
/// Golden rows times trees (of binary ones: their depths) and scores: loading computes them all, in
/// seconds at most.
inline constexpr std::size_t kMaxGoldenWork = std::size_t{1} << 28;
/// The largest sum of absolute leaves, scaled and biased: far from overflow, so that scores are
/// always finite.
inline constexpr double kMaxScore = 1e30;

/// Check every length, index, enum and float that loading and scoring rely on.
///
/// `model` must have passed the FlatBuffers verifier. Errors: kConfig, naming field, index and
/// remedy (the caller adds the file).
Status ValidateModel(const wire::Model& model);

}  // namespace marquee::model
