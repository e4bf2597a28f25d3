#include "euicc/card/applets.h"

#include "euicc/card/core.h"

namespace simurgh::card {

const AppletRow* Applets::find(ByteView class_aid) const noexcept {
  for (const AppletRow& row : rows_) {
    if (!row.class_aid.empty() && equal(row.class_aid, class_aid)) return &row;
  }
  return nullptr;
}

CardServices Core::services() {
  return {.uicc = uicc,
          .txn = txn,
          .rng = rng,
          .es10 = [this](ByteView command) { return isdr.execute(command, txn, rng, ecasd, *this); },
          .request = [this](toolkit::ProactiveCommand command) { toolkit.request(std::move(command)); }};
}

void Core::install_card_applications() {
  if (applets == nullptr) return;
  for (const AppletRow& row : applets->rows()) {
    if (row.class_aid.empty()) toolkit.install(row.make(services(), nullptr), row.priority, false);
  }
}

void Core::install_profile_applications() {
  toolkit.remove_profile_applications();
  if (applets == nullptr || !image) return;
  constexpr std::uint8_t kSelectable = 0x07;  // GlobalPlatform 5.3.1; b8: locked
  for (const gp::Application& instance : image->gp.applications) {
    const AppletRow* row = applets->find(instance.class_aid);
    if (row == nullptr || (instance.life_cycle & 0x80) != 0 || (instance.life_cycle & kSelectable) != kSelectable) continue;
    toolkit.install(row->make(services(), &instance), row->priority, true);
  }
}

}  // namespace simurgh::card
