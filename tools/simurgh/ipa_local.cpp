// What an IPAd does on its own account: fallback, emergency profile, immediate enabling. SGP.32 v1.2 5.9.14-5.9.22.
#include <iostream>

#include "euicc/crypto/x509.h"
#include "ipae/agent/runner.h"
#include "ipae/es10/identifiers.h"
#include "tools/simurgh/commands.h"
#include "tools/simurgh/ipa_home.h"
#include "tools/simurgh/lpa_view.h"

namespace simurgh::tool {
namespace {

using namespace ipae;

void done(const Globals& globals, const IpaHome& home, const std::string& words) {
  if (globals.json) return print_json(globals, Json{{"eidValue", eid_text(home.eid)}}.dump());
  std::cout << words << '\n';
}

// The card runs the other profile from here on, and every eIM hears why at the next poll.
void switched(IpaHome& home, esipa::StateChangeCause cause) {
  IpaDoors doors(IpaNetwork{});
  IotAgent(home.es10(), doors, home.journal()).state_changed(cause);
  need(home.restart());
}

void must(const PortResult<es10b::SwitchResult>& answer) {
  const es10b::SwitchResult result = need(PortResult<es10b::SwitchResult>(answer));
  if (result == es10b::SwitchResult::ok) return;
  const ResultWords said = es10b::words(result);
  throw Failure(Exit::refused, "the card refuses: " + std::string(said.words), std::string(said.name) + ", code " + std::to_string(said.code));
}

}  // namespace

void ipa_fallback(const IpaOptions& options, const Globals& globals) {
  IpaHome home(options);
  must(es10b::execute_fallback(home.es10(), false));
  switched(home, esipa::StateChangeCause::fallback);
  done(globals, home, "The fallback profile is enabled; 'simurgh ipa return' goes back.");
}

void ipa_return(const IpaOptions& options, const Globals& globals) {
  IpaHome home(options);
  must(es10b::return_from_fallback(home.es10(), false));
  // Nothing is left for polls to return from.
  RunnerRecord record = RunnerRecord::decode(home.journal().load(kRunnerRecord));
  record.fallback.reset();
  home.journal().store(kRunnerRecord, record.encode());
  switched(home, esipa::StateChangeCause::fallback);
  done(globals, home, "The profile that the fallback left is enabled again.");
}

void ipa_emergency(const IpaOptions& options, const Globals& globals) {
  IpaHome home(options);
  must(options.on ? es10b::enable_emergency_profile(home.es10(), false) : es10b::disable_emergency_profile(home.es10(), false));
  switched(home, esipa::StateChangeCause::emergency_profile);
  done(globals, home, options.on ? "The emergency profile is enabled; until 'simurgh ipa emergency off' the card takes no packages."
                                 : "The emergency profile is disabled.");
}

void ipa_immediate(const IpaOptions& options, const Globals& globals) {
  es10b::ImmediateEnabling how;
  how.on = options.on;
  how.smdp_address = options.smdp;
  if (!options.oid.empty()) {
    const auto oid = crypto::oid_content(options.oid);
    if (!oid) throw Failure(Exit::usage, "'" + options.oid + "' is no object identifier");
    how.smdp_oid = *oid;
  }
  IpaHome home(options);
  const auto result = need(es10b::configure_immediate_enabling(home.es10(), how));
  if (result != es10b::ConfigureImmediateResult::ok) {
    const ResultWords said = es10b::words(result);
    throw Failure(Exit::refused, "the card refuses: " + std::string(said.words), std::string(said.name) + ", code " + std::to_string(said.code));
  }
  done(globals, home, options.on ? "Profiles may be enabled right after their download." : "Profiles are not enabled by their download.");
}

void ipa_permit(const IpaOptions& options, const Globals& globals) {
  const auto iccid = iccid_from_text(options.iccid);
  if (!iccid) throw Failure(Exit::usage, "'" + options.iccid + "' is no ICCID");
  if (!options.emulate) throw Failure(Exit::usage, "an IoT eUICC takes this from the profile's metadata; permit needs --emulate-iot");
  IpaHome home(options);
  if (!home.emulated()->permit(*iccid, options.may_fall_back, options.is_emergency)) {
    throw Failure(Exit::refused, "the card has no profile " + options.iccid);
  }
  done(globals, home, "Remembered for " + options.iccid + ".");
}

}  // namespace simurgh::tool
