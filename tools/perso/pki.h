// A test PKI as a folder, laid out and shaped like the SGP.26 test certificates: a CI on two curves, an EUM, an SM-DP+ with its three
// certificates, material for ES2+ and for an eIM. The same reader takes the SGP.26 folder itself.
#pragma once

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "euicc/crypto/rng.h"
#include "euicc/crypto/x509.h"

namespace simurgh::perso {

// One sentence for people that says what to try.
class PkiError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Identity {
  crypto::Certificate certificate;
  std::optional<crypto::EcPrivateKey> key;
};

struct Pki {
  struct Curve {
    crypto::Curve curve = crypto::Curve::nist_p256;
    std::optional<Identity> ci, eum, dp_auth, dp_pb, dp_tls;
  };
  std::array<Curve, 2> curves;                          // P-256, brainpoolP256r1
  std::optional<Identity> es2_ca, es2_client;           // operator side of ES2+, mutual TLS
  std::optional<Identity> eim_signing, eim_tls;
};

struct PkiSpec {
  std::vector<std::string> hosts = {"localhost"};       // dNSName or IPv4 of the TLS certificates
  std::string iin = "89049032";                         // of the EUM
  std::int64_t not_before = 0;                          // seconds since 1970
  std::uint32_t years = 30;
};

[[nodiscard]] Pki make_pki(const PkiSpec& spec, crypto::Rng& rng);
// Throws PkiError when the folder exists and is not empty, or cannot be written. Keys get mode 0600.
void write_pki(const Pki& pki, const std::string& folder);
// Takes what is there. Throws PkiError when there is no CI at all or a file cannot be read.
[[nodiscard]] Pki read_pki(const std::string& folder);
// A certificate or key file, PEM or DER. Throws PkiError.
[[nodiscard]] crypto::Certificate read_certificate(const std::string& path);
[[nodiscard]] crypto::EcPrivateKey read_key(const std::string& path);

}  // namespace simurgh::perso
