#include "model/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "model/engine_general.h"
#include "model/engine_oblivious.h"
#include "model/engine_reference.h"
#include "model/model.h"

namespace marquee::model {
namespace {

struct EngineEntry {
  std::string_view name;
  /// Null if it does not score these trees.
  std::unique_ptr<const Engine> (*make)(const ModelTrees&);
};

template <class Trees, std::unique_ptr<const Engine> (*kMake)(const Trees&)>
std::unique_ptr<const Engine> MakeOf(const ModelTrees& trees) {
  const auto* own = std::get_if<Trees>(&trees);
  return own == nullptr ? nullptr : kMake(*own);
}

// Best first.
constexpr std::array kEngines = {
    EngineEntry{"oblivious", &MakeOf<SymmetricTrees, &MakeObliviousEngine>},
    EngineEntry{"general", &MakeOf<BinaryTrees, &MakeGeneralEngine>},
    EngineEntry{"reference", &MakeReferenceEngine}};

}  // namespace

std::vector<std::string_view> EngineNames(const Model& model) {
  std::vector<std::string_view> names;
  for (const EngineEntry& entry : kEngines) {
    if (entry.make(model.trees())) names.push_back(entry.name);
  }
  return names;
}

Result<std::unique_ptr<const Engine>> MakeEngine(const Model& model, std::string_view name) {
  for (const EngineEntry& entry : kEngines) {
    if (!name.empty() && name != entry.name) continue;
    if (auto engine = entry.make(model.trees())) return engine;
  }
  return Status::Usage(fmt::format("{}: no engine '{}' scores this model: choose one of: {}",
                                   model.source(), name, fmt::join(EngineNames(model), ", ")));
}

}  // namespace marquee::model
