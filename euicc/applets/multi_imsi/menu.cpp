// The person at the terminal: SET UP MENU, SELECT ITEM, DISPLAY TEXT.
#include "euicc/applets/multi_imsi/session.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::multi_imsi {

using toolkit::Session;
using toolkit::Task;

std::string Run::info() const {
  Instance instance(services_, application_);
  const auto config = instance.config();
  const State state = instance.store().state();
  const Identity* identity = config->find(state.active);
  std::string out = (identity == nullptr || identity->label.empty() ? "Identity " + std::to_string(state.active) : identity->label) + ", " + phase_text(v_.phase);
  if (!state.ring.empty()) out += ". " + state.ring.back().text(*config);
  // A text string must fit a command.
  if (out.size() > 200) out.resize(200);
  return out;
}

Task<> Run::menu(Session& cat, std::uint8_t item) {
  if (!instance_.config()) co_return;
  std::string text;
  if (item == 1) {
    co_await choose_by_menu(cat);
    co_return;
  }
  if (item == 2) text = info();
  if (item == 3) {
    text = v_.seen.empty() ? std::string("No network was heard of") : std::string();
    for (const Plmn& plmn : v_.seen) text += (text.empty() ? "" : ", ") + plmn.text();
  }
  if (item == 4) {
    inputs_.push_back({.event = Event::clear});
    text = "History cleared";
  }
  if (text.empty()) co_return;
  toolkit::ProactiveCommand command = toolkit::display_text(text);
  const toolkit::Reply shown = co_await cat.command(std::move(command));
  (void)shown;
}

// In pages that fit a command.
Task<> Run::choose_by_menu(Session& cat) {
  constexpr std::uint8_t kAutomatic = 1, kFirst = 2, kKeep = 0xFD, kMore = 0xFE;
  constexpr std::size_t kPage = 180;
  const auto config = instance_.config();
  std::vector<std::string> names;  // what the items look at
  for (const Identity& identity : config->identities) names.push_back(identity.label.empty() ? identity.imsi_digits() : identity.label);
  std::vector<toolkit::MenuItem> all{{kAutomatic, "Automatic"}};
  for (std::size_t i = 0; i < names.size(); ++i) all.push_back({static_cast<std::uint8_t>(kFirst + i), names[i]});
  all.push_back({kKeep, "Keep this one"});
  for (std::size_t next = 0; next < all.size();) {
    std::vector<toolkit::MenuItem> page;
    for (std::size_t octets = 0; next < all.size() && octets + all[next].text.size() + 3 <= kPage; ++next) {
      octets += all[next].text.size() + 3;
      page.push_back(all[next]);
    }
    if (next < all.size()) page.push_back({kMore, "More"});
    toolkit::ProactiveCommand command = toolkit::select_item("Identity", page);
    const toolkit::Reply reply = co_await cat.command(std::move(command));
    if (!reply || reply->general >= 0x10) co_return;
    const auto item = reply->find(toolkit::tag::item_identifier);
    if (!item || item->size() != 1) co_return;
    const std::uint8_t chosen = (*item)[0];
    if (chosen == kMore) continue;
    if (chosen == kAutomatic) inputs_.push_back({.event = Event::automatic});
    if (chosen == kKeep) inputs_.push_back({.event = Event::keep});
    if (chosen >= kFirst && std::size_t{chosen} - kFirst < config->identities.size())
      inputs_.push_back({.event = Event::select, .id = config->identities[chosen - kFirst].id, .pin = true});
    co_return;
  }
}

}  // namespace simurgh::multi_imsi
