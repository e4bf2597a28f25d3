#include "tools/world/story.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "tools/world/duration.h"

namespace simurgh::world {
namespace {

struct Row {
  std::string_view mark, sentence;  // {key}: the field of that name
  bool turn = false;                // where the story takes a turn
};

constexpr std::array kRows{
    Row{"boot", "is switched on", true},
    Row{"off", "is off"},
    Row{"power_cut", "loses its power", true},
    Row{"watchdog", "is switched off and on by its host"},
    Row{"dead", "has emptied its battery", true},
    Row{"move", "comes to {region}"},
    Row{"attach_ok", "is served by {plmn} over {rat} as {identity}", true},
    Row{"attach_rej", "is refused by {plmn} as {identity}: cause {cause}, {why}", true},
    Row{"attach_silent", "hears nothing from {plmn}: {why}"},
    Row{"cell_lost", "loses {plmn}"},
    Row{"swap_done", "changes its identity from {from} to {to}", true},
    Row{"profile_changed", "changes its profile from {from} to {to}", true},
    Row{"channel_open", "talks to {server}"},
    Row{"package", "is given an order by {server}: {order}", true},
    Row{"installed", "has a profile more", true},
    Row{"deleted", "has a profile less"},
    Row{"proven", "has proven its profile", true},
    Row{"given_up", "gives its new profile up", true},
    Row{"fallback", "falls back", true},
    Row{"return_tried", "tries the profile before the fallback again"},
    Row{"returned", "is back from the fallback", true},
    Row{"no_answer", "has no answer from {server}"},
    Row{"denied", "is kept from {server} by its access point"},
    Row{"pdn_refused", "is refused the access point {apn}"},
    Row{"t3396", "may not ask for the access point {apn} again for {seconds} s"},
    Row{"quota_spent", "has used up what {identity} may use", true},
    Row{"message_answer", "answers a table over the air: {proof}", true},
    Row{"emergency", "has an emergency that {state}", true},
    Row{"rule_warn", "has used {days} of {limit} days of {rule}"},
    Row{"rule_alarm", "has used {days} of {limit} days of {rule}"},
    Row{"rule_violation", "is beyond the {limit} days of {rule}", true},
    Row{"rule_enforced", "meets {rule} after {days} days", true},
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

const Row* row_of(const Mark& mark) {
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) { return one.mark == mark.name; });
  return row == kRows.end() ? nullptr : &*row;
}

// Without its subject.
std::string told_of(const Mark& mark) {
  if (mark.thing.empty()) {
    std::string out = "the world: " + filled("{what} {id}", mark);
    for (const auto& [key, value] : mark.fields) {
      if (key != "what" && key != "id") out += ", " + key + " " + value;
    }
    return out;
  }
  const Row* row = row_of(mark);
  return row == nullptr ? std::string() : filled(row->sentence, mark);
}

std::string sentence_of(const Mark& mark) {
  std::string out = told_of(mark);
  return out.empty() || mark.thing.empty() ? out : mark.thing + " " + out;
}

}  // namespace

std::vector<Turn> turns(const Timeline& timeline, const std::string& thing, std::size_t most) {
  std::vector<Turn> out;
  std::string served;
  std::set<std::string> refused;  // since it was last served: once each
  for (const Mark& mark : timeline.marks) {
    if (mark.thing != thing && !mark.thing.empty()) continue;
    if (const Row* row = row_of(mark); !mark.thing.empty() && (row == nullptr || !row->turn)) continue;
    std::string sentence = told_of(mark);
    if (mark.name == "attach_ok") {
      refused.clear();
      if (std::exchange(served, sentence) == sentence) continue;
    }
    if (mark.name == "attach_rej" && !refused.insert(sentence).second) continue;
    if (mark.name == "boot") served.clear();
    if (!out.empty() && out.back().sentence == sentence) continue;
    out.push_back({mark.at, std::move(sentence)});
    if (out.size() == most) break;
  }
  return out;
}

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
