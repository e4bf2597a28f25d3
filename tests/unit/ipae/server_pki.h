// A CI and a server under it, made at run time.
#pragma once

#include <catch2/catch.hpp>

#include "euicc/crypto/x509.h"

namespace simurgh::test {

inline constexpr std::int64_t kNow = 1'750'000'000;  // 2025

struct ServerPki {
  explicit ServerPki(crypto::Curve curve = crypto::Curve::nist_p256, std::vector<std::string> names = {"smdp.example.com"})
      : rng(crypto::seeded_rng(7)),
        ci_key(crypto::EcPrivateKey::generate(curve, *rng)),
        server_key(crypto::EcPrivateKey::generate(curve, *rng)) {
    crypto::CertificateSpec spec;
    spec.subject.common_name = "Test CI";
    spec.role = crypto::Role::ci;
    spec.ca = true;
    spec.crl_sign = true;
    spec.not_before = kNow - 1000;
    spec.not_after = kNow + 100000;
    ci = crypto::mint_certificate(spec, ci_key.public_key(), ci_key, nullptr, *rng);
    const auto issuer = crypto::parse_certificate(ci);
    REQUIRE(issuer);
    crypto::CertificateSpec leaf;
    leaf.subject.common_name = "Test SM-DP+";
    leaf.role = crypto::Role::dp_tls;
    leaf.dns_names = std::move(names);
    leaf.ip_addresses = {"127.0.0.1"};
    leaf.server_client_eku = true;
    leaf.policies_critical = false;
    leaf.not_before = kNow - 1000;
    leaf.not_after = kNow + 1000;
    server = crypto::mint_certificate(leaf, server_key.public_key(), ci_key, &*issuer, *rng);
  }
  std::unique_ptr<crypto::Rng> rng;
  crypto::EcPrivateKey ci_key, server_key;
  Bytes ci, server;
};

// RFC 5480: a point on P-256 as SubjectPublicKeyInfo.
inline Bytes spki(const crypto::EcPublicKey& key) {
  using namespace simurgh::literals;
  return concat({"30 59 30 13 06 07 2A 86 48 CE 3D 02 01 06 08 2A 86 48 CE 3D 03 01 07 03 42 00"_hex, key.point()});
}

}  // namespace simurgh::test
