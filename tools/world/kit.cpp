// The cards of a scenario: a PKI of their own, factory profiles of the sponsors, the applets they run.
#include "euicc/crypto/symmetric.h"
#include "tools/perso/card_maker.h"
#include "tools/perso_upp/upp_builder.h"
#include "tools/world/engine.h"

namespace simurgh::world {
namespace {

Bytes package_of(const Scenario& scenario, const ProfileSpec& profile) {
  const SponsorSpec& sponsor = *scenario.sponsor(profile.sponsor);
  perso::ProfileRecipe recipe = perso::default_recipe(profile.iccid, sponsor.imsi, *from_hex(sponsor.key), *from_hex(sponsor.opc));
  recipe.name = profile.id;
  recipe.spn = profile.id.substr(0, 16);
  recipe.mnc_digits = static_cast<unsigned>(sponsor.home.size() - 3);
  recipe.forbidden = profile.forbidden;
  return perso::build_profile(recipe);
}

}  // namespace

std::shared_ptr<const CardKit> make_kit(const Scenario& scenario) {
  auto out = std::make_shared<CardKit>();
  const auto digest = crypto::sha256({text_view(scenario.name)});
  const auto rng = crypto::seeded_rng(be_value(ByteView(digest).first(8)));
  const perso::Pki pki = perso::make_pki({.not_before = scenario.start - 86400}, *rng);
  for (const DeviceSpec& device : scenario.devices) {
    perso::CardSpec spec;
    spec.roots = perso::roots_of(pki);
    spec.eid = device.eid;
    for (const ProfileSpec& profile : device.profiles) spec.profiles.push_back({.package = package_of(scenario, profile), .metadata = {}, .enabled = profile.enabled});
    try {
      out->cells[device.id] = perso::make_cells(spec, *rng);
    } catch (const std::exception& wrong) {
      throw ScenarioError("device " + device.id + ": its card cannot be made: " + wrong.what());
    }
  }
  return out;
}

}  // namespace simurgh::world
