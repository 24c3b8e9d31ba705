#include "pipeline/app/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "pipeline/core/clock.h"

namespace marquee {
namespace {

constexpr std::int64_t kRedrawNs = 100'000'000;
constexpr std::size_t kWidth = 40;

}  // namespace

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), enabled_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) fmt::print(stderr, "\r{:{}}\r", "", label_.size() + kWidth + 20);
}

void ProgressBar::Update(std::uint64_t done, std::uint64_t total) {
  if (!enabled_) return;
  const std::int64_t now_ns = SteadyClockNs();
  if (drawn_ && now_ns - last_ns_ < kRedrawNs) return;
  last_ns_ = now_ns;
  drawn_ = true;
  if (total == 0) {
    fmt::print(stderr, "\r{} {:.1f} MB", label_, static_cast<double>(done) / 1e6);
    return;
  }
  const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(share * kWidth);
  fmt::print(stderr, "\r{} [{:=<{}}{: <{}}] {:3.0f} %", label_, "", filled, "", kWidth - filled,
             100 * share);
}

}  // namespace marquee
