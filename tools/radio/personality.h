// How modems differ: what they tell a card, how they take a REFRESH, which lists they keep to themselves. Each is a row that a test or a
// scenario picks by name.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tools/radio/access.h"
#include "tools/terminal/capabilities.h"
#include "tools/terminal/start_up.h"

namespace simurgh::radio {

struct Personality {
  std::string name = "ideal";
  std::set<Rat> rats = {Rat::lte};
  unsigned bands = 4;                            // scanned for each technology
  terminal::PowerUp power_up = terminal::PowerUp::nbiot;
  std::string profile = "nbiot";                 // TERMINAL PROFILE to start from
  std::vector<std::string> lacks = {};                // names of bits it does not set
  std::set<std::uint8_t> deaf = {};                   // REFRESH modes answered with "done" and then forgotten
  bool writes_list_back = false;                 // its own forbidden list goes into EF.FPLMN at every detach
  bool keeps_list_over_reset = false;            // and survives a reset of the card
  bool limited_during_attach = false;            // tells the card "limited" before every registration
  bool keeps_t3402_over_usim = false;            // the timer of the old identity delays the new one
  bool keeps_t3396_over_usim = false;            // so does the back-off of its access points
  Time rescan_longest = std::chrono::minutes(5); // the pause between searches doubles up to here
  std::optional<Time> power_cycle = {};              // the host switches it off and on when it has had no service so long
  bool sleeps = false;                           // asks for power saving mode
  std::optional<Time> edrx = {};                 // asks for this cycle
  bool t3245 = false;                            // what is barred for good ends after 12 to 24 hours
  unsigned most_unprotected = 5;                 // so many unprotected refusals are taken as a lasting one
  std::uint32_t idle_mw = 10;
};

// ideal, smartphone-like, cat1-typical, ltem-nb-typical, nb-minimal-no-events, no-toolkit, sticky-fplmn, deaf-to-refresh, deaf-to-all
[[nodiscard]] std::optional<Personality> personality_of(std::string_view name);
[[nodiscard]] std::vector<std::string> personality_names();
[[nodiscard]] terminal::Capabilities capabilities_of(const Personality& personality);

}  // namespace simurgh::radio
