#include "pipeline/transport/kafka/outbox.h"

namespace marquee {

RecordHeaders DeadLetterHeaders(const DeadLetterFacts& facts) {
  RecordHeaders headers;
  if (!facts.topic.empty()) {
    headers.emplace_back("__connect.errors.topic", facts.topic);
    headers.emplace_back("__connect.errors.partition", std::to_string(facts.partition));
    headers.emplace_back("__connect.errors.offset", std::to_string(facts.offset));
  }
  headers.emplace_back("__connect.errors.stage", facts.stage);
  headers.emplace_back("__connect.errors.class.name", "marquee");
  headers.emplace_back("__connect.errors.exception.class.name", facts.reason);
  headers.emplace_back("__connect.errors.exception.message", facts.message);
  if (facts.has_origin) {
    headers.emplace_back("marquee.run", facts.run.ToString());
    headers.emplace_back("marquee.sequence", std::to_string(facts.sequence));
    headers.emplace_back("marquee.row", std::to_string(facts.row));
  }
  return headers;
}

void OutputGroup::Clear() {
  bytes_.clear();
  entries_.clear();
  headers_.clear();
  tag = records_in = rows_out = unreadable = busy_ns = 0;
  rejects.fill(0);
}

void OutputGroup::Add(Topic topic, std::int32_t partition, std::span<const std::byte> message) {
  bytes_.insert(bytes_.end(), message.begin(), message.end());
  entries_.push_back({.end = bytes_.size(), .topic = topic, .partition = partition});
}

void OutputGroup::AddDeadLetter(std::int32_t partition, std::span<const std::byte> message,
                                RecordHeaders headers) {
  Add(Topic::kDeadLetter, partition, message);
  entries_.back().headers = static_cast<std::int32_t>(headers_.size());
  headers_.push_back(std::move(headers));
}

std::span<const std::byte> OutputGroup::message(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : entries_[index - 1].end;
  return std::span(bytes_).subspan(begin, entries_[index].end - begin);
}

const RecordHeaders* OutputGroup::headers(std::size_t index) const {
  const std::int32_t headers = entries_[index].headers;
  return headers < 0 ? nullptr : &headers_[static_cast<std::size_t>(headers)];
}

std::unique_ptr<OutputGroup> Outbox::NewGroup() {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return std::make_unique<OutputGroup>();
  std::unique_ptr<OutputGroup> group = std::move(free_.back());
  free_.pop_back();
  return group;
}

void Outbox::Recycle(std::unique_ptr<OutputGroup> group) {
  group->Clear();
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(group));
}

bool Outbox::Push(std::unique_ptr<OutputGroup> group) {
  {
    std::unique_lock lock(mutex_);
    has_room_.wait(lock, [this] { return closed_ || num_bytes_ < max_bytes_; });
    if (closed_) return false;
    num_bytes_ += group->num_bytes();
    groups_.push_back(std::move(group));
  }
  waker_.Notify();
  return true;
}

std::unique_ptr<OutputGroup> Outbox::Pop() {
  std::unique_ptr<OutputGroup> group;
  {
    const std::lock_guard lock(mutex_);
    if (groups_.empty()) return nullptr;
    group = std::move(groups_.front());
    groups_.pop_front();
    num_bytes_ -= group->num_bytes();
  }
  has_room_.notify_all();
  return group;
}

void Outbox::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    groups_.clear();
    num_bytes_ = 0;
  }
  has_room_.notify_all();
}

bool Outbox::empty() const {
  const std::lock_guard lock(mutex_);
  return groups_.empty();
}

}  // namespace marquee
