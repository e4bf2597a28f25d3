// SCP02: GlobalPlatform 2.3 Annex E. "i": 04 C-MAC on the modified command, 10 ICV encryption, 20 R-MAC, 40 pseudo-random challenge; 15 and 55
// are what cards have, 35 and 75 the same with R-MAC.
#include "euicc/crypto/des.h"
#include "euicc/crypto/symmetric.h"
#include "euicc/gp/secure_channel.h"

namespace simurgh::gp {
namespace {

using apdu::refuse;
using apdu::Sw;
using crypto::DesBlock;

constexpr std::uint8_t kEncryptsIcv = 0x10, kOffersRMac = 0x20, kPseudoRandom = 0x40;
constexpr std::size_t kMacSize = 8;

// Derivation constants, Annex E.4.1.
constexpr std::uint16_t kForMac = 0x0101, kForRMac = 0x0102, kForDek = 0x0181, kForEnc = 0x0182;

crypto::SecretBytes session_key(const crypto::SecretBytes& key, std::uint16_t constant, std::uint16_t counter) {
  Bytes block = be_bytes(constant, 2);
  append(block, be_bytes(counter, 2));
  block.resize(16, 0x00);
  Bytes derived = crypto::des_cbc_encrypt(key.expose(), DesBlock{}, block);
  crypto::SecretBytes out{ByteView(derived)};
  crypto::cleanse(derived);
  return out;
}

Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (const ByteView part : parts) append(out, part);
  return out;
}

class Scp02 final : public SecureChannel {
 public:
  Scp02(KeySet keys, std::uint8_t i, std::uint16_t counter)
      : version_(keys.version),
        i_(i),
        enc_(session_key(keys.enc, kForEnc, counter)),
        mac_(session_key(keys.mac, kForMac, counter)),
        rmac_(session_key(keys.mac, kForRMac, counter)),
        dek_(session_key(keys.dek, kForDek, counter)) {}

  // Annex E.4.2.3: the challenge that a host can know beforehand.
  [[nodiscard]] Bytes pseudo_random(ByteView domain_aid) const {
    const DesBlock mac = crypto::des_retail_mac(mac_.expose(), DesBlock{}, crypto::pad80(domain_aid, 8));
    return to_bytes(ByteView(mac).first(6));
  }
  // Annex E.4.2; the order of the two challenges makes the difference. Returns the card's cryptogram and keeps the host's.
  DesBlock cryptograms(ByteView host_challenge, ByteView counter, ByteView card_challenge) {
    const auto over = [&](const Bytes& data) { return crypto::des_cbc_mac(enc_.expose(), DesBlock{}, crypto::pad80(data, 8)); };
    host_cryptogram_ = over(joined({counter, card_challenge, host_challenge}));
    return over(joined({host_challenge, counter, card_challenge}));
  }

  apdu::Result<void> external_authenticate(const apdu::Command& command) override {
    if (authenticated_) return refuse(Sw::conditions_not_satisfied, "EXTERNAL AUTHENTICATE inside a session");
    if (command.p2 != 0x00 || !offered(command.p1)) return refuse(Sw::incorrect_p1p2, "security level not offered");
    if (command.data.size() != 2 * kMacSize) return refuse(Sw::wrong_length, "EXTERNAL AUTHENTICATE length");
    const ByteView cryptogram = command.data.first(kMacSize);
    if (!crypto::equal_secret(cryptogram, host_cryptogram_)) return refuse(Sw::authentication_failed, "host cryptogram wrong");
    if (!check_mac(command, cryptogram)) return refuse(Sw::security_status_not_satisfied, "MAC of EXTERNAL AUTHENTICATE wrong");
    response_chain_ = last_mac_;
    level_ = command.p1;
    authenticated_ = true;
    return {};
  }

  apdu::Result<Bytes> unwrap(const apdu::Command& command) override {
    if (!authenticated_ || (level_ & kCMac) == 0) return refuse(Sw::conditions_not_satisfied, "no session with C-MAC");
    if (command.data.size() < kMacSize) return refuse(Sw::security_status_not_satisfied, "C-MAC is missing");
    Bytes plain = to_bytes(command.data.first(command.data.size() - kMacSize));
    if ((level_ & kCDecryption) != 0 && !plain.empty()) {
      if (plain.size() % 8 != 0) return refuse(Sw::security_status_not_satisfied, "encrypted data is not whole blocks");
      plain = crypto::des_cbc_decrypt(enc_.expose(), DesBlock{}, plain);
      const auto size = crypto::unpadded80(plain);
      if (!size) return refuse(Sw::security_status_not_satisfied, "padding of encrypted data wrong");
      plain.resize(*size);
    }
    if (!check_mac(command, plain)) return refuse(Sw::security_status_not_satisfied, "C-MAC wrong");
    answered_.clear();
    append(answered_, Bytes{0x80, command.ins, command.p1, command.p2});
    if (!plain.empty()) answered_.push_back(static_cast<std::uint8_t>(plain.size()));
    append(answered_, plain);
    return plain;
  }

  // Annex E.4.5: the command as it was before wrapping, the length and octets of the response, its status word.
  Bytes wrap(ByteView data, Sw sw) override {
    Bytes out = to_bytes(data);
    if ((level_ & kRMac) == 0) return out;
    Bytes message = std::move(answered_);
    answered_.clear();
    message.push_back(static_cast<std::uint8_t>(data.size()));
    append(message, data);
    append(message, be_bytes(apdu::value(sw), 2));
    response_chain_ = crypto::des_retail_mac(rmac_.expose(), response_chain_, crypto::pad80(message, 8));
    append(out, response_chain_);
    return out;
  }

  Security security() const override {
    if (!authenticated_) return {};
    return {.by = Security::By::scp02, .level = level_, .key_version = version_, .key = {0x80, dek_.expose()}};
  }

 private:
  [[nodiscard]] bool offered(std::uint8_t level) const noexcept {
    const bool commands = (level & 0x0F) == 0x00 || (level & 0x0F) == kCMac || (level & 0x0F) == (kCMac | kCDecryption);
    const std::uint8_t responses = level & 0xF0;
    return commands && (responses == 0 || (responses == kRMac && (level & kCMac) != 0 && (i_ & kOffersRMac) != 0));
  }

  // Annex E.4.4: over the header with Lc that counts the MAC, and plain data.
  bool check_mac(const apdu::Command& command, ByteView plain) {
    const std::array<std::uint8_t, 5> header{0x84, command.ins, command.p1, command.p2,
                                             static_cast<std::uint8_t>(plain.size() + kMacSize)};
    const DesBlock mac = crypto::des_retail_mac(mac_.expose(), next_icv(), crypto::pad80(joined({header, plain}), 8));
    if (!crypto::equal_secret(mac, command.data.last(kMacSize))) return false;
    last_mac_ = mac;
    first_ = false;
    return true;
  }

  [[nodiscard]] DesBlock next_icv() const {
    if (first_ || (i_ & kEncryptsIcv) == 0) return last_mac_;
    const Bytes encrypted = crypto::des_ecb_encrypt(mac_.expose().first(8), last_mac_);
    DesBlock out{};
    std::copy_n(encrypted.begin(), out.size(), out.begin());
    return out;
  }

  std::uint8_t version_, i_;
  crypto::SecretBytes enc_, mac_, rmac_, dek_;
  DesBlock host_cryptogram_{}, last_mac_{}, response_chain_{};
  bool first_ = true;
  Bytes answered_;
  std::uint8_t level_ = 0;
  bool authenticated_ = false;
};

}  // namespace

apdu::Result<Initiated> initiate_scp02(KeySet keys, std::uint8_t i, ByteView domain_aid, ByteView diversification, std::uint16_t counter,
                                       ByteView host_challenge, crypto::Rng& rng) {
  if (host_challenge.size() != 8) return refuse(Sw::wrong_length, "length of the host challenge");
  const std::uint8_t version = keys.version;
  auto session = std::make_unique<Scp02>(std::move(keys), i, counter);
  const Bytes challenge = (i & kPseudoRandom) != 0 ? session->pseudo_random(domain_aid) : rng.bytes(6);
  const Bytes sequence = be_bytes(counter, 2);
  Bytes response = to_bytes(diversification);
  append(response, Bytes{version, 0x02});
  append(response, sequence);
  append(response, challenge);
  append(response, session->cryptograms(host_challenge, sequence, challenge));
  return Initiated{std::move(session), std::move(response)};
}

}  // namespace simurgh::gp
