#include "euicc/applets/multi_imsi/log.h"

#include <array>
#include <cstdio>

namespace simurgh::multi_imsi {
namespace {

constexpr std::uint8_t kFormat = 0x01;

// TS 102 223 8.61
const char* access_text(std::uint8_t access) {
  switch (access) {
    case 0x00: return "GSM";
    case 0x03: return "UTRAN";
    case 0x08: return "E-UTRAN";
    case 0x0A: return "NG-RAN";
    default: return nullptr;
  }
}

std::string name_of(const Config& config, std::uint8_t id) {
  const Identity* identity = config.find(id);
  if (identity != nullptr && !identity->label.empty()) return identity->label;
  return id == 0 ? "none" : std::to_string(id);
}

}  // namespace

const char* reason_text(Reason reason) noexcept {
  static constexpr std::array<const char*, 16> kTexts{"nothing", "first boot", "limited", "lost", "rejected", "barred", "data", "prefer", "boots",
                                                      "manual", "OTA", "escape", "hold expired", "undone", "config", "emergency"};
  const auto index = static_cast<std::size_t>(reason);
  return index < kTexts.size() ? kTexts[index] : "unknown";
}

Bytes LogRecord::encode() const {
  Bytes out{kFormat, flags};
  append(out, be_bytes(sequence, 4));
  append(out, be_bytes(elapsed, 4));
  append(out, be_bytes(wall, 4));
  append(out, Bytes{from, to, static_cast<std::uint8_t>(reason), cause});
  append(out, plmn.octets);
  append(out, Bytes{rat, refresh, rule});
  append(out, be_bytes(static_cast<std::uint16_t>(score), 2));
  append(out, be_bytes(static_cast<std::uint16_t>(runner_up_score), 2));
  append(out, Bytes{runner_up, kinds});
  append(out, be_bytes(excluded_ids, 2));
  append(out, be_bytes(to_commit, 2));
  append(out, be_bytes(to_online, 2));
  return out;
}

std::optional<LogRecord> LogRecord::decode(ByteView o) {
  if (o.size() != kSize || o[0] != kFormat) return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t size) { return be_value(o.subspan(at, size)); };
  LogRecord out;
  out.flags = o[1];
  out.sequence = static_cast<std::uint32_t>(number(2, 4));
  out.elapsed = static_cast<std::uint32_t>(number(6, 4));
  out.wall = static_cast<std::uint32_t>(number(10, 4));
  out.from = o[14];
  out.to = o[15];
  out.reason = static_cast<Reason>(o[16]);
  out.cause = o[17];
  out.plmn = Plmn({o[18], o[19], o[20]});
  out.rat = o[21];
  out.refresh = o[22];
  out.rule = o[23];
  out.score = static_cast<std::int16_t>(number(24, 2));
  out.runner_up_score = static_cast<std::int16_t>(number(26, 2));
  out.runner_up = o[28];
  out.kinds = o[29];
  out.excluded_ids = static_cast<std::uint16_t>(number(30, 2));
  out.to_commit = static_cast<std::uint16_t>(number(32, 2));
  out.to_online = static_cast<std::uint16_t>(number(34, 2));
  return out;
}

std::string LogRecord::text(const Config& config) const {
  std::array<char, 48> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "#%u +%ud%02u:%02u ", sequence, elapsed / 86400, elapsed / 3600 % 24, elapsed / 60 % 60);
  std::string out = buffer.data();
  out += (flags & record_flag::stay) != 0 ? name_of(config, from) + " stays" : name_of(config, from) + "->" + name_of(config, to);
  out += std::string(" because ") + reason_text(reason);
  if (cause != 0xFF || plmn.known()) {
    out += "; last";
    if (cause != 0xFF) out += " #" + std::to_string(cause);
    if (plmn.known()) out += " at " + plmn.text();
    if (const char* access = access_text(rat)) out += std::string(" ") + access;
  }
  out += rule == 0xFF ? "; no rule" : "; rule " + std::to_string(rule + 1);
  if (to != 0) out += "; " + name_of(config, to) + "=" + std::to_string(score);
  if (runner_up != 0) out += " " + name_of(config, runner_up) + "=" + std::to_string(runner_up_score);
  if (kinds != 0) {
    static constexpr std::array<const char*, 7> kKinds{"quarantine", "pair", "access", "disabled", "legal", "date", "budget"};
    out += "; excluded by";
    for (std::size_t i = 0; i < kKinds.size(); ++i) {
      if ((kinds >> i & 1) != 0) out += std::string(" ") + kKinds[i];
    }
  }
  if (refresh != 0xFF) {
    std::snprintf(buffer.data(), buffer.size(), "; refresh %02X", refresh & 0x7F);
    out += buffer.data();
  }
  if ((flags & record_flag::stay) == 0) {
    if ((flags & record_flag::committed) == 0) out += "; not committed";
    else if (to_online == 0xFFFF) out += "; never online";
    else out += "; online after " + std::to_string(to_online) + " s";
  }
  return out;
}

}  // namespace simurgh::multi_imsi
