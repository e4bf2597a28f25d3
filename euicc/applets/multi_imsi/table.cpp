#include "euicc/applets/multi_imsi/table.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::multi_imsi {
namespace {

constexpr std::size_t kLargest = 16 * 1024;

std::unexpected<TableError> bad(std::uint32_t tag, TableStatus status = TableStatus::format) {
  return std::unexpected(TableError{status, static_cast<std::uint8_t>(tag > 0xFF ? tag >> 8 : tag)});
}
std::unexpected<TableError> wrong(std::uint32_t tag) { return bad(tag, TableStatus::semantic); }

std::uint32_t value_of(const asn1::Tlv& element) { return static_cast<std::uint32_t>(be_value(element.value)); }
bool sized(const asn1::Tlv& element, std::size_t least, std::size_t most) { return element.value.size() >= least && element.value.size() <= most; }

// Unknown primitive elements are skipped, unknown constructed ones are not understood.
TableResult<void> unknown(const asn1::Tlv& element) {
  if (element.constructed()) return bad(element.tag);
  return {};
}

template <typename Take>
TableResult<void> each(ByteView content, std::uint32_t outer, Take&& take) {
  for (asn1::TlvReader in(content); !in.at_end();) {
    const auto element = in.next();
    if (!element) return bad(outer);
    if (auto taken = take(*element); !taken) return taken;
  }
  return {};
}

std::optional<std::vector<Pattern>> read_patterns(ByteView octets) {
  if (octets.size() % 3 != 0) return std::nullopt;
  std::vector<Pattern> out;
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    out.push_back({to_bytes(octets.subspan(i, 3))});
    if (!out.back().well_formed()) return std::nullopt;
  }
  return out;
}

bool mcc_digits(std::uint32_t mcc) { return mcc <= 0x999 && (mcc & 0x0F) <= 9 && (mcc >> 4 & 0x0F) <= 9; }

// TS 31.102 4.2.2: 6 to 15 digits, the parity nibble 9 for an odd number of them and 1 for an even one.
bool good_imsi(const Identity& identity) {
  const Bytes& imsi = identity.imsi;
  if (imsi.size() != 9 || imsi[0] < 1 || imsi[0] > 8) return false;
  const std::uint8_t parity = imsi[1] & 0x0F;
  if (parity != 0x9 && parity != 0x1) return false;
  const std::size_t digits = parity == 0x9 ? imsi[0] * 2U - 1 : imsi[0] * 2U - 2;
  return digits >= 6 && identity.imsi_digits().size() == digits;
}

TableResult<void> read_identity(ByteView content, Identity& into) {
  return each(content, 0xA1, [&](const asn1::Tlv& e) -> TableResult<void> {
    const auto file = [&](Bytes& target, std::size_t most) -> TableResult<void> {
      if (e.value.size() > most) return bad(e.tag);
      target = to_bytes(e.value);
      return {};
    };
    const auto number = [&](auto& target) -> TableResult<void> {
      if (e.value.size() != sizeof target) return bad(e.tag);
      target = static_cast<std::remove_reference_t<decltype(target)>>(value_of(e));
      return {};
    };
    const auto list = [&](std::vector<Pattern>& target) -> TableResult<void> {
      auto patterns = read_patterns(e.value);
      if (!patterns) return bad(e.tag);
      target = *std::move(patterns);
      return {};
    };
    switch (e.tag) {
      case 0x80: return {};  // read by the caller
      case 0x81: return e.value.size() == 9 ? file(into.imsi, 9) : bad(e.tag);
      case 0x82: return number(into.mnc_length);
      case 0x83: return number(into.key_set);
      case 0x84: return number(into.acc);
      case 0x85: return number(into.rats);
      case 0x86: return number(into.priority);
      case 0x87: return file(into.smsp, 11);
      case 0x88: return file(into.spn, 17);
      case 0x89:
        if (e.value.size() != 1 || e.value[0] > 3) return bad(e.tag);
        into.fplmn = static_cast<FplmnPolicy>(e.value[0]);
        return {};
      case 0x8A: return file(into.apn, 100);
      case 0x8B: return number(into.flags);
      case 0x8C: return list(into.allow);
      case 0x8D: return list(into.deny);
      case 0x8E: return e.value.size() % 3 == 0 ? file(into.ehplmn, 48) : bad(e.tag);
      case 0x8F: return e.value.size() % 5 == 0 ? file(into.oplmn_act, 250) : bad(e.tag);
      case 0x90: return file(into.hpplmn, 1);
      case 0x91: return file(into.suci, 255);
      case 0x92:
        if (e.value.size() != 8) return bad(e.tag);
        into.valid_from = static_cast<std::uint32_t>(be_value(e.value.first(4)));
        into.valid_to = static_cast<std::uint32_t>(be_value(e.value.subspan(4)));
        return {};
      case 0x93:
        if (e.value.size() > 10) return bad(e.tag);
        into.label = to_text(e.value);
        return {};
      case 0x94: return e.value.size() % 5 == 0 ? file(into.hplmn_act, 250) : bad(e.tag);
      case 0x95: return file(into.gid1, 20);
      case 0x96: return file(into.gid2, 20);
      case 0x97: return file(into.msisdn, 12);
      case 0x98: return file(into.pnn, 64);
      case 0x99: return file(into.opl, 64);
      case 0x9A: return file(into.spdi, 64);
      case 0x9B: return file(into.psismsc, 64);
      case 0x9C:
        if (e.value.size() % 3 != 0) return bad(e.tag);
        into.mcc_preferences.clear();
        for (std::size_t i = 0; i < e.value.size(); i += 3) {
          const auto mcc = static_cast<std::uint16_t>(be_value(e.value.subspan(i, 2)));
          if (!mcc_digits(mcc)) return bad(e.tag);
          into.mcc_preferences.push_back({mcc, e.value[i + 2]});
        }
        return {};
      case 0x9D: return file(into.routing_indicator, 4);
      case 0x9E: return file(into.nasconfig, 64);
      case 0x9F20: return file(into.user, 64);
      case 0x9F21: return file(into.password, 64);
      default: return unknown(e);
    }
  });
}

TableResult<Rule> read_rule(ByteView content) {
  Rule out;
  auto done = each(content, 0xA2, [&](const asn1::Tlv& e) -> TableResult<void> {
    switch (e.tag) {
      case 0x80:
        out.pattern.octets = to_bytes(e.value);
        if (!out.pattern.well_formed()) return bad(e.tag);
        return {};
      case 0x81:
        if (!sized(e, 0, kMostIdentities)) return bad(e.tag);
        out.ids = to_bytes(e.value);
        return {};
      case 0x82:
        if (e.value.size() != 1) return bad(e.tag);
        out.flags = e.value[0];
        return {};
      case 0x83:
        if (!sized(e, 1, 2)) return bad(e.tag);
        out.max_days = static_cast<std::uint16_t>(value_of(e));
        return {};
      case 0x84:
        if (e.value.size() % 5 != 0) return bad(e.tag);
        for (std::size_t i = 0; i < e.value.size(); i += 5) {
          if (e.value[i] >= kConfigured) return bad(e.tag);
          out.timers.push_back({static_cast<Timer>(e.value[i]), static_cast<std::uint32_t>(be_value(e.value.subspan(i + 1, 4)))});
        }
        return {};
      default: return unknown(e);
    }
  });
  if (!done) return std::unexpected(done.error());
  return out;
}

// K || OPc under the key encryption key (AES-CBC, zero IV), or each in clear where the table itself is trusted.
TableResult<KeySet> read_key_set(ByteView content, const Origin& origin) {
  KeySet out;
  std::optional<asn1::Tlv> wrapped, check, key, opc;
  auto done = each(content, 0xA6, [&](const asn1::Tlv& e) -> TableResult<void> {
    usim::AkaParameters& p = out.parameters;
    switch (e.tag) {
      case 0x80:
        if (e.value.size() != 1) return bad(e.tag);
        out.ref = e.value[0];
        return {};
      case 0x81:
        if (e.value.size() != 1 || e.value[0] < 1 || e.value[0] > 3) return bad(e.tag);
        p.algorithm = static_cast<usim::Algorithm>(e.value[0]);
        return {};
      case 0x82: wrapped = e; return {};
      case 0x83: check = e; return {};
      case 0x84: key = e; return {};
      case 0x85: opc = e; return {};
      case 0x86:
        if (e.value.size() != 1) return bad(e.tag);
        p.algorithm_options = e.value[0];
        return {};
      case 0x87:
        if (e.value.size() != p.rotation.size()) return bad(e.tag);
        std::ranges::copy(e.value, p.rotation.begin());
        return {};
      case 0x88:
        if (e.value.size() != p.xoring.size()) return bad(e.tag);
        std::ranges::copy(e.value, p.xoring.begin());
        return {};
      case 0x89:
        if (e.value.size() != 1 || e.value[0] == 0) return bad(e.tag);
        p.keccak_iterations = e.value[0];
        return {};
      case 0x8A:
        if (e.value.size() != 1) return bad(e.tag);
        p.sqn_options = e.value[0];
        return {};
      case 0x8B:
        if (!sized(e, 1, 6)) return bad(e.tag);
        p.sqn_delta = be_value(e.value);
        return {};
      case 0x8C:
        if (!sized(e, 1, 6)) return bad(e.tag);
        p.sqn_age_limit = be_value(e.value);
        return {};
      case 0x8D:
        if (e.value.size() != 4) return bad(e.tag);
        p.auth_counter_max = value_of(e);
        return {};
      default: return unknown(e);
    }
  });
  if (!done) return std::unexpected(done.error());
  if (out.ref == 0) return wrong(0xA6);
  usim::AkaParameters& p = out.parameters;
  if (wrapped) {
    const std::size_t opc_size = p.algorithm == usim::Algorithm::tuak ? 32 : 16;
    const std::size_t size = wrapped->value.size();
    const ByteView kek = origin.key_encryption;
    if (kek.empty() || (kek.size() != 16 && kek.size() != 24 && kek.size() != 32)) return wrong(0x82);
    if (size % 16 != 0 || size < 16 + opc_size || size > 64) return bad(0x82);
    Bytes plain = crypto::aes_cbc_decrypt(kek, Bytes(16, 0), wrapped->value);
    p.key = crypto::SecretBytes(ByteView(plain).first(size - opc_size));
    p.opc = crypto::SecretBytes(ByteView(plain).subspan(size - opc_size));
    crypto::cleanse(plain);
    const std::size_t known = p.key.size();
    if (!check || check->value.size() != 3 || (known != 16 && known != 32)) return wrong(0x83);
    const crypto::Block block = crypto::aes_ecb_encrypt(p.key.expose(), Bytes(16, 0x01));
    if (!crypto::equal_secret(ByteView(block).first(3), check->value)) return wrong(0x83);
  } else if (key) {
    if (origin.kind != Origin::Kind::trusted) return wrong(0x84);
    p.key = crypto::SecretBytes(key->value);
    p.opc = crypto::SecretBytes(opc ? opc->value : ByteView{});
  }
  if (!p.well_formed()) return wrong(0xA6);
  return out;
}

TableResult<void> read_timers(ByteView content, Timers& into) {
  return each(content, 0xA3, [&](const asn1::Tlv& e) -> TableResult<void> {
    if (e.tag < 0x80 || e.tag >= 0x80 + kConfigured) return unknown(e);
    if (!sized(e, 1, 4)) return bad(e.tag);
    into[e.tag - 0x80] = value_of(e);
    return {};
  });
}

TableResult<void> read_settings(ByteView content, Config& into, bool trusted) {
  return each(content, 0xA7, [&](const asn1::Tlv& e) -> TableResult<void> {
    const auto byte = [&](std::uint8_t& target) -> TableResult<void> {
      if (e.value.size() != 1) return bad(e.tag);
      target = e.value[0];
      return {};
    };
    switch (e.tag) {
      case 0x80: return byte(into.default_id);
      case 0x81: return byte(into.fallback_id);
      case 0x82: return byte(into.swaps_an_hour);
      case 0x83: return byte(into.swaps_a_day);
      case 0x84:
        if (e.value.size() > 8) return bad(e.tag);
        into.refresh_modes = to_bytes(e.value);
        return {};
      case 0x85: return byte(into.policy);
      case 0x86:
        if (!trusted) return wrong(e.tag);
        if (e.value.size() != 16) return bad(e.tag);
        into.table_key = crypto::SecretBytes(e.value);
        return {};
      case 0x87:
        if (e.value.size() != 16) return bad(e.tag);
        into.group = to_bytes(e.value);
        return {};
      case 0x88: return byte(into.limited_spread);
      default: return unknown(e);
    }
  });
}

TableResult<void> read_terminal(ByteView content, Config& into) {
  TerminalModes out;
  auto done = each(content, 0xA8, [&](const asn1::Tlv& e) -> TableResult<void> {
    if (e.value.size() > 8) return bad(e.tag);
    if (e.tag == 0x80) out.tac = to_text(e.value);
    else if (e.tag == 0x81) out.modes = to_bytes(e.value);
    else return unknown(e);
    return {};
  });
  if (!done) return done;
  if (out.tac.empty() || out.modes.empty()) return wrong(0xA8);
  std::erase_if(into.terminals, [&](const TerminalModes& known) { return known.tac == out.tac; });
  into.terminals.push_back(std::move(out));
  return {};
}

TableResult<void> read_region(ByteView content, Config& into) {
  Region out;
  auto done = each(content, 0xA9, [&](const asn1::Tlv& e) -> TableResult<void> {
    if (e.tag == 0x80) {
      if (e.value.size() != 1 || e.value[0] == 0 || e.value[0] > kMostRegions) return bad(e.tag);
      out.number = e.value[0];
    } else if (e.tag == 0x81) {
      if (e.value.size() % 2 != 0) return bad(e.tag);
      for (std::size_t i = 0; i < e.value.size(); i += 2) {
        const auto mcc = static_cast<std::uint16_t>(be_value(e.value.subspan(i, 2)));
        if (!mcc_digits(mcc)) return bad(e.tag);
        out.mccs.push_back(mcc);
      }
    } else {
      return unknown(e);
    }
    return {};
  });
  if (!done) return done;
  if (out.number == 0) return wrong(0xA9);
  std::erase_if(into.regions, [&](const Region& known) { return known.number == out.number; });
  into.regions.push_back(std::move(out));
  return {};
}

// The header and the elements as they stand; content is read when the operation is known.
struct Parts {
  Request request;
  std::uint32_t minimum_base = 0;
  std::uint8_t target = 0;
  ByteView group;
  std::vector<asn1::Tlv> content;  // A1 to A9
  ByteView mac, before_mac;
};

TableResult<Parts> read_parts(ByteView content) {
  Parts out;
  bool versioned = false, operated = false;
  for (asn1::TlvReader in(content); !in.at_end();) {
    const std::size_t start = in.offset();
    const auto element = in.next();
    if (!element) return bad(0xE1);
    const asn1::Tlv& e = *element;
    if (!out.mac.empty()) return bad(0x8E);  // the MAC ends the table
    switch (e.tag) {
      case 0x80:
        if (!sized(e, 1, 4)) return bad(e.tag);
        out.request.version = value_of(e);
        versioned = true;
        break;
      case 0x81:
        if (e.value.size() != 1 || e.value[0] > 6) return bad(e.tag);
        out.request.operation = static_cast<Operation>(e.value[0]);
        operated = true;
        break;
      case 0x82:
        if (e.value.size() != 1 || e.value[0] != 1) return bad(e.tag);
        break;
      case 0x83:
        if (!sized(e, 1, 4)) return bad(e.tag);
        out.minimum_base = value_of(e);
        break;
      case 0x84:
        if (e.value.size() != 1 || e.value[0] > 1) return bad(e.tag);
        out.target = e.value[0];
        break;
      case 0x85:
        if (e.value.size() != 16) return bad(e.tag);
        out.group = e.value;
        break;
      case 0x86:
        if (!sized(e, 1, 4)) return bad(e.tag);
        out.request.not_before = value_of(e);
        break;
      case 0x87:
        if (e.value.size() != 1) return bad(e.tag);
        out.request.flags = e.value[0];
        break;
      case 0x8E:
        if (e.value.size() != 8) return bad(e.tag);
        out.mac = e.value;
        out.before_mac = content.first(start);
        break;
      case 0xA5: {
        auto done = each(e.value, 0xA5, [&](const asn1::Tlv& m) -> TableResult<void> {
          if (m.value.size() != 1) return bad(m.tag);
          if (m.tag == 0x80) {
            if (m.value[0] > 2) return bad(m.tag);
            out.request.mode.wish = static_cast<ModeWish>(m.value[0]);
          } else if (m.tag == 0x81) {
            out.request.mode.id = m.value[0];
          } else if (m.tag == 0x82) {
            out.request.mode.hours = m.value[0];
          }
          return {};
        });
        if (!done) return std::unexpected(done.error());
        break;
      }
      case 0xA1: case 0xA2: case 0xA3: case 0xA4: case 0xA6: case 0xA7: case 0xA8: case 0xA9:
        out.content.push_back(e);
        break;
      default:
        if (e.constructed()) return bad(e.tag);
    }
  }
  if (!versioned || !operated) return bad(versioned ? 0x81 : 0x80);
  return out;
}

TableResult<void> delete_item(ByteView content, Config& into) {
  return each(content, 0xA4, [&](const asn1::Tlv& e) -> TableResult<void> {
    if (e.tag == 0x80) {
      if (e.value.size() != 1) return bad(e.tag);
      if (std::erase_if(into.identities, [&](const Identity& identity) { return identity.id == e.value[0]; }) == 0) return wrong(e.tag);
    } else if (e.tag == 0x81) {
      if (std::erase_if(into.rules, [&](const Rule& rule) { return equal(rule.pattern.octets, e.value); }) == 0) return wrong(e.tag);
    } else {
      return unknown(e);
    }
    return {};
  });
}

TableResult<void> take_content(const Parts& parts, Config& into, const Origin& origin) {
  for (const asn1::Tlv& e : parts.content) {
    switch (e.tag) {
      case 0xA1: {
        const auto id = asn1::find_child(e.value, 0x80);
        if (!id || id->value.size() != 1) return bad(0xA1);
        const auto known = std::ranges::find(into.identities, id->value[0], &Identity::id);
        Identity fresh;
        fresh.id = id->value[0];
        Identity& target = known != into.identities.end() ? *known : fresh;
        if (auto done = read_identity(e.value, target); !done) return done;
        if (&target == &fresh) into.identities.push_back(std::move(fresh));
        break;
      }
      case 0xA2: {
        auto rule = read_rule(e.value);
        if (!rule) return std::unexpected(rule.error());
        const auto known = std::ranges::find(into.rules, rule->pattern, &Rule::pattern);
        if (known != into.rules.end()) *known = *std::move(rule);
        else into.rules.push_back(*std::move(rule));
        break;
      }
      case 0xA3:
        if (auto done = read_timers(e.value, into.timers); !done) return done;
        break;
      case 0xA4:
        if (auto done = delete_item(e.value, into); !done) return done;
        break;
      case 0xA6: {
        auto set = read_key_set(e.value, origin);
        if (!set) return std::unexpected(set.error());
        std::erase_if(into.key_sets, [&](const KeySet& known) { return known.ref == set->ref; });
        into.key_sets.push_back(*std::move(set));
        break;
      }
      case 0xA7:
        if (auto done = read_settings(e.value, into, origin.kind == Origin::Kind::trusted); !done) return done;
        break;
      case 0xA8:
        if (auto done = read_terminal(e.value, into); !done) return done;
        break;
      default:
        if (auto done = read_region(e.value, into); !done) return done;
        break;
    }
  }
  return {};
}

TableResult<void> check_meaning(const Config& config) {
  if (config.identities.empty() || config.identities.size() > kMostIdentities) return wrong(0xA1);
  if (config.rules.size() > kMostRules) return bad(0xA2, TableStatus::no_memory);
  for (std::size_t i = 0; i < config.identities.size(); ++i) {
    const Identity& identity = config.identities[i];
    if (identity.id == 0 || identity.id > kMostIdentities) return wrong(0x80);
    if (!good_imsi(identity)) return wrong(0x81);
    if (identity.mnc_length != 2 && identity.mnc_length != 3) return wrong(0x82);
    if (identity.key_set != 0 && config.key_set(identity.key_set) == nullptr) return wrong(0x83);
    for (std::size_t j = 0; j < i; ++j) {
      if (config.identities[j].id == identity.id) return wrong(0x80);
      if (config.identities[j].imsi == identity.imsi) return wrong(0x81);
    }
  }
  for (const Rule& rule : config.rules) {
    if (rule.ids.empty()) return wrong(0xA2);
    for (const std::uint8_t id : rule.ids) {
      if (config.find(id) == nullptr) return wrong(0xA2);
    }
  }
  if (config.find(config.default_id) == nullptr) return wrong(0xA7);
  if (config.fallback_id != 0 && config.find(config.fallback_id) == nullptr) return wrong(0xA7);
  if (config.limited_spread > 50) return wrong(0xA7);
  for (const std::uint8_t mode : config.refresh_modes) {
    if (mode != 0x00 && mode != 0x02 && mode != 0x04 && mode != 0x06) return wrong(0xA7);
  }
  for (std::size_t i = 0; i < kConfigured; ++i) {
    if (config.timers[i] == 0 && static_cast<Timer>(i) != Timer::freeze) return wrong(0xA3);
  }
  return {};
}

}  // namespace

bool keeps_service(const Config& config, const Plmn& where) {
  return std::ranges::any_of(config.identities, [&](const Identity& identity) { return !identity.has(flag::disabled) && identity.serves(where); });
}

TableResult<Applied> apply_table(const Config& current, ByteView e1, const Origin& origin, const Circumstances& where) {
  if (e1.size() > kLargest) return bad(0xE1, TableStatus::no_memory);
  const auto outer = asn1::read_only(e1, 0xE1);
  if (!outer) return bad(0xE1);
  const auto parts = read_parts(outer->value);
  if (!parts) return std::unexpected(parts.error());

  Applied out;
  out.request = parts->request;
  const Operation operation = parts->request.operation;
  const bool fills = operation == Operation::replace || operation == Operation::patch || operation == Operation::remove;
  out.config = current.clone();
  if (operation == Operation::replace) {
    // What the card keeps for itself stays: the key of the inner MAC and the key sets that new identities may name.
    out.config.identities.clear();
    out.config.rules.clear();
    out.config.regions.clear();
    out.config.terminals.clear();
    out.config.refresh_modes.clear();
    out.config.timers = kDefaultTimers;
    out.config.fallback_id = 0;
  }
  if (fills) {
    if (auto done = take_content(*parts, out.config, origin); !done) return std::unexpected(done.error());
  }

  const bool needs_mac = origin.kind == Origin::Kind::open || (origin.kind == Origin::Kind::secured && current.has(policy::always_mac));
  if (needs_mac || (!parts->mac.empty() && !current.table_key.empty())) {
    if (parts->mac.empty() || current.table_key.size() != 16) return bad(0x8E, TableStatus::bad_mac);
    const ByteView target = parts->target == 0 ? where.eid : ByteView(current.group);
    if (target.size() != 16 || (parts->target == 1 && !equal(parts->group, current.group))) return bad(0x8E, TableStatus::bad_mac);
    const crypto::Block expected = crypto::aes_cmac(current.table_key.expose(), {target, parts->before_mac});
    if (!crypto::equal_secret(ByteView(expected).first(8), parts->mac)) return bad(0x8E, TableStatus::bad_mac);
  }

  if (!fills) {
    if (operation == Operation::mode && parts->request.mode.wish == ModeWish::pin && current.find(parts->request.mode.id) == nullptr)
      return wrong(0xA5);
    return out;
  }
  if (origin.kind != Origin::Kind::trusted && parts->request.version <= current.version) return bad(0x80, TableStatus::old_version);
  if (current.version < parts->minimum_base) return bad(0x83, TableStatus::base_too_old);
  out.config.version = parts->request.version;
  if (auto done = check_meaning(out.config); !done) return std::unexpected(done.error());
  // A table for later is asked when it comes into force.
  const bool now = parts->request.not_before == 0, forced = (parts->request.flags & table_flag::force) != 0;
  if (now && !forced && !keeps_service(out.config, where.plmn)) return bad(0xA1, TableStatus::would_cut);
  // Key sets nobody names any more go.
  std::erase_if(out.config.key_sets, [&](const KeySet& set) {
    return std::ranges::none_of(out.config.identities, [&](const Identity& identity) { return identity.key_set == set.ref; });
  });
  out.changed = true;
  return out;
}

}  // namespace simurgh::multi_imsi
