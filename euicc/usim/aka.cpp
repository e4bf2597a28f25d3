#include "euicc/usim/aka.h"

#include <algorithm>

namespace simurgh::usim {
namespace {

constexpr std::size_t kSeqOctets = 6;
constexpr std::uint64_t kHighestSeq = (std::uint64_t{1} << 43) - 1;  // TS 33.102 C.1.1.1: 48 bits of SQN without five of IND

Bytes exclusive_or(ByteView a, ByteView b) {
  Bytes out = to_bytes(a);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= b[i];
  return out;
}

// c3 of TS 33.102 6.8.1.2: Kc = CK1 ^ CK2 ^ IK1 ^ IK2.
crypto::SecretBytes kc_of(ByteView ck, ByteView ik) {
  crypto::SecretBytes out(8);
  const auto kc = out.expose_mutable();
  for (std::size_t i = 0; i < 8; ++i) kc[i] = static_cast<std::uint8_t>(ck[i] ^ ck[i + 8] ^ ik[i] ^ ik[i + 8]);
  return out;
}

// TS 33.102 C.2.2: the array is compared in order, so an older SEQ is never taken for one far ahead.
bool fresh(const AkaParameters& parameters, const SqnState& state, std::uint64_t seq, std::size_t ind) {
  if (seq <= state.seq[ind]) return false;
  const std::uint64_t highest = *std::ranges::max_element(state.seq);
  const bool delta_check = (parameters.sqn_options & 0x02) != 0 && parameters.sqn_delta != 0;
  if (delta_check && seq > highest && seq - highest >= parameters.sqn_delta) return false;
  const bool age_check = (parameters.sqn_options & 0x01) != 0 && parameters.sqn_age_limit != 0;
  return !(age_check && highest > seq && highest - seq >= parameters.sqn_age_limit);
}

SyncFailure resynchronise(const AuthFunctions& f, const SqnState& state, ByteView rand) {
  const auto highest = std::ranges::max_element(state.seq);
  const auto ind = static_cast<std::uint64_t>(highest - state.seq.begin());
  const Bytes sqn_ms = be_bytes(*highest << 5 | ind, 6);
  const Bytes amf_star{0x00, 0x00};  // TS 33.102 6.3.3: the dummy AMF
  return {concat({exclusive_or(sqn_ms, f.f5_star(rand)), f.f1_star(rand, sqn_ms, amf_star)})};
}

}  // namespace

Bytes SqnState::encode() const {
  Bytes out;
  out.reserve(seq.size() * kSeqOctets + 4);
  for (const std::uint64_t value : seq) append(out, be_bytes(value, kSeqOctets));
  append(out, be_bytes(authentications, 4));
  return out;
}

std::optional<SqnState> SqnState::decode(ByteView encoded) {
  SqnState out;
  if (encoded.size() != out.seq.size() * kSeqOctets + 4) return std::nullopt;
  for (std::size_t i = 0; i < out.seq.size(); ++i) {
    out.seq[i] = be_value(encoded.subspan(i * kSeqOctets, kSeqOctets));
    if (out.seq[i] > kHighestSeq) return std::nullopt;
  }
  out.authentications = static_cast<std::uint32_t>(be_value(encoded.last(4)));
  return out;
}

std::expected<AkaOutcome, AkaError> authenticate_3g(const AkaParameters& parameters, SqnState& state, ByteView rand, ByteView autn) {
  if (parameters.auth_counter_max && state.authentications >= *parameters.auth_counter_max) return std::unexpected(AkaError::counter_limit);
  const auto f = functions(parameters);
  Keys keys = f->f2345(rand);
  const Bytes sqn = exclusive_or(autn.first(6), keys.ak.expose());
  const Bytes xmac = f->f1(rand, sqn, autn.subspan(6, 2));
  if (!crypto::equal_secret(xmac, autn.subspan(8, 8))) return std::unexpected(AkaError::mac_wrong);
  const std::uint64_t number = be_value(sqn);
  const std::uint64_t seq = number >> 5;
  const std::size_t ind = number & 0x1F;
  AkaOutcome out;
  if (!fresh(parameters, state, seq, ind)) {
    out.sync_failure = resynchronise(*f, state, rand);
    return out;
  }
  state.seq[ind] = seq;
  if (parameters.auth_counter_max) ++state.authentications;
  crypto::SecretBytes kc = kc_of(keys.ck.expose(), keys.ik.expose());
  out.success = Success{std::move(keys.res), std::move(keys.ck), std::move(keys.ik), std::move(kc)};
  return out;
}

GsmKeys authenticate_gsm(const AkaParameters& parameters, ByteView rand) {
  const Keys keys = functions(parameters)->f2345(rand);
  GsmKeys out{crypto::SecretBytes(std::size_t{4}), kc_of(keys.ck.expose(), keys.ik.expose())};
  // c2 of TS 33.102 6.8.1.2: the words of RES, filled with zeros to sixteen octets, added without carry.
  const auto sres = out.sres.expose_mutable();
  const ByteView res = keys.res.expose();
  for (std::size_t i = 0; i < std::min<std::size_t>(res.size(), 16); ++i) sres[i % 4] ^= res[i];
  return out;
}

std::optional<Challenge3g> parse_3g(ByteView data) {
  if (data.size() != 34 || data[0] != 0x10 || data[17] != 0x10) return std::nullopt;
  return Challenge3g{data.subspan(1, 16), data.subspan(18, 16)};
}

std::optional<ByteView> parse_gsm(ByteView data) {
  if (data.size() != 17 || data[0] != 0x10) return std::nullopt;
  return data.subspan(1);
}

namespace {

void put_sized(Bytes& out, ByteView value) {
  out.push_back(static_cast<std::uint8_t>(value.size()));
  append(out, value);
}

}  // namespace

Bytes encode_success(const Success& success, bool with_kc) {
  Bytes out{0xDB};
  put_sized(out, success.res.expose());
  put_sized(out, success.ck.expose());
  put_sized(out, success.ik.expose());
  if (with_kc) put_sized(out, success.kc.expose());
  return out;
}

Bytes encode_sync_failure(const SyncFailure& failure) {
  Bytes out{0xDC};
  put_sized(out, failure.auts);
  return out;
}

Bytes encode_gsm(const GsmKeys& keys) {
  Bytes out;
  put_sized(out, keys.sres.expose());
  put_sized(out, keys.kc.expose());
  return out;
}

Vector generate_vector(const AkaParameters& parameters, ByteView rand, std::uint64_t sqn, ByteView amf) {
  const auto f = functions(parameters);
  const Keys keys = f->f2345(rand);
  const Bytes plain = be_bytes(sqn, 6);
  return {.rand = to_bytes(rand),
          .autn = concat({exclusive_or(plain, keys.ak.expose()), amf, f->f1(rand, plain, amf)}),
          .xres = to_bytes(keys.res.expose()),
          .ck = to_bytes(keys.ck.expose()),
          .ik = to_bytes(keys.ik.expose())};
}

std::optional<std::uint64_t> resolve_auts(const AkaParameters& parameters, ByteView rand, ByteView auts) {
  if (auts.size() != 14) return std::nullopt;
  const auto f = functions(parameters);
  const Bytes sqn_ms = exclusive_or(auts.first(6), f->f5_star(rand));
  const Bytes amf_star{0x00, 0x00};
  if (!crypto::equal_secret(f->f1_star(rand, sqn_ms, amf_star), auts.last(8))) return std::nullopt;
  return be_value(sqn_ms);
}

}  // namespace simurgh::usim
