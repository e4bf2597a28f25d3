// PINs and PUKs of a profile as its package made them (SAIP pinCodes/pukCodes); values and counters live on in cells.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"
#include "euicc/uicc/file_tree.h"

namespace simurgh::uicc {

struct PukObject {
  std::uint8_t reference = 0;  // 01..08, 81..88; PUKs are global whatever their number
  crypto::SecretBytes value;   // 8 octets
  std::uint8_t max_tries = 10, tries = 10;
};

struct PinObject {
  std::uint8_t reference = 0;   // APDU key reference: 01..08, 0A..0E, 81..88, 8A..8E
  crypto::SecretBytes value;    // 8 octets, FF padded
  std::uint8_t puk = 0;         // unblocking PUK reference, 0: none
  std::uint8_t max_tries = 3, tries = 3;
  bool enabled = true;
  bool changeable = true;       // pinAttributes bit 2
  bool can_be_disabled = true;  // pinAttributes bit 3
};

// A PIN context of a directory: which objects its key references mean. Several directories may share one object.
struct PinBinding {
  NodeId directory = kMf;
  std::uint8_t reference = 0;
  std::uint16_t pin = 0;  // index into PinTable::pins
};

struct PinTable {
  std::vector<PinObject> pins;
  std::vector<PukObject> puks;
  std::vector<PinBinding> bindings;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<PinTable> decode(ByteView encoded);
};

}  // namespace simurgh::uicc
