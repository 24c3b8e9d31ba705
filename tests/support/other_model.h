// tests/support/other_model.h — a model of the same features and classes as the built-in one, but not as good.
#pragma once

#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "model/builtin.h"
#include "schemas/aligned_buffer.h"
#include "schemas/frame.h"
#include "schemas/model_generated.h"

namespace marquee::testing_support {

enum class OtherModel {
  kWorse,             ///< most rows fall into the lowest class
  kGoldenRowsDiffer,  ///< its scores are not those of the golden rows
};

/// The bytes of a model file, made of the built-in model's.
inline std::string OtherModelFile(OtherModel kind = OtherModel::kWorse) {
  const std::span<const std::byte> file = model::BuiltinModelBytes();
  const auto header = DecodeFrameHeader(file.first<kFrameHeaderBytes>(), file.size());
  if (!header) std::abort();
  AlignedBuffer buffer(header->payload_bytes);
  std::memcpy(buffer.data(), file.data() + kFrameHeaderBytes, header->payload_bytes);
  const std::span<std::byte> payload(buffer.data(), header->payload_bytes);
  const auto* classifier = wire::GetModel(payload.data())->classifier();
  const auto shift = [](const flatbuffers::Vector<float>* values, float by) {
    auto* begin = const_cast<float*>(values->data());
    for (flatbuffers::uoffset_t i = 0; i < values->size(); ++i) begin[i] += by;
  };
  if (kind == OtherModel::kWorse) {
    shift(classifier->cutpoints(), 0.8F);
  } else {
    shift(classifier->trees()->bias(), 0.5F);
  }
  const auto text = [](std::span<const std::byte> bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  return text(EncodeFrameHeader(payload)) + text(payload) +
         std::string(header->padding_bytes(), '\0');
}

}  // namespace marquee::testing_support
