// The decision as a machine without I/O: evidence and time go in, changed state and errands for the terminal come out. Every transition is a row
// of transitions(); the first row that fits is taken, evidence without a row is recorded only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "euicc/applets/multi_imsi/causes.h"
#include "euicc/applets/multi_imsi/choice.h"

namespace simurgh::multi_imsi {

enum class Event : std::uint8_t {
  reset,            // of the card
  profile,          // TERMINAL PROFILE
  registered,       // E1
  limited,          // E2
  no_service,       // E3
  rejected,         // E4, and E5: EF.FPLMN grew
  location_refused, // E6: a location file says not allowed
  authenticated,    // E7
  sync_failure,     // E7
  mac_failure,      // E7
  data_ok,          // E8, E9
  data_failed,      // E8, E9
  timer,            // E10
  select,           // E12: this identity, by a person or the operator
  automatic,        // E12: no longer pinned
  table,            // E12: another configuration is in force
  clear,            // E12: forget histories
  idle,             // E13: the subscription may be changed now
  response,         // TERMINAL RESPONSE to the REFRESH
  fetched,          // the terminal has the REFRESH
  session_end,      // the terminal ends its session
  reread,           // the terminal read EF.IMSI
  profile_switch,   // another profile is about to be enabled
  access,           // the access technology is another one now
  decided,          // in DECIDE, at once
  keep,             // E12: hold on to the identity in use, whichever it is
  clock,            // the time of day is known
  later,            // a table waits for its time
};
inline constexpr std::size_t kEvents = 28;
[[nodiscard]] const char* event_text(Event event) noexcept;

struct Input {
  Event event{};
  Plmn plmn{};
  std::uint8_t access = 0xFF;        // TS 102 223 8.61
  std::uint32_t area = 0;            // LAC or TAC, 0: not said
  std::uint8_t cause = 0xFF;
  Mobility mobility = Mobility::emm;
  Timer timer{};
  std::uint8_t id = 0;               // of select
  bool pin = false;                  // of select: stay there
  std::uint32_t pin_seconds = 0;     // of select and keep; 0: T_manual
  bool by_operator = false;          // of select and keep
  bool no_history = false;           // of table: do not keep what is known
  std::uint8_t result = 0;           // of response
  bool wake = false;                 // of reset: out of power saving, same network as before
  std::uint32_t wall = 0;            // of clock: seconds since 1970
};

// What this terminal can do, from its TERMINAL PROFILE.
struct Terminal {
  bool refresh = true, location_events = true, rejection_events = true, timers = true, menu = true, local_information = true;
  std::uint32_t digest = 0;
};

// Why the subscription must not be changed just now.
struct Gate {
  bool session = false;              // a session is open: broken when service is lost
  bool proving = false;              // a switch is being proved
  std::uint32_t longest = 0;         // seconds, of the proof
  bool switch_pending = false;
};

// Gone with a reset.
struct Volatile {
  Phase phase = Phase::cold;
  Phase before = Phase::cold;        // DECIDE and SWAP
  enum class Status : std::uint8_t { unknown, normal, limited, none } status = Status::unknown;
  Plmn plmn;
  std::uint32_t area = 0;
  std::uint8_t access = 0xFF, cause = 0xFF;
  std::array<std::optional<std::uint64_t>, kTimers> deadlines{};
  std::uint64_t limited_left = 0, limited_since = 0;
  bool extended = false;             // T_lim, for congestion
  unsigned stretch = 1;              // of T_obs and T_lim after a decision to stay
  std::uint32_t no_service_length = 0;
  unsigned observed = 0;             // how often T_obs has passed
  bool rejects = false;
  std::vector<Plmn> seen;
  bool aka_ok = false, mac_failed = false;
  unsigned sync_failures = 0;
  unsigned data_failures = 0;
  std::uint64_t first_data_failure = 0;
  bool data_ok = false;
  unsigned polls = 0;
  bool registered = false;           // since the reset
  bool failed = false;               // this stay has been counted
  struct Soft {
    Plmn plmn;
    std::uint64_t first = 0;
    unsigned count = 0;
  };
  std::vector<Soft> softs;           // steering guard
  std::uint16_t country = 0, other_country = 0, hold_country = 0;
  bool lost_tried = false;           // no service has led to a decision since the reset
  std::uint64_t other_since = 0;
  Reason reason = Reason::none;
  std::uint64_t staged_at = 0, committed_at = 0;
  Bytes modes;                       // of the REFRESH, in the order they are tried
  unsigned tries = 0;                // of the REFRESH with this mode
  std::uint8_t mode_index = 0;
  bool asked = false;                // the REFRESH is at the terminal or in the queue
  bool at_terminal = false;          // fetched
  bool deferred = false;
  bool guarding = false;             // the terminal may still write what belongs to the identity before
  std::uint8_t left = 0;             // that identity
  bool reread = false;
  bool attempt = false;              // HOLD: one identity may be tried after this reset
  bool barred_before = false;        // the last cause that bars came from another cell or boot than the one before
};

struct Errand {
  enum class Kind : std::uint8_t {
    ask_location,   // PROVIDE LOCAL INFORMATION
    ask_imei,
    ask_time,
    refresh,        // value: mode
    withdraw,       // the REFRESH that nobody fetched
    commit,         // the pending identity becomes the active one
    check_data,     // ask for an end-to-end check
    online,         // tell whoever wants to know
    offline,
    events,         // subscribe, polling and menu
    alarm,          // tell the trace of something people should look at; value: cause
    rollback,       // back to the table before
  };
  Kind kind{};
  std::uint8_t value = 0;
};

// One step's view of everything.
class Machine {
 public:
  Machine(const Config& config, State& state, Volatile& volatile_state, const Terminal& terminal, const Gate& gate, ByteView eid, std::uint64_t now)
      : config_(config), s(state), v(volatile_state), terminal_(terminal), gate_(gate), eid_(eid), now_(now) {}

  // Records, takes the row, and what follows from it at once. The number of the first row that was taken, 0: none.
  unsigned step(const Input& input);

  [[nodiscard]] const std::vector<Errand>& errands() const noexcept { return errands_; }
  [[nodiscard]] const std::vector<unsigned>& rows() const noexcept { return rows_; }
  // Decisions of this step, for the trace.
  [[nodiscard]] const std::vector<LogRecord>& decisions() const noexcept { return decisions_; }
  // The nearest deadline.
  [[nodiscard]] static std::optional<std::pair<Timer, std::uint64_t>> next_deadline(const Volatile& v);

 private:
  friend struct Pieces;
  friend struct Rows;
  friend struct Recording;

  void take(const Input& input);
  [[nodiscard]] Surroundings surroundings() const { return {now_, v.plmn, v.seen, eid_}; }
  [[nodiscard]] std::uint32_t seconds(Timer timer) const;
  void start(Timer timer, std::uint64_t seconds);
  void start(Timer timer) { start(timer, seconds(timer)); }
  void stop(Timer timer) { v.deadlines[static_cast<std::size_t>(timer)].reset(); }
  void stop_all();
  [[nodiscard]] bool runs(Timer timer) const { return v.deadlines[static_cast<std::size_t>(timer)].has_value(); }
  void errand(Errand::Kind kind, std::uint8_t value = 0) { errands_.push_back({kind, value}); }
  [[nodiscard]] const Identity* active() const { return config_.find(s.active); }

  const Config& config_;
  State& s;
  Volatile& v;
  const Terminal& terminal_;
  const Gate& gate_;
  ByteView eid_;
  std::uint64_t now_;
  Decision decision_;
  std::vector<Errand> errands_;
  std::vector<unsigned> rows_;
  std::vector<LogRecord> decisions_;
};

struct Transition {
  std::uint8_t row;                      // of the state machine in docs/multi-imsi.md; 50 and above are the applet's own
  std::uint16_t from;                    // bits of Phase
  Event event;
  std::optional<Timer> timer;
  const char* guard_text;
  bool (*guard)(const Machine&, const Input&);
  const char* action_text;
  Phase (*action)(Machine&, const Input&);
};
[[nodiscard]] std::span<const Transition> transitions() noexcept;

// What was heard with the identity before says nothing of the one that begins its stay.
void begin_stay(Volatile& v, std::uint64_t now);

// The pending identity is the active one now: who calls it has written its files and its key. Decides alternation.
void committed(const Config& config, State& state, std::uint64_t now);

// REFRESH modes to try in order at this terminal, best first.
struct Change {
  bool imsi = true;         // another identity
  bool deep = false;        // MNC length, UST or SUCI change too: read once per power-up
  bool operator_list = false;  // nothing but EF.OPLMNwAcT changes
};
[[nodiscard]] Bytes refresh_modes(const Config& config, const State& state, const Change& change, bool steering_supported = false);

}  // namespace simurgh::multi_imsi
