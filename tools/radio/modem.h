// The radio part of a modem: searches, selects, attaches with the card's own AUTHENTICATE, keeps the lists and timers of TS 23.122 and TS 24.301,
// writes what they say onto the card, and tells the card what happened. Never waits: it is stepped when something is due.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/radio/cause.h"
#include "tools/radio/energy.h"
#include "tools/radio/personality.h"
#include "tools/radio/selection.h"
#include "tools/terminal/terminal.h"

namespace simurgh::radio {

enum class Procedure : std::uint8_t { attach, area_update };

struct AttachRequest {
  Procedure procedure = Procedure::attach;
  std::string imsi, imei;
  Cell cell;
  unsigned attempt = 1;
};

struct AttachAnswer {
  enum class Kind : std::uint8_t { accepted, rejected, silence } kind = Kind::silence;
  std::uint8_t cause = 0;
  bool integrity = true;  // the message was protected
  bool authenticated = false;
  std::optional<Time> t3346 = {}, t3402 = {}, t3412 = {}, t3324 = {};  // t3324: power saving was granted
  std::optional<Time> edrx = {};  // the cycle that was granted
  std::string why = {};   // for people
};

// A PDN connection to an access point.
struct SessionRequest {
  std::string imsi, apn;  // apn empty: the one of the subscription
  Cell cell;
};
struct SessionAnswer {
  std::uint8_t cause = 0;           // of TS 24.301 9.9.4.4; 0: accepted
  std::optional<Time> t3396 = {};   // what the message says; 0 lets it ask again at once, Time::max() never in this session
};
struct SessionOutcome {
  enum class Kind : std::uint8_t { granted, refused, backing_off } kind = Kind::granted;
  std::uint8_t cause = 0;           // also the one that the back-off is for
};

// The networks around a device.
class ServingPort {
 public:
  virtual ~ServingPort() = default;
  // What the antenna sees now.
  [[nodiscard]] virtual std::vector<Cell> cells() = 0;
  // `card`: AUTHENTICATE and nothing else.
  [[nodiscard]] virtual AttachAnswer attach(const AttachRequest& request, const std::function<terminal::Answer(ByteView)>& card) = 0;
  [[nodiscard]] virtual SessionAnswer session(const SessionRequest&) { return {}; }
  virtual void detached() {}
};

// dozing: between the paging windows of eDRX; asleep: in power saving mode.
enum class Phase : std::uint8_t { off, searching, attaching, pausing, registered, camped, asleep, dozing };
[[nodiscard]] std::string_view name_of(Phase phase) noexcept;

using Fields = std::vector<std::pair<std::string, std::string>>;

class Modem final : public terminal::RadioPort {
 public:
  struct Parts {  // all must outlive the modem
    terminal::Clock& clock;
    ServingPort& serving;
    EnergyMeter& energy;
    std::function<void(const std::string& mark, Fields fields)> mark;
  };
  Modem(Parts parts, Personality personality, std::uint64_t seed, const std::string& name);
  // The terminal whose radio this is; must outlive it.
  void serve(terminal::Terminal& terminal) { terminal_ = &terminal; }

  // The terminal has read its card.
  void power_on();
  // `orderly`: detach and leave the session's data on the card.
  void power_off(bool orderly);
  // The surroundings have changed.
  void look_around();
  // A person chooses this network, forbidden or not, or gives the choice back to the modem (TS 23.122 4.4.3.1.2).
  void choose(std::optional<std::string> plmn);
  // Out of power saving or eDRX, for the application or for T3412.
  void wake();
  [[nodiscard]] std::optional<Time> next() const;
  void step();

  // Asks for an access point, unless a back-off timer says not to (TS 24.301 6.5.1.4.3). Only when registered.
  [[nodiscard]] SessionOutcome session(const std::string& apn);
  // Of a data connection: how long it takes to have one, and what it used.
  [[nodiscard]] Time connect();
  void transferred(std::uint64_t up, std::uint64_t down, Time until);

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  // Also while it looks for a better network, and between paging windows.
  [[nodiscard]] bool registered() const noexcept {
    return phase_ == Phase::registered || phase_ == Phase::dozing || (phase_ == Phase::searching && looking_further_);
  }
  // The terminal does nothing: its timers end late, and what it has to tell the card waits.
  [[nodiscard]] bool dormant() const noexcept { return phase_ == Phase::asleep || phase_ == Phase::dozing; }
  [[nodiscard]] const Cell& cell() const noexcept { return cell_; }
  [[nodiscard]] const LinkModel& link() const noexcept { return link_model(cell_.rat, cell_.coverage); }
  [[nodiscard]] const Personality& personality() const noexcept { return personality_; }
  [[nodiscard]] const SelectionLists& lists() const noexcept { return lists_; }
  [[nodiscard]] bool subscription_invalid() const noexcept { return invalid_ || temporarily_invalid_; }
  [[nodiscard]] unsigned attempts() const noexcept { return attempts_; }
  [[nodiscard]] std::optional<Time> without_service_since() const noexcept { return without_since_; }
  // Up to now.
  void account();

  std::optional<terminal::Reply> before_refresh(std::uint8_t mode) override;
  void after_refresh(std::uint8_t mode) override;

 private:
  // modem.cpp
  void search(Time pause);
  void end_of_search();
  [[nodiscard]] std::vector<Candidate> chosen(const std::vector<Cell>& seen);
  void try_next();
  void camp();
  void tell(terminal::ServiceStatus service);
  void mark(const std::string& name, Fields fields = {}) { parts_.mark(name, std::move(fields)); }
  [[nodiscard]] Time now() const { return parts_.clock.now(); }
  [[nodiscard]] Time scan_time();
  void better_network();

  // modem_sleep.cpp
  [[nodiscard]] bool busy() const;
  void fall_asleep();
  void doze();
  // When the paging window that is open now ends, or nothing; when the next one opens.
  [[nodiscard]] std::optional<Time> window_ends() const;
  [[nodiscard]] Time next_window() const;

  // modem_registration.cpp
  void attach();
  void update_area();
  void accepted(const AttachAnswer& answer);
  void rejected(const AttachAnswer& answer, Procedure procedure);
  void abnormal(Time waited = Time(0));
  void bar(const CauseRow& row, bool lasting);
  [[nodiscard]] bool taken_as_lasting(const CauseRow& row);
  void expire();
  void forget_timers(bool new_subscription);

  // modem_card.cpp
  void read_card();
  void write_location();
  void forbid(const std::string& plmn);
  void allow(const std::string& plmn);
  void erase_forbidden();
  void end_session();
  bool write_file(std::string_view path, ByteView content);

  Parts parts_;
  Personality personality_;
  std::string name_;
  Draw scans_, timers_, networks_, identities_;
  terminal::Terminal* terminal_ = nullptr;

  Phase phase_ = Phase::off;
  Time until_{0}, accounted_{0};
  Cell cell_;
  Rank rank_ = Rank::other;
  std::vector<Candidate> queue_;
  std::size_t turn_ = 0;
  unsigned attempts_ = 0;        // attach attempt counter, 1 to 5
  unsigned searches_ = 0;        // without success, for the pause
  bool cells_seen_ = false;
  bool stranded_ = false;        // cause 12: waits for another area
  std::optional<std::string> manual_;   // chosen by a person
  bool manual_refused_ = false;          // for good: the person is asked again
  bool looking_further_ = false; // the search of a registered modem for a better network

  std::string imsi_, imei_;
  SelectionLists lists_;
  Bytes forbidden_file_;
  std::vector<std::string> remembered_;  // its own forbidden list: grows with every #11, whatever the card says
  LastLocation location_;
  unsigned home_search_ = 0;             // EF.HPPLMN times six minutes

  bool invalid_ = false, temporarily_invalid_ = false;
  std::set<std::string> temporarily_forbidden_;
  std::map<std::string, Time> waits_;                        // T3402, T3346 of a PLMN
  std::map<std::pair<std::string, Rat>, Time> exclusions_;
  std::map<std::string, unsigned> unprotected_;              // refusals of a PLMN; under "" those of the subscription
  std::optional<Time> t3245_, t3247_, areas_erased_, better_search_, next_update_, sleep_at_, without_since_;
  std::optional<Time> t3402_, t3412_, t3324_, edrx_;         // as the network gave them
  Time paging_{0};                                           // where in its cycle the window of this device is
  struct BackOff {
    Time until{0};
    std::uint8_t cause = 0;
  };
  std::map<std::pair<std::string, std::string>, BackOff> t3396_;  // of an access point, and a PLMN unless it is congested everywhere
  Time connected_until_{0};
};

}  // namespace simurgh::radio
