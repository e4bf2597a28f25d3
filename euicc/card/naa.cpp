#include "euicc/card/naa.h"

namespace simurgh::card {
namespace {

using namespace simurgh::literals;

constexpr std::uint16_t kEfUst = 0x6F38, kEfIst = 0x6F07;

}  // namespace

NaaKind naa_kind(const Core& core, uicc::NodeId adf) {
  if (adf == uicc::kNoNode) return NaaKind::none;
  static const Bytes k3gpp = "A000000087"_hex, k3gpp2 = "A000000343"_hex;
  const ByteView aid = core.uicc.tree().at(adf).aid;
  if (aid.size() < 7 || aid[5] != 0x10) return NaaKind::none;
  if (equal(aid.first(5), k3gpp)) return aid[6] == 0x02 ? NaaKind::usim : aid[6] == 0x04 ? NaaKind::isim : NaaKind::none;
  return equal(aid.first(5), k3gpp2) && aid[6] == 0x02 ? NaaKind::csim : NaaKind::none;
}

uicc::NodeId active_adf(const ChannelState& channel) { return channel.selected == Selected::files ? channel.files.adf : uicc::kNoNode; }

uicc::NodeId first_usim(const Core& core) {
  for (const uicc::NodeId adf : core.uicc.tree().adfs()) {
    if (naa_kind(core, adf) == NaaKind::usim) return adf;
  }
  return uicc::kNoNode;
}

const profile::AkaBinding* binding_of(const Core& core, uicc::NodeId adf) {
  if (!core.image || adf == uicc::kNoNode) return nullptr;
  for (const profile::AkaBinding& binding : core.image->aka) {
    if (binding.adf == adf) return &binding;
  }
  return nullptr;
}

bool has_service(const Core& core, uicc::NodeId adf, unsigned number) {
  const NaaKind kind = naa_kind(core, adf);
  if (kind != NaaKind::usim && kind != NaaKind::isim) return false;
  const uicc::NodeId file = core.uicc.tree().child(adf, kind == NaaKind::usim ? kEfUst : kEfIst);
  if (file == uicc::kNoNode) return false;
  const ByteView table = core.uicc.body(file, core.txn);
  const std::size_t octet = (number - 1) / 8;
  return octet < table.size() && (table[octet] >> ((number - 1) % 8) & 1U) != 0;
}

ByteView usable_body(const Core& core, uicc::NodeId directory, std::uint16_t fid) {
  if (directory == uicc::kNoNode) return {};
  const uicc::NodeId file = core.uicc.tree().child(directory, fid);
  if (file == uicc::kNoNode || core.uicc.tree().at(file).is_directory()) return {};
  const std::uint8_t state = core.uicc.life_cycle(file, core.txn);
  if (state != 0x05 && state != 0x07) return {};
  return core.uicc.body(file, core.txn);
}

}  // namespace simurgh::card
