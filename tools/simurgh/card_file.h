// A card file opened in this process: for tools that need no reader, and for the readers themselves.
#pragma once

#include <memory>
#include <string>

#include "euicc/card/card.h"
#include "ipae/es10/ports.h"
#include "pcsc/slot.h"
#include "tools/simurgh/pcsc_port.h"

namespace simurgh::tool {

// Locks the file, loads the card. Throws Failure (local) with what to try.
class CardFile {
 public:
  explicit CardFile(const std::string& path, card::TraceSink* trace = nullptr);
  ~CardFile();
  [[nodiscard]] card::Card& card() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Powered on and ready for APDUs.
[[nodiscard]] std::unique_ptr<ResettablePort> open_card_file(const std::string& path);
// Serves the card file to a reader.
[[nodiscard]] std::unique_ptr<pcsc::CardSlot> open_card_slot(const std::string& path, card::TraceSink* trace = nullptr);

}  // namespace simurgh::tool
