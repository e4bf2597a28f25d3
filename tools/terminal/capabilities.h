// What a terminal tells a card it can do: TERMINAL PROFILE (TS 102 223 5.2) by names, TERMINAL CAPABILITY (TS 102 221 11.1.19.2).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::terminal {

struct ProfileBit {
  std::string_view name;
  std::uint8_t byte, bit;  // both from 1
};
[[nodiscard]] const std::vector<ProfileBit>& profile_bits();

class TerminalProfile {
 public:
  TerminalProfile() = default;
  explicit TerminalProfile(Bytes octets) : octets_(std::move(octets)) {}
  // "minimal" (menus and texts, no network), "phone", "nbiot" (BIP and timers, no screen), "none".
  [[nodiscard]] static std::optional<TerminalProfile> built_in(std::string_view name);

  [[nodiscard]] bool has(unsigned byte, unsigned bit) const noexcept;
  void set(unsigned byte, unsigned bit, bool on = true);
  // A name of profile_bits() or "12.1"; false for another word.
  [[nodiscard]] bool set(std::string_view word, bool on);
  [[nodiscard]] const Bytes& octets() const noexcept { return octets_; }
  // Channels of BIP told in byte 13.
  [[nodiscard]] unsigned channels() const noexcept;

 private:
  Bytes octets_;
};

struct Capabilities {
  TerminalProfile profile;
  Bytes terminal_capability;  // content of template A9 with its tag; empty: the command is not sent
};

// "minimal", "phone" or "nbiot"; the terminal capability has channels up to 19 and the functions of an LPAd.
[[nodiscard]] std::optional<Capabilities> built_in_capabilities(std::string_view name);
// YAML: terminalProfile {base, set, clear | hex}, terminalCapability {hex | extendedChannels, additionalInterfaces, rsp}. What is absent is
// taken from `base`. The error is a sentence.
[[nodiscard]] std::expected<Capabilities, std::string> read_capabilities(const std::string& yaml, const Capabilities& base);

}  // namespace simurgh::terminal
