#include "tools/terminal/capabilities.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "asn1/tlv.h"

namespace simurgh::terminal {
namespace {

using namespace simurgh::literals;

constexpr unsigned kMaxProfile = 64;

// Byte 13, bits 6 to 8: the number of channels.
void set_channels(TerminalProfile& profile, unsigned count) {
  for (unsigned i = 0; i < 3; ++i) profile.set(13, 6 + i, (count >> i & 1) != 0);
}

const std::vector<std::string_view> kCommon{"profile-download", "sms-pp-download", "sms-pp-download-sm", "timer-expiration", "command-result", "more-time",
                                            "poll-interval", "polling-off", "refresh", "local-information", "set-up-event-list",
                                            "event-location-status", "timer-start", "timer-get", "local-date", "local-access-technology",
                                            "local-imeisv", "refresh-profile-state-change", "refresh-application-update"};
const std::vector<std::string_view> kScreen{"menu-selection", "ucs2-entry", "ucs2-display", "display-text", "display-text-command", "get-inkey", "get-input",
                                            "play-tone", "select-item", "send-sms", "send-ss", "send-ussd", "set-up-call", "set-up-menu",
                                            "event-user-activity", "event-idle-screen", "event-language", "get-inkey-yes-no", "idle-text",
                                            "local-language", "language-notification"};
const std::vector<std::string_view> kNetwork{"event-data-available", "event-channel-status", "event-access-technology", "open-channel", "close-channel",
                                             "receive-data", "send-data", "channel-status", "bearer-gprs", "tcp-client", "udp-client", "bearer-eutran",
                                             "event-rejection-eutran", "event-rejection-geran", "steering-of-roaming", "battery-local"};
const std::vector<std::string_view> kPhoneMore{"call-control", "mo-sms-control", "ussd-in-call-control", "event-mt-call", "event-call-connected",
                                               "event-call-disconnected", "local-measurement", "local-measurement-2", "send-dtmf", "browser",
                                               "event-browser", "local-timing-advance", "local-search-mode", "event-search-mode", "dns-in-open-channel",
                                               "event-rejection-ngran", "event-ims-registration", "ussd-download"};

TerminalProfile with(std::initializer_list<const std::vector<std::string_view>*> lists, unsigned channels) {
  TerminalProfile out;
  for (const auto* list : lists) {
    for (const std::string_view name : *list) (void)out.set(name, true);
  }
  if (channels > 0) set_channels(out, channels);
  return out;
}

std::expected<TerminalProfile, std::string> profile_from(const YAML::Node& node, const TerminalProfile& base) {
  TerminalProfile out = base;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (key == "base") {
      const auto name = entry.second.as<std::string>();
      const auto found = TerminalProfile::built_in(name);
      if (!found) return std::unexpected("terminalProfile.base '" + name + "' is none of minimal, phone, nbiot, none");
      out = *found;
    } else if (key == "hex") {
      const auto octets = from_hex(entry.second.as<std::string>());
      if (!octets || octets->empty() || octets->size() > kMaxProfile) return std::unexpected("terminalProfile.hex takes 1 to 64 octets in hexadecimal");
      out = TerminalProfile(*octets);
    } else if (key != "set" && key != "clear") {
      return std::unexpected("terminalProfile has no key '" + key + "'; there are base, hex, set and clear");
    }
  }
  for (const bool on : {true, false}) {
    for (const auto& word : node[on ? "set" : "clear"]) {
      if (!out.set(word.as<std::string>(), on)) {
        return std::unexpected("terminalProfile: '" + word.as<std::string>() + "' is no bit; names are in simurgh(1), numbers look like 12.1");
      }
    }
  }
  return out;
}

std::expected<Bytes, std::string> capability_from(const YAML::Node& node) {
  asn1::TlvWriter content;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    if (key == "hex") {
      const auto octets = from_hex(entry.second.as<std::string>());
      if (!octets) return std::unexpected("terminalCapability.hex is not hexadecimal");
      return *octets;
    }
    if (key == "extendedChannels") {
      if (entry.second.as<bool>()) content.put(0x81, {});
    } else if (key == "additionalInterfaces") {
      content.put_byte(0x82, static_cast<std::uint8_t>(entry.second.as<unsigned>()));
    } else if (key == "rsp") {
      // SGP.22 v2.5 5.7.1: LUId, LPDd, LDSd, LUIe
      std::uint8_t functions = 0;
      for (const auto& word : entry.second) {
        static const std::vector<std::string> kNames{"luid", "lpdd", "ldsd", "luie"};
        const auto at = std::find(kNames.begin(), kNames.end(), word.as<std::string>());
        if (at == kNames.end()) return std::unexpected("terminalCapability.rsp takes luid, lpdd, ldsd and luie");
        functions = static_cast<std::uint8_t>(functions | 1U << (at - kNames.begin()));
      }
      content.put_byte(0x83, functions);
    } else {
      return std::unexpected("terminalCapability has no key '" + key + "'; there are hex, extendedChannels, additionalInterfaces and rsp");
    }
  }
  return asn1::tlv(0xA9, content.view());
}

}  // namespace

const std::vector<ProfileBit>& profile_bits() {
  static const std::vector<ProfileBit> kBits{
      {"profile-download", 1, 1}, {"sms-pp-download", 1, 2}, {"cell-broadcast-download", 1, 3}, {"menu-selection", 1, 4},
      {"sms-pp-download-sm", 1, 5}, {"timer-expiration", 1, 6}, {"ussd-in-call-control", 1, 7}, {"call-control", 1, 8},
      {"command-result", 2, 1}, {"mo-sms-control", 2, 4}, {"ucs2-entry", 2, 6}, {"ucs2-display", 2, 7}, {"display-text", 2, 8},
      {"display-text-command", 3, 1}, {"get-inkey", 3, 2}, {"get-input", 3, 3}, {"more-time", 3, 4}, {"play-tone", 3, 5},
      {"poll-interval", 3, 6}, {"polling-off", 3, 7}, {"refresh", 3, 8},
      {"select-item", 4, 1}, {"send-sms", 4, 2}, {"send-ss", 4, 3}, {"send-ussd", 4, 4}, {"set-up-call", 4, 5}, {"set-up-menu", 4, 6},
      {"local-information", 4, 7}, {"local-measurement", 4, 8},
      {"set-up-event-list", 5, 1}, {"event-mt-call", 5, 2}, {"event-call-connected", 5, 3}, {"event-call-disconnected", 5, 4},
      {"event-location-status", 5, 5}, {"event-user-activity", 5, 6}, {"event-idle-screen", 5, 7}, {"event-reader-status", 5, 8},
      {"event-language", 6, 1}, {"event-browser", 6, 2}, {"event-data-available", 6, 3}, {"event-channel-status", 6, 4},
      {"event-access-technology", 6, 5}, {"event-display-parameters", 6, 6}, {"event-local-connection", 6, 7}, {"event-search-mode", 6, 8},
      {"timer-start", 8, 1}, {"timer-get", 8, 2}, {"local-date", 8, 3}, {"get-inkey-yes-no", 8, 4}, {"idle-text", 8, 5}, {"run-at", 8, 6},
      {"display-text-extension", 9, 1}, {"send-dtmf", 9, 2}, {"local-measurement-2", 9, 3}, {"local-language", 9, 4},
      {"local-timing-advance", 9, 5}, {"language-notification", 9, 6}, {"browser", 9, 7}, {"local-access-technology", 9, 8},
      {"open-channel", 12, 1}, {"close-channel", 12, 2}, {"receive-data", 12, 3}, {"send-data", 12, 4}, {"channel-status", 12, 5},
      {"bearer-csd", 13, 1}, {"bearer-gprs", 13, 2},
      {"tcp-client", 17, 1}, {"udp-client", 17, 2}, {"tcp-server", 17, 3}, {"tcp-local", 17, 4}, {"udp-local", 17, 5}, {"direct-channel", 17, 6},
      {"bearer-eutran", 17, 7}, {"local-imeisv", 18, 7}, {"local-search-mode", 18, 8}, {"battery-local", 22, 2}, {"ussd-download", 23, 8},
      {"event-rejection-geran", 25, 5}, {"event-rejection-eutran", 25, 7}, {"local-access-technologies", 25, 8}, {"steering-of-roaming", 30, 4},
      {"event-ims-registration", 31, 7}, {"refresh-policy", 32, 8}, {"dns-in-open-channel", 33, 1}, {"poll-interval-negotiation", 33, 3},
      {"refresh-profile-state-change", 34, 6}, {"refresh-application-update", 35, 4}, {"event-rejection-ngran", 36, 2}};
  return kBits;
}

std::optional<TerminalProfile> TerminalProfile::built_in(std::string_view name) {
  if (name == "none") return TerminalProfile(Bytes{0x00});
  if (name == "minimal") return with({&kCommon, &kScreen}, 0);
  if (name == "nbiot") return with({&kCommon, &kNetwork}, 4);
  if (name == "phone") return with({&kCommon, &kScreen, &kNetwork, &kPhoneMore}, 7);
  return std::nullopt;
}

bool TerminalProfile::has(unsigned byte, unsigned bit) const noexcept {
  return byte >= 1 && byte <= octets_.size() && (octets_[byte - 1] >> (bit - 1) & 1) != 0;
}

void TerminalProfile::set(unsigned byte, unsigned bit, bool on) {
  if (octets_.size() < byte) octets_.resize(byte);
  const auto mask = static_cast<std::uint8_t>(1U << (bit - 1));
  octets_[byte - 1] = static_cast<std::uint8_t>(on ? octets_[byte - 1] | mask : octets_[byte - 1] & ~mask);
}

bool TerminalProfile::set(std::string_view word, bool on) {
  for (const ProfileBit& known : profile_bits()) {
    if (known.name == word) {
      set(known.byte, known.bit, on);
      return true;
    }
  }
  unsigned byte = 0, bit = 0;
  const char* const end = word.data() + word.size();
  const auto first = std::from_chars(word.data(), end, byte);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '.') return false;
  const auto second = std::from_chars(first.ptr + 1, end, bit);
  if (second.ec != std::errc{} || second.ptr != end || byte < 1 || byte > kMaxProfile || bit < 1 || bit > 8) return false;
  set(byte, bit, on);
  return true;
}

unsigned TerminalProfile::channels() const noexcept { return octets_.size() < 13 ? 0 : octets_[12] >> 5U; }

std::optional<Capabilities> built_in_capabilities(std::string_view name) {
  auto profile = TerminalProfile::built_in(name);
  if (!profile) return std::nullopt;
  // SGP.22 v2.5 5.7.1, TS 102 221 11.1.19.2.2: extended channels, UICC-CLF none, LUId, LPDd and LDSd
  return Capabilities{.profile = *std::move(profile), .terminal_capability = "A9088100820101830107"_hex};
}

std::expected<Capabilities, std::string> read_capabilities(const std::string& yaml, const Capabilities& base) {
  Capabilities out = base;
  try {
    const YAML::Node document = YAML::Load(yaml);
    if (!document.IsMap()) return std::unexpected("a description of capabilities is a map with terminalProfile and terminalCapability");
    for (const auto& entry : document) {
      const auto key = entry.first.as<std::string>();
      if (!entry.second.IsMap()) return std::unexpected("'" + key + "' is a map");
      if (key == "terminalProfile") {
        auto profile = profile_from(entry.second, base.profile);
        if (!profile) return std::unexpected(profile.error());
        out.profile = *std::move(profile);
      } else if (key == "terminalCapability") {
        auto capability = capability_from(entry.second);
        if (!capability) return std::unexpected(capability.error());
        out.terminal_capability = *std::move(capability);
      } else {
        return std::unexpected("there is no key '" + key + "'; there are terminalProfile and terminalCapability");
      }
    }
  } catch (const YAML::Exception& wrong) {
    return std::unexpected("line " + std::to_string(wrong.mark.line + 1) + ": " + wrong.msg);
  }
  return out;
}

}  // namespace simurgh::terminal
