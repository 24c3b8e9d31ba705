// tests/support/seed.h — seeds of randomised tests, printed so that a failure can be repeated.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace marquee::testing_support {

/// Choose the seed of a randomised test: MARQUEE_TEST_SEED if set, else a new one. Prints it.
inline std::uint64_t TestSeed() {
  const char* given = std::getenv("MARQUEE_TEST_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::printf("repeat with MARQUEE_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace marquee::testing_support
