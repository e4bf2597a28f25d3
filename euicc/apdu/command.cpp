#include "euicc/apdu/command.h"

namespace simurgh::apdu {
namespace {

// TS 102 221 10.1.1: the class family, the logical channel and whether secure messaging is indicated.
bool decode_class(Command& command) {
  const std::uint8_t cla = command.cla;
  if (cla == 0xA0) {
    command.family = ClaFamily::gsm;
    return true;
  }
  const bool proprietary = (cla & 0x80) != 0;
  command.family = proprietary ? ClaFamily::proprietary : ClaFamily::iso;
  if ((cla & 0x40) != 0) {
    if (cla == 0xFF) return false;  // reserved for PPS, ISO 7816-4 5.4.1
    command.channel = static_cast<std::uint8_t>(4 + (cla & 0x0F));
    command.secure_messaging = (cla & 0x20) != 0;
    return true;
  }
  if ((cla & 0x30) != 0) return false;
  command.channel = cla & 0x03;
  command.secure_messaging = (cla & 0x0C) != 0;
  return true;
}

std::uint16_t le_value(std::uint8_t octet) { return octet == 0 ? 256 : octet; }

}  // namespace

Result<Command> parse_command(ByteView apdu) {
  if (apdu.size() < 4) return refuse(Sw::wrong_length, "shorter than a command header");
  Command command;
  command.cla = apdu[0];
  command.ins = apdu[1];
  command.p1 = apdu[2];
  command.p2 = apdu[3];
  if (!decode_class(command)) return refuse(Sw::cla_not_supported, "class family unknown");
  if (apdu.size() == 4) return command;
  if (apdu.size() == 5) {
    command.le = le_value(apdu[4]);
    command.p3_zero_alone = apdu[4] == 0;
    return command;
  }
  const std::size_t lc = apdu[4];
  if (lc == 0) return refuse(Sw::wrong_length, "Lc is 00 (extended length is not used)");
  const std::size_t rest = apdu.size() - 5;
  if (rest != lc && rest != lc + 1) return refuse(Sw::wrong_length, "Lc does not fit the command");
  command.data = apdu.subspan(5, lc);
  if (rest == lc + 1) command.le = le_value(apdu.back());
  return command;
}

}  // namespace simurgh::apdu
