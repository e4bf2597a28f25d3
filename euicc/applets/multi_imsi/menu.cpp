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

Task<> Run::choose_by_menu(Session& cat) {
  const auto config = instance_.config();
  std::vector<std::string> names{"Automatic"};
  for (const Identity& identity : config->identities) names.push_back(identity.label.empty() ? identity.imsi_digits() : identity.label);
  std::vector<toolkit::MenuItem> items;
  for (std::size_t i = 0; i < names.size(); ++i) items.push_back({static_cast<std::uint8_t>(i + 1), names[i]});
  toolkit::ProactiveCommand command = toolkit::select_item("Identity", items);
  const toolkit::Reply reply = co_await cat.command(std::move(command));
  if (!reply || reply->general >= 0x10) co_return;
  const auto chosen = reply->find(toolkit::tag::item_identifier);
  if (!chosen || chosen->size() != 1) co_return;
  const std::size_t index = (*chosen)[0];
  if (index == 1) {
    inputs_.push_back({.event = Event::automatic});
  } else if (index >= 2 && index - 2 < config->identities.size()) {
    inputs_.push_back({.event = Event::select, .id = config->identities[index - 2].id, .pin = true});
  }
}

}  // namespace simurgh::multi_imsi
