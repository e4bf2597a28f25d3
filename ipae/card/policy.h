// When the assistant of a card speaks, and when it gives a profile up: rules without a card, so that each can be read and tested alone. Every
// number is a choice of this project (SGP.32 leaves them open) and can be set in the card's recipe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace simurgh::ipae {

using std::chrono::seconds;

// ---- polls

struct PollPolicy {
  seconds first{60}, first_spread{300};                       // after stable service
  seconds bootstrap_first{5}, bootstrap_spread{10};           // the same on a bootstrap profile
  seconds interval{3600};
  unsigned jitter_percent = 10;                               // of the interval, fixed by the IMEI
  seconds bootstrap_interval{90}, bootstrap_hurry{3600};      // while the eIM says "nothing" on a bootstrap profile, for so long
  seconds failure{600}, longest{86400};                       // after a failed poll, doubling
  seconds no_service{3600};                                   // longest wait for an event of the terminal before asking it
  unsigned packages = 16;                                     // of one eIM in one session
  seconds session{600};                                       // longest that identities are held for a session
  seconds trigger_pause{30};                                  // no two triggers by SMS count within this
};

struct PollSituation {
  bool bootstrap = false;
  unsigned failures = 0;       // polls in a row that did not reach an eIM
  seconds idle{0};             // how long the eIM has said "nothing"
  unsigned budget_used = 0;    // percent of the data budget
  std::uint32_t device = 0;    // a number of the device: the same each time, different from its neighbours'
};

// From the end of one poll to the next.
[[nodiscard]] seconds next_poll(const PollPolicy& policy, const PollSituation& now);
// From stable service to the first poll; `random` is any number.
[[nodiscard]] seconds first_poll(const PollPolicy& policy, const PollSituation& now, std::uint32_t random);
// A number for PollSituation::device.
[[nodiscard]] std::uint32_t device_number(std::uint64_t imei) noexcept;

// ---- the data of a bootstrap profile

struct BudgetPolicy {
  std::uint64_t life = 10'000'000, day = 200'000;  // octets in both directions with headers; 0: no limit
  std::uint64_t reserve = 100'000;       // kept for a session with something to deliver
};

struct Budget {
  std::uint64_t life = 0, day = 0;       // used
  [[nodiscard]] unsigned percent(const BudgetPolicy& policy) const noexcept;
  // `urgent`: a result waits for delivery, so the reserve may be used.
  [[nodiscard]] bool allows(const BudgetPolicy& policy, bool urgent) const noexcept;
  bool operator==(const Budget&) const = default;
  void add(std::uint64_t octets) noexcept {
    life += octets;
    day += octets;
  }
  // A day may have begun since they were added.
  void subtract(std::uint64_t octets) noexcept {
    life -= std::min(octets, life);
    day -= std::min(octets, day);
  }
};

// ---- giving a profile up

// What one attempt to reach an eIM found out. Each level needs the one before.
enum class Health : std::uint8_t {
  unregistered,  // no service
  no_data,       // registered, and no data connection, or one that leads nowhere at all
  no_eim,        // the Internet answers, no eIM does
  healthy,
};

struct FallbackPolicy {
  seconds post_switch{600};              // an enable that does not reach an eIM so long is rolled back, where that is allowed
  seconds registration_loss{6 * 3600};   // awake without service
  seconds data_loss{2 * 3600};           // registered without data, and
  unsigned data_attempts = 10;           // so many attempts
  seconds dwell{6 * 3600};               // no second automatic switch earlier
  unsigned most = 3;                     // automatic switches until an eIM was reached
  seconds back{24 * 3600}, back_longest{14 * 24 * 3600};  // until a return is tried, doubling with each that failed
};

// What is remembered of a profile that does not work; survives resets, since wall time alone lies for sleepers and attempts alone for storms.
struct Loss {
  seconds unregistered{0}, no_data{0};
  unsigned attempts = 0;  // without data
  bool operator==(const Loss&) const = default;
};

// `since`: awake time since the last report.
void report(Loss& loss, Health health, seconds since) noexcept;
// The profile is lost. An eIM that does not answer never is a reason: its outage would move a whole fleet to its bootstrap profiles.
[[nodiscard]] bool lost(const FallbackPolicy& policy, const Loss& loss) noexcept;
// While attempts without data count towards a loss, the longest pause between two of them: a back-off that doubles would take days to find out what
// `data_attempts` in `data_loss` shall tell. `failures`: attempts in a row that reached nobody; after twice as many as it takes, on a card that has nothing
// to fall back to, the back-off has its way again.
[[nodiscard]] seconds look_again(const FallbackPolicy& policy, const Loss& loss, unsigned failures) noexcept;
// How long to stay on the fallback profile before the former is tried, after so many trials that failed.
[[nodiscard]] seconds return_after(const FallbackPolicy& policy, unsigned failed, std::uint32_t device) noexcept;

}  // namespace simurgh::ipae
