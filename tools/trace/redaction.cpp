#include "tools/trace/redaction.h"

#include <algorithm>

#include "euicc/apdu/command.h"

namespace simurgh::trace {
namespace {

constexpr std::size_t kHeader = 5;  // CLA INS P1 P2 P3

// EF.Keys, EF.KeysPS, EF.EPSNSC, EF.Kc (both), EF.KcGPRS, EF.5GS3GPPNSC, EF.5GSN3GPPNSC, EF.5GAUTHKEYS and what GBA keeps.
constexpr std::array<std::uint16_t, 11> kKeyFiles{0x6F08, 0x6F09, 0x6FE4, 0x6F20, 0x4F20, 0x4F52, 0x4F03, 0x4F04, 0x4F05, 0x6FDA, 0x6FD6};
constexpr std::array<std::uint8_t, 3> kKeySfis{0x08, 0x09, 0x18};  // of EF.Keys, EF.KeysPS, EF.EPSNSC in ADF.USIM

bool pin_command(std::uint8_t ins) { return ins == 0x20 || ins == 0x24 || ins == 0x26 || ins == 0x28 || ins == 0x2C; }
bool read_command(std::uint8_t ins) { return ins == 0xB0 || ins == 0xB2; }
bool update_command(std::uint8_t ins) { return ins == 0xD6 || ins == 0xDC; }

}  // namespace

Secrets Redaction::exchange(ByteView apdu, ByteView response) {
  Secrets out;
  const auto command = apdu::parse_command(apdu);
  if (!command) {
    // What cannot be parsed may still hold a PIN.
    if (apdu.size() > kHeader && pin_command(apdu[1])) out.command = {kHeader, apdu.size() - kHeader};
    return out;
  }
  const bool file_class = command->family != apdu::ClaFamily::proprietary;
  const auto all_data = [&] { out.command = {kHeader, command->data.size()}; };
  const auto all_answer = [&] { out.response = {0, response.size() < 2 ? 0 : response.size() - 2}; };
  std::uint16_t& current = selected_[command->channel];
  if (file_class && command->ins == 0xC0) {
    if (answer_is_secret_) all_answer();
    const std::uint8_t sw1 = response.size() < 2 ? std::uint8_t{0} : response[response.size() - 2];
    if (sw1 != 0x61 && sw1 != 0x6C) answer_is_secret_ = false;
    return out;
  }
  answer_is_secret_ = false;
  if (file_class && pin_command(command->ins)) all_data();
  if (file_class && command->ins == 0x88) {
    answer_is_secret_ = true;
    all_answer();
  }
  if (file_class && command->ins == 0xA4) {
    current = command->p1 != 0x04 && command->data.size() >= 2 ? static_cast<std::uint16_t>(be_value(command->data.last(2))) : std::uint16_t{0};
  }
  if (file_class && (read_command(command->ins) || update_command(command->ins))) {
    const bool binary = (command->ins & 0x0F) != 0x02 && (command->ins & 0x0F) != 0x0C;
    const bool by_sfi = binary ? (command->p1 & 0x80) != 0 : command->p2 >> 3 != 0;
    const auto sfi = static_cast<std::uint8_t>(binary ? command->p1 & 0x1F : command->p2 >> 3);
    const bool keys = by_sfi ? std::ranges::find(kKeySfis, sfi) != kKeySfis.end() : std::ranges::find(kKeyFiles, current) != kKeyFiles.end();
    if (keys && update_command(command->ins)) all_data();
    if (keys && read_command(command->ins)) all_answer();
  }
  if (!file_class && command->ins == 0xD8) all_data();
  // STORE DATA of DGIs or encrypted data: what a security domain is personalised with.
  if (!file_class && command->ins == 0xE2 && ((command->p1 & 0x18) == 0x08 || (command->p1 & 0x60) == 0x60)) all_data();
  return out;
}

Bytes zeroed(ByteView apdu, const Range& secret) {
  Bytes out = to_bytes(apdu);
  const std::size_t from = std::min(secret.from, out.size());
  std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(from), std::min(secret.size, out.size() - from), std::uint8_t{0});
  return out;
}

std::string starred(ByteView apdu, const Range& secret) {
  std::string out = to_hex(apdu);
  const std::size_t from = std::min(secret.from * 2, out.size());
  std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(from), std::min(secret.size * 2, out.size() - from), '*');
  return out;
}

}  // namespace simurgh::trace
