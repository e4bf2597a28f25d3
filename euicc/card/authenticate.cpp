#include "euicc/card/core.h"
#include "euicc/usim/aka.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::uint8_t kContextGsm = 0x80, kContext3g = 0x81;  // TS 31.102 7.1.2.0, P2

const profile::AkaBinding* binding_of(const Core& core, uicc::NodeId adf) {
  if (!core.image || adf == uicc::kNoNode) return nullptr;
  for (const profile::AkaBinding& binding : core.image->aka) {
    if (binding.adf == adf) return &binding;
  }
  return nullptr;
}

usim::SqnState sqn_state(const Core& core, const profile::AkaBinding& binding) {
  if (const Bytes* stored = core.txn.find({state::Space::aka, core.image_owner, binding.state_cell})) {
    if (auto state = usim::SqnState::decode(*stored)) return *state;
  }
  usim::SqnState fresh;
  std::copy(std::begin(binding.initial_sqn), std::end(binding.initial_sqn), fresh.seq.begin());
  return fresh;
}

// EF.UST service 27 (GSM access): bit 3 of octet 4. ISIMs have no such service.
bool gsm_access(Core& core, uicc::NodeId adf) {
  const auto& tree = core.uicc.tree();
  const Bytes& aid = tree.at(adf).aid;
  const bool is_usim = aid.size() >= 7 && aid[5] == 0x10 && aid[6] == 0x02;
  if (!is_usim) return false;
  const uicc::NodeId ust = tree.child(adf, 0x6F38);
  if (ust == uicc::kNoNode) return false;
  const ByteView body = core.uicc.body(ust, core.txn);
  return body.size() >= 4 && (body[3] & 0x04) != 0;
}

}  // namespace

// TS 31.102 7.1; the answer always waits behind 61xx.
apdu::Answer authenticate(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "AUTHENTICATE P1");
  switch (command.p2) {
    case kContextGsm:
    case kContext3g:
      break;
    case 0x82:
    case 0x84:
    case 0x85:
    case 0x86:
      return refuse(Sw::security_context_not_supported, "AUTHENTICATE context not supported");
    default:
      return refuse(Sw::incorrect_p1p2, "AUTHENTICATE context unknown");
  }
  const uicc::NodeId adf = channel.selected == Selected::files ? channel.files.adf : uicc::kNoNode;
  const profile::AkaBinding* binding = binding_of(core, adf);
  if (binding == nullptr) return refuse(Sw::conditions_not_satisfied, "AUTHENTICATE without an active NAA that has a key");
  if (!core.uicc.application_pin_satisfied(adf, core.txn)) return refuse(Sw::security_status_not_satisfied, "AUTHENTICATE needs the application PIN");

  if (command.p2 == kContextGsm) {
    const auto rand = usim::parse_gsm(command.data);
    if (!rand) return refuse(Sw::wrong_length, "AUTHENTICATE data is not 10 RAND");
    if (!gsm_access(core, adf)) return refuse(Sw::security_context_not_supported, "GSM context without service 27");
    return apdu::with_data(usim::encode_gsm(usim::authenticate_gsm(binding->parameters, *rand)));
  }
  const auto challenge = usim::parse_3g(command.data);
  if (!challenge) return refuse(Sw::wrong_length, "AUTHENTICATE data is not 10 RAND 10 AUTN");
  usim::SqnState state = sqn_state(core, *binding);
  const auto outcome = usim::authenticate_3g(binding->parameters, state, challenge->rand, challenge->autn);
  if (!outcome) {
    if (outcome.error() == usim::AkaError::counter_limit) return refuse(Sw::conditions_not_satisfied, "authentication counter at its maximum");
    return refuse(Sw::auth_mac_wrong, "MAC in AUTN is wrong");
  }
  if (outcome->sync_failure) return apdu::with_data(usim::encode_sync_failure(*outcome->sync_failure));
  core.txn.put({state::Space::aka, core.image_owner, binding->state_cell}, state.encode());
  return apdu::with_data(usim::encode_success(*outcome->success, gsm_access(core, adf)));
}

}  // namespace simurgh::card
