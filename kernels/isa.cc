#include "kernels/isa.h"

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <algorithm>
#include <array>

#include "schemas/check.h"

namespace marquee::kernels {
namespace {

struct Supported {
  Supported() {
    isas[count++] = Isa::kScalar;
#if HWY_TARGETS & HWY_AVX2
    if ((hwy::SupportedTargets() & HWY_AVX2) != 0) isas[count++] = Isa::kAvx2;
#endif
#if HWY_TARGETS & HWY_AVX3
    if ((hwy::SupportedTargets() & HWY_AVX3) != 0) isas[count++] = Isa::kAvx512;
#endif
  }

  std::array<Isa, 3> isas{};
  std::size_t count = 0;
};

Isa& Active() noexcept {
  static Isa active = SupportedIsas().back();
  return active;
}

}  // namespace

std::string_view IsaName(Isa isa) noexcept {
  constexpr std::string_view kBaseline = HWY_ARCH_X86 ? "scalar" : "baseline";
  constexpr std::array<std::string_view, 3> kNames = {kBaseline, "avx2", "avx512"};
  return kNames[static_cast<std::size_t>(isa)];
}

std::span<const Isa> SupportedIsas() noexcept {
  static const Supported supported;
  return {supported.isas.data(), supported.count};
}

Isa ActiveIsa() noexcept { return Active(); }

void UseIsa(Isa isa) noexcept {
  const auto supported = SupportedIsas();
  MARQUEE_CHECK(std::ranges::find(supported, isa) != supported.end());
  Active() = isa;
}

}  // namespace marquee::kernels
