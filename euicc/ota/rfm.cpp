#include "euicc/ota/rfm.h"

#include <array>

namespace simurgh::ota {
namespace {

using apdu::ClaFamily;
using apdu::Sw;

struct Row {
  ClaFamily family;
  std::uint8_t ins;
  apdu::Answer (*run)(uicc::Context&, const apdu::Command&);
  bool administrative = false;  // TS 102 222: the administrative access domain applies
  bool data_waits = false;
};

// TS 102 226 table 6.1; RETRIEVE DATA and SET DATA are commands of the expanded format.
constexpr auto kCommands = std::to_array<Row>({
    {ClaFamily::iso, 0x04, &uicc::deactivate_file},
    {ClaFamily::iso, 0x20, &uicc::verify_pin},
    {ClaFamily::iso, 0x24, &uicc::change_pin},
    {ClaFamily::iso, 0x26, &uicc::disable_pin},
    {ClaFamily::iso, 0x28, &uicc::enable_pin},
    {ClaFamily::iso, 0x2C, &uicc::unblock_pin},
    {ClaFamily::iso, 0x44, &uicc::activate_file},
    {ClaFamily::iso, 0xA2, &uicc::search_record, false, true},
    {ClaFamily::iso, 0xA4, &uicc::select_file, false, true},
    {ClaFamily::iso, 0xB0, &uicc::read_binary},
    {ClaFamily::iso, 0xB2, &uicc::read_record},
    {ClaFamily::iso, 0xD6, &uicc::update_binary},
    {ClaFamily::iso, 0xDC, &uicc::update_record},
    {ClaFamily::iso, 0xE0, &uicc::create_file, true},
    {ClaFamily::iso, 0xE4, &uicc::delete_file, true},
    {ClaFamily::proprietary, 0x32, &uicc::increase, false, true},
    {ClaFamily::proprietary, 0xCB, &uicc::retrieve_data, false, true},
    {ClaFamily::proprietary, 0xD4, &uicc::resize_file, true},
    {ClaFamily::proprietary, 0xDB, &uicc::set_data},
    {ClaFamily::proprietary, 0xF2, &uicc::status},
});

const Row* find(ClaFamily family, std::uint8_t ins) noexcept {
  for (const Row& row : kCommands) {
    if (row.family == family && row.ins == ins) return &row;
  }
  return nullptr;
}

}  // namespace

bool access_domain_grants(ByteView domain, std::uint8_t key_reference) noexcept {
  if (domain.empty()) return false;
  if (domain[0] == 0x00) return true;
  if (domain[0] != 0x02) return false;
  const bool second = (key_reference & 0x80) != 0;
  const std::uint8_t number = key_reference & 0x7F;
  const bool administrative = number >= 0x0A && number <= 0x0E;
  if (!administrative && (number < 1 || number > 8)) return false;
  const std::size_t octet = 1U + (administrative ? 2U : 0U) + (second ? 1U : 0U);
  const unsigned bit = administrative ? number - 0x0AU : number - 1U;
  return octet < domain.size() && (domain[octet] >> bit & 1) != 0;
}

FileSession::FileSession(gp::RfmInstance instance, uicc::Uicc& uicc, state::Transaction& txn, crypto::Rng& rng)
    : instance_(std::move(instance)), uicc_(uicc), txn_(txn), rng_(rng) {
  if (instance_.adf_aid.empty()) return;
  for (const uicc::NodeId adf : uicc.tree().adfs()) {
    if (equal(uicc.tree().at(adf).aid, instance_.adf_aid)) adf_ = adf;
  }
  if (adf_ == uicc::kNoNode) return;
  channel_.adf = adf_;
  channel_.directory = adf_;
}

apdu::Answer FileSession::execute(const apdu::Command& command) {
  const Row* row = find(command.family, command.ins);
  if (row == nullptr) return apdu::refuse(Sw::ins_not_supported, "no command of remote file management");
  if (command.ins != 0xCB && command.ins != 0xDB) channel_.end_transfer();
  administrative_ = row->administrative;
  const uicc::ActingWith rights(uicc_, *this);
  uicc::Context context{uicc_, channel_, txn_, rng_};
  // Values and counters of PINs are the card's, their verification is the terminal's and stays what it was (TS 102 226 6.2).
  const auto pin = row->family == ClaFamily::iso && command.ins >= 0x20 && command.ins <= 0x2C
                       ? uicc_.resolve_pin(channel_.directory, command.p2)
                       : std::nullopt;
  const bool verified = pin && uicc_.verified(*pin);
  auto answer = row->run(context, command);
  if (pin) uicc_.set_verified(*pin, verified);
  return answer;
}

bool FileSession::outgoing(const apdu::Command& header) noexcept {
  if (header.ins == 0xCB) return (header.p2 & 0xC0) != 0x80;  // every block but the first
  return header.ins == 0xB0 || header.ins == 0xB2 || header.ins == 0xF2;
}

bool FileSession::data_waits(const apdu::Command& command) noexcept {
  const Row* row = find(command.family, command.ins);
  return row != nullptr && row->data_waits && !command.data.empty();
}

// Files below the ADF have the instance's rights for it, everything else those for the shared file system.
bool FileSession::grants(uicc::NodeId directory, std::uint8_t key_reference) const {
  bool below = false;
  for (uicc::NodeId at = directory; at != uicc::kNoNode; at = uicc_.tree().at(at).parent) below = below || at == adf_;
  if (adf_ != uicc::kNoNode && below) {
    return access_domain_grants(administrative_ ? instance_.adf_admin_access_domain : instance_.adf_access_domain, key_reference);
  }
  return access_domain_grants(administrative_ ? instance_.admin_access_domain : instance_.access_domain, key_reference);
}

}  // namespace simurgh::ota
