#include "euicc/usim/gba.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/crypto/ecies.h"

namespace simurgh::usim {
namespace {

constexpr std::size_t kKs = 32, kRand = 16;
constexpr std::uint8_t kBootstrap = 0xDD, kDerive = 0xDE;

void put_parameter(Bytes& out, ByteView parameter) {
  append(out, parameter);
  append(out, be_bytes(parameter.size(), 2));
}

}  // namespace

Bytes GbaKeys::encode() const { return concat({ks.expose(), rand}); }

std::optional<GbaKeys> GbaKeys::decode(ByteView encoded) {
  if (encoded.size() != kKs + kRand) return std::nullopt;
  return GbaKeys{crypto::SecretBytes(encoded.first(kKs)), to_bytes(encoded.last(kRand))};
}

Bytes gba_autn(ByteView autn, ByteView ik) {
  Bytes out = to_bytes(autn);
  const auto mask = crypto::sha1(ik);
  for (std::size_t i = 0; i < 8; ++i) out[8 + i] ^= mask[i];
  return out;
}

std::expected<GbaOutcome, AkaError> bootstrap(const AkaParameters& parameters, SqnState& state, ByteView rand, ByteView autn) {
  const Keys keys = functions(parameters)->f2345(rand);
  auto outcome = authenticate_3g(parameters, state, rand, gba_autn(autn, keys.ik.expose()));
  if (!outcome) return std::unexpected(outcome.error());
  GbaOutcome out;
  if (outcome->sync_failure) {
    out.sync_failure = std::move(outcome->sync_failure);
    return out;
  }
  Bytes both = concat({outcome->success->ck.expose(), outcome->success->ik.expose()});
  out.keys = {crypto::SecretBytes(ByteView(both)), to_bytes(rand)};
  crypto::cleanse(both);
  out.res = std::move(outcome->success->res);
  return out;
}

crypto::SecretBytes naf_key(const GbaKeys& keys, NafKey which, ByteView impi, ByteView naf_id) {
  Bytes s{0x01};  // FC of TS 33.220 B.3
  put_parameter(s, text_view(which == NafKey::external ? "gba-me" : "gba-u"));
  put_parameter(s, keys.rand);
  put_parameter(s, impi);
  put_parameter(s, naf_id);
  return crypto::SecretBytes(ByteView(crypto::hmac_sha256(keys.ks.expose(), {s})));
}

std::optional<Challenge3g> parse_bootstrap(ByteView data) {
  if (data.empty() || data[0] != kBootstrap) return std::nullopt;
  return parse_3g(data.subspan(1));
}

std::optional<NafRequest> parse_naf(ByteView data) {
  if (data.size() < 3 || data[0] != kDerive) return std::nullopt;
  const std::size_t naf = data[1];
  if (naf == 0 || data.size() < 3 + naf) return std::nullopt;
  const std::size_t impi = data[2 + naf];
  if (impi == 0 || data.size() != 3 + naf + impi) return std::nullopt;
  return NafRequest{data.subspan(2, naf), data.last(impi)};
}

std::optional<Bytes> bootstrapping_parameters(ByteView rand, std::size_t size) {
  Bytes out{static_cast<std::uint8_t>(rand.size())};
  append(out, rand);
  out.resize(out.size() + 2, 0x00);
  if (out.size() > size) return std::nullopt;
  out.resize(size, 0xFF);
  return out;
}

ByteView transaction_identifier(ByteView ef_gbabp) {
  if (ef_gbabp.empty() || ef_gbabp[0] != kRand || ef_gbabp.size() < kRand + 2) return {};
  const std::size_t size = ef_gbabp[kRand + 1];
  if (size == 0xFF || ef_gbabp.size() < kRand + 2 + size) return {};
  return ef_gbabp.subspan(kRand + 2, size);
}

std::optional<Bytes> with_naf(ByteView ef_gbanl, std::size_t record_length, ByteView naf_id, ByteView b_tid) {
  asn1::TlvWriter entry;
  entry.put(0x80, naf_id).put(0x81, b_tid);
  Bytes record = entry.take();
  if (record_length == 0 || record.size() > record_length || ef_gbanl.size() < record_length) return std::nullopt;
  record.resize(record_length, 0xFF);
  Bytes out = to_bytes(ef_gbanl);
  const std::size_t count = out.size() / record_length;
  std::size_t free = count;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView present = ByteView(out).subspan(i * record_length, record_length);
    const auto named = asn1::TlvReader(present).required(0x80);
    if (named && equal(named->value, naf_id)) {
      std::ranges::copy(record, out.begin() + static_cast<std::ptrdiff_t>(i * record_length));
      return out;
    }
    if (!named && free == count) free = i;
  }
  if (free == count) {
    // Records stand in the order of their coming: the first is the oldest.
    std::copy(out.begin() + static_cast<std::ptrdiff_t>(record_length), out.end(), out.begin());
    free = count - 1;
  }
  std::ranges::copy(record, out.begin() + static_cast<std::ptrdiff_t>(free * record_length));
  return out;
}

}  // namespace simurgh::usim
