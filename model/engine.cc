#include "model/engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <utility>

#include "model/engine_oblivious.h"
#include "model/engine_reference.h"
#include "model/model.h"

namespace marquee::model {
namespace {

struct EngineEntry {
  std::string_view name;
  std::unique_ptr<const Engine> (*make)(const ModelTrees&);
};

// Best first; both take any model.
constexpr std::array kEngines = {EngineEntry{"oblivious", &MakeObliviousEngine},
                                 EngineEntry{"reference", &MakeReferenceEngine}};

constexpr auto kEngineNames = [] {
  std::array<std::string_view, kEngines.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kEngines[i].name;
  return names;
}();

}  // namespace

std::span<const std::string_view> EngineNames() noexcept { return kEngineNames; }

Result<std::unique_ptr<const Engine>> MakeEngine(const Model& model, std::string_view name) {
  for (const EngineEntry& entry : kEngines) {
    if (name.empty() || name == entry.name) return entry.make(model.trees());
  }
  return Status::Usage(fmt::format("no engine is called '{}': choose one of: {}", name,
                                   fmt::join(kEngineNames, ", ")));
}

}  // namespace marquee::model
