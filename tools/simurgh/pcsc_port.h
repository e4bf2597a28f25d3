// A card in a PC/SC reader, through libpcsclite: the system's, or our own drop-in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ipae/es10/ports.h"

namespace simurgh::tool {

struct Reader {
  std::string name;
  std::string card_name;  // where the reader tells it, as our IFD handler does
  bool card = false;
  Bytes atr;  // empty without a card
};

// A port that can also take the power from its card.
class ResettablePort : public ipae::ApduPort {
 public:
  // The ATR.
  [[nodiscard]] virtual std::expected<Bytes, ipae::PortError> reset() = 0;
};

// In the order of the PC/SC service. Throws Failure (unreachable) when there is no service; no readers is an empty list.
[[nodiscard]] std::vector<Reader> list_readers();

// Starts the PC/SC service where it starts on demand, and keeps it from ending for lack of programs while the owner lives. Without a service
// nothing happens.
[[nodiscard]] std::shared_ptr<void> hold_service();

// The reader whose name is `name`, or the only one that contains it in its own or its card's name (case ignored); empty: the only one with a card. Its name goes to
// standard error. Exclusive, T=0; the card is reset when the port is dropped. Throws Failure (unreachable, or usage when the name fits
// several).
[[nodiscard]] std::unique_ptr<ResettablePort> open_reader(const std::string& name);

}  // namespace simurgh::tool
