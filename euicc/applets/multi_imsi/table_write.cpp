#include "asn1/tlv.h"
#include "euicc/applets/multi_imsi/table.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::multi_imsi {
namespace {

void put_if(asn1::TlvWriter& out, std::uint32_t tag, ByteView value) {
  if (!value.empty()) out.put(tag, value);
}

// Counted octet strings in a row: patterns of three octets or one.
Bytes patterns(const std::vector<Pattern>& list) {
  Bytes out;
  for (const Pattern& pattern : list) append(out, pattern.octets);
  return out;
}

Bytes seconds_octets(std::uint32_t seconds) { return be_bytes(seconds, seconds > 0xFFFF ? 4 : 2); }

}  // namespace

Bytes write_identity(const Identity& identity) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xA1);
    out.put_byte(0x80, identity.id).put(0x81, identity.imsi).put_byte(0x82, identity.mnc_length).put_byte(0x83, identity.key_set);
    if (identity.acc != 0) out.put(0x84, be_bytes(identity.acc, 2));
    if (identity.rats != 0) out.put_byte(0x85, identity.rats);
    if (identity.priority != 0) out.put_byte(0x86, identity.priority);
    put_if(out, 0x87, identity.smsp);
    put_if(out, 0x88, identity.spn);
    if (identity.fplmn != FplmnPolicy::clear) out.put_byte(0x89, static_cast<std::uint8_t>(identity.fplmn));
    put_if(out, 0x8A, identity.apn);
    if (identity.flags != 0) out.put_byte(0x8B, identity.flags);
    put_if(out, 0x8C, patterns(identity.allow));
    put_if(out, 0x8D, patterns(identity.deny));
    put_if(out, 0x8E, identity.ehplmn);
    put_if(out, 0x8F, identity.oplmn_act);
    put_if(out, 0x90, identity.hpplmn);
    put_if(out, 0x91, identity.suci);
    if (identity.valid_from != 0 || identity.valid_to != 0) {
      Bytes days = be_bytes(identity.valid_from, 4);
      append(days, be_bytes(identity.valid_to, 4));
      out.put(0x92, days);
    }
    if (!identity.label.empty()) out.put_text(0x93, identity.label);
    put_if(out, 0x94, identity.hplmn_act);
    put_if(out, 0x95, identity.gid1);
    put_if(out, 0x96, identity.gid2);
    put_if(out, 0x97, identity.msisdn);
    put_if(out, 0x98, identity.pnn);
    put_if(out, 0x99, identity.opl);
    put_if(out, 0x9A, identity.spdi);
    put_if(out, 0x9B, identity.psismsc);
    if (!identity.mcc_preferences.empty()) {
      Bytes list;
      for (const MccPreference& preference : identity.mcc_preferences) {
        append(list, be_bytes(preference.mcc, 2));
        list.push_back(preference.rank);
      }
      out.put(0x9C, list);
    }
    put_if(out, 0x9D, identity.routing_indicator);
    put_if(out, 0x9E, identity.nasconfig);
    put_if(out, 0x9F20, identity.user);
    put_if(out, 0x9F21, identity.password);
  }
  return out.take();
}

Bytes write_rule(const Rule& rule) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xA2);
    out.put(0x80, rule.pattern.octets).put(0x81, rule.ids);
    if (rule.flags != 0) out.put_byte(0x82, rule.flags);
    if (rule.max_days != 0) out.put(0x83, be_bytes(rule.max_days, 2));
    if (!rule.timers.empty()) {
      Bytes list;
      for (const TimerOverride& own : rule.timers) {
        list.push_back(static_cast<std::uint8_t>(own.timer));
        append(list, be_bytes(own.seconds, 4));
      }
      out.put(0x84, list);
    }
  }
  return out.take();
}

namespace {

// What a key set says beside its keys.
void put_parameters(asn1::TlvWriter& out, const usim::AkaParameters& p) {
  out.put_byte(0x86, p.algorithm_options).put(0x87, p.rotation).put(0x88, p.xoring);
  out.put_byte(0x89, p.keccak_iterations).put_byte(0x8A, p.sqn_options).put(0x8B, be_bytes(p.sqn_delta, 6)).put(0x8C, be_bytes(p.sqn_age_limit, 6));
  if (p.auth_counter_max) out.put(0x8D, be_bytes(*p.auth_counter_max, 4));
}

Bytes wrapped_key_set(const KeySet& set, ByteView key_encryption) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xA6);
    const usim::AkaParameters& p = set.parameters;
    out.put_byte(0x80, set.ref).put_byte(0x81, static_cast<std::uint8_t>(p.algorithm));
    Bytes plain = to_bytes(p.key.expose());
    const std::size_t whole = plain.size() + (p.algorithm == usim::Algorithm::tuak ? 32 : 16);
    append(plain, p.opc.expose());
    plain.resize(whole);
    out.put(0x82, crypto::aes_cbc_encrypt(key_encryption, Bytes(16, 0), plain));
    crypto::cleanse(plain);
    const crypto::Block check = crypto::aes_ecb_encrypt(p.key.expose(), Bytes(16, 0x01));
    out.put(0x83, ByteView(check).first(3));
    put_parameters(out, p);
  }
  return out.take();
}

void put_identities_and_timers(asn1::TlvWriter& out, const Config& config) {
  for (const Identity& identity : config.identities) out.raw(write_identity(identity));
  for (const Rule& rule : config.rules) out.raw(write_rule(rule));
  const auto timers = out.open(0xA3);
  for (std::size_t i = 0; i < kConfigured; ++i) out.put(0x80 + static_cast<std::uint32_t>(i), seconds_octets(config.timers[i]));
}

void put_settings(asn1::TlvWriter& out, const Config& config, bool whole) {
  {
    const auto settings = out.open(0xA7);
    out.put_byte(0x80, config.default_id).put_byte(0x81, config.fallback_id).put_byte(0x82, config.swaps_an_hour);
    out.put_byte(0x83, config.swaps_a_day).put(0x84, config.refresh_modes).put_byte(0x85, config.policy).put_byte(0x88, config.limited_spread);
    if (whole && !config.table_key.empty()) out.put(0x86, config.table_key.expose());
    put_if(out, 0x87, config.group);
  }
  for (const TerminalModes& terminal : config.terminals) {
    const auto entry = out.open(0xA8);
    out.put_text(0x80, terminal.tac).put(0x81, terminal.modes);
  }
  for (const Region& region : config.regions) {
    const auto entry = out.open(0xA9);
    Bytes mccs;
    for (const std::uint16_t mcc : region.mccs) append(mccs, be_bytes(mcc, 2));
    out.put_byte(0x80, region.number).put(0x81, mccs);
  }
}

}  // namespace

Bytes write_key_set(const KeySet& set) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xA6);
    const usim::AkaParameters& p = set.parameters;
    out.put_byte(0x80, set.ref).put_byte(0x81, static_cast<std::uint8_t>(p.algorithm));
    out.put(0x84, p.key.expose()).put(0x85, p.opc.expose());
    put_parameters(out, p);
  }
  return out.take();
}

Bytes write_table(const Config& config) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xE1);
    out.put(0x80, be_bytes(config.version, 4)).put_byte(0x81, 0).put_byte(0x82, 1);
    put_identities_and_timers(out, config);
    for (const KeySet& set : config.key_sets) out.raw(write_key_set(set));
    put_settings(out, config, true);
  }
  return out.take();
}

Bytes write_message(const Config& config, const Message& message) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xE1);
    out.put(0x80, be_bytes(message.version, 4)).put_byte(0x81, 0).put_byte(0x82, 1);
    if (message.not_before != 0) out.put(0x86, be_bytes(message.not_before, 4));
    if (message.force) out.put_byte(0x87, table_flag::force);
    put_identities_and_timers(out, config);
    if (!message.key_encryption.empty()) {
      for (const KeySet& set : config.key_sets) out.raw(wrapped_key_set(set, message.key_encryption));
    }
    put_settings(out, config, false);
  }
  return out.take();
}

Bytes write_mode(const Request::Mode& mode) {
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xE1);
    out.put_byte(0x80, 0).put_byte(0x81, static_cast<std::uint8_t>(Operation::mode));
    const auto wish = out.open(0xA5);
    out.put_byte(0x80, static_cast<std::uint8_t>(mode.wish));
    if (mode.id != 0) out.put_byte(0x81, mode.id);
    if (mode.hours != 0) out.put_byte(0x82, mode.hours);
  }
  return out.take();
}

Bytes table_mac(ByteView table_key, ByteView target, ByteView content) {
  const crypto::Block whole = crypto::aes_cmac(table_key, {target, content});
  return asn1::tlv(0x8E, ByteView(whole).first(8));
}

}  // namespace simurgh::multi_imsi
