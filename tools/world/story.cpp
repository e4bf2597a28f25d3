#include "tools/world/story.h"

#include <algorithm>
#include <array>

#include "tools/world/duration.h"

namespace simurgh::world {
namespace {

struct Row {
  std::string_view mark, sentence;  // {key}: the field of that name
};

constexpr std::array kRows{
    Row{"boot", "is switched on"},
    Row{"off", "is off"},
    Row{"power_cut", "loses its power"},
    Row{"watchdog", "is switched off and on by its host"},
    Row{"dead", "has emptied its battery"},
    Row{"move", "comes to {region}"},
    Row{"attach_ok", "is served by {plmn} over {rat} as {identity}"},
    Row{"attach_rej", "is refused by {plmn} as {identity}: cause {cause}, {why}"},
    Row{"attach_silent", "hears nothing from {plmn}: {why}"},
    Row{"cell_lost", "loses {plmn}"},
    Row{"swap_done", "changes its identity from {from} to {to}"},
    Row{"profile_changed", "changes its profile from {from} to {to}"},
    Row{"channel_open", "talks to {server}"},
    Row{"package", "is given an order by {server}: {order}"},
    Row{"installed", "has a profile more"},
    Row{"deleted", "has a profile less"},
    Row{"proven", "has proven its profile"},
    Row{"given_up", "gives its new profile up"},
    Row{"fallback", "falls back"},
    Row{"return_tried", "tries the profile before the fallback again"},
    Row{"returned", "is back from the fallback"},
    Row{"no_answer", "has no answer from {server}"},
    Row{"denied", "is kept from {server} by its access point"},
    Row{"pdn_refused", "is refused the access point {apn}"},
    Row{"t3396", "may not ask for the access point {apn} again for {seconds} s"},
    Row{"rule_warn", "has used {days} of {limit} days of {rule}"},
    Row{"rule_alarm", "has used {days} of {limit} days of {rule}"},
    Row{"rule_violation", "is beyond the {limit} days of {rule}"},
    Row{"rule_enforced", "meets {rule} after {days} days"},
};

std::string filled(std::string_view sentence, const Mark& mark) {
  std::string out;
  while (!sentence.empty()) {
    const std::size_t open = sentence.find('{'), close = sentence.find('}', std::min(open, sentence.size()));
    if (close == std::string_view::npos) return out.append(sentence);
    out.append(sentence.substr(0, open));
    const std::string* value = mark.field(sentence.substr(open + 1, close - open - 1));
    out.append(value == nullptr || value->empty() ? "?" : *value);
    sentence.remove_prefix(close + 1);
  }
  return out;
}

std::string sentence_of(const Mark& mark) {
  if (mark.thing.empty()) {
    std::string out = "the world: " + filled("{what} {id}", mark);
    for (const auto& [key, value] : mark.fields) {
      if (key != "what" && key != "id") out += ", " + key + " " + value;
    }
    return out;
  }
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) { return one.mark == mark.name; });
  return row == kRows.end() ? std::string() : mark.thing + " " + filled(row->sentence, mark);
}

}  // namespace

std::string story(const Timeline& timeline) {
  std::string out, told;
  unsigned again = 0;
  radio::Time last{0};
  const auto end_run = [&] {
    if (again != 0) out += " (and " + std::to_string(again) + (again == 1 ? " time" : " times") + " more until " + write_duration(last) + ")";
    if (!told.empty()) out += "\n";
    again = 0;
  };
  for (const Mark& mark : timeline.marks) {
    const std::string sentence = sentence_of(mark);
    if (sentence.empty()) continue;
    if (sentence == told) {
      ++again;
      last = mark.at;
      continue;
    }
    end_run();
    told = sentence;
    std::string at = write_duration(mark.at);
    at.resize(std::max<std::size_t>(at.size(), 14), ' ');
    out += at + " " + sentence;
  }
  end_run();
  return out;
}

}  // namespace simurgh::world
