// What runs in the card over time: an application is a coroutine that awaits commands, envelopes and time. It starts when the terminal has sent
// TERMINAL PROFILE and is destroyed by a reset; what must survive is in the card's store.
//
//   Task<> run(Session& cat) override {
//     cat.subscribe({Event::location_status});
//     for (;;) {
//       const Envelope event = co_await cat.next();
//       co_await cat.command(display_text("Somewhere else"));
//     }
//   }
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "euicc/toolkit/commands.h"
#include "euicc/toolkit/envelope.h"
#include "euicc/toolkit/task.h"
#include "euicc/toolkit/terminal_response.h"

namespace simurgh::toolkit {

class Cat;
class Session;
struct Slot;
struct Ticket;

class Application {
 public:
  virtual ~Application() = default;
  [[nodiscard]] virtual const char* name() const noexcept = 0;
  // Changes of the card's state made between two awaits belong to the APDU that woke the application and commit with it.
  virtual Task<> run(Session& cat) = 0;
};

// Why a command has no response.
enum class NotDone : std::uint8_t {
  unsupported,  // the terminal's profile does not have it: it was never queued
  too_long,     // longer than a FETCH can carry
  aborted,      // a new TERMINAL PROFILE came before the response
};
using Reply = std::expected<TerminalResponse, NotDone>;

// How often and after which pause a command is repeated when the terminal or the network is busy (results 20 and 21).
struct Patience {
  unsigned attempts = 1;
  std::chrono::seconds pause{5};
};

using Condition = std::function<bool()>;

// An application's side of the runtime. Nothing here throws; what is awaited must be awaited by the application itself, one at a time.
class Session {
 public:
  Session(Cat& cat, Slot& slot) noexcept : cat_(cat), slot_(slot) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // ---- what the terminal can do
  [[nodiscard]] bool supports(ProfileBit bit) const noexcept;
  [[nodiscard]] bool supports(CommandType type, std::uint8_t qualifier = 0) const noexcept;
  [[nodiscard]] bool supports(Event event) const noexcept;
  // Channels the terminal offers, 0..7.
  [[nodiscard]] std::uint8_t channels() const noexcept;

  // ---- commands
  Task<Reply> command(ProactiveCommand command, Patience patience = {});

  // Queued without waiting: what becomes of it is in the ticket, which conditions may look at. Null: the terminal does not have the command, or
  // it is too long.
  std::shared_ptr<Ticket> send(ProactiveCommand command);
  // False: the terminal was told of it, so it will be fetched.
  bool withdraw(const std::shared_ptr<Ticket>& ticket);

  // ---- an alarm that goes on while other things are awaited; for applications that neither sleep nor wait with a timeout
  Task<> set_alarm(std::chrono::seconds duration);
  [[nodiscard]] bool alarm() const noexcept;  // it has been set and is over
  // How much of it has passed, asking the terminal's timer.
  Task<std::chrono::seconds> alarm_passed();
  // Seconds that STATUS commands have counted since the terminal's profile came.
  [[nodiscard]] std::uint64_t polled_seconds() const noexcept;
  // Asks the terminal to poll at least this often.
  void poll(std::chrono::seconds interval);

  // ---- time, by a timer of the terminal, else by counting its STATUS commands
  Task<> sleep(std::chrono::seconds duration);
  // True when the condition holds, false when the time has passed first. Conditions are looked at after every APDU that can change them.
  Task<bool> until(Condition ready, std::optional<std::chrono::seconds> timeout = std::nullopt);
  // What was left of the time of the last wait that its condition ended, as the terminal's timer has it now; zero when the time had passed.
  Task<std::chrono::seconds> time_left();
  // Time that has passed in timed waits of this application since its start, those that ended early only as far as time_left() has asked.
  [[nodiscard]] std::chrono::seconds counted() const noexcept { return std::chrono::seconds(counted_); }

  // ---- what comes in
  // Events to be told of; replaces the list before. Those the terminal cannot report are left out.
  void subscribe(std::initializer_list<Event> events);
  // Envelopes of this kind come to this application (not events, timers and menu selections, which have their own ways).
  void accept(EnvelopeKind kind);
  // The application's entries in the terminal's menu; replaces those before. An item's identifier in the envelope is its place, from 1.
  void set_menu(std::string title, std::vector<std::string> items);
  [[nodiscard]] bool arrived() const noexcept;  // next() will not wait
  Task<Envelope> next();
  Task<std::optional<Envelope>> next(std::chrono::seconds timeout);
  // Data for the answer to the envelope that was taken last (call control, SMS control): before the next await.
  void answer(Bytes data);

  void note(const char* why) const;
  [[nodiscard]] Cat& cat() noexcept { return cat_; }

 private:
  friend class BipChannel;
  Task<bool> arm_timer(std::uint32_t seconds);
  [[nodiscard]] std::optional<Envelope> take();

  Cat& cat_;
  Slot& slot_;
  // Of the wait that ended last: seconds behind its current timer, that timer's length, and the poll count at its end where there is no timer.
  struct Rest {
    std::int64_t behind = 0, piece = 0;
    bool timed = false;
    std::uint64_t end = 0;
  };
  Rest rest_;
  std::int64_t counted_ = 0;
};

}  // namespace simurgh::toolkit
