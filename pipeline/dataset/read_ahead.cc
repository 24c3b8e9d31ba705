#include "pipeline/dataset/read_ahead.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace marquee {

ReadAhead::ReadAhead(Source source) : source_(std::move(source)) {
  for (Buffer& buffer : buffers_) buffer.bytes.reset(new char[kBufferBytes]);
  thread_ = std::thread([this] { Fetch(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Result<std::size_t> ReadAhead::Read(std::span<char> out) {
  std::size_t filled = 0;
  while (filled < out.size()) {
    const Buffer* buffer = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return num_full_ > 0 || finished_; });
      if (num_full_ == 0) {
        if (filled > 0 || failure_.ok()) break;
        return Status(failure_.code(), std::string(failure_.message()));
      }
      buffer = &buffers_[oldest_];
    }
    const std::size_t size = std::min(out.size() - filled, buffer->size - taken_);
    std::memcpy(out.data() + filled, buffer->bytes.get() + taken_, size);
    filled += size;
    taken_ += size;
    if (taken_ < buffer->size) continue;
    taken_ = 0;
    {
      const std::lock_guard lock(mutex_);
      oldest_ = (oldest_ + 1) % kNumBuffers;
      --num_full_;
    }
    changed_.notify_all();
  }
  return filled;
}

void ReadAhead::Fetch() {
  for (;;) {
    Buffer* buffer = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return num_full_ < kNumBuffers || stop_; });
      if (stop_) return;
      buffer = &buffers_[(oldest_ + num_full_) % kNumBuffers];
    }
    if (!FetchOne(*buffer)) return;
  }
}

/// Fetch the next bytes into `buffer`. False if there are none.
bool ReadAhead::FetchOne(Buffer& buffer) {
  Result<std::size_t> got = source_({buffer.bytes.get(), kBufferBytes});
  const bool more = got && *got > 0;
  {
    const std::lock_guard lock(mutex_);
    if (more) {
      buffer.size = *got;
      ++num_full_;
    } else {
      finished_ = true;
      if (!got) failure_ = std::move(got).error();
    }
  }
  changed_.notify_all();
  return more;
}

}  // namespace marquee
