#include <algorithm>

#include "euicc/toolkit/application.h"
#include "euicc/toolkit/cat.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::toolkit {
namespace {

// Leaves the application until the condition holds; Cat::run looks at it.
struct Suspension {
  Slot& slot;
  const Condition& condition;
  [[nodiscard]] bool await_ready() const { return condition(); }
  void await_suspend(std::coroutine_handle<> handle) const {
    slot.waiting = handle;
    slot.ready = condition;
  }
  void await_resume() const noexcept {}
};

constexpr std::uint32_t kLongestTimer = 86399;  // 23:59:59

}  // namespace

bool Session::supports(ProfileBit bit) const noexcept { return cat_.terminal_has(bit); }
bool Session::supports(CommandType type, std::uint8_t qualifier) const noexcept { return cat_.terminal_has(needed_bit(type, qualifier)); }
bool Session::supports(Event event) const noexcept { return cat_.supports(event); }
std::uint8_t Session::channels() const noexcept { return cat_.channels(); }
void Session::note(const char* why) const { cat_.note(why); }
void Session::answer(Bytes data) { cat_.set_answer(std::move(data)); }

Task<Reply> Session::command(ProactiveCommand command, Patience patience) {
  if (!supports(command.type, command.qualifier)) co_return std::unexpected(NotDone::unsupported);
  if (command.encode(1).size() > kMaxProactive) co_return std::unexpected(NotDone::too_long);
  for (unsigned attempt = 1;; ++attempt) {
    const std::shared_ptr<Ticket> ticket = cat_.enqueue(command, slot_);
    const Condition finished = [ticket] { return ticket->finished; };
    const Suspension response{slot_, finished};
    co_await response;
    if (!ticket->reply || !ticket->reply->try_again() || attempt >= patience.attempts) co_return ticket->reply;
    co_await sleep(patience.pause);
  }
}

// True when a timer of the terminal runs now.
Task<bool> Session::arm_timer(std::uint32_t seconds) {
  const auto id = cat_.timer_of(slot_);
  if (!id) co_return false;
  const Reply reply = co_await command(start_timer(*id, seconds));
  slot_.timer_expired = false;
  co_return reply && reply->performed();
}

Task<> Session::sleep(std::chrono::seconds duration) {
  const Condition never = [] { return false; };
  (void)co_await until(never, duration);
}

Task<bool> Session::until(Condition ready, std::optional<std::chrono::seconds> timeout) {
  if (!timeout) {
    const Suspension wait{slot_, ready};
    co_await wait;
    co_return true;
  }
  std::int64_t left = timeout->count();
  rest_ = {};
  while (left > 0 && !ready()) {
    const auto piece = static_cast<std::uint32_t>(std::min<std::int64_t>(left, kLongestTimer));
    slot_.timer_lost = false;
    const bool timed = co_await arm_timer(piece);
    if (!timed) cat_.want_polling(piece);
    const std::uint64_t end = cat_.polled_seconds() + piece;
    const auto over = [this, timed, end] { return timed ? slot_.timer_expired : cat_.polled_seconds() >= end; };
    const Condition woken = [this, timed, over, &ready] { return over() || (timed && slot_.timer_lost) || ready(); };
    const Suspension wait{slot_, woken};
    co_await wait;
    if (over()) {
      left -= piece;
      counted_ += piece;
    } else {
      rest_ = {.behind = left - piece, .piece = piece, .timed = timed, .end = end};
    }
  }
  co_return ready();
}

Task<std::chrono::seconds> Session::time_left() {
  const Rest rest = std::exchange(rest_, Rest{});
  if (rest.piece == 0) co_return std::chrono::seconds(0);
  if (!rest.timed) {
    const std::uint64_t now = cat_.polled_seconds();
    const auto waiting = static_cast<std::int64_t>(rest.end > now ? rest.end - now : 0);
    counted_ += rest.piece - waiting;
    co_return std::chrono::seconds(rest.behind + waiting);
  }
  // Without a word of the terminal no time has passed: waits become longer, never shorter.
  std::int64_t running = rest.piece;
  if (slot_.timer_expired) {
    running = 0;
  } else {
    const Reply reply = co_await command(get_timer(slot_.timer));
    const auto value = reply && reply->performed() ? reply->find(tag::timer_value) : std::nullopt;
    if (const auto told = value ? decode_timer_value(*value) : std::nullopt; told && *told < running) running = *told;
  }
  counted_ += rest.piece - running;
  co_return std::chrono::seconds(rest.behind + running);
}

std::shared_ptr<Ticket> Session::send(ProactiveCommand command) {
  if (!supports(command.type, command.qualifier) || command.encode(1).size() > kMaxProactive) return nullptr;
  return cat_.enqueue(std::move(command), slot_);
}

bool Session::withdraw(const std::shared_ptr<Ticket>& ticket) { return cat_.withdraw(ticket); }

Task<> Session::set_alarm(std::chrono::seconds duration) {
  const auto length = static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration.count(), 1, kLongestTimer));
  slot_.alarm_length = 0;
  const bool timed = co_await arm_timer(length);
  if (!timed) cat_.want_polling(length);
  slot_.alarm_timed = timed;
  slot_.alarm_start = cat_.polled_seconds();
  slot_.alarm_length = length;
}

bool Session::alarm() const noexcept {
  if (slot_.alarm_length == 0) return false;
  return slot_.alarm_timed ? slot_.timer_expired : cat_.polled_seconds() >= slot_.alarm_start + slot_.alarm_length;
}

Task<std::chrono::seconds> Session::alarm_passed() {
  if (slot_.alarm_length == 0) co_return std::chrono::seconds(0);
  if (alarm()) co_return std::chrono::seconds(slot_.alarm_length);
  std::uint64_t passed = std::min<std::uint64_t>(slot_.alarm_length, cat_.polled_seconds() - slot_.alarm_start);
  if (slot_.alarm_timed) {
    const Reply reply = co_await command(get_timer(slot_.timer));
    const auto value = reply && reply->performed() ? reply->find(tag::timer_value) : std::nullopt;
    const auto left = value ? decode_timer_value(*value) : std::nullopt;
    if (left && *left <= slot_.alarm_length) passed = std::max<std::uint64_t>(passed, slot_.alarm_length - *left);
  }
  co_return std::chrono::seconds(passed);
}

std::uint64_t Session::polled_seconds() const noexcept { return cat_.polled_seconds(); }

void Session::poll(std::chrono::seconds interval) { cat_.want_polling(static_cast<std::uint32_t>(interval.count()), true); }

bool Session::arrived() const noexcept { return !slot_.inbox.empty(); }

void Session::subscribe(std::initializer_list<Event> events) {
  slot_.events.assign(events);
  cat_.registrations_changed();
}

void Session::accept(EnvelopeKind kind) { slot_.kinds.push_back(kind); }

void Session::set_menu(std::string title, std::vector<std::string> items) {
  slot_.menu_title = std::move(title);
  slot_.menu = std::move(items);
  cat_.registrations_changed();
}

std::optional<Envelope> Session::take() {
  if (slot_.inbox.empty()) return std::nullopt;
  Envelope out = std::move(slot_.inbox.front());
  slot_.inbox.pop_front();
  return out;
}

Task<Envelope> Session::next() {
  const Condition arrived = [this] { return !slot_.inbox.empty(); };
  const Suspension wait{slot_, arrived};
  co_await wait;
  co_return *take();
}

Task<std::optional<Envelope>> Session::next(std::chrono::seconds timeout) {
  Condition arrived = [this] { return !slot_.inbox.empty(); };
  (void)co_await until(std::move(arrived), timeout);
  co_return take();
}

}  // namespace simurgh::toolkit
