#include "tools/radio/personality.h"

#include <stdexcept>

namespace simurgh::radio {
namespace {

using std::chrono::minutes;

const std::vector<Personality>& all() {
  static const std::vector<Personality> kAll = [] {
    std::vector<Personality> out;
    out.push_back({.name = "ideal"});
    out.push_back({.name = "smartphone-like", .rats = {Rat::gsm, Rat::utran, Rat::lte, Rat::nr}, .bands = 8, .power_up = terminal::PowerUp::phone, .profile = "phone",
                   .limited_during_attach = true, .idle_mw = 15});
    out.push_back({.name = "cat1-typical", .bands = 6, .limited_during_attach = true});
    out.push_back({.name = "ltem-nb-typical", .rats = {Rat::ltem, Rat::nbiot}, .bands = 4, .rescan_longest = minutes(20), .sleeps = true, .idle_mw = 6});
    out.push_back({.name = "nb-minimal-no-events", .rats = {Rat::ltem, Rat::nbiot}, .bands = 3,
                   .lacks = {"event-location-status", "event-access-technology", "event-rejection-eutran", "event-rejection-geran", "timer-start", "timer-get",
                             "timer-expiration"},
                   .rescan_longest = minutes(20), .idle_mw = 6});
    out.push_back({.name = "no-toolkit", .profile = "none"});
    out.push_back({.name = "sticky-fplmn", .rats = {Rat::ltem, Rat::nbiot}, .writes_list_back = true, .rescan_longest = minutes(20), .idle_mw = 6});
    out.push_back({.name = "deaf-to-refresh", .rats = {Rat::ltem, Rat::nbiot}, .deaf = {0x00, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07}, .rescan_longest = minutes(20)});
    out.push_back({.name = "deaf-to-all", .rats = {Rat::ltem, Rat::nbiot}, .deaf = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07}, .rescan_longest = minutes(20),
                   .power_cycle = minutes(5)});
    return out;
  }();
  return kAll;
}

}  // namespace

std::optional<Personality> personality_of(std::string_view name) {
  for (const Personality& one : all()) {
    if (one.name == name) return one;
  }
  return std::nullopt;
}

std::vector<std::string> personality_names() {
  std::vector<std::string> out;
  for (const Personality& one : all()) out.push_back(one.name);
  return out;
}

terminal::Capabilities capabilities_of(const Personality& personality) {
  auto out = terminal::built_in_capabilities(personality.profile);
  if (!out) throw std::invalid_argument("no TERMINAL PROFILE has the name " + personality.profile);
  for (const std::string& word : personality.lacks) {
    if (!out->profile.set(word, false)) throw std::invalid_argument("no bit of TERMINAL PROFILE has the name " + word);
  }
  return *std::move(out);
}

}  // namespace simurgh::radio
