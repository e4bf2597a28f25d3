#include "tools/terminal/hss.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>

namespace simurgh::terminal {
namespace {

// SEQ follows the clock, as TS 33.102 C.1.1.3 suggests for home networks. Counted from 2025, so that it stays below the jump of 2^28 that a
// fresh card accepts.
constexpr std::int64_t kStart = 1735689600;
constexpr unsigned kIndBits = 5;
constexpr std::uint64_t kSeqMask = (std::uint64_t{1} << 43) - 1;

bool is_imsi(const std::string& text) {
  return text.size() >= 6 && text.size() <= 15 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::expected<Subscriber, std::string> read_subscriber(const YAML::Node& node) {
  if (!node.IsMap()) return std::unexpected("a subscriber is a map with imsi and k");
  const auto text = [&](const char* key) { return node[key] ? node[key].as<std::string>() : std::string{}; };
  Subscriber out;
  out.imsi = text("imsi");
  if (!is_imsi(out.imsi)) return std::unexpected("imsi has 6 to 15 digits, in quotes");
  SubscriberKeys keys{.algorithm = "milenage", .key = text("k"), .opc = text("opc"), .op = text("op")};
  if (node["algorithm"]) keys.algorithm = text("algorithm");
  auto parameters = aka_parameters(keys);
  if (!parameters) return std::unexpected("subscriber " + out.imsi + ": " + parameters.error());
  out.aka = *std::move(parameters);
  if (node["amf"]) {
    const auto amf = from_hex(text("amf"));
    if (!amf || amf->size() != 2) return std::unexpected("subscriber " + out.imsi + ": amf has two octets in hexadecimal");
    out.amf = *amf;
  }
  if (node["sqn"]) {
    const auto sqn = from_hex(text("sqn"));
    if (!sqn || sqn->size() != 6) return std::unexpected("subscriber " + out.imsi + ": sqn has six octets in hexadecimal");
    out.sqn = be_value(*sqn);
  }
  return out;
}

}  // namespace

std::expected<usim::AkaParameters, std::string> aka_parameters(const SubscriberKeys& keys) {
  usim::AkaParameters out;
  if (keys.algorithm == "tuak") {
    out.algorithm = usim::Algorithm::tuak;
  } else if (keys.algorithm == "xor") {
    out.algorithm = usim::Algorithm::usim_test;
  } else if (keys.algorithm != "milenage") {
    return std::unexpected("algorithm is milenage, tuak or xor");
  }
  const auto key = from_hex(keys.key), opc = from_hex(keys.opc), op = from_hex(keys.op);
  if (!key || !opc || !op) return std::unexpected("K, OPc and OP are octets in hexadecimal");
  if (!opc->empty() && !op->empty()) return std::unexpected("give OPc or OP, not both");
  const bool tuak = out.algorithm == usim::Algorithm::tuak;
  const std::size_t size = tuak ? 32 : 16;
  out.key = crypto::SecretBytes(ByteView(*key));
  if (!op->empty()) {
    if (op->size() != size || (key->size() != 16 && !(tuak && key->size() == 32))) return std::unexpected("K or OP has a size that " + keys.algorithm + " does not know");
    out.opc = tuak ? usim::tuak_topc(*key, *op) : usim::milenage_opc(*key, *op);
  } else {
    out.opc = crypto::SecretBytes(ByteView(*opc));
  }
  if (!out.well_formed()) return std::unexpected("K or OPc has a size that " + keys.algorithm + " does not know (K 16 octets, OPc 16, TOPc 32)");
  return out;
}

std::expected<std::vector<Subscriber>, std::string> read_subscribers(const std::string& yaml) {
  std::vector<Subscriber> out;
  try {
    const YAML::Node document = YAML::Load(yaml);
    if (!document.IsMap()) return std::unexpected("a file of subscribers is a map with the list 'subscribers', or one subscriber");
    const auto add = [&](const YAML::Node& node) -> std::expected<void, std::string> {
      auto subscriber = read_subscriber(node);
      if (!subscriber) return std::unexpected(subscriber.error());
      out.push_back(*std::move(subscriber));
      return {};
    };
    if (const YAML::Node list = document["subscribers"]) {
      for (const auto& node : list) {
        if (auto added = add(node); !added) return std::unexpected(added.error());
      }
    } else if (auto added = add(document); !added) {
      return std::unexpected(added.error());
    }
  } catch (const YAML::Exception& wrong) {
    return std::unexpected("line " + std::to_string(wrong.mark.line + 1) + ": " + wrong.msg);
  }
  if (out.empty()) return std::unexpected("there is no subscriber in it");
  return out;
}

Hss::Hss(crypto::Rng& rng, std::function<std::int64_t()> now) : rng_(rng), now_(std::move(now)) {}

void Hss::add(Subscriber subscriber) {
  Entry entry;
  if (subscriber.sqn) {
    entry.seq = *subscriber.sqn >> kIndBits;
    entry.ind = static_cast<std::uint8_t>(*subscriber.sqn & 0x1F);
  }
  std::string imsi = subscriber.imsi;
  entry.subscriber = std::move(subscriber);
  subscribers_.insert_or_assign(std::move(imsi), std::move(entry));
}

Hss::Entry* Hss::find(const std::string& imsi) {
  auto at = subscribers_.find(imsi);
  if (at == subscribers_.end()) at = subscribers_.find("");
  return at == subscribers_.end() ? nullptr : &at->second;
}

std::optional<usim::Vector> Hss::vector(const std::string& imsi) {
  Entry* entry = find(imsi);
  if (entry == nullptr) return std::nullopt;
  std::uint64_t sqn = 0;
  if (entry->subscriber.sqn) {
    sqn = *std::exchange(entry->subscriber.sqn, std::nullopt);
  } else {
    const auto clock = static_cast<std::uint64_t>(std::max<std::int64_t>(now_() - kStart, 1));
    entry->seq = std::max(entry->seq + 1, clock) & kSeqMask;
    entry->ind = static_cast<std::uint8_t>((entry->ind + 1) & 0x1F);
    sqn = entry->seq << kIndBits | entry->ind;
  }
  return usim::generate_vector(entry->subscriber.aka, rng_.bytes(16), sqn, entry->subscriber.amf);
}

std::vector<Hss::Triplet> Hss::triplets(const std::string& imsi, unsigned count) {
  std::vector<Triplet> out;
  const Entry* entry = find(imsi);
  for (unsigned i = 0; entry != nullptr && i < count; ++i) {
    Bytes rand = rng_.bytes(16);
    const usim::GsmKeys keys = usim::authenticate_gsm(entry->subscriber.aka, rand);
    out.push_back({std::move(rand), to_bytes(keys.sres.expose()), to_bytes(keys.kc.expose())});
  }
  return out;
}

bool Hss::resynchronise(const std::string& imsi, ByteView rand, ByteView auts) {
  Entry* entry = find(imsi);
  if (entry == nullptr || rand.size() != 16 || auts.size() != 14) return false;
  const auto sqn_ms = usim::resolve_auts(entry->subscriber.aka, rand, auts);
  if (!sqn_ms) return false;
  // TS 33.102 C.3.1: the next one lies above the card's highest, whatever the clock says.
  entry->subscriber.sqn = ((((*sqn_ms >> kIndBits) + 1) & kSeqMask) << kIndBits) | (*sqn_ms & 0x1F);
  entry->seq = *entry->subscriber.sqn >> kIndBits;
  return true;
}

Authentication authenticate(Hss& network, const std::string& imsi, const std::function<Answer(ByteView)>& card) {
  using Outcome = Authentication::Outcome;
  Authentication out;
  const auto end = [&](Outcome outcome) {
    out.outcome = outcome;
    return std::move(out);
  };
  Answer answer;
  for (;;) {
    auto vector = network.vector(imsi);
    if (!vector) return end(Outcome::unknown_subscriber);
    out.vector = *std::move(vector);
    const std::uint8_t sixteen = 0x10;
    // TS 31.102 7.1.2: 3G context
    answer = card(concat({Bytes{0x00, 0x88, 0x00, 0x81, 0x22}, ByteView(&sixteen, 1), out.vector.rand, ByteView(&sixteen, 1), out.vector.autn}));
    out.sw = answer.sw;
    if (answer.sw == 0x9862) return end(Outcome::mac_wrong);
    if (!answer.ok()) return end(Outcome::card_refuses);
    if (answer.data.empty() || answer.data[0] != 0xDC) break;
    const bool resolved = answer.data.size() >= 16 && answer.data[1] == 14 && network.resynchronise(imsi, out.vector.rand, ByteView(answer.data).subspan(2, 14));
    if (!resolved || out.resynchronised) return end(Outcome::no_resync);
    out.resynchronised = true;
  }
  const ByteView data = answer.data;
  if (data.size() < 2 || data[0] != 0xDB || data[1] > data.size() - 2) return end(Outcome::res_differs);
  if (!equal(data.subspan(2, data[1]), out.vector.xres)) return end(Outcome::res_differs);
  const ByteView rest = data.subspan(2U + data[1]);
  const bool keys_agree = rest.size() >= 34 && rest[0] == 16 && equal(rest.subspan(1, 16), out.vector.ck) && rest[17] == 16 && equal(rest.subspan(18, 16), out.vector.ik);
  return end(keys_agree ? Outcome::done : Outcome::keys_differ);
}

std::string describe(const Authentication& authentication) {
  using Outcome = Authentication::Outcome;
  switch (authentication.outcome) {
    case Outcome::done:
      return std::string("mutual authentication done") + (authentication.resynchronised ? " after resynchronisation" : "") + ", CK and IK agree";
    case Outcome::unknown_subscriber:
      return "the network does not know this IMSI";
    case Outcome::card_refuses:
      return "the card refused AUTHENTICATE; a PIN may be needed (--pin)";
    case Outcome::mac_wrong:
      return "the card refused the network: MAC in AUTN is wrong (K, OPc or algorithm differ)";
    case Outcome::no_resync:
      return "resynchronisation failed: AUTS does not verify (K, OPc or algorithm differ)";
    case Outcome::res_differs:
      return "the network refused the card: RES differs from XRES";
    case Outcome::keys_differ:
      return "CK or IK of card and network differ";
  }
  return "unknown outcome";
}

}  // namespace simurgh::terminal
