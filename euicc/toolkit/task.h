// Coroutines for code that runs in the card over time. A task starts when it is awaited or driven, runs on the thread of the APDU that woke it,
// and dies with its frame: destroying a task destroys everything it awaits.
//
// GCC 12 destroys temporaries of a conditional operator inside an awaited expression twice: give such arguments a name first.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace simurgh::toolkit {

template <typename T>
class Task;

namespace detail {

struct PromiseBase {
  std::coroutine_handle<> waiting;  // who awaits this task; none for the outermost
  std::exception_ptr failure;

  struct Final {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      const std::coroutine_handle<> next = done.promise().waiting;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> result;
  Task<T> get_return_object() noexcept;
  void return_value(T value) { result.emplace(std::move(value)); }
  T take() {
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const {
    if (failure) std::rethrow_exception(failure);
  }
};

}  // namespace detail

template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() { destroy(); }

  // For the owner of an outermost task.
  void start() { handle_.resume(); }
  [[nodiscard]] bool exists() const noexcept { return static_cast<bool>(handle_); }
  [[nodiscard]] bool done() const noexcept { return handle_ && handle_.done(); }
  [[nodiscard]] std::exception_ptr failure() const noexcept { return handle_ ? handle_.promise().failure : nullptr; }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle handle;
      // Starts here: a task that ends without waiting comes back by a plain return, so that a loop of such needs no stack.
      [[nodiscard]] bool await_ready() const noexcept {
        handle.resume();
        return handle.done();
      }
      void await_suspend(std::coroutine_handle<> caller) const noexcept { handle.promise().waiting = caller; }
      T await_resume() const { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  void destroy() noexcept {
    if (handle_) std::exchange(handle_, {}).destroy();
  }
  Handle handle_;
};

template <typename T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Task<void> detail::Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

}  // namespace simurgh::toolkit
