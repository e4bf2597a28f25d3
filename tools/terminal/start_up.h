// What a modem reads when its card gets power, in the order real ones use (TS 31.102 5.1.1, TS 102 221 14.1), and the files it keeps.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/terminal/capabilities.h"
#include "tools/terminal/card_session.h"

namespace simurgh::terminal {

enum class PowerUp : std::uint8_t {
  minimal,  // identity and PIN, no more
  phone,    // everything a telephone caches, ISIM on a channel of its own
  nbiot,    // what an NB-IoT module needs for EPS attach
};
[[nodiscard]] std::optional<PowerUp> power_up_of(std::string_view name);

enum class FileStructure : std::uint8_t { transparent, records };

struct CardFile {
  std::string name;             // "EF.IMSI"; the path where the name is unknown
  FileStructure structure = FileStructure::transparent;
  std::vector<Bytes> content;   // one entry, or one for each record
  std::uint16_t sw = 0x9000;    // why there is no content
  [[nodiscard]] ByteView body() const noexcept { return content.empty() ? ByteView{} : ByteView(content.front()); }
};

struct Application {
  Bytes aid;
  std::string label;
};

struct CardFacts {
  Bytes atr;
  std::vector<Application> applications;   // EF.DIR
  Bytes usim;                              // AID of the USIM in use; empty without one
  std::map<std::string, CardFile> files;   // by path in hexadecimal without 3F00: "2FE2", "7FFF6F07"; the ISIM's under "ISIM6F02"
  [[nodiscard]] std::string iccid() const;  // digits; empty when unknown
  [[nodiscard]] std::string imsi() const;
};

struct Problem {
  enum class Kind : std::uint8_t { card, pin_needed, pin_wrong, pin_blocked } kind = Kind::card;
  std::string what;  // one sentence without a full stop, with what to try
  std::uint16_t sw = 0;
};

class StartUp {
 public:
  // `seen` is told every file as it is read, present or not.
  StartUp(CardSession& card, PowerUp kind, const Capabilities& capabilities, std::string pin, std::function<void(const CardFile&)> seen);

  // From the MF on; the card has been reset, or has changed its profile. A card without a USIM is no problem, one that refuses its PIN is.
  [[nodiscard]] std::expected<void, Problem> run();
  // USIM initialisation alone: the application, its PIN, its files (TS 31.102 5.1.1.2).
  [[nodiscard]] std::expected<void, Problem> initialise_usim();
  // Ends the application session (SELECT with P2 = 4C) so that the next selection begins a new one.
  void end_usim_session();
  // Reads one file again; `path` begins with 3F00 or with an application's 7FFF. False: the card gave no content.
  bool read_again(ByteView path);
  void read_directory();
  [[nodiscard]] const CardFacts& facts() const noexcept { return facts_; }
  [[nodiscard]] CardFacts& facts() noexcept { return facts_; }

 private:
  [[nodiscard]] const CardFile& read(const std::string& name, const std::string& path, std::uint8_t channel = 0);
  [[nodiscard]] std::expected<void, Problem> enter_pin(ByteView fcp);
  void read_isim();

  CardSession& card_;
  PowerUp kind_;
  const Capabilities& capabilities_;
  std::string pin_;
  std::function<void(const CardFile&)> seen_;
  CardFacts facts_;
};

}  // namespace simurgh::terminal
