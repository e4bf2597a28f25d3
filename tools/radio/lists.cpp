#include "tools/radio/lists.h"

#include <algorithm>

#include "tools/terminal/device.h"

namespace simurgh::radio {
namespace {

const Bytes kUnused{0xFF, 0xFF, 0xFF};

Bytes plmn_octets(const std::string& plmn) {
  const Bytes coded = terminal::encode_plmn(plmn);
  return coded.empty() ? kUnused : coded;
}

Bytes padded(ByteView octets, std::size_t size) {
  Bytes out = to_bytes(octets.first(std::min(octets.size(), size)));
  out.resize(size, 0xFF);
  return out;
}

bool all_ff(ByteView octets) {
  return std::all_of(octets.begin(), octets.end(), [](std::uint8_t octet) { return octet == 0xFF; });
}

// EF.EPSLOCI and EF.5GS3GPPLOCI: identity, PLMN, area code, status.
constexpr std::size_t kGuti = 12, kTrackingArea = 2, kFiveGuti = 13, kFiveArea = 3;

LastLocation read_registered(ByteView file, std::size_t identity, std::size_t area) {
  LastLocation out;
  if (file.size() < identity + 3 + area + 1) return out;
  if (!all_ff(file.first(identity))) out.identity = to_bytes(file.first(identity));
  out.plmn = decode_plmn(file.subspan(identity, 3));
  out.area = static_cast<std::uint32_t>(be_value(file.subspan(identity + 3, area)));
  out.status = file[identity + 3 + area];
  return out;
}

Bytes write_registered(const LastLocation& location, std::size_t identity, std::size_t area) {
  Bytes out = padded(location.identity, identity);
  append(out, plmn_octets(location.plmn));
  append(out, be_bytes(location.plmn.empty() ? 0 : location.area & ((1U << 8 * area) - 1), area));
  out.push_back(location.status);
  return out;
}

}  // namespace

std::string decode_plmn(ByteView three_octets) {
  if (three_octets.size() != 3) return {};
  const int nibbles[] = {three_octets[0] & 0x0F, three_octets[0] >> 4, three_octets[1] & 0x0F, three_octets[2] & 0x0F, three_octets[2] >> 4, three_octets[1] >> 4};
  std::string out;
  for (int i = 0; i < 6; ++i) {
    if (i == 5 && nibbles[i] == 0x0F) return out;
    if (nibbles[i] > 9) return {};
    out.push_back(static_cast<char>('0' + nibbles[i]));
  }
  return out;
}

std::vector<ListedPlmn> read_access_list(ByteView file) {
  std::vector<ListedPlmn> out;
  for (; file.size() >= 5; file = file.subspan(5)) {
    if (std::string plmn = decode_plmn(file.first(3)); !plmn.empty()) out.push_back({std::move(plmn), static_cast<std::uint16_t>(be_value(file.subspan(3, 2)))});
  }
  return out;
}

std::vector<std::string> read_plmn_list(ByteView file) {
  std::vector<std::string> out;
  for (; file.size() >= 3; file = file.subspan(3)) {
    if (std::string plmn = decode_plmn(file.first(3)); !plmn.empty()) out.push_back(std::move(plmn));
  }
  return out;
}

Bytes add_forbidden(ByteView file, const std::string& plmn) {
  Bytes out = to_bytes(file);
  const std::size_t size = out.size() - out.size() % 3;
  if (size == 0) return out;
  const Bytes coded = plmn_octets(plmn);
  for (std::size_t at = 0; at < size; at += 3) {
    if (equal(ByteView(out).subspan(at, 3), coded)) return out;
  }
  for (std::size_t at = 0; at < size; at += 3) {
    if (!equal(ByteView(out).subspan(at, 3), kUnused)) continue;
    std::copy(coded.begin(), coded.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
    return out;
  }
  std::rotate(out.begin(), out.begin() + 3, out.begin() + static_cast<std::ptrdiff_t>(size));
  std::copy(coded.begin(), coded.end(), out.begin() + static_cast<std::ptrdiff_t>(size - 3));
  return out;
}

Bytes remove_forbidden(ByteView file, const std::string& plmn) {
  Bytes out = to_bytes(file);
  const Bytes coded = plmn_octets(plmn);
  for (std::size_t at = 0; at + 3 <= out.size(); at += 3) {
    if (equal(ByteView(out).subspan(at, 3), coded)) std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), 3, std::uint8_t{0xFF});
  }
  return out;
}

LastLocation read_epsloci(ByteView file) { return read_registered(file, kGuti, kTrackingArea); }
Bytes write_epsloci(const LastLocation& location) { return write_registered(location, kGuti, kTrackingArea); }
LastLocation read_5gsloci(ByteView file) { return read_registered(file, kFiveGuti, kFiveArea); }
Bytes write_5gsloci(const LastLocation& location) { return write_registered(location, kFiveGuti, kFiveArea); }

LastLocation read_loci(ByteView file) {
  LastLocation out;
  if (file.size() < 11) return out;
  if (!all_ff(file.first(4))) out.identity = to_bytes(file.first(4));
  out.plmn = decode_plmn(file.subspan(4, 3));
  out.area = static_cast<std::uint32_t>(be_value(file.subspan(7, 2)));
  out.status = file[10];
  return out;
}

Bytes write_loci(const LastLocation& location) {
  Bytes out = padded(location.identity, 4);
  append(out, plmn_octets(location.plmn));
  append(out, be_bytes(location.plmn.empty() ? 0 : location.area & 0xFFFF, 2));
  out.push_back(0xFF);
  out.push_back(location.status);
  return out;
}

Bytes write_psloci(const LastLocation& location) {
  Bytes out = padded(location.identity, 4);
  out.resize(out.size() + 3, 0xFF);
  append(out, plmn_octets(location.plmn));
  append(out, be_bytes(location.plmn.empty() ? 0 : location.area & 0xFFFF, 2));
  out.push_back(location.plmn.empty() ? 0xFF : 0x00);
  out.push_back(location.status);
  return out;
}

std::string home_of(const std::string& imsi, unsigned mnc_digits) { return imsi.size() < 6 ? std::string{} : imsi.substr(0, 3 + (mnc_digits == 3 ? 3U : 2U)); }

}  // namespace simurgh::radio
