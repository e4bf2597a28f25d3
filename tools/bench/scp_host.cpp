#include "tools/bench/scp_host.h"

#include "euicc/crypto/des.h"
#include "euicc/crypto/symmetric.h"
#include "tools/bench/desk.h"

namespace simurgh::bench {
namespace {

template <typename Octets>
Bytes bytes_of(const Octets& octets) {
  return {octets.begin(), octets.end()};
}

Bytes kdf03(ByteView key, std::uint8_t constant, ByteView context, std::size_t size) {
  Bytes out;
  for (std::uint8_t i = 1; out.size() < size; ++i) {
    Bytes input(11, 0x00);
    append(input, concat({Bytes{constant, 0x00}, be_bytes(size * 8, 2), Bytes{i}, context}));
    append(out, crypto::aes_cmac(key, {input}));
  }
  out.resize(size);
  return out;
}

Bytes kdf02(ByteView key, std::uint16_t constant, ByteView counter) {
  Bytes input = concat({be_bytes(constant, 2), counter, Bytes(12, 0x00)});
  return crypto::des_cbc_encrypt(key, Bytes(8), input);
}

Bytes counter_block(std::uint64_t counter, std::uint8_t first) {
  Bytes block = concat({Bytes(8, 0x00), be_bytes(counter, 8)});
  block[0] = first;
  return block;
}

}  // namespace

ScpHost::ScpHost(Protocol protocol, std::uint8_t key_version, Bytes enc, Bytes mac, Bytes dek)
    : protocol_(protocol), version_(key_version), enc_(std::move(enc)), mac_(std::move(mac)), dek_(std::move(dek)) {}

Bytes ScpHost::initialize_update(ByteView challenge) {
  challenge_ = to_bytes(challenge);
  return concat({Bytes{0x80, 0x50, version_, 0x00, static_cast<std::uint8_t>(challenge.size())}, challenge});
}

Bytes ScpHost::external_authenticate(ByteView response, std::uint8_t level, std::uint8_t channel) {
  channel_ = channel;
  counter_ = 0;
  level_ = 0;
  Bytes host_cryptogram;
  if (protocol_ == Protocol::scp03) {
    mac_size_ = challenge_.size();
    if (response.size() < 13 + 2 * mac_size_) throw DeskError("INITIALIZE UPDATE is not answered as SCP03");
    const Bytes context = concat({challenge_, response.subspan(13, mac_size_)});
    s_enc_ = kdf03(enc_, 0x04, context, enc_.size());
    s_mac_ = kdf03(mac_, 0x06, context, mac_.size());
    s_rmac_ = kdf03(mac_, 0x07, context, mac_.size());
    s_dek_ = dek_;
    if (!equal(kdf03(s_mac_, 0x00, context, mac_size_), response.subspan(13 + mac_size_, mac_size_))) throw DeskError("the card's cryptogram is wrong");
    host_cryptogram = kdf03(s_mac_, 0x01, context, mac_size_);
    chain_.assign(16, 0x00);
  } else {
    if (response.size() != 28) throw DeskError("INITIALIZE UPDATE is not answered as SCP02");
    const ByteView counter = response.subspan(12, 2), card = response.subspan(14, 6);
    s_enc_ = kdf02(enc_, 0x0182, counter);
    s_mac_ = kdf02(mac_, 0x0101, counter);
    s_rmac_ = kdf02(mac_, 0x0102, counter);
    s_dek_ = kdf02(dek_, 0x0181, counter);
    const auto cryptogram = [&](std::initializer_list<ByteView> parts) {
      return bytes_of(crypto::des_cbc_mac(s_enc_, Bytes(8), crypto::pad80(concat(parts), 8)));
    };
    if (!equal(cryptogram({challenge_, counter, card}), response.subspan(20, 8))) throw DeskError("the card's cryptogram is wrong");
    host_cryptogram = cryptogram({counter, card, challenge_});
    chain_.clear();
  }
  const Bytes header{0x82, level, 0x00};
  const auto cla = static_cast<std::uint8_t>(0x84 | channel_);
  Bytes out = protocol_ == Protocol::scp03 ? wrap03(cla, header, std::move(host_cryptogram), false) : wrap02(cla, header, std::move(host_cryptogram), false);
  counter_ = 0;
  response_chain_ = chain_;
  level_ = level;
  return out;
}

Bytes ScpHost::wrap03(std::uint8_t cla, ByteView header, Bytes data, bool encrypt) {
  ++counter_;
  if (encrypt && !data.empty()) data = crypto::aes_cbc_encrypt(s_enc_, crypto::aes_ecb_encrypt(s_enc_, counter_block(counter_, 0x00)), crypto::pad80(data));
  const Bytes lc{static_cast<std::uint8_t>(data.size() + mac_size_)};
  chain_ = bytes_of(crypto::aes_cmac(s_mac_, {chain_, Bytes{0x84}, header, lc, data}));
  return concat({Bytes{cla}, header, lc, data, ByteView(chain_).first(mac_size_)});
}

Bytes ScpHost::wrap02(std::uint8_t cla, ByteView header, Bytes data, bool encrypt) {
  sent_ = concat({Bytes{0x80}, header, data.empty() ? Bytes{} : Bytes{static_cast<std::uint8_t>(data.size())}, data});
  const Bytes iv = chain_.empty() ? Bytes(8) : crypto::des_ecb_encrypt(ByteView(s_mac_).first(8), chain_);
  const Bytes signed_part = concat({Bytes{0x84}, header, Bytes{static_cast<std::uint8_t>(data.size() + 8)}, data});
  chain_ = bytes_of(crypto::des_retail_mac(s_mac_, iv, crypto::pad80(signed_part, 8)));
  if (encrypt && !data.empty()) data = crypto::des_cbc_encrypt(s_enc_, Bytes(8), crypto::pad80(data, 8));
  return concat({Bytes{cla}, header, Bytes{static_cast<std::uint8_t>(data.size() + 8)}, data, chain_});
}

Bytes ScpHost::wrap(ByteView plain) {
  const ByteView header = plain.subspan(1, 3);
  Bytes data = plain.size() > 5 ? to_bytes(plain.subspan(5)) : Bytes{};
  const auto cla = static_cast<std::uint8_t>(0x84 | channel_);
  const bool encrypt = (level_ & 0x02) != 0;
  return protocol_ == Protocol::scp03 ? wrap03(cla, header, std::move(data), encrypt) : wrap02(cla, header, std::move(data), encrypt);
}

Bytes ScpHost::unwrap(ByteView data, std::uint16_t sw) {
  const bool fine = sw == 0x9000 || sw >> 8 == 0x62 || sw >> 8 == 0x63;
  if ((level_ & 0x10) == 0 || !fine) return to_bytes(data);
  if (data.size() < mac_size_) throw DeskError("a response without R-MAC");
  Bytes body = to_bytes(data.first(data.size() - mac_size_));
  if (protocol_ == Protocol::scp02) {
    const Bytes message = concat({sent_, Bytes{static_cast<std::uint8_t>(body.size())}, body, be_bytes(sw, 2)});
    response_chain_ = bytes_of(crypto::des_retail_mac(s_rmac_, response_chain_, crypto::pad80(message, 8)));
    if (!equal(response_chain_, data.last(8))) throw DeskError("the R-MAC is wrong");
    return body;
  }
  const auto mac = crypto::aes_cmac(s_rmac_, {chain_, body, be_bytes(sw, 2)});
  if (!equal(ByteView(mac).first(mac_size_), data.last(mac_size_))) throw DeskError("the R-MAC is wrong");
  if ((level_ & 0x20) == 0 || body.empty()) return body;
  body = crypto::aes_cbc_decrypt(s_enc_, crypto::aes_ecb_encrypt(s_enc_, counter_block(counter_, 0x80)), body);
  body.resize(crypto::unpadded80(body).value_or(0));
  return body;
}

Bytes ScpHost::protect(ByteView plain) const {
  return protocol_ == Protocol::scp03 ? crypto::aes_cbc_encrypt(s_dek_, Bytes(16), plain) : crypto::des_ecb_encrypt(s_dek_, plain);
}

}  // namespace simurgh::bench
