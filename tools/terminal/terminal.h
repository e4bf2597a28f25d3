// A modem without a radio: gives a card power, reads what modems read, performs every proactive command and tells the card what happens around it.
#pragma once

#include <deque>

#include "tools/terminal/events.h"
#include "tools/terminal/journal.h"
#include "tools/terminal/start_up.h"
#include "tools/terminal/toolkit.h"

namespace simurgh::terminal {

struct TerminalOptions {
  PowerUp power_up = PowerUp::minimal;
  Capabilities capabilities = {};
  std::string pin = {};
  Device device = {};
  Services services = {};
  ChannelLimits channels = {};
  bool journal_apdus = false;
  unsigned most_resets = 16;        // REFRESH with reset, after which the terminal says it cannot; a card must not keep it for ever
  unsigned most_commands = 10000;   // proactive commands in a row without any end
};

// The card's answer to an envelope.
struct EnvelopeAnswer {
  enum class Kind : std::uint8_t { taken, busy, refused } kind = Kind::taken;
  Bytes data;  // PoR, call control result, RP-ERROR user data
  std::uint16_t sw = 0;
};

// Call control and MO SMS control (TS 31.111 7.3.1.6, 7.3.2.2).
struct ControlDecision {
  enum class Kind : std::uint8_t { allowed = 0x00, not_allowed = 0x01, modified = 0x02 } kind = Kind::allowed;
  Bytes objects;  // with modified: the new address and more
};
// An empty answer allows; nothing where the answer cannot be read.
[[nodiscard]] std::optional<ControlDecision> read_control(ByteView data);

// The radio of a modem, where there is one: it has its say around a REFRESH.
class RadioPort {
 public:
  virtual ~RadioPort() = default;
  // With a reply the terminal answers and does nothing else. Without, what the radio leaves on the card at the end of a session is written.
  [[nodiscard]] virtual std::optional<Reply> before_refresh(std::uint8_t mode) = 0;
  // The card has been read again.
  virtual void after_refresh(std::uint8_t mode) = 0;
};

class Terminal {
 public:
  struct Parts {  // all must outlive the terminal
    Link& link;
    Clock& clock;
    Network& network;
    User& user;
    Journal journal = {};
    RadioPort* radio = nullptr;  // may be null
  };
  Terminal(Parts parts, TerminalOptions options);

  // Resets the card and reads it. Throws LinkError, here and below.
  [[nodiscard]] std::expected<void, Problem> power_up();
  // Performs what waits and tells the card what has become due, until neither is left.
  void settle();
  // The same for a time, with STATUS every poll interval.
  void run_for(std::chrono::milliseconds time);
  // Settles, and while channels are open waits for them, at most so long.
  void run_until_idle(std::chrono::milliseconds limit);

  // For who keeps the time: when something becomes due (nothing: never), and what is due then. STATUS is sent when its interval has passed.
  [[nodiscard]] std::optional<std::chrono::milliseconds> next_due() const;
  void tick();
  // The card loses its power: timers, events, channels and what waited for it are gone until the next power_up().
  void suspend();

  // Any command; 91xx in its answer is served by the next settle().
  Answer send(ByteView command);
  EnvelopeAnswer envelope(ByteView content);
  EnvelopeAnswer deliver_sms(const std::string& centre, ByteView tpdu) { return envelope(envelope::sms_pp_download(centre, tpdu)); }
  EnvelopeAnswer choose_menu_item(std::uint8_t item) { return envelope(envelope::menu_selection(item)); }
  // May this number be called? Asked of the card when EF.UST has service 30, else allowed.
  [[nodiscard]] std::optional<ControlDecision> may_call(const std::string& number);
  // May this message leave? Service 31.
  [[nodiscard]] std::optional<ControlDecision> may_send_sms(const std::string& centre, const std::string& number);

  // The terminal moves: events follow for what the card listens to, at the next settle().
  void move_to(const Device& next);
  void reject(std::uint8_t type, std::uint8_t cause) { reject(options_.device, type, cause); }
  // `where`: the network that rejects, when the terminal is not registered there.
  void reject(const Device& where, std::uint8_t type, std::uint8_t cause);
  void user_activity();
  void idle_screen();
  void select_language(const std::string& language);

  [[nodiscard]] const CardFacts& facts() const noexcept { return start_up_.facts(); }
  [[nodiscard]] const Toolkit& toolkit() const noexcept { return toolkit_; }
  [[nodiscard]] const Device& device() const noexcept { return options_.device; }
  [[nodiscard]] bool has_service(unsigned number) const;  // of EF.UST, from 1
  [[nodiscard]] unsigned resets() const noexcept { return resets_; }
  [[nodiscard]] unsigned commands() const noexcept { return commands_; }
  // Since the last REFRESH the card could not be read again.
  [[nodiscard]] const std::optional<Problem>& problem() const noexcept { return problem_; }

 private:
  struct Waiting {
    Bytes content;
    std::chrono::milliseconds not_before{};
    unsigned tries = 0;
  };

  void note(const std::string& kind, const std::string& text, std::vector<std::pair<std::string, std::string>> fields = {});
  void fetch_and_perform();
  Answer respond(const Object& details, const Reply& reply);
  void refresh(const ProactiveCommand& command);
  void perform_refresh(const ProactiveCommand& command);
  void read_listed_files(const ProactiveCommand& command);
  [[nodiscard]] bool deliver_next();
  void start_again(bool reset);
  void send_due_status();
  void wait(std::chrono::milliseconds until);

  Parts parts_;
  TerminalOptions options_;
  CardSession card_;
  StartUp start_up_;
  Toolkit toolkit_;
  std::deque<Waiting> waiting_;  // envelopes the card has not taken yet
  std::chrono::milliseconds last_talk_{};
  std::optional<Problem> problem_;
  unsigned resets_ = 0, commands_ = 0;
};

}  // namespace simurgh::terminal
