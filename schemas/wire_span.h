// schemas/wire_span.h — vectors and strings of a message as spans and string_views.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace marquee {

/// Whether the elements of a vector, scalars or structs, lie where their type must; an absent one
/// and an empty one do. The verifier aligns a vector's length field, not wider elements behind it:
/// who reads elements of 8 bytes from a message that is not this process's own must ask.
template <class T>
bool LiesAligned(const flatbuffers::Vector<T>* vector) noexcept {
  using Element = std::remove_const_t<std::remove_pointer_t<T>>;
  return vector == nullptr || vector->size() == 0 ||
         reinterpret_cast<std::uintptr_t>(vector->Data()) % alignof(Element) == 0;
}

/// View the elements of a vector of scalars where they lie (LiesAligned); an absent one is empty.
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
