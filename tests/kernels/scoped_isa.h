// tests/kernels/scoped_isa.h — another instruction set, for a while.
#pragma once

#include "kernels/isa.h"

namespace marquee {

/// Uses an instruction set while it lives.
class ScopedIsa {
 public:
  explicit ScopedIsa(kernels::Isa isa) : before_(kernels::ActiveIsa()) { kernels::UseIsa(isa); }
  ~ScopedIsa() { kernels::UseIsa(before_); }
  ScopedIsa(const ScopedIsa&) = delete;
  ScopedIsa& operator=(const ScopedIsa&) = delete;

 private:
  kernels::Isa before_;
};

}  // namespace marquee
