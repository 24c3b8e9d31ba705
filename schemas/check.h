// schemas/check.h — checks of what only a programming error can break.
#pragma once

#include <cstdio>
#include <cstdlib>

/// Abort with the place if `condition` is false. On in the presets dev, debug and the sanitizers;
/// elsewhere the condition is not evaluated.
#ifdef MARQUEE_CHECKS
#define MARQUEE_CHECK(condition)                                                         \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
#else
#define MARQUEE_CHECK(condition) \
  do {                           \
    (void)sizeof(condition);     \
  } while (false)
#endif
