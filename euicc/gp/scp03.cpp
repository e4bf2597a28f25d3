// SCP03: GlobalPlatform Amendment D 1.1.2. "i": 01 S16 mode, 10 pseudo-random challenge, 20 R-MAC, 40 R-ENCRYPTION.
#include "euicc/crypto/symmetric.h"
#include "euicc/gp/secure_channel.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;

constexpr std::uint8_t kS16 = 0x01, kPseudoRandom = 0x10, kOffersRMac = 0x20, kOffersREncryption = 0x40;

// Data derivation constants, Amendment D 4.1.5.
enum class Use : std::uint8_t { card_cryptogram = 0x00, host_cryptogram = 0x01, card_challenge = 0x02, s_enc = 0x04, s_mac = 0x06, s_rmac = 0x07 };

// SP 800-108 in counter mode over CMAC, Amendment D 4.1.5.
crypto::SecretBytes derive(ByteView key, Use use, ByteView context, std::size_t size) {
  crypto::SecretBytes out(size);
  const auto bits = static_cast<std::uint16_t>(size * 8);
  for (std::size_t done = 0, round = 1; done < size; ++round) {
    Bytes head(11, 0x00);
    head.push_back(static_cast<std::uint8_t>(use));
    head.push_back(0x00);
    append(head, be_bytes(bits, 2));
    head.push_back(static_cast<std::uint8_t>(round));
    crypto::Block block = crypto::aes_cmac(key, {head, context});
    const std::size_t count = std::min(size - done, block.size());
    std::copy_n(block.begin(), count, out.expose_mutable().begin() + static_cast<std::ptrdiff_t>(done));
    crypto::cleanse(block);
    done += count;
  }
  return out;
}

class Scp03 final : public SecureChannel {
 public:
  Scp03(KeySet keys, std::uint8_t i, ByteView host_challenge, ByteView card_challenge)
      : keys_(std::move(keys)), i_(i), mac_size_((i & kS16) != 0 ? 16 : 8) {
    context_ = to_bytes(host_challenge);
    append(context_, card_challenge);
    enc_ = derive(keys_.enc.expose(), Use::s_enc, context_, keys_.enc.size());
    mac_ = derive(keys_.mac.expose(), Use::s_mac, context_, keys_.mac.size());
    rmac_ = derive(keys_.mac.expose(), Use::s_rmac, context_, keys_.mac.size());
  }

  [[nodiscard]] crypto::SecretBytes cryptogram(Use use) const { return derive(mac_.expose(), use, context_, mac_size_); }

  apdu::Result<void> external_authenticate(const apdu::Command& command) override {
    if (authenticated_) return refuse(Sw::conditions_not_satisfied, "EXTERNAL AUTHENTICATE inside a session");
    if (command.p2 != 0x00 || !offered(command.p1)) return refuse(Sw::incorrect_p1p2, "security level not offered");
    if (command.data.size() != 2 * mac_size_) return refuse(Sw::wrong_length, "EXTERNAL AUTHENTICATE length");
    if (!crypto::equal_secret(command.data.first(mac_size_), cryptogram(Use::host_cryptogram).expose()))
      return refuse(Sw::authentication_failed, "host cryptogram wrong");
    if (!check_mac(command)) return refuse(Sw::security_status_not_satisfied, "MAC of EXTERNAL AUTHENTICATE wrong");
    level_ = command.p1;
    authenticated_ = true;
    return {};
  }

  apdu::Result<Bytes> unwrap(const apdu::Command& command) override {
    if (!authenticated_ || (level_ & kCMac) == 0) return refuse(Sw::conditions_not_satisfied, "no session with C-MAC");
    if (!check_mac(command)) return refuse(Sw::security_status_not_satisfied, "C-MAC wrong");
    ++counter_;
    const ByteView data = command.data.first(command.data.size() - mac_size_);
    if ((level_ & kCDecryption) == 0 || data.empty()) return to_bytes(data);
    if (data.size() % 16 != 0) return refuse(Sw::security_status_not_satisfied, "encrypted data is not whole blocks");
    Bytes plain = crypto::aes_cbc_decrypt(enc_.expose(), crypto::aes_ecb_encrypt(enc_.expose(), counter_block(0x00)), data);
    const auto size = crypto::unpadded80(plain);
    if (!size) return refuse(Sw::security_status_not_satisfied, "padding of encrypted data wrong");
    plain.resize(*size);
    return plain;
  }

  Bytes wrap(ByteView data, Sw sw) override {
    Bytes out = to_bytes(data);
    const std::uint16_t status = apdu::value(sw);
    const bool is_protected = status == 0x9000 || (status >> 8) == 0x62 || (status >> 8) == 0x63;
    if ((level_ & kRMac) == 0 || !is_protected) return out;
    if ((level_ & kREncryption) != 0 && !out.empty())
      out = crypto::aes_cbc_encrypt(enc_.expose(), crypto::aes_ecb_encrypt(enc_.expose(), counter_block(0x80)), crypto::pad80(out));
    const crypto::Block mac = crypto::aes_cmac(rmac_.expose(), {chaining_, out, be_bytes(status, 2)});
    append(out, ByteView(mac).first(mac_size_));
    return out;
  }

  Security security() const override {
    if (!authenticated_) return {};
    return {.by = Security::By::scp03, .level = level_, .key_version = keys_.version, .key = {0x88, keys_.dek.expose()}};
  }

 private:
  // Amendment D table 7-6: R-MAC and R-ENCRYPTION come on top of the same protection of commands.
  [[nodiscard]] bool offered(std::uint8_t level) const noexcept {
    switch (level) {
      case 0x00:
      case 0x01:
      case 0x03:
        return true;
      case 0x11:
      case 0x13:
        return (i_ & kOffersRMac) != 0;
      case 0x33:
        return (i_ & kOffersRMac) != 0 && (i_ & kOffersREncryption) != 0;
      default:
        return false;
    }
  }

  // Amendment D 6.2.4: the header as on the basic channel, Lc with the MAC. The whole MAC is the next chaining value.
  bool check_mac(const apdu::Command& command) {
    if (command.data.size() < mac_size_) return false;
    const ByteView message = command.data.first(command.data.size() - mac_size_);
    const std::array<std::uint8_t, 5> header{0x84, command.ins, command.p1, command.p2, static_cast<std::uint8_t>(command.data.size())};
    const crypto::Block mac = crypto::aes_cmac(mac_.expose(), {chaining_, header, message});
    if (!crypto::equal_secret(ByteView(mac).first(mac_size_), command.data.last(mac_size_))) return false;
    chaining_ = mac;
    return true;
  }

  // Amendment D 6.2.6, 6.2.7: counter of wrapped commands as a block, its first octet 80 for responses.
  [[nodiscard]] crypto::Block counter_block(std::uint8_t first) const noexcept {
    crypto::Block block{};
    for (std::size_t octet = 0; octet < 8; ++octet) block[15 - octet] = static_cast<std::uint8_t>(counter_ >> (8 * octet));
    block[0] = first;
    return block;
  }

  KeySet keys_;
  std::uint8_t i_;
  std::size_t mac_size_;
  Bytes context_;
  crypto::SecretBytes enc_, mac_, rmac_;
  crypto::Block chaining_{};
  std::uint64_t counter_ = 0;
  std::uint8_t level_ = 0;
  bool authenticated_ = false;
};

}  // namespace

apdu::Result<Initiated> initiate_scp03(KeySet keys, std::uint8_t i, ByteView domain_aid, ByteView diversification, std::uint32_t counter,
                                       ByteView host_challenge, crypto::Rng& rng) {
  const std::size_t size = (i & kS16) != 0 ? 16 : 8;
  if (host_challenge.size() != size) return refuse(Sw::wrong_length, "length of the host challenge");
  Bytes challenge;
  if ((i & kPseudoRandom) != 0) {
    Bytes context = be_bytes(counter, 3);
    append(context, domain_aid);
    challenge = to_bytes(derive(keys.enc.expose(), Use::card_challenge, context, size).expose());
  } else {
    challenge = rng.bytes(size);
  }
  const std::uint8_t version = keys.version;
  auto session = std::make_unique<Scp03>(std::move(keys), i, host_challenge, challenge);
  Bytes response = to_bytes(diversification);
  append(response, Bytes{version, 0x03, i});
  append(response, challenge);
  append(response, session->cryptogram(Use::card_cryptogram).expose());
  if ((i & kPseudoRandom) != 0) append(response, be_bytes(counter, 3));
  return Initiated{std::move(session), std::move(response)};
}

}  // namespace simurgh::gp
