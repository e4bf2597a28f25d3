// Every proactive command but REFRESH, and what the terminal remembers for the card between them (TS 102 223 6.4): timers, events, menu, poll
// interval, channels. Commands are rows of one table: name, the bit of TERMINAL PROFILE that promises it, the objects it may carry.
#pragma once

#include <array>
#include <set>

#include "tools/terminal/capabilities.h"
#include "tools/terminal/channels.h"
#include "tools/terminal/clock.h"
#include "tools/terminal/device.h"
#include "tools/terminal/user.h"

namespace simurgh::terminal {

// What the card sends to the network; each is answered for the TERMINAL RESPONSE. An empty function says that the network takes it.
struct Services {
  struct Sms {
    Bytes address;  // of the service centre, TON/NPI and digits; empty: the one the card holds
    Bytes tpdu;
    bool pack = false;
  };
  std::function<Reply(const Sms&)> send_sms;
  std::function<Reply(ByteView ss_string)> send_ss;
  // The reply's text goes back to the card.
  std::function<std::expected<std::string, Reply>(const std::string& text)> send_ussd;
  std::function<Reply(const std::string& number)> call;
  std::function<Reply(const std::string& url)> browse;
};

// Name of a command type for people; "unknown command" otherwise.
[[nodiscard]] std::string_view command_name(std::uint8_t type) noexcept;
// One line: what the card asked, with its text.
[[nodiscard]] std::string describe(const ProactiveCommand& command);

class Toolkit {
 public:
  struct Parts {  // all must outlive the toolkit
    Device& device;
    Clock& clock;
    Network& network;
    User& user;
    const TerminalProfile& profile;
    Services services;
    ChannelLimits limits = {};
    std::function<void(const std::string& kind, const std::string& text)> note;
  };
  explicit Toolkit(Parts parts);

  // Nothing where the command may be performed; else what to answer: 30, 31, 32.
  [[nodiscard]] std::optional<Reply> refusal(const ProactiveCommand& command) const;
  // A command without refusal, REFRESH excepted.
  [[nodiscard]] Reply perform(const ProactiveCommand& command);
  // As after a reset of the card: everything is forgotten.
  void reset();

  // Envelopes that the clock and the network have made due: TIMER EXPIRATION, and events the card listens to.
  [[nodiscard]] std::vector<Bytes> due();
  // When the next timer expires.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_timer() const;
  [[nodiscard]] bool listens(std::uint8_t event) const { return events_.contains(event); }
  // After user activity and idle screen: they fire once (TS 102 223 6.4.16).
  void forget_event(std::uint8_t event) { events_.erase(event); }
  // Nothing while polling is off.
  [[nodiscard]] std::optional<std::chrono::milliseconds> poll_interval() const noexcept { return poll_interval_; }
  [[nodiscard]] const std::string& menu_title() const noexcept { return menu_title_; }
  [[nodiscard]] const std::vector<MenuItem>& menu() const noexcept { return menu_; }
  [[nodiscard]] const std::string& idle_text() const noexcept { return idle_text_; }
  [[nodiscard]] const std::set<std::uint8_t>& events() const noexcept { return events_; }
  [[nodiscard]] bool channels_open() const noexcept { return channels_.any(); }

 private:
  friend struct Handlers;

  Parts parts_;
  Channels channels_;
  struct Timer {
    std::chrono::milliseconds started, expires;
  };
  std::array<std::optional<Timer>, 8> timers_{};
  std::set<std::uint8_t> events_;
  std::optional<std::chrono::milliseconds> poll_interval_;
  std::string menu_title_, idle_text_;
  std::vector<MenuItem> menu_;
};

}  // namespace simurgh::terminal
