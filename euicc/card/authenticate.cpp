// AUTHENTICATE in every security context of a USIM and an ISIM (TS 31.102 7.1, TS 31.103 7.1).
#include "euicc/card/naa.h"
#include "euicc/card/selected_key.h"
#include "euicc/usim/aka.h"
#include "euicc/usim/gba.h"

namespace simurgh::card {

using apdu::refuse;
using apdu::Sw;

namespace {

// TS 31.102 7.1.2.0, P2
constexpr std::uint8_t kContextGsm = 0x80, kContext3g = 0x81, kContextVgcs = 0x82, kContextGba = 0x84, kContextMbms = 0x85,
                       kContextLocalKey = 0x86;
constexpr unsigned kServiceKc = 27, kServiceGsm = 38, kServiceGba = 68, kServiceGbaIsim = 2;
constexpr std::uint16_t kEfImsi = 0x6F07;

// The key in force: the one an application has selected, else the package's. Each has counters of its own.
class KeyInForce {
 public:
  KeyInForce(const Core& core, const profile::AkaBinding& binding) : binding_(binding), selected_(selected_key(core.txn, core.image_owner)) {}
  [[nodiscard]] const usim::AkaParameters& parameters() const { return selected_ ? selected_->parameters : binding_.parameters; }
  [[nodiscard]] usim::SqnState state(const Core& core) const {
    if (const Bytes* stored = core.txn.find(cell(core))) {
      if (auto state = usim::SqnState::decode(*stored)) return *state;
    }
    usim::SqnState fresh;
    if (!selected_) std::copy(std::begin(binding_.initial_sqn), std::end(binding_.initial_sqn), fresh.seq.begin());
    return fresh;
  }
  void save(Core& core, const usim::SqnState& state) const { core.txn.put(cell(core), state.encode()); }

 private:
  [[nodiscard]] state::Key cell(const Core& core) const {
    return {state::Space::aka, core.image_owner, selected_ ? selected_->counters : binding_.state_cell};
  }
  const profile::AkaBinding& binding_;
  std::optional<SelectedKey> selected_;
};

apdu::Answer failure(usim::AkaError error) {
  if (error == usim::AkaError::counter_limit) return refuse(Sw::conditions_not_satisfied, "authentication counter at its maximum");
  return refuse(Sw::auth_mac_wrong, "MAC in AUTN is wrong");
}

// A file of the GBA: USIM and ISIM give it different identifiers (TS 31.102 4.2.79, TS 31.103 4.2.8).
uicc::NodeId gba_file(const Core& core, uicc::NodeId adf, std::uint16_t of_usim, std::uint16_t of_isim) {
  const uicc::NodeId file = core.uicc.tree().child(adf, naa_kind(core, adf) == NaaKind::isim ? of_isim : of_usim);
  return file != uicc::kNoNode && core.uicc.tree().at(file).is_directory() ? uicc::kNoNode : file;
}

uicc::NodeId gbabp(const Core& core, uicc::NodeId adf) { return gba_file(core, adf, 0x6FD6, 0x6FD5); }
uicc::NodeId gbanl(const Core& core, uicc::NodeId adf) { return gba_file(core, adf, 0x6FDA, 0x6FD7); }

apdu::Answer gba_bootstrap(Core& core, uicc::NodeId adf, const profile::AkaBinding& binding, ByteView data) {
  const auto challenge = usim::parse_bootstrap(data);
  if (!challenge) return refuse(Sw::wrong_length, "AUTHENTICATE data is not DD 10 RAND 10 AUTN");
  const KeyInForce key(core, binding);
  usim::SqnState state = key.state(core);
  auto outcome = usim::bootstrap(key.parameters(), state, challenge->rand, challenge->autn);
  if (!outcome) return failure(outcome.error());
  if (outcome->sync_failure) return apdu::with_data(usim::encode_sync_failure(*outcome->sync_failure));
  key.save(core, state);
  core.txn.put({state::Space::aka, core.image_owner, kGbaCells + adf}, outcome->keys.encode());
  if (const uicc::NodeId file = gbabp(core, adf); file != uicc::kNoNode) {
    auto content = usim::bootstrapping_parameters(challenge->rand, core.uicc.body(file, core.txn).size());
    if (content) core.uicc.set_body(file, *std::move(content), core.txn);
  }
  Bytes out{0xDB, static_cast<std::uint8_t>(outcome->res.size())};
  append(out, outcome->res.expose());
  return apdu::with_data(std::move(out));
}

apdu::Answer gba_derive(Core& core, uicc::NodeId adf, ByteView data) {
  const auto request = usim::parse_naf(data);
  if (!request) return refuse(Sw::wrong_length, "AUTHENTICATE data is not DE L NAF_Id L IMPI");
  const Bytes* stored = core.txn.find({state::Space::aka, core.image_owner, kGbaCells + adf});
  const auto keys = stored == nullptr ? std::nullopt : usim::GbaKeys::decode(*stored);
  if (!keys) return refuse(Sw::conditions_not_satisfied, "no bootstrapping procedure came before");
  if (const uicc::NodeId file = gbanl(core, adf); file != uicc::kNoNode) {
    const uicc::NodeId parameters = gbabp(core, adf);
    const ByteView b_tid = parameters == uicc::kNoNode ? ByteView{} : usim::transaction_identifier(core.uicc.body(parameters, core.txn));
    const auto& tree = core.uicc.tree();
    auto list = usim::with_naf(core.uicc.body(file, core.txn), tree.at(tree.body_of(file)).record_length, request->naf_id, b_tid);
    if (!list) return refuse(Sw::no_memory_for_key, "EF.GBANL has no record that is long enough");
    core.uicc.set_body(file, *std::move(list), core.txn);
  }
  const auto key = usim::naf_key(*keys, usim::NafKey::external, request->impi, request->naf_id);
  Bytes out{0xDB, static_cast<std::uint8_t>(key.size())};
  append(out, key.expose());
  return apdu::with_data(std::move(out));
}

apdu::Answer gba(Core& core, uicc::NodeId adf, const profile::AkaBinding& binding, ByteView data) {
  if (!has_service(core, adf, naa_kind(core, adf) == NaaKind::isim ? kServiceGbaIsim : kServiceGba)) {
    return refuse(Sw::security_context_not_supported, "GBA context without its service");
  }
  if (data.empty()) return refuse(Sw::wrong_length, "AUTHENTICATE without data");
  switch (data[0]) {
    case 0xDD:
      return gba_bootstrap(core, adf, binding, data);
    case 0xDE:
      return gba_derive(core, adf, data);
    default:
      return refuse(Sw::incorrect_data, "GBA context with another mode than DD and DE");
  }
}

apdu::Answer umts(Core& core, uicc::NodeId adf, const profile::AkaBinding& binding, ByteView data) {
  const auto challenge = usim::parse_3g(data);
  if (!challenge) return refuse(Sw::wrong_length, "AUTHENTICATE data is not 10 RAND 10 AUTN");
  const KeyInForce key(core, binding);
  usim::SqnState state = key.state(core);
  const auto outcome = usim::authenticate_3g(key.parameters(), state, challenge->rand, challenge->autn);
  if (!outcome) return failure(outcome.error());
  if (outcome->sync_failure) return apdu::with_data(usim::encode_sync_failure(*outcome->sync_failure));
  key.save(core, state);
  const bool with_kc = naa_kind(core, adf) == NaaKind::usim && has_service(core, adf, kServiceKc);
  return apdu::with_data(usim::encode_success(*outcome->success, with_kc));
}

bool known_context(std::uint8_t p2) { return (p2 >= kContextGsm && p2 <= kContextVgcs) || (p2 >= kContextGba && p2 <= kContextLocalKey); }

}  // namespace

apdu::Result<usim::GsmKeys> run_gsm(Core& core, uicc::NodeId adf, ByteView rand) {
  const profile::AkaBinding* binding = binding_of(core, adf);
  if (binding == nullptr) return refuse(Sw::conditions_not_satisfied, "there is no key");
  const KeyInForce key(core, *binding);
  const usim::AkaParameters& parameters = key.parameters();
  if (parameters.auth_counter_max) {
    usim::SqnState state = key.state(core);
    if (state.authentications >= *parameters.auth_counter_max) {
      return refuse(Sw::conditions_not_satisfied, "authentication counter at its maximum");
    }
    ++state.authentications;
    key.save(core, state);
  }
  return usim::authenticate_gsm(parameters, rand);
}

// The answer always waits behind 61xx.
apdu::Answer authenticate(Core& core, ChannelState& channel, const apdu::Command& command) {
  if (command.p1 != 0 || !known_context(command.p2)) return refuse(Sw::incorrect_p1p2, "AUTHENTICATE P1 P2");
  const uicc::NodeId adf = active_adf(channel);
  const NaaKind kind = naa_kind(core, adf);
  const profile::AkaBinding* binding = binding_of(core, adf);
  if (binding == nullptr) return refuse(Sw::conditions_not_satisfied, "AUTHENTICATE without an active NAA that has a key");
  // VGCS and VBS of a USIM, HTTP digest of an ISIM, MBMS and local keys are none of this card's.
  if (command.p2 == kContextVgcs || command.p2 > kContextGba)
    return refuse(Sw::security_context_not_supported, "AUTHENTICATE context not supported");
  if (!core.uicc.application_pin_satisfied(adf, core.txn))
    return refuse(Sw::security_status_not_satisfied, "AUTHENTICATE needs the application PIN");
  if (kind == NaaKind::usim && core.uicc.tree().child(adf, kEfImsi) != uicc::kNoNode && usable_body(core, adf, kEfImsi).empty()) {
    return refuse(Sw::conditions_not_satisfied, "EF.IMSI is not activated");
  }
  if (command.p2 == kContextGba) return gba(core, adf, *binding, command.data);
  if (command.p2 == kContext3g) return umts(core, adf, *binding, command.data);
  if (kind != NaaKind::usim || !has_service(core, adf, kServiceGsm)) {
    return refuse(Sw::security_context_not_supported, "GSM context without service 38");
  }
  const auto rand = usim::parse_gsm(command.data);
  if (!rand) return refuse(Sw::wrong_length, "AUTHENTICATE data is not 10 RAND");
  const auto keys = run_gsm(core, adf, *rand);
  if (!keys) return std::unexpected(keys.error());
  return apdu::with_data(usim::encode_gsm(*keys));
}

// The chained form carries MBMS and local key establishment only (TS 31.102 7.1.2.5, 7.1.2.6).
apdu::Answer authenticate_chained(Core& core, ChannelState& channel, const apdu::Command& command) {
  if ((command.p1 & 0x5F) != 0 || (command.p2 != kContextMbms && command.p2 != kContextLocalKey)) {
    return refuse(Sw::incorrect_p1p2, "AUTHENTICATE P1 P2");
  }
  if (binding_of(core, active_adf(channel)) == nullptr)
    return refuse(Sw::conditions_not_satisfied, "AUTHENTICATE without an active NAA that has a key");
  return refuse(Sw::security_context_not_supported, "AUTHENTICATE context not supported");
}

}  // namespace simurgh::card
