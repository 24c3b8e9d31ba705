#include "pipeline/app/served_model.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "pipeline/app/scoring.h"

namespace marquee {
namespace {

std::string Describe(const InferStage& stage) {
  const auto one = [](const model::Model& model) {
    return fmt::format("{} {}, id {:016x}", model.name(), model.version(), model.id());
  };
  std::string text = one(stage.model());
  if (stage.challenger() != nullptr) {
    text += fmt::format("; challenger {}", one(*stage.challenger()));
  }
  return text;
}

}  // namespace

ServedModel::FileStamp ServedModel::StampOf(const std::string& path) {
  struct stat facts {};
  if (path.empty() || stat(path.c_str(), &facts) != 0) return {};
  return {.modified_ns = facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec,
          .inode = facts.st_ino,
          .size = facts.st_size};
}

Result<std::shared_ptr<ServedModel::Version>> ServedModel::Load(const ServedModelOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(options.model));
  if (auto spec = SpecOf(*model); !spec) return std::move(spec).error();
  std::shared_ptr<const model::Model> challenger;
  if (!options.challenger.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(challenger, LoadModel(options.challenger));
  }
  MARQUEE_ASSIGN_OR_RETURN(InferStage stage, InferStage::Make(model, options.engine, challenger));
  return std::shared_ptr<Version>(
      new Version{std::move(stage), DriftMonitor(*model, options.num_workers)});
}

Result<std::unique_ptr<ServedModel>> ServedModel::Open(ServedModelOptions options) {
  std::unique_ptr<ServedModel> served(new ServedModel(std::move(options)));
  served->stamps_ = served->StampAll();  // before they are read: later changes are seen
  MARQUEE_ASSIGN_OR_RETURN(served->current_, Load(served->options_));
  return served;
}

std::shared_ptr<ServedModel::Version> ServedModel::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::optional<std::string> ServedModel::Refresh() {
  if (!loading_.valid()) {
    const Stamps now = StampAll();
    if (now == stamps_) return std::nullopt;
    stamps_ = now;
    loading_ = std::async(std::launch::async, [options = options_] { return Load(options); });
    return std::nullopt;
  }
  if (loading_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
  auto loaded = loading_.get();
  if (loaded) {
    // What comes in is made by a preprocessor that has not changed.
    const model::Model& in_use = current_->stage.model();
    Status fits = (*loaded)->stage.model().RequireFeatureSpec(in_use.feature_spec(),
                                                              in_use.feature_spec_text());
    if (!fits.ok()) loaded = std::move(fits);
  }
  const std::string before = Describe(Current()->stage);
  if (!loaded) {
    return fmt::format("a model file has changed but is not used: {}; still {}",
                       loaded.error().message(), before);
  }
  const std::string after = Describe((*loaded)->stage);
  if (after == before) return std::nullopt;
  const std::lock_guard lock(mutex_);
  current_ = *std::move(loaded);
  return fmt::format("model {}; it was {}", after, before);
}

}  // namespace marquee
