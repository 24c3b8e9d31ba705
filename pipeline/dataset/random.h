// pipeline/dataset/random.h — random draws that are the same on every machine.
//
// The distributions of <random> differ between standard libraries, so they are not used. Only
// integers and the exactly rounded operations + − × ÷ are.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace marquee {

/// xoshiro256** by Blackman and Vigna (public domain), its state filled by splitmix64.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
      word = mixed ^ (mixed >> 31);
    }
  }

  /// Draw 64 bits.
  std::uint64_t Next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Draw an integer from 0 to `count` - 1; uneven by less than one in 2^32 / count.
  std::uint32_t Below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>(((Next() >> 32) * count) >> 32);
  }

  /// Draw a number in [0, 1), a multiple of 2^-53.
  double Unit() noexcept { return static_cast<double>(Next() >> 11) * 0x1p-53; }

  /// Draw true with the given probability.
  bool Chance(double share) noexcept { return Unit() < share; }

  /// Draw from a bell-shaped distribution of mean 0 and deviation 1, between -3.5 and 3.5.
  double Bell() noexcept {
    // The sum of four uniform draws of 16 bits has variance 4 / 12.
    const std::uint64_t bits = Next();
    const std::uint64_t sum =
        (bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48);
    return (static_cast<double>(sum) * 0x1p-16 - 2.0) * 1.7320508075688772;
  }

 private:
  std::uint64_t state_[4];
};

/// Draws numbers with given weights, in constant time (Walker's alias method, built as Vose does).
class WeightedChoice {
 public:
  WeightedChoice() = default;

  /// Weights that are not above 0 are never drawn. With no weight above 0, nothing can be drawn.
  explicit WeightedChoice(std::span<const double> weights) {
    double sum = 0;
    for (const double weight : weights) sum += weight > 0 ? weight : 0;
    if (!(sum > 0)) return;
    const auto count = static_cast<double>(weights.size());
    std::vector<double> left(weights.size());
    std::vector<std::uint32_t> poor;
    std::vector<std::uint32_t> rich;
    std::uint32_t heaviest = 0;
    for (std::uint32_t i = 0; i < weights.size(); ++i) {
      left[i] = weights[i] > 0 ? weights[i] / sum * count : 0;
      (left[i] < 1 ? poor : rich).push_back(i);
      if (weights[i] > weights[heaviest]) heaviest = i;
    }
    places_.resize(weights.size());
    while (!poor.empty()) {
      const std::uint32_t place = poor.back();
      poor.pop_back();
      // Rounding may use the rich ones up early: the heaviest takes the rest, nearly nothing.
      const std::uint32_t other = rich.empty() ? heaviest : rich.back();
      places_[place] = {Threshold(left[place]), other};
      if (rich.empty()) continue;
      left[other] -= 1 - left[place];
      if (left[other] < 1) {
        rich.pop_back();
        poor.push_back(other);
      }
    }
    for (const std::uint32_t place : rich) places_[place] = {Threshold(1), place};
  }

  bool empty() const noexcept { return places_.empty(); }

  /// Draw a number from 0 to the count of weights - 1. Precondition: not empty().
  std::uint32_t Draw(Random& random) const noexcept {
    const std::uint64_t bits = random.Next();
    const auto place = static_cast<std::uint32_t>(((bits >> 32) * places_.size()) >> 32);
    return (bits & 0xffffffff) < places_[place].threshold ? place : places_[place].other;
  }

 private:
  struct Place {
    std::uint64_t threshold = 0;  // of 2^32: below it, the place's own number
    std::uint32_t other = 0;
  };

  static std::uint64_t Threshold(double share) noexcept {
    return static_cast<std::uint64_t>(share * 0x1p32);
  }

  std::vector<Place> places_;
};

}  // namespace marquee
