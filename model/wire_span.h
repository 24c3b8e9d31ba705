// model/wire_span.h — vectors and strings of a message as spans and string_views.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <span>
#include <string_view>

namespace marquee::model {

/// View a vector of the message; an absent one is empty. Only for elements of up to 4 bytes: the
/// verifier aligns a vector's length field, not wider elements behind it.
template <class T>
std::span<const T> SpanOf(const flatbuffers::Vector<T>* vector) noexcept {
  static_assert(sizeof(T) <= 4);
  if (vector == nullptr) return {};
  return {reinterpret_cast<const T*>(vector->Data()), vector->size()};
}

/// View a string of the message; an absent one is empty.
inline std::string_view TextOf(const flatbuffers::String* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

}  // namespace marquee::model
