#include "ipae/bip/connectivity.h"

#include "asn1/tlv.h"
#include "euicc/toolkit/comprehension.h"

namespace simurgh::ipae {
namespace {

constexpr std::size_t kLongestName = 100, kLongestText = 64;

// 08 "internet" 02 "eu" -> "internet.eu"; printable characters only.
std::optional<std::string> access_point(ByteView labels) {
  std::string out;
  while (!labels.empty()) {
    const std::size_t length = labels[0];
    if (length == 0 || length > labels.size() - 1) return std::nullopt;
    if (!out.empty()) out.push_back('.');
    for (const std::uint8_t c : labels.subspan(1, length)) {
      if (c <= 0x20 || c >= 0x7F) return std::nullopt;
      out.push_back(static_cast<char>(c));
    }
    labels = labels.subspan(1 + length);
  }
  if (out.size() > kLongestName) return std::nullopt;
  return out;
}

// Text string: coding scheme, then octets; logins are eight-bit texts (TS 102 223 8.15).
std::optional<std::string> login(ByteView text) {
  if (text.empty()) return std::string{};
  if ((text[0] & 0x0C) != 0x04 || text.size() - 1 > kLongestText) return std::nullopt;
  return to_text(text.subspan(1));
}

}  // namespace

std::optional<Connectivity> read_connectivity(ByteView response) {
  ByteView params = response;
  if (response.size() > 1 && response[0] == 0xBF && response[1] == 0x5F) {
    const auto whole = asn1::read_only(response, 0xBF5F);
    if (!whole) return std::nullopt;
    const auto list = asn1::find_child(whole->value, 0xA0);
    if (!list) return std::nullopt;
    const auto http = asn1::find_child(list->value, 0x81);
    if (!http) return std::nullopt;
    params = http->value;
  }
  const auto objects = toolkit::read_objects(params);
  if (!objects) return std::nullopt;
  Connectivity out;
  bool user_seen = false;
  for (const toolkit::Object& object : *objects) {
    switch (object.tag) {
      case toolkit::tag::bearer_description:
        if (object.value.empty() || object.value.size() > 16) return std::nullopt;
        out.bearer = to_bytes(object.value);
        break;
      case toolkit::tag::network_access_name: {
        auto name = access_point(object.value);
        if (!name) return std::nullopt;
        out.apn = *std::move(name);
        break;
      }
      case toolkit::tag::text_string: {
        auto text = login(object.value);
        if (!text) return std::nullopt;
        (user_seen ? out.password : out.user) = *std::move(text);
        user_seen = true;
        break;
      }
      default:
        break;
    }
  }
  return out;
}

}  // namespace simurgh::ipae
