#include "euicc/isdr/isdr.h"

#include "asn1/tlv.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/isdr/session.h"
#include "euicc/isdr/switching.h"
#include "euicc/rsp/metadata.h"

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

}  // namespace

Isdr::Isdr() : session_(std::make_unique<RspSession>()) {}
Isdr::~Isdr() = default;

Bytes Isdr::aid(const ecasd::Ecasd& ecasd) {
  return ecasd.capabilities.isdr_aid.empty() ? to_bytes(kStandardAid) : ecasd.capabilities.isdr_aid;
}

// ISDRProprietaryApplicationTemplate E0 is a direct child of 6F: phones read the path 6F/E0/82 (SGP.22 v2.5 5.7.1).
Bytes Isdr::fci(const ecasd::Ecasd& ecasd) const {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0x6F);
    out.put(0x84, aid(ecasd));
    {
      const auto proprietary = out.open(0xA5);
      out.put_byte(0x9F65, 0xFF);
    }
    const auto application = out.open(0xE0);
    out.put(0x82, ecasd.capabilities.svn);
  }
  return out.take();
}

bool Isdr::loading() const noexcept { return session_->phase == RspSession::Phase::loading; }

apdu::Answer Isdr::execute(ByteView command, state::Transaction& txn, crypto::Rng& rng, const ecasd::Ecasd& ecasd, PlatformPort& platform) {
  Context context{txn, rng, ecasd, platform, *session_};
  const auto tag = asn1::TlvReader(command).peek();
  const Es10Row* row = tag ? find_es10(*tag) : nullptr;
  const auto allowed = [&](Interface interface) { return (platform.terminal_rsp_functions() & needed(interface)) == needed(interface); };
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
  rsp::settle_interrupted_load(txn, ecasd);
}

bool Isdr::apply_pending_switch(state::Transaction& txn, const ecasd::Ecasd& ecasd, PlatformPort& platform) {
  const Bytes* pending = txn.find(kPendingSwitch);
  if (pending == nullptr) return false;
  const auto number = static_cast<std::uint32_t>(be_value(*pending));
  txn.erase(kPendingSwitch);
  switch_profile(txn, ecasd, platform, number == 0xFFFFFFFF ? std::nullopt : std::optional(number));
  return true;
}

void Isdr::drop_pending_switch(state::Transaction& txn) { txn.erase(kPendingSwitch); }

bool Isdr::switch_pending(const state::Transaction& txn) { return txn.find(kPendingSwitch) != nullptr; }

apdu::Answer Isdr::update_metadata(ByteView command, state::Transaction& txn) {
  profile::Registry registry(txn);
  auto enabled = registry.enabled();
  if (!enabled) return apdu::refuse(apdu::Sw::conditions_not_satisfied, "no profile is enabled");
  if (!rsp::update_metadata(enabled->metadata, command)) return malformed("UpdateMetadata is refused");
  registry.save(*enabled);
  return apdu::done();
}

}  // namespace simurgh::isdr
