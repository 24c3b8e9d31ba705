// bench/perf_check/work.h — what `./run perf-check` measures in base and head: kernels and stages at work.
//
// A program has one MakeWorks, and main from work.cc. Each is built from the same source against the libraries of
// both trees; one program for each part of the house, so that an interface which base has not costs that part only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "schemas/status.h"

namespace marquee::bench {

/// Something that can be done again and again, always the same: fixed data, made before. Less than a
/// millisecond, so that it is sometimes done undisturbed.
struct Work {
  std::string name;
  std::function<void()> once;
};

/// Make this program's works, for the ISA in use. Errors: kInternal if one gives a wrong answer: then its speed means
/// nothing.
Result<std::vector<Work>> MakeWorks();

}  // namespace marquee::bench
