// EimConfigurationData (SGP.32 v1.2 2.11.1.1.1): what arrives in AddInitialEim, addEim and updateEim. Nothing is judged here but its form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "asn1/tlv.h"
#include "euicc/crypto/ec.h"

namespace simurgh::iot {

inline constexpr std::int64_t kHighestCounter = 0x7FFFFF;
inline constexpr std::size_t kLongestEimId = 128;

// Kinds of eimIdType.
inline constexpr std::uint64_t kEimIdOid = 1, kEimIdFqdn = 2, kEimIdProprietary = 3;
inline constexpr std::uint64_t kProtocolProprietary = 1U << 4;  // named bits of eimSupportedProtocol

struct EimData {
  std::optional<std::string> id, fqdn;
  std::optional<std::uint64_t> type;
  std::optional<std::int64_t> counter, token;
  ByteView key, tls_key;  // the element below [5] or [6]: A0 or A1; empty when absent
  std::optional<std::uint64_t> protocols;
  std::optional<ByteView> ci_key_id;
  bool indirect = false;
};

// The members below the tag; unknown ones are skipped. Nothing: one of them is damaged.
[[nodiscard]] std::optional<EimData> read_eim_data(ByteView content);

// The key of an eimPublicKeyData alternative (A0 SubjectPublicKeyInfo, A1 Certificate, each without its own 30).
[[nodiscard]] std::optional<crypto::EcPublicKey> eim_key(ByteView alternative);

// INTEGER content as a number; what does not fit into 64 bits becomes the nearest number that does. Nothing when empty.
[[nodiscard]] std::optional<std::int64_t> integer_value(ByteView content);
// INTEGER content without redundant octets.
[[nodiscard]] ByteView minimal_integer(ByteView content);

}  // namespace simurgh::iot
