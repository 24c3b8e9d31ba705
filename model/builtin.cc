#include "model/builtin.h"

// Defined in builtin.S.
extern "C" const std::byte marquee_builtin_model[];
extern "C" const std::byte marquee_builtin_model_end[];

namespace marquee::model {

std::span<const std::byte> BuiltinModelBytes() noexcept {
  return {marquee_builtin_model, marquee_builtin_model_end};
}

}  // namespace marquee::model
