#include "tools/smdp/bpp_builder.h"

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"

namespace simurgh::smdp {
namespace {

class Protector {
 public:
  Protector(ByteView chain, ByteView enc, ByteView mac) : chain_(to_bytes(chain)), enc_(enc), mac_(mac) {}

  Bytes encrypt(std::uint32_t tag, ByteView plain) {
    const crypto::Block icv = crypto::aes_ecb_encrypt(enc_.expose(), be_bytes(counter_, 16));
    return seal(tag, crypto::aes_cbc_encrypt(enc_.expose(), icv, crypto::pad80(plain)));
  }
  Bytes mac_only(std::uint32_t tag, ByteView plain) { return seal(tag, plain); }

 private:
  // The length under the MAC is the one that is transmitted, the MAC's own octets included.
  Bytes seal(std::uint32_t tag, ByteView body) {
    Bytes out = concat({asn1::encode_tag(tag), asn1::encode_length(body.size() + 8), body});
    const crypto::Block mac = crypto::aes_cmac(mac_.expose(), {chain_, out});
    chain_ = to_bytes(mac);
    append(out, ByteView(mac).first(8));
    ++counter_;
    return out;
  }

  Bytes chain_;
  crypto::SecretBytes enc_, mac_;
  std::uint64_t counter_ = 1;
};

template <typename Each>
void cut(ByteView whole, std::size_t size, Each&& each) {
  for (std::size_t at = 0; at < whole.size(); at += size) each(whole.subspan(at, std::min(size, whole.size() - at)));
}

}  // namespace

std::optional<Bytes> bind_package(const BindingRequest& request, const crypto::EcPrivateKey& signer, crypto::Rng& rng) {
  const auto peer = crypto::EcPublicKey::from_point(signer.curve(), request.euicc_otpk);
  if (!peer) return std::nullopt;
  const auto own = crypto::EcPrivateKey::generate(signer.curve(), rng);
  const auto shared = own.agree(*peer);
  if (!shared) return std::nullopt;
  Bytes info{0x88, 0x10, static_cast<std::uint8_t>(request.host_id.size())};
  append(info, request.host_id);
  info.push_back(static_cast<std::uint8_t>(request.eid.size()));
  append(info, request.eid);
  const crypto::SecretBytes keys = crypto::x963_kdf(shared->expose(), info, 48);

  asn1::TlvWriter signed_part;
  signed_part.put_byte(0x82, 1).put(0x80, request.transaction_id);
  {
    const auto crt = signed_part.open(0xA6);
    signed_part.put_byte(0x80, 0x88).put_byte(0x81, 0x10).put(0x84, request.host_id);
  }
  signed_part.put(0x5F49, own.public_key().point());
  const Bytes card_point = asn1::tlv(0x5F49, request.euicc_otpk);
  const Bytes signature = signer.sign({signed_part.view(), card_point});

  Protector session(keys.expose().first(16), keys.expose().subspan(16, 16), keys.expose().subspan(32, 16));
  asn1::TlvWriter out;
  {
    const auto package = out.open(0xBF36);
    {
      const auto initialise = out.open(0xBF23);
      out.raw(signed_part.view()).put(0x5F37, signature);
    }
    const Bytes configure{0xBF, 0x24, 0x00};
    out.put(0xA0, session.encrypt(0x87, configure));
    {
      const auto metadata = out.open(0xA1);
      cut(request.metadata, 1008, [&](ByteView part) { out.raw(session.mac_only(0x88, part)); });
    }
    Protector* elements = &session;
    std::optional<Protector> replaced;
    if (request.replace_session_keys) {
      crypto::SecretBytes fresh(48);
      rng.fill(fresh.expose_mutable());
      asn1::TlvWriter replace;
      {
        const auto scope = replace.open(0xBF26);
        replace.put(0x80, fresh.expose().first(16)).put(0x81, fresh.expose().subspan(16, 16)).put(0x82, fresh.expose().subspan(32, 16));
      }
      out.put(0xA2, session.encrypt(0x87, replace.view()));
      replaced.emplace(fresh.expose().first(16), fresh.expose().subspan(16, 16), fresh.expose().subspan(32, 16));
      elements = &*replaced;
    }
    const auto segments = out.open(0xA3);
    cut(request.upp, request.segment, [&](ByteView part) { out.raw(elements->encrypt(0x86, part)); });
  }
  return out.take();
}

}  // namespace simurgh::smdp
