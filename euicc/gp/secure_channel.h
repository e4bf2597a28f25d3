// A secure channel session as the card sees it, whichever protocol: GlobalPlatform 2.3 10 and Annex E (SCP02), Amendment D (SCP03).
#pragma once

#include <cstdint>
#include <memory>

#include "euicc/apdu/command.h"
#include "euicc/crypto/rng.h"
#include "euicc/gp/remote.h"

namespace simurgh::gp {

// Security level bits, GlobalPlatform 10.6.
inline constexpr std::uint8_t kCMac = 0x01, kCDecryption = 0x02, kRMac = 0x10, kREncryption = 0x20;

// Static keys of one version, cloned: the session outlives a PUT KEY.
struct KeySet {
  std::uint8_t version = 0;
  crypto::SecretBytes enc, mac, dek;
};

// The protocol that a key set of this domain speaks and its "i"; `protocol` 0: none.
struct Protocol {
  std::uint8_t protocol = 0, i = 0;
};
// Versions 20 to 2F are SCP02, 30 to 3F SCP03 (digit by digit as in TS 102 226 8.2.1.5); FF goes by the type of its keys. "i" comes from
// the domain's card recognition data (GlobalPlatform H.2), else 55 and 70.
[[nodiscard]] Protocol protocol_of(const SecurityDomain& domain, std::uint8_t key_version);
// Keys 1 to 3 of that version, nothing when one is missing or of another type. Version 00: the first that has a protocol.
[[nodiscard]] std::optional<KeySet> key_set(const SecurityDomain& domain, std::uint8_t key_version);

class SecureChannel {
 public:
  SecureChannel() = default;
  virtual ~SecureChannel() = default;
  SecureChannel(const SecureChannel&) = delete;
  SecureChannel& operator=(const SecureChannel&) = delete;

  // Any refusal of these two ends the session; the owner drops it.
  // 6300: host cryptogram wrong; 6982: MAC wrong; 6A86: level not offered.
  [[nodiscard]] virtual apdu::Result<void> external_authenticate(const apdu::Command& command) = 0;
  // The plain data of a wrapped command. 6982: MAC or padding wrong; 6985: the session has no C-MAC.
  [[nodiscard]] virtual apdu::Result<Bytes> unwrap(const apdu::Command& command) = 0;
  // The response's data field as it crosses the interface, after an unwrapped command. Errors are not protected (Amendment D 6.2.5).
  [[nodiscard]] virtual Bytes wrap(ByteView data, apdu::Sw sw) = 0;
  // SCP02 and SCP03 with their level and data key; By::plain before EXTERNAL AUTHENTICATE.
  [[nodiscard]] virtual Security security() const = 0;
  [[nodiscard]] std::uint8_t level() const { return security().level; }
};

// A session after INITIALIZE UPDATE: the response's data and the object that waits for EXTERNAL AUTHENTICATE.
struct Initiated {
  std::unique_ptr<SecureChannel> session;
  Bytes response;
};

// `counter` is the value this session uses; keeping it is the caller's business: SCP03 counts every pseudo-random INITIALIZE UPDATE, SCP02
// every EXTERNAL AUTHENTICATE that succeeded. `diversification` has 10 octets. 6700: length of the host challenge.
[[nodiscard]] apdu::Result<Initiated> initiate_scp02(KeySet keys, std::uint8_t i, ByteView domain_aid, ByteView diversification,
                                                     std::uint16_t counter, ByteView host_challenge, crypto::Rng& rng);
[[nodiscard]] apdu::Result<Initiated> initiate_scp03(KeySet keys, std::uint8_t i, ByteView domain_aid, ByteView diversification,
                                                     std::uint32_t counter, ByteView host_challenge, crypto::Rng& rng);

// INITIALIZE UPDATE and EXTERNAL AUTHENTICATE on a domain, with their counters staged. 6A88: no such key set.
[[nodiscard]] apdu::Result<Initiated> initialize_update(Environment& environment, const SecurityDomain& domain, const apdu::Command& command);
[[nodiscard]] apdu::Result<void> external_authenticate(Environment& environment, const SecurityDomain& domain, SecureChannel& session,
                                                       const apdu::Command& command);

}  // namespace simurgh::gp
