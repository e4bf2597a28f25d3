#include "pcsc/reader_facts.h"

#include <PCSC/reader.h>
#include <PCSC/winscard.h>

#include <cstring>

namespace simurgh::pcsc {

namespace {

constexpr std::uint32_t kMaxApduData = 0x10000;
// Any code does: clients learn it from the feature list.
constexpr std::uint32_t kGetTlvProperties = SCARD_CTL_CODE(FEATURE_GET_TLV_PROPERTIES + 0x330000);

Bytes number(std::uint32_t value) {
  Bytes out(sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

Bytes text(std::string_view value) {
  Bytes out(value.begin(), value.end());
  out.push_back(0);
  return out;
}

}  // namespace

std::optional<Bytes> attribute(std::uint32_t id, const ReaderFacts& reader) {
  switch (id) {
    case SCARD_ATTR_VENDOR_NAME:
      return text("Simurgh");
    case SCARD_ATTR_VENDOR_IFD_TYPE:
      return text(reader.type);
    case SCARD_ATTR_VENDOR_IFD_VERSION:
      return number(0x00010000);
    case SCARD_ATTR_VENDOR_IFD_SERIAL_NO:
      return text(std::to_string(reader.unit));
    case SCARD_ATTR_DEVICE_UNIT:
      return number(reader.unit);
    case SCARD_ATTR_DEVICE_FRIENDLY_NAME_A:
    case SCARD_ATTR_DEVICE_SYSTEM_NAME_A:
      if (reader.name.empty()) return std::nullopt;
      return text(reader.name);
    case SCARD_ATTR_CHANNEL_ID:
      return number(0x00F00000 | (reader.unit & 0xFFFF));  // F0: a channel that only the vendor knows
    case SCARD_ATTR_ASYNC_PROTOCOL_TYPES:
      return number(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1);
    case SCARD_ATTR_CURRENT_PROTOCOL_TYPE:
      return number(reader.protocol);
    case SCARD_ATTR_MAXINPUT:
      return number(MAX_BUFFER_SIZE_EXTENDED);
    case SCARD_ATTR_ICC_PRESENCE:
      return Bytes{static_cast<std::uint8_t>(reader.present ? 2 : 0)};  // 2: present and in position
    case SCARD_ATTR_ICC_INTERFACE_STATUS:
      return Bytes{static_cast<std::uint8_t>(reader.powered ? 1 : 0)};
    case SCARD_ATTR_ICC_TYPE_PER_ATR:
      return Bytes{static_cast<std::uint8_t>(reader.present ? 1 : 0)};  // 1: ISO/IEC 7816 asynchronous
    case SCARD_ATTR_ATR_STRING:
      if (reader.atr.empty()) return std::nullopt;
      return reader.atr;
    default:
      return std::nullopt;
  }
}

std::optional<Bytes> control_output(std::uint32_t control_code) {
  const auto big_endian = [](std::uint32_t v) { return be_bytes(v, 4); };
  switch (control_code) {
    case CM_IOCTL_GET_FEATURE_REQUEST:
      return concat({Bytes{FEATURE_GET_TLV_PROPERTIES, 4}, big_endian(kGetTlvProperties)});
    case kGetTlvProperties: {
      // The value of a property is least significant byte first.
      Bytes out{PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4};
      for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(kMaxApduData >> shift));
      return out;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace simurgh::pcsc
