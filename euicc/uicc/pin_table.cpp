#include "euicc/uicc/pin_table.h"

#include "asn1/tlv.h"

namespace simurgh::uicc {

Bytes PinTable::encode() const {
  asn1::TlvWriter out;
  for (const PinObject& p : pins) {
    Bytes entry = to_bytes(p.value.expose());
    for (const unsigned octet : {unsigned{p.reference}, unsigned{p.puk}, unsigned{p.max_tries}, unsigned{p.tries}, unsigned{p.enabled},
                                 unsigned{p.changeable}, unsigned{p.can_be_disabled}}) {
      entry.push_back(static_cast<std::uint8_t>(octet));
    }
    out.put(0x80, entry);
    crypto::cleanse(entry);
  }
  for (const PukObject& p : puks) {
    Bytes entry = to_bytes(p.value.expose());
    for (const std::uint8_t octet : {p.reference, p.max_tries, p.tries}) entry.push_back(octet);
    out.put(0x81, entry);
    crypto::cleanse(entry);
  }
  for (const PinBinding& b : bindings) out.put(0x82, concat({be_bytes(b.directory, 2), be_bytes(b.reference, 1), be_bytes(b.pin, 2)}));
  return out.take();
}

std::optional<PinTable> PinTable::decode(ByteView encoded) {
  PinTable out;
  asn1::TlvReader in(encoded);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return std::nullopt;
    const ByteView v = element->value;
    if (element->tag == 0x80 && v.size() == 15) {
      PinObject pin;
      pin.value = crypto::SecretBytes(v.first(8));
      pin.reference = v[8];
      pin.puk = v[9];
      pin.max_tries = v[10];
      pin.tries = v[11];
      pin.enabled = v[12] != 0;
      pin.changeable = v[13] != 0;
      pin.can_be_disabled = v[14] != 0;
      out.pins.push_back(std::move(pin));
    } else if (element->tag == 0x81 && v.size() == 11) {
      PukObject puk;
      puk.value = crypto::SecretBytes(v.first(8));
      puk.reference = v[8];
      puk.max_tries = v[9];
      puk.tries = v[10];
      out.puks.push_back(std::move(puk));
    } else if (element->tag == 0x82 && v.size() == 5) {
      out.bindings.push_back({.directory = static_cast<NodeId>(be_value(v.first(2))),
                              .reference = v[2],
                              .pin = static_cast<std::uint16_t>(be_value(v.subspan(3, 2)))});
    } else {
      return std::nullopt;
    }
    if (out.pins.size() > 256 || out.puks.size() > 256 || out.bindings.size() > 1024) return std::nullopt;
  }
  for (const PinBinding& binding : out.bindings) {
    if (binding.pin >= out.pins.size()) return std::nullopt;
  }
  return out;
}

}  // namespace simurgh::uicc
