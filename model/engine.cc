#include "model/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
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
  bool (*takes)(const ModelTrees&);
  /// Only of trees that it takes.
  std::unique_ptr<const Engine> (*make)(const ModelTrees&);
};

template <class Trees>
bool Takes(const ModelTrees& trees) {
  return std::holds_alternative<Trees>(trees);
}

bool TakesAll(const ModelTrees&) { return true; }

bool GeneralTakes(const ModelTrees& trees) {
  const auto* binary = std::get_if<BinaryTrees>(&trees);
  return binary != nullptr && GeneralEngineTakes(*binary);
}

template <class Trees, std::unique_ptr<const Engine> (*kMake)(const Trees&)>
std::unique_ptr<const Engine> MakeOf(const ModelTrees& trees) {
  return kMake(std::get<Trees>(trees));
}

// Best first.
constexpr std::array kEngines = {
    EngineEntry{"oblivious", &Takes<SymmetricTrees>, &MakeOf<SymmetricTrees, &MakeObliviousEngine>},
    EngineEntry{"general", &GeneralTakes, &MakeOf<BinaryTrees, &MakeGeneralEngine>},
    EngineEntry{"reference", &TakesAll, &MakeReferenceEngine}};

}  // namespace

std::vector<std::string_view> EngineNames(const Model& model) {
  std::vector<std::string_view> names;
  for (const EngineEntry& entry : kEngines) {
    if (entry.takes(model.trees())) names.push_back(entry.name);
  }
  return names;
}

Result<std::unique_ptr<const Engine>> MakeEngine(const Model& model, std::string_view name) {
  const auto fits = [&](const EngineEntry& entry) {
    return (name.empty() || name == entry.name) && entry.takes(model.trees());
  };
  const auto* entry = std::find_if(kEngines.begin(), kEngines.end(), fits);
  if (entry != kEngines.end()) return entry->make(model.trees());
  return Status::Usage(fmt::format("{}: no engine '{}' scores this model: choose one of: {}",
                                   model.source(), name, fmt::join(EngineNames(model), ", ")));
}

}  // namespace marquee::model
