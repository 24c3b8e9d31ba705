// model/builtin.h — the shipped model, inside the program.
#pragma once

#include <cstddef>
#include <span>

namespace marquee::model {

/// The bytes of model/artifacts/movies.model, as they were when the program was built.
std::span<const std::byte> BuiltinModelBytes() noexcept;

/// What stands for its path in messages.
inline constexpr const char* kBuiltinModelName = "built-in model";

}  // namespace marquee::model
