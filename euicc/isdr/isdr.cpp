#include "euicc/isdr/isdr.h"

#include "asn1/tlv.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/isdr/session.h"
#include "euicc/iot/rollback.h"
#include "euicc/rsp/metadata.h"
#include "euicc/rsp/switching.h"

namespace simurgh::isdr {
namespace {

constexpr std::uint8_t kStandardAid[] = {0xA0, 0x00, 0x00, 0x05, 0x59, 0x10, 0x10, 0xFF, 0xFF, 0xFF, 0xFF, 0x89, 0x00, 0x00, 0x01, 0x00};

// Bits of TERMINAL CAPABILITY tag 83 that a group of functions needs (SGP.22 v2.5 3.4.2).
std::uint8_t needed(Interface interface) {
  switch (interface) {
    case Interface::es10a: return 0x04;
    case Interface::es10b: return 0x02;
    case Interface::es10c: return 0x01;
    case Interface::start: break;
  }
  return 0;
}

// SGP.32 v1.2 3.8: one assistant at a time. The IPAe calls from inside and is never refused.
std::optional<apdu::Sw> refuse_device(const ecasd::Capabilities& card, const PlatformPort& platform, Caller caller) {
  if (!card.iot || caller == Caller::card) return std::nullopt;
  if (platform.ipae_in_charge()) return static_cast<apdu::Sw>(card.iot->status_while_ipae);
  if (card.require_terminal_capability && !platform.ipad_declared()) return apdu::Sw::conditions_not_satisfied;
  return std::nullopt;
}

}  // namespace

Isdr::Isdr() : session_(std::make_unique<RspSession>()) {}
Isdr::~Isdr() = default;

Bytes Isdr::aid(const ecasd::Ecasd& ecasd) {
  return ecasd.capabilities.isdr_aid.empty() ? to_bytes(kStandardAid) : ecasd.capabilities.isdr_aid;
}

// ISDRProprietaryApplicationTemplate E0 is a direct child of 6F: phones read the path 6F/E0/82 (SGP.22 v2.5 5.7.1).
// SGP.32 adds E1, which follows the state of the card at each SELECT.
Bytes Isdr::fci(const ecasd::Ecasd& ecasd, state::Transaction& txn) const {
  const auto& iot = ecasd.capabilities.iot;
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0x6F);
    out.put(0x84, aid(ecasd));
    {
      const auto proprietary = out.open(0xA5);
      out.put_byte(0x9F65, 0xFF);
    }
    if (!iot || iot->choices.sgp22_template) {
      const auto application = out.open(0xE0);
      out.put(0x82, ecasd.capabilities.svn);
    }
    if (iot) {
      constexpr std::uint64_t kIpaeSupported = 1, kEnabledProfile = 2;
      const auto application = out.open(0xE1);
      out.put_bits(0x80, (iot->ipae ? kIpaeSupported : 0) | (profile::Registry(txn).enabled() ? kEnabledProfile : 0));
    }
  }
  return out.take();
}

bool Isdr::loading() const noexcept { return session_->phase == RspSession::Phase::loading; }

apdu::Answer Isdr::execute(ByteView command, state::Transaction& txn, crypto::Rng& rng, const ecasd::Ecasd& ecasd, PlatformPort& platform,
                           Caller caller) {
  Context context{txn, rng, ecasd, platform, *session_, installed_, caller};
  if (const auto refusal = refuse_device(ecasd.capabilities, platform, caller)) return apdu::refuse(*refusal, "the device declared no IPAd, or the IPAe is in charge");
  const auto tag = asn1::TlvReader(command).peek();
  const Es10Row* row = tag ? find_es10(*tag, kind_of(ecasd.capabilities)) : nullptr;
  const bool consumer = !ecasd.capabilities.iot && caller == Caller::device;
  const auto allowed = [&](Interface interface) { return !consumer || (platform.terminal_rsp_functions() & needed(interface)) == needed(interface); };
  // A bound package is a stream of slices: what the session waits for decides, not the outer length. Other functions are answered between
  // its elements.
  const bool cut_tag = command.size() == 1 && command[0] == 0xBF;  // even the tag BF36 may arrive in two slices
  const bool may_begin = session_->phase == RspSession::Phase::prepared && cut_tag;
  if (may_begin || (loading() && (row == nullptr || *tag == 0xBF36 || !session_->package->at_boundary()))) {
    return es10b::load_bound_profile_package(context, command, {});
  }
  if (row == nullptr) return apdu::refuse(apdu::Sw::data_not_found, "no ES10 function has this tag");
  if (!allowed(row->interface)) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "TERMINAL CAPABILITY does not announce this group of functions");
  if (*tag == 0xBF36) return row->handler(context, command, {});
  const auto whole = asn1::read_only(command, *tag);
  if (!whole) return malformed("the object's length does not fit the command");
  return row->handler(context, command, whole->value);
}

void Isdr::reset(state::Transaction& txn, const ecasd::Ecasd& ecasd) {
  *session_ = RspSession{};
  installed_.reset();
  rsp::settle_interrupted_load(txn, ecasd);
  if (ecasd.capabilities.iot && ecasd.capabilities.iot->choices.reset_ends_rollback) {
    const auto authorisation = iot::rollback_authorisation(txn);
    if (authorisation && authorisation->first != 0) iot::clear_rollback(txn);
  }
}

bool Isdr::apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform) {
  return iot::apply_pending_switch(txn, ecasd, platform);
}

void Isdr::drop_pending_switch(state::Transaction& txn) { rsp::drop_pending_switch(txn); }

bool Isdr::switch_pending(const state::Transaction& txn) { return rsp::switch_pending(txn); }

apdu::Answer Isdr::update_metadata(ByteView command, state::Transaction& txn) {
  profile::Registry registry(txn);
  auto enabled = registry.enabled();
  if (!enabled) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "no profile is enabled");
  if (!rsp::update_metadata(enabled->metadata, command)) return malformed("UpdateMetadata is refused");
  registry.save(*enabled);
  return apdu::done();
}

}  // namespace simurgh::isdr
