// schemas/unix_time.h — which times may be true.
#pragma once

#include <cstdint>

namespace marquee {

/// Whether `ns` is a Unix time between 1970 and 2116. Any other was told by a broken clock or is
/// forged; of these, no difference and no sum with a time that passes overflows.
constexpr bool IsUnixTime(std::int64_t ns) { return ns >= 0 && ns <= std::int64_t{1} << 62; }

}  // namespace marquee
