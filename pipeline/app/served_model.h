// pipeline/app/served_model.h — the model that a service scores with, which can change while it runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "pipeline/stages/drift_monitor.h"
#include "pipeline/stages/infer.h"

namespace marquee {

/// Where the models are, and how they are used.
struct ServedModelOptions {
  std::string model;       ///< file; empty = the built-in model, which never changes
  std::string challenger;  ///< file; empty = none
  std::string engine;
  std::size_t num_workers = 1;
};

/// Loads the models, and loads them anew when a file has changed. Until a new one has proven itself
/// (checksum, every index, golden rows, features and classes) the old one scores, and if it does
/// not, the old one goes on.
///
/// Threads: Current from any; Refresh from one.
class ServedModel {
 public:
  /// A model in use. It lives as long as a batch is scored with it.
  struct Version {
    InferStage stage;
    DriftMonitor drift;
  };

  /// Errors: kConfig, kUsage: as of LoadModel, SpecOf and InferStage::Make.
  static Result<std::unique_ptr<ServedModel>> Open(ServedModelOptions options);

  std::shared_ptr<Version> Current() const;

  /// Look whether a file has changed, and load it in a thread of its own; take what has been loaded.
  /// Returns what there is to tell: which models score from now on, or why not.
  std::optional<std::string> Refresh();

 private:
  /// What tells that a file is another one.
  struct FileStamp {
    std::int64_t modified_ns = 0;
    std::uint64_t inode = 0;
    std::int64_t size = -1;  // -1 = not there

    friend bool operator==(const FileStamp&, const FileStamp&) = default;
  };
  using Stamps = std::array<FileStamp, 2>;  // of the model and the challenger

  explicit ServedModel(ServedModelOptions options) : options_(std::move(options)) {}
  static FileStamp StampOf(const std::string& path);
  Stamps StampAll() const { return {StampOf(options_.model), StampOf(options_.challenger)}; }
  static Result<std::shared_ptr<Version>> Load(const ServedModelOptions& options);

  ServedModelOptions options_;
  Stamps stamps_;
  std::future<Result<std::shared_ptr<Version>>> loading_;
  mutable std::mutex mutex_;
  std::shared_ptr<Version> current_;
};

}  // namespace marquee
