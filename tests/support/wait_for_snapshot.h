// tests/support/wait_for_snapshot.h — a feed's snapshot, as soon as it is as a test wants it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "viewer/data/feed.h"

namespace marquee::testing_support {

/// Wait until a snapshot of `feed` is as `condition` wants it, and give it. What is not so within a
/// minute is a failure of the test.
template <class Condition>
std::shared_ptr<const viewer::SnapshotMessage> WaitForSnapshot(const viewer::Feed& feed,
                                                               const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (true) {
    auto latest = feed.Latest();
    if (condition(latest->view())) return latest;
    if (std::chrono::steady_clock::now() > deadline) {
      const auto* message = latest->view().source()->message();
      ADD_FAILURE() << "not in time; rows " << latest->view().run()->rows() << "; "
                    << (message == nullptr ? "" : message->c_str());
      return latest;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// Wait until the source of `feed` is in this state.
inline std::shared_ptr<const viewer::SnapshotMessage> WaitForState(const viewer::Feed& feed,
                                                                   wire::SourceState state) {
  return WaitForSnapshot(feed,
                         [state](const wire::Snapshot& s) { return s.source()->state() == state; });
}

}  // namespace marquee::testing_support
