// The card application toolkit of one card (ETSI TS 102 223): the queue of proactive commands with one outstanding, the applications that
// wait for responses, envelopes and time, the terminal's timers, event list, menu and BIP channels. Driven by the card's APDUs alone.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/apdu/command.h"
#include "euicc/toolkit/application.h"

namespace simurgh::toolkit {

// A command on its way; whoever waits for it keeps it.
struct Ticket {
  bool fetched = false;   // the terminal has it
  bool finished = false;
  Reply reply = std::unexpected(NotDone::aborted);
};

// An application and what the runtime knows of it.
struct Slot {
  std::unique_ptr<Application> application;
  std::unique_ptr<Session> session;
  std::uint8_t priority = 0;
  bool of_profile = false;
  Task<> task;
  std::coroutine_handle<> waiting;
  Condition ready;
  std::deque<Envelope> inbox;
  std::vector<Event> events;
  std::vector<EnvelopeKind> kinds;
  std::string menu_title;
  std::vector<std::string> menu;
  std::uint8_t timer = 0;      // identifier at the terminal, 0: none yet
  bool timer_expired = false;
  bool timer_lost = false;     // with the terminal's session: it must be started again
  bool uses_bip = false;
  // An alarm: what was asked of the timer, or the count of polled seconds at which it is over.
  std::uint32_t alarm_length = 0;
  std::uint64_t alarm_start = 0;
  bool alarm_timed = false;
};

// One BIP channel as the card sees it.
struct BipState {
  Slot* owner = nullptr;
  bool linked = false;
  bool dropped = false;
  std::uint8_t available = 0;  // octets in the terminal's receive buffer, FF: 255 or more
};

class Cat {
 public:
  static constexpr std::size_t kBipChannels = 7;

  // `note` gets literals for the trace; may be empty.
  explicit Cat(std::function<void(const char*)> note = {});
  ~Cat();
  Cat(const Cat&) = delete;
  Cat& operator=(const Cat&) = delete;

  // ---- the card's side
  // Lower numbers go first. An application of a profile goes with it. It starts at once when the terminal's profile is known.
  void install(std::unique_ptr<Application> application, std::uint8_t priority, bool of_profile);
  void remove_profile_applications();
  // Card reset: applications are stopped where they are and start anew after the next TERMINAL PROFILE.
  void reset() noexcept;
  // The sessions of a profile that is no longer enabled: what waits or is outstanding goes; what the terminal can do stays known.
  void end_session() noexcept;

  [[nodiscard]] bool has_profile() const noexcept { return has_profile_; }
  // Bit 1..8 of byte 1.. of the TERMINAL PROFILE; absent bytes read as 00 (TS 102 223 5.2).
  [[nodiscard]] bool terminal_has(unsigned byte, unsigned bit) const noexcept;
  [[nodiscard]] bool terminal_has(ProfileBit bit) const noexcept { return bit.octet == 0 || terminal_has(bit.octet, bit.bit); }
  // Fetched and not yet answered.
  [[nodiscard]] bool outstanding() const noexcept { return outstanding_.has_value(); }
  // A command waits or is outstanding.
  [[nodiscard]] bool busy() const noexcept { return outstanding_ || next_ || !queue_.empty() || !held_.empty(); }

  // A command of the card itself; tried again at later STATUS commands while the terminal is busy.
  void request(ProactiveCommand command);

  // ---- APDUs
  void terminal_profile(ByteView profile);
  // Octets of the command to announce with 91xx; nothing while one is outstanding or none waits. Once announced, a command stays the next.
  [[nodiscard]] std::optional<std::size_t> announced();
  // FETCH. Le must be the announced length, else 6Cxx and the command stays (TS 102 221 11.2.3).
  [[nodiscard]] apdu::Answer fetch(const apdu::Command& command);
  struct Response {
    TerminalResponse response;
    bool expected = false;  // it answers the outstanding command
    bool again = false;     // the card sends that command again later
  };
  // TERMINAL RESPONSE: 6985 without an outstanding command, 6A80 where it cannot be read (the command stays outstanding then).
  [[nodiscard]] apdu::Result<Response> terminal_response(ByteView data);
  // ENVELOPE: 6A81 unknown kind or nobody to answer it, 6A80 malformed, 9300 when the application is busy.
  [[nodiscard]] apdu::Answer envelope(ByteView data);
  // Something that conditions of applications look at has changed.
  void wake() { run(); }
  // STATUS: the terminal's polling, which moves time where it has no timers.
  void polled();

  // ---- the applications' side, through Session and BipChannel
  [[nodiscard]] std::shared_ptr<Ticket> enqueue(ProactiveCommand command, Slot& owner);
  // True when nobody had been told of the command: it is gone, and finished without a response.
  bool withdraw(const std::shared_ptr<Ticket>& ticket) noexcept;
  [[nodiscard]] BipState& bip(std::uint8_t channel) noexcept { return bip_[channel - 1]; }
  // A channel whose application no longer wants it: closed at the terminal.
  void abandon(std::uint8_t channel);
  void use_bip(Slot& slot);
  void registrations_changed();
  [[nodiscard]] std::uint64_t polled_seconds() const noexcept { return polled_seconds_; }
  // `exactly`: who counts by STATUS wants to know the interval, also where the usual one would do.
  void want_polling(std::uint32_t seconds, bool exactly = false);
  [[nodiscard]] std::optional<std::uint8_t> timer_of(Slot& slot);
  [[nodiscard]] bool supports(Event event) const noexcept;
  [[nodiscard]] std::uint8_t channels() const noexcept;
  void set_answer(Bytes data) { answer_ = std::move(data); }
  void note(const char* why) const {
    if (note_) note_(why);
  }

 private:
  enum class Purpose : std::uint8_t { application, refresh, event_list, menu, polling, other };
  struct Entry {
    ProactiveCommand command;
    Purpose purpose = Purpose::other;
    Slot* owner = nullptr;
    std::shared_ptr<Ticket> ticket;
    unsigned attempts = 0;
    std::uint8_t number = 0;
    Bytes encoded;
    [[nodiscard]] unsigned rank() const noexcept;
  };

  void start(Slot& slot);
  void stop(Slot& slot) noexcept;
  void run();
  void queue_system(ProactiveCommand command, Purpose purpose);
  void release_held();
  [[nodiscard]] Bytes wanted_events() const;
  [[nodiscard]] bool deliver(const Envelope& envelope);
  void channel_event(const Envelope& envelope);
  void purge(const Slot& slot) noexcept;

  std::function<void(const char*)> note_;
  std::vector<std::unique_ptr<Slot>> slots_;
  Bytes profile_;
  bool has_profile_ = false;
  std::uint8_t last_number_ = 0;
  std::deque<Entry> queue_;
  std::deque<Entry> held_;        // to be tried again at the next STATUS
  std::optional<Entry> next_;     // announced
  std::optional<Entry> outstanding_;
  std::array<BipState, kBipChannels> bip_{};
  std::array<Slot*, 8> timers_{};
  std::optional<Bytes> events_at_terminal_ = Bytes{};  // nothing: not known
  bool menu_at_terminal_ = false;
  std::uint64_t polled_seconds_ = 0;
  bool polling_asked_ = false;
  std::uint32_t poll_interval_ = 30;  // TS 102 221 14.5.2: what terminals do unless told otherwise
  std::optional<Bytes> answer_;
  bool running_ = false;
};

}  // namespace simurgh::toolkit
