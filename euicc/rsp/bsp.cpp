#include "euicc/rsp/bsp.h"

#include <algorithm>

namespace simurgh::rsp {
namespace {

constexpr std::uint8_t kKeyTypeAes = 0x88, kKeyLength = 0x10;
constexpr std::size_t kMac = 8;

}  // namespace

Bsp Bsp::derive(ByteView shared_secret, ByteView shared_info) {
  const crypto::SecretBytes material = crypto::x963_kdf(shared_secret, shared_info, 48);
  Bsp out;
  out.replace(material.expose().first(16), material.expose().subspan(16, 16), material.expose().subspan(32, 16));
  return out;
}

Bytes Bsp::shared_info(ByteView host_id, ByteView eid) {
  Bytes out{kKeyTypeAes, kKeyLength, static_cast<std::uint8_t>(host_id.size())};
  append(out, host_id);
  out.push_back(static_cast<std::uint8_t>(eid.size()));
  append(out, eid);
  return out;
}

void Bsp::replace(ByteView chaining_value, ByteView ppk_enc, ByteView ppk_cmac) {
  std::copy(chaining_value.begin(), chaining_value.end(), chain_.begin());
  enc_ = crypto::SecretBytes(ppk_enc);
  mac_ = crypto::SecretBytes(ppk_cmac);
  counter_ = 1;
}

std::expected<Bytes, BspFault> Bsp::open(std::uint32_t tag, ByteView raw, ByteView value) {
  const bool encrypted = tag != 0x88;
  if (value.size() < (encrypted ? 16 + kMac : kMac)) return std::unexpected(BspFault::structure);
  const crypto::Block full = crypto::aes_cmac(mac_.expose(), {chain_, raw.first(raw.size() - kMac)});
  if (!crypto::equal_secret(ByteView(full).first(kMac), raw.last(kMac))) return std::unexpected(BspFault::security);
  chain_ = full;
  const ByteView body = value.first(value.size() - kMac);
  const std::uint64_t counter = counter_++;
  if (!encrypted) return to_bytes(body);
  if (body.size() % 16 != 0) return std::unexpected(BspFault::security);
  const crypto::Block icv = crypto::aes_ecb_encrypt(enc_.expose(), be_bytes(counter, 16));
  Bytes plain = crypto::aes_cbc_decrypt(enc_.expose(), icv, body);
  const auto size = crypto::unpadded80(plain);
  if (!size) return std::unexpected(BspFault::security);
  plain.resize(*size);
  return plain;
}

}  // namespace simurgh::rsp
