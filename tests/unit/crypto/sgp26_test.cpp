// The published test PKI of SGP.26, when its files are beside the repository: made by somebody else's tools.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "euicc/crypto/x509.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::crypto;
using namespace simurgh::literals;
namespace fs = std::filesystem;

namespace {

std::optional<fs::path> sgp26() {
  const char* named = std::getenv("SIMURGH_SHARED_VECTORS");
  const fs::path root = named != nullptr ? fs::path(named) : fs::path(simurgh::test::source_dir()) / "../shared/vectors";
  if (fs::is_directory(root / "sgp26")) return root / "sgp26";
  WARN("skipped: no folder " << (root / "sgp26").string() << " (set SIMURGH_SHARED_VECTORS)");
  return std::nullopt;
}

Bytes read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE(in);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

Certificate certificate(const fs::path& file) {
  INFO(file.string());
  auto out = parse_certificate(read(file));
  REQUIRE(out);
  return *std::move(out);
}

struct Flavour {
  std::string suffix;
  Curve curve;
  Bytes ci_key_id;
};
std::vector<Flavour> flavours() {
  return {{"NIST", Curve::nist_p256, "F54172BDF98A95D65CBEB88A38A1C11D800A85C3"_hex},
          {"BRP", Curve::brainpool_p256r1, "C0BC70BA36929D43B467FF57570530E57AB8FCD8"_hex}};
}

}  // namespace

TEST_CASE("SGP.26 chains verify link by link and carry their roles", "[crypto][x509][sgp26]") {
  const auto root = sgp26();
  if (!root) return;
  for (const Flavour& f : flavours()) {
    const Certificate ci = certificate(*root / "CertificateIssuer" / ("CERT_CI_ECDSA_" + f.suffix + ".der"));
    const Certificate eum = certificate(*root / "EUM" / ("CERT_EUM_ECDSA_" + f.suffix + ".der"));
    const Certificate euicc = certificate(*root / "eUICC" / ("CERT_EUICC_ECDSA_" + f.suffix + ".der"));
    const Certificate auth = certificate(*root / "DPauth" / ("CERT_S_SM_DPauth_ECDSA_" + f.suffix + ".der"));
    const Certificate pb = certificate(*root / "DPpb" / ("CERT_S_SM_DPpb_ECDSA_" + f.suffix + ".der"));
    const Certificate tls = certificate(*root / "DPtls" / ("CERT_S_SM_DP_VARO_TLS_" + f.suffix + ".der"));

    for (const Certificate* cert : {&ci, &eum, &euicc, &auth, &pb, &tls}) {
      INFO(cert->subject_text);
      REQUIRE(cert->key);
      CHECK(cert->key->curve() == f.curve);
      CHECK(cert->ecdsa_sha256);
      CHECK_FALSE(cert->unknown_critical_extension);
      CHECK_FALSE(cert->unsupported_curve);
      CHECK_FALSE(cert->compressed_key);
      CHECK(cert->has_key_usage);
    }
    CHECK(ci.ski == f.ci_key_id);
    CHECK(issued_by(ci, ci));
    CHECK(issued_by(eum, ci));
    CHECK(issued_by(euicc, eum));
    CHECK(issued_by(auth, ci));
    CHECK(issued_by(pb, ci));
    CHECK(issued_by(tls, ci));
    CHECK_FALSE(issued_by(euicc, ci));
    CHECK_FALSE(issued_by(auth, eum));
    CHECK_FALSE(issued_by(ci, eum));
    CHECK(may_issue(ci, eum));
    CHECK(may_issue(eum, euicc));
    CHECK_FALSE(may_issue(auth, pb));
    CHECK_FALSE(may_issue(eum, auth));  // no EID below the IIN
    CHECK_FALSE(may_issue(eum, ci));    // pathLen 0

    CHECK(ci.has_role(Role::ci));
    CHECK(eum.has_role(Role::eum));
    CHECK(euicc.has_role(Role::euicc));
    CHECK(auth.has_role(Role::dp_auth));
    CHECK(pb.has_role(Role::dp_pb));
    CHECK(tls.has_role(Role::dp_tls));
    CHECK_FALSE(auth.has_role(Role::dp_pb));

    CHECK(ci.is_ca);
    CHECK((ci.key_cert_sign && ci.crl_sign && !ci.digital_signature));
    CHECK(eum.is_ca);
    CHECK(eum.path_len == 0U);
    CHECK((eum.key_cert_sign && !eum.crl_sign));
    CHECK_FALSE(euicc.is_ca);
    CHECK((euicc.digital_signature && !euicc.key_cert_sign));

    CHECK(oid_text(ci.registered_id) == "2.999.1");
    CHECK(oid_text(eum.registered_id) == "2.999.5");
    CHECK(euicc.registered_id.empty());
    CHECK(auth.registered_id == "88370A"_hex);
    CHECK(pb.registered_id == auth.registered_id);
    CHECK(tls.dns_names == std::vector<std::string>{"testsmdpplus1.example.com"});

    CHECK(euicc.subject_serial_number == "89049032123451234512345678901235");
    CHECK(euicc.subject_organization == "RSP Test EUM");
    CHECK(eum.permitted_serial_prefixes == std::vector<std::string>{"89049032"});
    CHECK(eum.permitted_organizations == std::vector<std::string>{"RSP Test EUM"});
    CHECK(euicc.subject_text == "C = ES, O = RSP Test EUM, serialNumber = 89049032123451234512345678901235, CN = Test eUICC");
    CHECK(auth.subject_text == "O = ACME, CN = \"TEST SM-DP+\"");
    // 24 January 7496, in seconds that need more than 32 bits.
    CHECK(euicc.not_after / 86400 == 2018353);
    CHECK(euicc.not_after > ci.not_after);

    const auto key = EcPrivateKey::from_file_bytes(read(*root / "eUICC" / ("SK_EUICC_ECDSA_" + f.suffix + ".pem")));
    REQUIRE(key);
    CHECK(key->public_key().point() == euicc.key->point());
    const auto pem = certificate_from_file_bytes(read(*root / "CertificateIssuer" / ("CERT_CI_ECDSA_" + f.suffix + ".pem")));
    REQUIRE(pem);
    CHECK(pem->der == ci.der);
    CHECK(certificate_from_file_bytes(to_pem(euicc))->der == euicc.der);
  }
}

TEST_CASE("Certificates of the other curve's CI are not issued by this one", "[crypto][x509][sgp26]") {
  const auto root = sgp26();
  if (!root) return;
  const Certificate nist = certificate(*root / "CertificateIssuer/CERT_CI_ECDSA_NIST.der");
  const Certificate brainpool = certificate(*root / "CertificateIssuer/CERT_CI_ECDSA_BRP.der");
  const Certificate auth = certificate(*root / "DPauth/CERT_S_SM_DPauth_ECDSA_NIST.der");
  CHECK(nist.subject == brainpool.subject);  // so the name alone decides nothing
  CHECK(issued_by(auth, nist));
  CHECK_FALSE(issued_by(auth, brainpool));
  CHECK_FALSE(signed_by(auth, *brainpool.key));
}

TEST_CASE("Every file of SGP.26 parses, no prefix of one does, and every private key matches its certificate's curve",
          "[crypto][x509][sgp26]") {
  const auto root = sgp26();
  if (!root) return;
  int certificates = 0, keys = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*root)) {
    INFO(entry.path().filename().string());
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".der")) {
      const Bytes der = read(entry.path());
      ++certificates;
      CHECK(parse_certificate(der));
      for (std::size_t size = 0; size < der.size(); ++size) {
        if (parse_certificate(ByteView(der).first(size))) FAIL("a prefix of " << size << " octets parses");
      }
      Bytes longer = der;
      longer.push_back(0);
      CHECK_FALSE(parse_certificate(longer));
    } else if (name.starts_with("SK_")) {
      ++keys;
      CHECK(EcPrivateKey::from_file_bytes(read(entry.path())));
    }
  }
  CHECK(certificates >= 14);
  CHECK(keys >= 10);
}
