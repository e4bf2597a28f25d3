// What an eIM sends, as octets: eUICC packages with their signature (SGP.32 v1.2 2.11.1.1), data requests, download triggers, and the
// configuration data that associate it with a card.
#pragma once

#include <optional>
#include <string>

#include "asn1/bytes.h"
#include "euicc/crypto/ec.h"

namespace simurgh::eim {

inline constexpr std::int64_t kMostCounter = 0x7FFFFF;  // of counterValue

enum class Commands : std::uint8_t { psmo = 0xA0, eco = 0xA1 };

struct PackageContent {
  std::string eim_id;
  Bytes eid;          // 16 octets
  std::int64_t counter = 0;
  Bytes transaction;  // empty: none
  Commands kind = Commands::psmo;
  Bytes commands;     // the list's elements, one after the other
};

// The DO that ends each signature's input without being sent: 84 L token. Zero stands for an association without a token.
[[nodiscard]] Bytes token_object(std::int64_t token);
[[nodiscard]] Bytes package_signed(const PackageContent& content);  // 30, the signed part
// BF51 around the signed part and eimSignature.
[[nodiscard]] Bytes sign_package(ByteView signed_part, std::int64_t token, const crypto::EcPrivateKey& key);

struct DataRequest {
  Bytes tag_list;
  Bytes ci_key_id;            // empty: none
  Bytes notification_search;  // content of A1; empty: none
  Bytes result_search;        // content of A2; empty: none
  Bytes transaction;
};
[[nodiscard]] Bytes data_request(const DataRequest& request);  // BF52

struct Trigger {
  std::string activation_code;  // "1$host$id"
  bool default_smdp = false;
  bool smds = false;
  std::string smds_address;
  Bytes transaction;
};
[[nodiscard]] Bytes download_trigger(const Trigger& trigger);  // BF54; without any of the three the eIM keeps the data

enum class IdType : std::uint8_t { oid = 1, fqdn = 2, proprietary = 3 };

struct Configuration {
  std::string eim_id, fqdn;
  IdType id_type = IdType::fqdn;
  std::int64_t counter = 0;
  bool ask_token = true;       // associationToken -1: the card generates one
  Bytes public_key;            // SubjectPublicKeyInfo or Certificate, DER
  bool public_key_is_certificate = false;
  Bytes tls_key;               // the same for TLS; empty: not pinned
  bool tls_key_is_certificate = false;
  std::uint64_t protocols = 1;  // bits: retrieve HTTPS, retrieve CoAPS, inject HTTPS, inject CoAPS, proprietary
  Bytes ci_key_id;
  bool indirect_download = false;
};
[[nodiscard]] Bytes configuration_data(const Configuration& configuration);  // 30: EimConfigurationData
[[nodiscard]] Bytes add_initial_eim(ByteView configuration_data);            // BF57 with one entry
// SubjectPublicKeyInfo of a key.
[[nodiscard]] Bytes public_key_info(const crypto::EcPublicKey& key);

}  // namespace simurgh::eim
