// schemas/wire_span.h — vectors and strings of a message as spans and string_views.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <span>
#include <string_view>

namespace marquee {

/// View the elements of a vector of scalars where they lie; an absent one is empty.
///
/// The verifier aligns a vector's length field, not wider elements behind it: who takes elements of
/// 8 bytes from a message that is not this process's own must check where they lie.
template <class T>
std::span<const T> SpanOf(const flatbuffers::Vector<T>* vector) noexcept {
  if (vector == nullptr) return {};
  return {reinterpret_cast<const T*>(vector->Data()), vector->size()};
}

/// View a string of the message; an absent one is empty.
inline std::string_view TextOf(const flatbuffers::String* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

}  // namespace marquee
