#include <exception>

#include "pipeline/core/runner.h"

namespace marquee {
namespace {

class SerialRunner final : public Runner {
 public:
  std::string_view name() const noexcept override { return "serial"; }
  std::size_t num_workers() const noexcept override { return 1; }
  std::size_t num_slots() const noexcept override { return 1; }

  Status Run(Epoch& epoch) override {
    try {
      while (true) {
        MARQUEE_ASSIGN_OR_RETURN(const bool more, epoch.Read(0));
        if (!more) return {};
        MARQUEE_RETURN_IF_ERROR(epoch.Process(0, 0));
        MARQUEE_RETURN_IF_ERROR(epoch.Write(0));
      }
    } catch (const std::exception& exception) {
      return Status::Internal(exception.what());
    }
  }
};

}  // namespace

std::unique_ptr<Runner> MakeSerialRunner() { return std::make_unique<SerialRunner>(); }

}  // namespace marquee
