#include "euicc/card/applets.h"

#include "euicc/card/core.h"

namespace simurgh::card {

const AppletRow* Applets::find(ByteView class_aid) const noexcept {
  for (const AppletRow& row : rows_) {
    if (!row.class_aid.empty() && equal(row.class_aid, class_aid)) return &row;
  }
  return nullptr;
}

Bytes imsi_in_use(const CardServices& services) {
  for (const uicc::NodeId adf : services.uicc.tree().adfs()) {
    const uicc::NodeId file = services.uicc.tree().child(adf, 0x6F07);
    const ByteView aid = services.uicc.tree().at(adf).aid;
    if (file != uicc::kNoNode && aid.size() >= 7 && aid[6] == 0x02) return to_bytes(services.uicc.body(file, services.txn));
  }
  return {};
}

CardServices Core::services() {
  return {.uicc = uicc,
          .txn = txn,
          .rng = rng,
          .es10 = [this](ByteView command) { return isdr.execute(command, txn, rng, ecasd, *this, isdr::Caller::card); },
          .ipae_in_charge = [this] { return ipae_in_charge(); },
          .request = [this](toolkit::ProactiveCommand command) { toolkit.request(std::move(command)); },
          .platform = platform,
          .switch_pending = [this] { return isdr::Isdr::switch_pending(txn); },
          .note = [this](const std::string& text) { note(text.c_str()); },
          .owner = image_owner,
          .eid = ecasd.eid};
}

void Core::install_card_applications() {
  if (applets == nullptr) return;
  for (const AppletRow& row : applets->rows()) {
    if (row.class_aid.empty()) toolkit.install(row.make(services(), nullptr), row.priority, false);
  }
}

void Core::install_profile_applications() {
  toolkit.remove_profile_applications();
  installed_ = content.snapshot();
  if (applets == nullptr) return;
  for (const gp::Application& instance : installed_->applications) {
    const AppletRow* row = applets->find(instance.class_aid);
    if (row == nullptr || !content.selectable(instance)) continue;
    toolkit.install(row->make(services(), &instance), row->priority, true);
  }
}

// Before the terminal begins: what an instance settles at a reset, stored at once.
void Core::reset_profile_applications() {
  if (applets == nullptr) return;
  for (const gp::Application& instance : installed_->applications) {
    const AppletRow* row = applets->find(instance.class_aid);
    if (row != nullptr && row->hooks.reset && content.selectable(instance)) row->hooks.reset(services(), instance);
  }
  if (!txn.dirty() || txn.commit()) return;
  note("what applications settle at a reset could not be stored; it is tried again at the next one");
  txn.rollback();
}

// Content management has changed the registry: what runs goes on unless the instances of native classes are others now.
void Core::renew_profile_applications() {
  if (applets == nullptr) return;
  const auto running = [&](const gp::Registry& registry) {
    std::vector<std::pair<Bytes, bool>> out;
    for (const gp::Application& instance : registry.applications) {
      const bool unlocked = (instance.life_cycle & gp::kLocked) == 0 && (instance.life_cycle & gp::kSelectable) == gp::kSelectable;
      if (applets->find(instance.class_aid) == nullptr || !unlocked) continue;
      out.emplace_back(instance.aid, registry.card_state <= gp::kSecured);
      out.emplace_back(be_bytes(instance.process_data.size(), 2), true);  // new data is read by an application that starts
    }
    return out;
  };
  if (running(*installed_) != running(content.registry())) install_profile_applications();
}

}  // namespace simurgh::card
