// schemas/status.h — how everything in Marquee says that it failed.
//
// It lives in the lowest room because that is where failing begins: bytes that are not what they
// claim to be.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace marquee {

/// What kind of failure it was, and thereby the program's exit code.
enum class StatusCode : std::uint8_t {
  kOk = 0,
  kUsage,        ///< the caller asked for something that makes no sense
  kConfig,       ///< configuration or model unusable
  kData,         ///< the data cannot be used
  kUnavailable,  ///< something outside is away: a file, a server, a disk
  kInternal,     ///< a bug of ours
};

/// Success, or what went wrong. Eight bytes; success is a null pointer and costs nothing.
///
/// The message is for people: it names the file, row or column, and what to do. Threads: as
/// std::unique_ptr.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message)
      : state_(std::make_unique<State>(State{code, std::move(message)})) {}

  Status(Status&&) noexcept = default;
  Status& operator=(Status&&) noexcept = default;

  static Status Usage(std::string message) { return {StatusCode::kUsage, std::move(message)}; }
  static Status Config(std::string message) { return {StatusCode::kConfig, std::move(message)}; }
  static Status Data(std::string message) { return {StatusCode::kData, std::move(message)}; }
  static Status Unavailable(std::string message) {
    return {StatusCode::kUnavailable, std::move(message)};
  }
  static Status Internal(std::string message) {
    return {StatusCode::kInternal, std::move(message)};
  }

  bool ok() const noexcept { return state_ == nullptr; }
  StatusCode code() const noexcept { return ok() ? StatusCode::kOk : state_->code; }
  std::string_view message() const noexcept {
    return ok() ? std::string_view() : std::string_view(state_->message);
  }

  /// Put "`context`: " before the message of a failure; leave success alone.
  Status WithContext(std::string_view context) && {
    if (!ok()) state_->message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }

 private:
  struct State {
    StatusCode code;
    std::string message;
  };
  std::unique_ptr<State> state_;
};

/// A value, or why there is none. Method names are std::expected's, so that C++23 can replace it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: implicit, so that `return value;` works
  Result(Status error) : error_(std::move(error)) {  // NOLINT: likewise
    if (error_.ok()) std::abort();                   // a Result without a value must say why
  }

  bool has_value() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }

  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

  /// The failure; OK if there is a value.
  const Status& error() const& noexcept { return error_; }
  Status&& error() && noexcept { return std::move(error_); }

 private:
  std::optional<T> value_;
  Status error_;
};

}  // namespace marquee

/// Return from this function if `expression` is a failed Status.
#define MARQUEE_RETURN_IF_ERROR(expression)                                      \
  do {                                                                           \
    if (::marquee::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define MARQUEE_CONCAT_INNER(a, b) a##b
#define MARQUEE_CONCAT(a, b) MARQUEE_CONCAT_INNER(a, b)

/// Declare `declaration` as the value of the Result `expression`, or return its failure from this
/// function.
#define MARQUEE_ASSIGN_OR_RETURN(declaration, expression)        \
  auto MARQUEE_CONCAT(result_, __LINE__) = (expression);         \
  if (!MARQUEE_CONCAT(result_, __LINE__).has_value())            \
    return std::move(MARQUEE_CONCAT(result_, __LINE__)).error(); \
  declaration = *std::move(MARQUEE_CONCAT(result_, __LINE__))
