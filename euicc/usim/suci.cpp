#include "euicc/usim/suci.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/crypto/ecies.h"

namespace simurgh::usim {
namespace {

constexpr std::size_t kEncryptionKey = 16, kCounter = 16, kMacKey = 32, kMac = 8;  // TS 33.501 C.3.4
constexpr std::size_t kLongestIdentity = 250;                                      // one short answer holds it whole

struct Agreement {
  Bytes ephemeral_public;
  crypto::SecretBytes shared;
};

std::optional<Agreement> agree(SuciScheme scheme, ByteView home_key, ByteView ephemeral) {
  if (scheme == SuciScheme::profile_a) {
    auto shared = crypto::x25519_agree(ephemeral, home_key);
    if (!shared) return std::nullopt;
    return Agreement{crypto::x25519_public(ephemeral), *std::move(shared)};
  }
  const auto peer = crypto::p256_from_any_point(home_key);
  const auto own = crypto::EcPrivateKey::from_scalar(crypto::Curve::nist_p256, ephemeral);
  if (!peer || !own) return std::nullopt;
  auto shared = own->agree(*peer);
  if (!shared) return std::nullopt;
  return Agreement{crypto::compressed_point(own->public_key()), *std::move(shared)};
}

bool fits(std::uint8_t scheme, ByteView key) {
  if (scheme == static_cast<std::uint8_t>(SuciScheme::profile_a)) return key.size() == 32;
  return scheme == static_cast<std::uint8_t>(SuciScheme::profile_b) && crypto::p256_from_any_point(key).has_value();
}

// Digits as in TS 24.008: the first in the low half of an octet, the last half filled with F.
Bytes swapped_digits(std::string_view digits) {
  Bytes out((digits.size() + 1) / 2, 0xFF);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = static_cast<std::uint8_t>(digits[i] - '0');
    std::uint8_t& octet = out[i / 2];
    octet = i % 2 == 0 ? static_cast<std::uint8_t>((octet & 0xF0) | digit) : static_cast<std::uint8_t>((octet & 0x0F) | digit << 4);
  }
  return out;
}

Bytes plmn(const Supi& supi) {
  const auto digit = [](char c) { return static_cast<unsigned>(c - '0'); };
  const unsigned third = supi.mnc.size() == 3 ? digit(supi.mnc[2]) : 0x0F;
  return {static_cast<std::uint8_t>(digit(supi.mcc[1]) << 4 | digit(supi.mcc[0])),
          static_cast<std::uint8_t>(third << 4 | digit(supi.mcc[2])),
          static_cast<std::uint8_t>(digit(supi.mnc[1]) << 4 | digit(supi.mnc[0]))};
}

std::string routing_digits(ByteView routing) {
  std::string out;
  for (const std::uint8_t octet : routing.first(2)) {
    for (const unsigned half : {unsigned{octet} & 0x0FU, unsigned{octet} >> 4}) {
      if (half > 9) return out.empty() ? "0" : out;
      out.push_back(static_cast<char>('0' + half));
    }
  }
  return out;
}

std::string lower_hex(ByteView octets) {
  std::string out = to_hex(octets);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// TS 23.003 28.7.3: type0.rid678.schid1.hnkey27.ecckey...cip...mac...@realm
Bytes as_nai(const Supi& supi, const SuciChoice& choice, ByteView routing, std::string_view plain_text, ByteView output,
             std::string_view realm) {
  std::string text = "type" + std::to_string(supi.type) + ".rid" + routing_digits(routing) + ".schid" +
                     std::to_string(static_cast<unsigned>(choice.scheme));
  if (choice.scheme == SuciScheme::null) {
    text += ".userid";
    text += plain_text;
  } else {
    const std::size_t key = choice.scheme == SuciScheme::profile_a ? 32 : 33;
    text += ".hnkey" + std::to_string(choice.key_identifier) + ".ecckey" + lower_hex(output.first(key)) + ".cip" +
            lower_hex(output.subspan(key, output.size() - key - kMac)) + ".mac" + lower_hex(output.last(kMac));
  }
  if (!realm.empty()) {
    text += '@';
    text += realm;
  }
  return to_bytes(text_view(text));
}

}  // namespace

std::optional<SuciCalcInfo> SuciCalcInfo::parse(ByteView content) {
  SuciCalcInfo out;
  asn1::TlvReader in(content);
  const auto schemes = in.required(0xA0);
  if (!schemes || schemes->value.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < schemes->value.size(); i += 2) out.choices.push_back({schemes->value[i], schemes->value[i + 1]});
  const auto keys = in.optional(0xA1);
  if (!keys) return std::nullopt;
  if (*keys) {
    asn1::TlvReader list((*keys)->value);
    while (!list.at_end()) {
      const auto identifier = list.required(0x80);
      if (!identifier || identifier->value.size() != 1) return std::nullopt;
      const auto key = list.required(0x81);
      if (!key) return std::nullopt;
      out.keys.push_back({identifier->value[0], to_bytes(key->value)});
    }
  }
  if (!std::ranges::all_of(in.rest(), [](std::uint8_t octet) { return octet == 0xFF || octet == 0x00; })) return std::nullopt;
  return out;
}

std::optional<Bytes> conceal(SuciScheme scheme, ByteView home_key, ByteView plain, ByteView ephemeral) {
  if (scheme == SuciScheme::null) return to_bytes(plain);
  const auto agreement = agree(scheme, home_key, ephemeral);
  if (!agreement) return std::nullopt;
  const auto keys = crypto::x963_kdf(agreement->shared.expose(), agreement->ephemeral_public, kEncryptionKey + kCounter + kMacKey);
  const ByteView all = keys.expose();
  const Bytes hidden = crypto::aes_ctr(all.first(kEncryptionKey), all.subspan(kEncryptionKey, kCounter), plain);
  const crypto::Digest mac = crypto::hmac_sha256(all.last(kMacKey), {hidden});
  return concat({agreement->ephemeral_public, hidden, ByteView(mac).first(kMac)});
}

std::optional<SuciChoice> choose_scheme(const SuciCalcInfo& info) {
  if (info.choices.empty()) return SuciChoice{};
  for (const SuciCalcInfo::Choice& choice : info.choices) {
    if (choice.scheme == 0) return SuciChoice{};
    if (choice.key_index == 0 || choice.key_index > info.keys.size()) continue;
    const SuciCalcInfo::Key& key = info.keys[choice.key_index - 1U];
    if (fits(choice.scheme, key.value)) return SuciChoice{static_cast<SuciScheme>(choice.scheme), key.identifier, key.value};
  }
  return std::nullopt;
}

std::optional<Supi> Supi::from_imsi(ByteView ef_imsi, unsigned mnc_digits) {
  if (ef_imsi.empty() || ef_imsi[0] == 0 || ef_imsi[0] > 8 || ef_imsi.size() < ef_imsi[0] + 1U || (mnc_digits != 2 && mnc_digits != 3)) {
    return std::nullopt;
  }
  std::string digits;
  const ByteView coded = ef_imsi.subspan(1, ef_imsi[0]);
  // The first half octet tells the parity: 9 odd, 1 even. An even number of digits leaves the last half F.
  const unsigned parity = coded[0] & 0x0FU;
  if (parity != 0x09 && parity != 0x01) return std::nullopt;
  const std::size_t count = 2 * coded.size() - (parity == 0x09 ? 1 : 2);
  for (std::size_t i = 1; i <= count; ++i) {
    const unsigned digit = i % 2 == 0 ? coded[i / 2] & 0x0FU : coded[i / 2] >> 4U;
    if (digit > 9) return std::nullopt;
    digits.push_back(static_cast<char>('0' + digit));
  }
  if (digits.size() < 3U + mnc_digits + 1U || digits.size() > 15) return std::nullopt;
  Supi out;
  out.mcc = digits.substr(0, 3);
  out.mnc = digits.substr(3, mnc_digits);
  out.msin = digits.substr(3U + mnc_digits);
  return out;
}

std::optional<Supi> Supi::from_nai(ByteView ef_supi_nai) {
  asn1::TlvReader in(ef_supi_nai);
  const auto object = in.next();
  if (!object) return std::nullopt;
  Supi out;
  switch (object->tag) {
    case 0x80:
      out.type = 1;
      break;
    case 0x81:
      out.type = 3;
      break;
    case 0x82:
      out.type = 2;
      break;
    default:
      return std::nullopt;
  }
  const std::string text = to_text(object->value);
  const std::size_t at = text.rfind('@');
  out.username = text.substr(0, at);
  if (at != std::string::npos) out.realm = text.substr(at + 1);
  if (out.username.empty()) return std::nullopt;
  return out;
}

std::optional<Bytes> suci(const Supi& supi, const SuciChoice& choice, ByteView routing, bool nswo, crypto::Rng& rng) {
  const bool imsi = supi.type == 0;
  const Bytes plain = imsi ? swapped_digits(supi.msin) : to_bytes(text_view(supi.username));
  crypto::SecretBytes ephemeral(std::size_t{32});
  std::optional<Bytes> output;
  // One scalar in 2^32 is none of P-256; another is drawn then.
  for (unsigned i = 0; i < 4 && !output; ++i) {
    rng.fill(ephemeral.expose_mutable());
    output = conceal(choice.scheme, choice.key, plain, ephemeral.expose());
  }
  if (!output) return std::nullopt;
  const auto types = static_cast<std::uint8_t>((imsi && nswo ? 0x10 : supi.type << 4) | 0x01);
  if (!imsi || nswo) {
    const std::string nswo_realm =
        "5gc-nswo.mnc" + std::string(supi.mnc.size() < 3 ? 1 : 0, '0') + supi.mnc + ".mcc" + supi.mcc + ".3gppnetwork.org";
    Bytes out =
        concat({Bytes{types}, as_nai(supi, choice, routing, imsi ? supi.msin : supi.username, *output, imsi ? nswo_realm : supi.realm)});
    if (out.size() > kLongestIdentity) return std::nullopt;
    return out;
  }
  return concat(
      {Bytes{types}, plmn(supi), routing.first(2), Bytes{static_cast<std::uint8_t>(choice.scheme), choice.key_identifier}, *output});
}

}  // namespace simurgh::usim
