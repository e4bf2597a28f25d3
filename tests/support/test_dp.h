// An SM-DP+ for tests, free of the product's servers: its own PKI on both curves, mutual authentication, bound packages with any fault one wants,
// and a judge of what the card signs.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "asn1/tlv.h"
#include "euicc/crypto/rng.h"
#include "euicc/crypto/x509.h"
#include "euicc/ecasd/ecasd.h"

namespace simurgh::test {

struct TestIdentity {
  crypto::Certificate certificate;
  crypto::EcPrivateKey key;
};

// What a card and a server of one curve need.
struct TestCurve {
  crypto::Curve curve;
  TestIdentity ci, eum, euicc, dp_auth, dp_pb, ds_auth;
};

class TestPki {
 public:
  explicit TestPki(std::uint64_t seed = 1, const std::string& eid = "89049032300000000000000000000189");
  [[nodiscard]] const TestCurve& on(crypto::Curve curve) const { return curves_[static_cast<std::size_t>(curve)]; }
  // A card with both chains, P-256 first.
  [[nodiscard]] ecasd::Ecasd card() const;
  // A server certificate under this curve's CI, with whatever the caller changes.
  [[nodiscard]] TestIdentity server(crypto::Curve curve, const std::function<void(crypto::CertificateSpec&)>& change = {}) const;
  [[nodiscard]] crypto::Rng& rng() const { return *rng_; }
  [[nodiscard]] const ecasd::Eid& eid() const { return eid_; }

 private:
  ecasd::Eid eid_;
  std::unique_ptr<crypto::Rng> rng_;
  std::vector<TestCurve> curves_;
};

// A DER certificate changed in its to-be-signed part and signed again by the issuer, for shapes minting does not offer. `change` edits the octets
// of the TBSCertificate without altering its length.
[[nodiscard]] Bytes signed_again(ByteView certificate, const crypto::EcPrivateKey& issuer, const std::function<void(Bytes& tbs)>& change);

// SCP03t on the sending side (SGP.22 annex G).
class Sealer {
 public:
  Sealer(ByteView chain, ByteView enc, ByteView mac) : chain_(to_bytes(chain)), enc_(to_bytes(enc)), mac_(to_bytes(mac)) {}
  [[nodiscard]] Bytes seal(std::uint32_t tag, ByteView plain);                   // 88 is not encrypted
  [[nodiscard]] Bytes seal_body(std::uint32_t tag, ByteView already_encrypted);  // MAC over whatever this is

 private:
  Bytes chain_, enc_, mac_;
  std::uint64_t counter_ = 1;
};

// Where a bound package may be bent. Each hook may change what it is given before it is protected or signed.
struct Faults {
  std::function<void(Bytes& bf23_without_signature)> before_smdp_sign;  // elements 82, 80, A6, 5F49, without the header
  std::function<void(Bytes& bf23_without_signature)> after_smdp_sign;   // changed although signed
  bool break_smdp_sign = false;
  std::function<std::vector<Bytes>(Sealer&)> configure, metadata, replace;  // contents of A0, A1, A2 in place of the usual ones
  std::function<void(std::vector<Bytes>& parts)> parts;                 // BF23, A0, A1, [A2], A3 as whole DOs
};

struct BindOptions {
  std::size_t segment = 1007;             // plaintext octets of an 86
  bool replace_session_keys = true;
  Bytes host_id = {0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17};
  Bytes configure = {0xBF, 0x24, 0x00};   // ConfigureISDP
  Faults faults;
};

// One server session.
class TestDp {
 public:
  explicit TestDp(const TestPki& pki, crypto::Curve curve = crypto::Curve::nist_p256);

  // What is signed and sent; every field may be changed before a step.
  Bytes transaction_id = Bytes(16, 0x01);
  std::string address = "smdp.example.com";
  Bytes server_challenge = Bytes(16, 0xB1);
  TestIdentity auth, binding;              // CERT.DPauth, CERT.DPpb
  Bytes ci_key_id;
  Bytes ctx_params1;                       // DO A0
  bool break_signature1 = false, break_signature2 = false;
  bool confirmation = false;
  Bytes hash_cc, bound_otpk;
  Bytes signed2_transaction_id;            // empty: transaction_id

  [[nodiscard]] Bytes authenticate_request(ByteView challenge) const;
  // Keeps euiccSignature1; false when the response is no success or a signature or certificate in it is wrong.
  [[nodiscard]] bool take_authenticate_response(ByteView bf38);
  [[nodiscard]] Bytes prepare_request();
  // Keeps otPK.EUICC; false likewise.
  [[nodiscard]] bool take_prepare_response(ByteView bf21);
  // BF36 for the card's one-time key. `metadata`: BF25.
  [[nodiscard]] Bytes bind(ByteView metadata, ByteView upp, const BindOptions& options = {}) const;
  [[nodiscard]] Bytes cancel_request(std::uint8_t reason) const;

  // Signatures of the card, verified under the chain of this session.
  [[nodiscard]] bool verifies_result(ByteView bf37) const;
  [[nodiscard]] bool verifies_notification(ByteView notification) const;  // 30 with its two certificates
  [[nodiscard]] bool verifies_cancel(ByteView bf41) const;

  [[nodiscard]] const Bytes& euicc_otpk() const { return euicc_otpk_; }
  [[nodiscard]] const TestCurve& curve() const { return curve_; }

 private:
  const TestPki& pki_;
  const TestCurve& curve_;
  Bytes euicc_signature1_, smdp_signature2_, euicc_otpk_;
};

// BF25 with the mandatory fields and more elements behind them.
[[nodiscard]] Bytes metadata(ByteView iccid, ByteView more = {});
[[nodiscard]] Bytes iccid_octets(const std::string& digits);  // nibble-swapped, padded with F

// What a result says.
struct ResultView {
  bool success = false;
  unsigned command = 0, reason = 0;
  Bytes aid, sima_response, iccid, smdp_oid, transaction_id;
  std::uint64_t sequence = 0;
  std::string address;
};
[[nodiscard]] std::optional<ResultView> read_result(ByteView bf37);

// The pieces an LPA cuts a bound package into (SGP.22 v2.5 2.5.5).
[[nodiscard]] std::vector<Bytes> lpa_pieces(ByteView package);
[[nodiscard]] std::vector<Bytes> slices(ByteView package, std::size_t size);

}  // namespace simurgh::test
