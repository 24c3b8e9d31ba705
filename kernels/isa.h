// kernels/isa.h — which of the instruction sets that kernels are compiled for is used.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace marquee::kernels {

/// What a kernel is compiled for: the compiler's baseline (on x86-64 plain C++ and SSE2, elsewhere
/// what Highway makes of it), and what a processor may have beyond it.
enum class Isa : std::uint8_t { kScalar, kAvx2, kAvx512 };

/// "scalar" ("baseline" where that has vectors: not on x86), "avx2" or "avx512".
std::string_view IsaName(Isa isa) noexcept;

/// Those that this processor has, worst first.
std::span<const Isa> SupportedIsas() noexcept;

/// The one in use: the best, unless UseIsa has been called.
Isa ActiveIsa() noexcept;

/// Use another one from now on; one of SupportedIsas(). An engine is to be made anew: it keeps some of
/// the kernels that it was made with. Threads: not while kernels run.
void UseIsa(Isa isa) noexcept;

}  // namespace marquee::kernels
