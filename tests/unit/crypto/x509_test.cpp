// Minted certificates and CRLs: read back here, and by OpenSSL as the second opinion.
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <memory>

#include "asn1/tlv.h"
#include "euicc/crypto/x509.h"

using namespace simurgh;
using namespace simurgh::crypto;
using namespace simurgh::literals;

namespace {

constexpr std::int64_t kFrom = 1600000000;       // September 2020
constexpr std::int64_t kUntil = 4102444800;      // 1 January 2100
constexpr std::int64_t kForever = 174385734538;  // 24 January 7496, as in SGP.26

CertificateSpec spec(Role role, Name subject) {
  CertificateSpec out;
  out.role = role;
  out.subject = std::move(subject);
  out.not_before = kFrom;
  out.not_after = kUntil;
  return out;
}

struct Issued {
  EcPrivateKey key;
  Certificate certificate;
};

Certificate parsed(const Bytes& der) {
  auto out = parse_certificate(der);
  REQUIRE(out);
  return *std::move(out);
}

struct Pki {
  Issued ci, eum, euicc, auth, pb, tls;
};

Issued issue(CertificateSpec wanted, Curve curve, Rng& rng, const Issued* issuer) {
  EcPrivateKey key = EcPrivateKey::generate(curve, rng);
  const Bytes der = mint_certificate(wanted, key.public_key(), issuer == nullptr ? key : issuer->key,
                                     issuer == nullptr ? nullptr : &issuer->certificate, rng);
  return {key, parsed(der)};
}

// The shape of SGP.26.
Pki make_pki(Curve curve, Rng& rng) {
  CertificateSpec ci =
      spec(Role::ci, {.common_name = "Test CI", .organization = "RSPTEST", .organizational_unit = "TESTCERT", .country = "IT"});
  ci.ca = ci.crl_sign = true;
  ci.registered_id = *oid_content("2.999.1");
  ci.crl_url = "http://ci.example.com/CRL-A.crl";
  const Issued root = issue(ci, curve, rng, nullptr);

  CertificateSpec eum = spec(Role::eum, {.common_name = "EUM Test", .organization = "RSP Test EUM", .country = "ES"});
  eum.ca = true;
  eum.path_len = 0;
  eum.registered_id = *oid_content("2.999.5");
  eum.permitted_organization = "RSP Test EUM";
  eum.permitted_serial_prefix = "89049032";
  const Issued manufacturer = issue(eum, curve, rng, &root);

  CertificateSpec euicc = spec(
      Role::euicc,
      {.common_name = "Test eUICC", .organization = "RSP Test EUM", .country = "ES", .serial_number = "89049032123451234512345678901235"});
  euicc.not_after = kForever;

  CertificateSpec auth = spec(Role::dp_auth, {.common_name = "TEST SM-DP+", .organization = "ACME"});
  auth.registered_id = *oid_content("2.999.10");
  auth.crl_url = "http://ci.example.com/CRL-B.crl";
  CertificateSpec pb = auth;
  pb.role = Role::dp_pb;
  CertificateSpec tls = auth;
  tls.role = Role::dp_tls;
  tls.more_roles = {Role::ds_tls};
  tls.policies_critical = false;
  tls.server_client_eku = true;
  tls.dns_names = {"smdp.example.com", "localhost"};
  tls.ip_addresses = {"127.0.0.1", "::1"};
  return {root,
          manufacturer,
          issue(euicc, curve, rng, &manufacturer),
          issue(auth, curve, rng, &root),
          issue(pb, curve, rng, &root),
          issue(tls, curve, rng, &root)};
}

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using StorePtr = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;

X509Ptr openssl_certificate(const Bytes& der) {
  const unsigned char* at = der.data();
  X509Ptr out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (at != der.data() + der.size()) out.reset();
  return out;
}

// As "openssl verify -CAfile root": X509_V_OK or the error.
int openssl_verify(const Certificate& root, const Certificate& cert) {
  const StorePtr store(X509_STORE_new());
  const X509Ptr anchor = openssl_certificate(root.der), leaf = openssl_certificate(cert.der);
  X509_STORE_add_cert(store.get(), anchor.get());
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

// A certificate with one element of its TBS replaced or extended, signed again.
Bytes resigned(const Bytes& tbs, const EcPrivateKey& key) {
  Bytes bits{0x00};
  append(bits, key.sign_der(tbs));
  return asn1::tlv(0x30, concat({tbs, "300A06082A8648CE3D040302"_hex, asn1::tlv(0x03, bits)}));
}

// Replaces the only occurrence of `from` by as many octets.
Bytes replaced(Bytes text, const Bytes& from, const Bytes& to) {
  REQUIRE(from.size() == to.size());
  const auto at = std::search(text.begin(), text.end(), from.begin(), from.end());
  REQUIRE(at != text.end());
  std::copy(to.begin(), to.end(), at);
  return text;
}

Bytes tbs_of(const Certificate& cert) { return to_bytes(asn1::find_child(asn1::read_only(cert.der, 0x30)->value, 0x30)->raw); }

// The TBS of `cert` with other extensions, signed by `key`.
Bytes with_extensions(const Certificate& cert, const Bytes& extensions, const EcPrivateKey& key) {
  Bytes content;
  const Bytes tbs = tbs_of(cert);
  asn1::TlvReader fields(asn1::read_only(tbs, 0x30)->value);
  while (fields.peek() != 0xA3U) append(content, fields.next()->raw);
  append(content, asn1::tlv(0xA3, asn1::tlv(0x30, extensions)));
  return resigned(asn1::tlv(0x30, content), key);
}

}  // namespace

TEST_CASE("Minted certificates of every role come back with everything they were given", "[crypto][x509]") {
  const auto rng = seeded_rng(10);
  for (const Curve curve : {Curve::nist_p256, Curve::brainpool_p256r1}) {
    const Pki pki = make_pki(curve, *rng);
    for (const Issued* issued : {&pki.ci, &pki.eum, &pki.euicc, &pki.auth, &pki.pb, &pki.tls}) {
      const Certificate& cert = issued->certificate;
      INFO(cert.subject_text);
      REQUIRE(cert.key);
      CHECK(cert.key->point() == issued->key.public_key().point());
      CHECK(cert.ecdsa_sha256);
      CHECK_FALSE(cert.unknown_critical_extension);
      CHECK(cert.ski.size() == 20);
      CHECK(cert.serial.size() == 16);
      CHECK((cert.serial[0] & 0x80) == 0);
      CHECK(cert.not_before == kFrom);
      const X509Ptr second = openssl_certificate(cert.der);
      REQUIRE(second);
      CHECK(X509_get_version(second.get()) == X509_VERSION_3);
    }
    CHECK(issued_by(pki.ci.certificate, pki.ci.certificate));
    CHECK(issued_by(pki.eum.certificate, pki.ci.certificate));
    CHECK(issued_by(pki.euicc.certificate, pki.eum.certificate));
    CHECK(issued_by(pki.auth.certificate, pki.ci.certificate));
    CHECK_FALSE(issued_by(pki.euicc.certificate, pki.ci.certificate));
    CHECK(may_issue(pki.ci.certificate, pki.eum.certificate));
    CHECK(may_issue(pki.eum.certificate, pki.euicc.certificate));

    CHECK(pki.ci.certificate.has_role(Role::ci));
    CHECK(pki.ci.certificate.crl_sign);
    CHECK_FALSE(pki.ci.certificate.path_len);
    CHECK(pki.eum.certificate.has_role(Role::eum));
    CHECK(pki.eum.certificate.path_len == 0U);
    CHECK_FALSE(pki.eum.certificate.crl_sign);
    CHECK(pki.eum.certificate.permitted_serial_prefixes == std::vector<std::string>{"89049032"});
    CHECK(pki.eum.certificate.permitted_organizations == std::vector<std::string>{"RSP Test EUM"});
    CHECK(pki.euicc.certificate.has_role(Role::euicc));
    CHECK(pki.euicc.certificate.subject_serial_number == "89049032123451234512345678901235");
    CHECK(pki.euicc.certificate.not_after == kForever);
    CHECK(pki.auth.certificate.has_role(Role::dp_auth));
    CHECK(pki.auth.certificate.registered_id == *oid_content("2.999.10"));
    CHECK(pki.pb.certificate.has_role(Role::dp_pb));
    CHECK((pki.tls.certificate.has_role(Role::dp_tls) && pki.tls.certificate.has_role(Role::ds_tls)));
    CHECK(pki.tls.certificate.dns_names == std::vector<std::string>{"smdp.example.com", "localhost"});
  }
}

TEST_CASE("OpenSSL accepts minted chains", "[crypto][x509]") {
  const auto rng = seeded_rng(11);
  for (const Curve curve : {Curve::nist_p256, Curve::brainpool_p256r1}) {
    const Pki pki = make_pki(curve, *rng);
    CHECK(openssl_verify(pki.ci.certificate, pki.ci.certificate) == X509_V_OK);
    CHECK(openssl_verify(pki.ci.certificate, pki.eum.certificate) == X509_V_OK);
    CHECK(openssl_verify(pki.ci.certificate, pki.auth.certificate) == X509_V_OK);
    CHECK(openssl_verify(pki.ci.certificate, pki.pb.certificate) == X509_V_OK);
    CHECK(openssl_verify(pki.ci.certificate, pki.tls.certificate) == X509_V_OK);
    CHECK(openssl_verify(pki.eum.certificate, pki.auth.certificate) != X509_V_OK);
    const X509Ptr tls = openssl_certificate(pki.tls.certificate.der);
    CHECK(X509_check_host(tls.get(), "localhost", 0, 0, nullptr) == 1);
    CHECK(X509_check_ip_asc(tls.get(), "127.0.0.1", 0) == 1);
    CHECK(X509_check_ip_asc(tls.get(), "::1", 0) == 1);
    CHECK(X509_check_purpose(tls.get(), X509_PURPOSE_SSL_SERVER, 0) == 1);
    const X509Ptr euicc = openssl_certificate(pki.euicc.certificate.der), eum = openssl_certificate(pki.eum.certificate.der);
    CHECK(X509_verify(euicc.get(), X509_get0_pubkey(eum.get())) == 1);
    ERR_clear_error();
  }
}

TEST_CASE("An EID outside the EUM's digits or another organization may not be issued by it", "[crypto][x509]") {
  const auto rng = seeded_rng(12);
  const Pki pki = make_pki(Curve::nist_p256, *rng);
  const auto made = [&](const std::string& eid, const std::string& organization) {
    return issue(spec(Role::euicc, {.common_name = "x", .organization = organization, .serial_number = eid}), Curve::nist_p256, *rng,
                 &pki.eum)
        .certificate;
  };
  CHECK(may_issue(pki.eum.certificate, made("89049032000000000000000000000001", "RSP Test EUM")));
  CHECK_FALSE(may_issue(pki.eum.certificate, made("89049033000000000000000000000001", "RSP Test EUM")));
  CHECK_FALSE(may_issue(pki.eum.certificate, made("8904903", "RSP Test EUM")));
  CHECK_FALSE(may_issue(pki.eum.certificate, made("89049032000000000000000000000001", "Another")));
  CHECK(issued_by(made("89049033000000000000000000000001", "RSP Test EUM"), pki.eum.certificate));  // the signature is good all the same
}

TEST_CASE("Dates before 1970, at the UTCTime border and in the year 9999 survive", "[crypto][x509]") {
  const auto rng = seeded_rng(13);
  const EcPrivateKey key = EcPrivateKey::generate(Curve::nist_p256, *rng);
  // 1950-01-01, 1969-12-31 23:59:59, 2000-02-29, 2049-12-31 23:59:59, 2050-01-01, 9999-12-31 23:59:59
  for (const std::int64_t when : {-631152000LL, -1LL, 951782400LL, 2524607999LL, 2524608000LL, 253402300799LL}) {
    CertificateSpec wanted = spec(Role::ci, {.common_name = "t"});
    wanted.not_before = wanted.not_after = when;
    const Certificate cert = parsed(mint_certificate(wanted, key.public_key(), key, nullptr, *rng));
    CHECK(cert.not_before == when);
    const X509Ptr second = openssl_certificate(cert.der);
    REQUIRE(second);
    tm broken{};
    REQUIRE(ASN1_TIME_to_tm(X509_get0_notAfter(second.get()), &broken) == 1);
    CHECK(timegm(&broken) == when);
  }
  for (const std::int64_t when : {-631152001LL, 253402300800LL}) {
    CertificateSpec wanted = spec(Role::ci, {.common_name = "t"});
    wanted.not_after = when;
    CHECK_THROWS_AS(mint_certificate(wanted, key.public_key(), key, nullptr, *rng), std::invalid_argument);
  }
}

TEST_CASE("A flipped bit anywhere is no longer signed, and never more than an answer", "[crypto][x509]") {
  const auto rng = seeded_rng(14);
  const Pki pki = make_pki(Curve::nist_p256, *rng);
  for (const Issued* issued : {&pki.auth, &pki.eum}) {
    const Bytes& der = issued->certificate.der;
    for (std::size_t bit = 0; bit < der.size() * 8; ++bit) {
      Bytes bad = der;
      bad[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
      const auto cert = parse_certificate(bad);
      if (cert && issued_by(*cert, pki.ci.certificate)) FAIL("bit " << bit << " does not matter");
    }
    CHECK(ERR_peek_error() == 0);
  }
}

TEST_CASE("Random damage never crashes the readers, and what they read OpenSSL reads too", "[crypto][x509]") {
  const auto rng = seeded_rng(15);
  const Pki pki = make_pki(Curve::nist_p256, *rng);
  const Bytes crl = mint_crl(pki.ci.certificate, pki.ci.key, {"01"_hex, "0080"_hex}, 1, kFrom, kUntil);
  const std::vector<Bytes> seeds{pki.ci.certificate.der, pki.eum.certificate.der, pki.tls.certificate.der, crl};
  int read = 0, agreed = 0;
  for (int round = 0; round < 20000; ++round) {
    const Bytes dice = rng->bytes(16);
    Bytes data = seeds[dice[0] % seeds.size()];
    for (int i = 0; i <= dice[1] % 3; ++i) {
      const std::size_t at = be_value(ByteView(dice).subspan(2 + 4 * static_cast<std::size_t>(i), 2)) % data.size();
      data[at] = dice[4 + 4 * static_cast<std::size_t>(i)];
    }
    if (dice[15] % 8 == 0) data.resize(be_value(ByteView(dice).subspan(12, 2)) % data.size());
    // An exact-size block: an over-read is seen by the sanitizer.
    const Bytes exact(data.begin(), data.end());
    const auto cert = parse_certificate(exact);
    const auto list = parse_crl(exact);
    CHECK_FALSE((cert && list));
    if (list) {
      ++read;
      (void)signed_by(*list, *pki.ci.certificate.key);
    }
    if (!cert) continue;
    ++read;
    const X509Ptr second = openssl_certificate(exact);
    if (!second) continue;  // it knows more string types and checks what is in them
    ++agreed;
    const unsigned char* name = nullptr;
    std::size_t size = 0;
    X509_NAME_get0_der(X509_get_subject_name(second.get()), &name, &size);
    const bool same_subject = equal(cert->subject, ByteView(name, size));
    const ASN1_OCTET_STRING* ski = X509_get0_subject_key_id(second.get());
    const bool same_key_id =
        ski == nullptr || equal(cert->ski, ByteView(ASN1_STRING_get0_data(ski), static_cast<std::size_t>(ASN1_STRING_length(ski))));
    tm broken{};
    const bool same_end = ASN1_TIME_to_tm(X509_get0_notAfter(second.get()), &broken) == 1 && timegm(&broken) == cert->not_after;
    if (!same_subject || !same_key_id || !same_end) FAIL(to_hex(exact));
  }
  CHECK(read > 1000);
  CHECK(agreed > 1000);
  CHECK(parse_certificate({}) == std::nullopt);
  ERR_clear_error();
}

TEST_CASE("A certificate with a malformed, repeated or unknown critical extension says so", "[crypto][x509]") {
  const auto rng = seeded_rng(16);
  const Pki pki = make_pki(Curve::nist_p256, *rng);
  const auto with = [&](const Bytes& extensions) {
    return parse_certificate(with_extensions(pki.auth.certificate, extensions, pki.ci.key));
  };
  const Bytes ski = "300C0603551D0E0405040301 0203"_hex;
  REQUIRE(with(ski));
  CHECK(with(ski)->ski == "010203"_hex);
  CHECK_FALSE(with(ski)->has_key_usage);
  CHECK_FALSE(with(concat({ski, ski})));
  CHECK_FALSE(with("300C0603551D0E040504020102 03"_hex));           // something behind the identifier
  const auto known = with("300E0603551D0F0101FF0404030206C0"_hex);  // keyUsage, two bits
  REQUIRE(known);
  CHECK((known->has_key_usage && known->digital_signature && !known->key_cert_sign));
  CHECK_FALSE(with("300E0603551D0F0101FF0404030208C0"_hex));      // eight unused bits
  CHECK_FALSE(with("300E0603551D0F0101010404030206C0"_hex));      // a BOOLEAN that is not DER
  CHECK_FALSE(with("30100603551D2004093007300506037F0188"_hex));  // a policy identifier that does not end
  const auto unknown = with("300C0603551D240101FF04023000"_hex);  // policyConstraints, critical
  REQUIRE(unknown);
  CHECK(unknown->unknown_critical_extension);
  const auto harmless = with("30090603551D2404023000"_hex);
  REQUIRE(harmless);
  CHECK_FALSE(harmless->unknown_critical_extension);
  CHECK_FALSE(with("30130603551D11040C300A8208612E62002E636F6D"_hex));  // a NUL inside a dNSName
  CHECK(with(""_hex));
}

TEST_CASE("A key on another curve, in another form or of another algorithm is told apart", "[crypto][x509]") {
  const auto rng = seeded_rng(17);
  const Pki pki = make_pki(Curve::nist_p256, *rng);
  const Bytes tbs = tbs_of(pki.auth.certificate);
  const auto read = [&](const Bytes& changed) { return parsed(resigned(changed, pki.ci.key)); };
  const Certificate other_curve = read(replaced(tbs, "06082A8648CE3D030107"_hex, "06082A8648CE3D030106"_hex));
  CHECK((other_curve.unsupported_curve && !other_curve.key));
  const Certificate no_parameters = read(replaced(tbs, "06082A8648CE3D030107"_hex, "04082A8648CE3D030107"_hex));
  CHECK((no_parameters.unsupported_curve && !no_parameters.key));
  const Certificate other_algorithm = read(replaced(tbs, "06072A8648CE3D0201"_hex, "06072A8648CE3D0202"_hex));
  CHECK((!other_algorithm.unsupported_curve && !other_algorithm.key));
  const Certificate off_curve = read(replaced(tbs, "03420004"_hex, "03420005"_hex));
  CHECK((!off_curve.unsupported_curve && !off_curve.key && !off_curve.compressed_key));
  // SubjectPublicKeyInfo with a compressed point: shorter, so the TBS is put together anew.
  asn1::TlvReader fields(asn1::read_only(tbs, 0x30)->value);
  Bytes content;
  const Bytes& point = pki.auth.key.public_key().point();
  for (int i = 0; !fields.at_end(); ++i) {
    const asn1::Tlv field = *fields.next();
    if (i != 6) {
      append(content, field.raw);
      continue;
    }
    const Bytes compressed = concat({Bytes{0x00, static_cast<std::uint8_t>(0x02 | (point.back() & 1))}, ByteView(point).subspan(1, 32)});
    append(content, asn1::tlv(0x30, concat({asn1::find_child(field.value, 0x30)->raw, asn1::tlv(0x03, compressed)})));
  }
  const Certificate compressed = read(asn1::tlv(0x30, content));
  CHECK((compressed.compressed_key && !compressed.key && !compressed.unsupported_curve));
  CHECK(issued_by(compressed, pki.ci.certificate));
}

TEST_CASE("A certificate that names two signature algorithms is not signed", "[crypto][x509]") {
  const auto rng = seeded_rng(18);
  const Pki pki = make_pki(Curve::nist_p256, *rng);
  const Bytes tbs = replaced(tbs_of(pki.auth.certificate), "300A06082A8648CE3D040302"_hex, "300A06082A8648CE3D040303"_hex);
  const Certificate cert = parsed(resigned(tbs, pki.ci.key));
  CHECK_FALSE(cert.ecdsa_sha256);
  CHECK_FALSE(signed_by(cert, *pki.ci.certificate.key));
}

TEST_CASE("A CRL lists what it was given and is verified like a certificate", "[crypto][x509][crl]") {
  const auto rng = seeded_rng(19);
  for (const Curve curve : {Curve::nist_p256, Curve::brainpool_p256r1}) {
    const Pki pki = make_pki(curve, *rng);
    const Bytes der = mint_crl(pki.ci.certificate, pki.ci.key, {pki.auth.certificate.serial, "01"_hex}, 300, kFrom, kUntil);
    const auto crl = parse_crl(der);
    REQUIRE(crl);
    CHECK(crl->issuer == pki.ci.certificate.subject);
    CHECK(crl->aki == pki.ci.certificate.ski);
    CHECK(crl->number == "012C"_hex);
    CHECK(crl->this_update == kFrom);
    CHECK(crl->next_update == kUntil);
    CHECK(crl->revoked == std::vector<Bytes>{pki.auth.certificate.serial, "01"_hex});
    CHECK_FALSE(crl->is_delta);
    CHECK_FALSE(crl->unknown_critical_extension);
    CHECK(signed_by(*crl, *pki.ci.certificate.key));
    CHECK_FALSE(signed_by(*crl, *pki.eum.certificate.key));
    for (std::size_t size = 0; size < der.size(); ++size) CHECK_FALSE(parse_crl(ByteView(der).first(size)));
    for (std::size_t bit = 0; bit < der.size() * 8; bit += 5) {
      Bytes bad = der;
      bad[bit / 8] ^= static_cast<std::uint8_t>(0x80U >> bit % 8);
      const auto read = parse_crl(bad);
      if (read && signed_by(*read, *pki.ci.certificate.key)) FAIL("bit " << bit << " does not matter");
    }
    const auto empty = parse_crl(mint_crl(pki.ci.certificate, pki.ci.key, {}, 1, kFrom, kUntil));
    REQUIRE(empty);
    CHECK(empty->revoked.empty());
    const unsigned char* at = der.data();
    const std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>> second(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
    REQUIRE(second);
    const X509Ptr issuer = openssl_certificate(pki.ci.certificate.der);
    CHECK(X509_CRL_verify(second.get(), X509_get0_pubkey(issuer.get())) == 1);
    CHECK(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(second.get())) == 2);
    CHECK_FALSE(parse_certificate(der));
    CHECK_FALSE(parse_crl(pki.ci.certificate.der));
  }
  ERR_clear_error();
}

TEST_CASE("Object identifiers go between dots and octets", "[crypto][oid]") {
  for (const auto& [text, hex] : std::vector<std::pair<std::string, std::string>>{{"2.999.10", "88370A"},
                                                                                  {"2.23.146.1.2.1.4", "67811201020104"},
                                                                                  {"1.2.840.10045.3.1.7", "2A8648CE3D030107"},
                                                                                  {"0.0", "00"},
                                                                                  {"1.39", "4F"},
                                                                                  {"2.39", "77"},
                                                                                  {"2.47", "7F"},
                                                                                  {"2.48", "8100"},
                                                                                  {"1.3.18446744073709551535", "2B81FFFFFFFFFFFFFFFF2F"}}) {
    INFO(text);
    REQUIRE(oid_content(text));
    CHECK(to_hex(*oid_content(text)) == hex);
  }
  for (const char* text : {"2.999.10", "2.23.146.1.2.1.4", "0.0", "1.39", "2.47", "2.48", "2.144115188075855871"})
    CHECK(oid_text(*oid_content(text)) == text);
  for (const char* bad :
       {"", "2", "2.", ".2", "3.1", "1.40", "2..1", "2.01", "2.1.", "2.1x", "2.-1", "2. 1", "2.99999999999999999999999"}) {
    INFO(bad);
    CHECK_FALSE(oid_content(bad));
  }
  CHECK(oid_text({}).empty());
  CHECK(oid_text("8837"_hex) == "2.999");
  CHECK(oid_text("88"_hex).empty());
  CHECK(oid_text("2A8001"_hex).empty());
  CHECK(oid_text("2A81FFFFFFFFFFFFFFFFFF7F"_hex).empty());
  CHECK(to_hex(role_oid(Role::dp_auth)) == "67811201020104");
}

TEST_CASE("A name that is no address is refused by the mint", "[crypto][x509]") {
  const auto rng = seeded_rng(20);
  const EcPrivateKey key = EcPrivateKey::generate(Curve::nist_p256, *rng);
  CertificateSpec wanted = spec(Role::dp_tls, {.common_name = "t"});
  wanted.ip_addresses = {"1.2.3"};
  CHECK_THROWS_AS(mint_certificate(wanted, key.public_key(), key, nullptr, *rng), std::invalid_argument);
}
