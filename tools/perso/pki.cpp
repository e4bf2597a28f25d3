#include "tools/perso/pki.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace simurgh::perso {
namespace {

namespace fs = std::filesystem;
using crypto::CertificateSpec;
using crypto::EcPrivateKey;
using crypto::Role;

constexpr std::int64_t kYear = 31556952;

Identity mint(const CertificateSpec& spec, crypto::Curve curve, const Identity* issuer, crypto::Rng& rng) {
  auto key = EcPrivateKey::generate(curve, rng);
  const EcPrivateKey& signer = issuer == nullptr ? key : *issuer->key;
  const Bytes der = crypto::mint_certificate(spec, key.public_key(), signer, issuer == nullptr ? nullptr : &issuer->certificate, rng);
  auto certificate = crypto::parse_certificate(der);
  if (!certificate) throw PkiError("a minted certificate cannot be read back");
  return {*std::move(certificate), std::move(key)};
}

bool is_ipv4(const std::string& host) { return !host.empty() && host.find_first_not_of("0123456789.") == std::string::npos; }

CertificateSpec base(const PkiSpec& spec, Role role, const std::string& name) {
  CertificateSpec out;
  out.subject.common_name = name;
  out.subject.organization = "Simurgh Test";
  out.role = role;
  out.not_before = spec.not_before;
  out.not_after = spec.not_before + std::int64_t{spec.years} * kYear;
  return out;
}

void add_hosts(CertificateSpec& out, const PkiSpec& spec) {
  for (const std::string& host : spec.hosts) (is_ipv4(host) ? out.ip_addresses : out.dns_names).push_back(host);
  if (std::ranges::find(spec.hosts, "localhost") != spec.hosts.end()) out.ip_addresses.push_back("127.0.0.1");
}

Bytes oid(const char* dotted) { return *crypto::oid_content(dotted); }

struct Place {
  std::string certificate, key;  // paths inside the folder, certificate without extension
};

// SGP.26 names; %s is NIST or BRP.
Place place(const std::string& folder, const std::string& certificate, const std::string& key) { return {folder + "/" + certificate, folder + "/" + key}; }

struct Places {
  Place ci, eum, dp_auth, dp_pb, dp_tls;
};

Places places(const std::string& curve) {
  return {.ci = place("CertificateIssuer", "CERT_CI_ECDSA_" + curve, "SK_CI_ECDSA_" + curve + ".pem"),
          .eum = place("EUM", "CERT_EUM_ECDSA_" + curve, "SK_EUM_ECDSA_" + curve + ".pem"),
          .dp_auth = place("DPauth", "CERT_S_SM_DPauth_ECDSA_" + curve, "SK_S_SM_DPauth_ECDSA_" + curve + ".pem"),
          .dp_pb = place("DPpb", "CERT_S_SM_DPpb_ECDSA_" + curve, "SK_S_SM_DPpb_ECDSA_" + curve + ".pem"),
          .dp_tls = place("DPtls", "CERT_S_SM_DP_TLS_" + curve, "SK_S_SM_DP_TLS_" + curve + ".pem")};
}

const Place kEs2Ca = place("ES2", "CERT_ES2_CA", "SK_ES2_CA.pem");
const Place kEs2Client = place("ES2", "CERT_ES2_CLIENT", "SK_ES2_CLIENT.pem");
const Place kEimSigning = place("EIM", "CERT_EIM_SIGN", "SK_EIM_SIGN.pem");
const Place kEimTls = place("EIM", "CERT_EIM_TLS", "SK_EIM_TLS.pem");

void write(const fs::path& path, ByteView content, unsigned mode) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (out) ::chmod(path.c_str(), mode);
  out.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw PkiError("cannot write " + path.string() + "; check the folder and the disk");
}

void write_identity(const fs::path& root, const Place& where, const std::optional<Identity>& identity) {
  if (!identity) return;
  write(root / (where.certificate + ".der"), identity->certificate.der, 0644);
  write(root / (where.certificate + ".pem"), crypto::to_pem(identity->certificate), 0644);
  if (identity->key) write(root / where.key, identity->key->to_pem(), 0600);
}

Bytes read_all(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw PkiError("cannot read " + path.string());
  return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

std::optional<Identity> read_identity(const fs::path& root, const Place& where) {
  for (const char* extension : {".der", ".pem"}) {
    const fs::path path = root / (where.certificate + extension);
    if (!fs::exists(path)) continue;
    Identity out{read_certificate(path.string()), std::nullopt};
    if (const fs::path key = root / where.key; fs::exists(key)) out.key = read_key(key.string());
    return out;
  }
  return std::nullopt;
}

}  // namespace

Pki make_pki(const PkiSpec& spec, crypto::Rng& rng) {
  Pki out;
  out.curves[0].curve = crypto::Curve::nist_p256;
  out.curves[1].curve = crypto::Curve::brainpool_p256r1;
  for (Pki::Curve& c : out.curves) {
    CertificateSpec ci = base(spec, Role::ci, "Simurgh Test CI");
    ci.subject = {"Simurgh Test CI", "RSPTEST", "TESTCERT", "IR", ""};
    ci.ca = true;
    ci.crl_sign = true;
    ci.registered_id = oid("2.999.1");
    ci.crl_url = "http://ci.test.example.com/CRL-A.crl";
    c.ci = mint(ci, c.curve, nullptr, rng);

    CertificateSpec eum = base(spec, Role::eum, "Simurgh Test EUM");
    eum.subject = {"Simurgh Test EUM", "Simurgh EUM", "", "IR", ""};
    eum.ca = true;
    eum.path_len = 0;
    eum.registered_id = oid("2.999.5");
    eum.crl_url = ci.crl_url;
    eum.permitted_organization = "Simurgh EUM";
    eum.permitted_serial_prefix = spec.iin;
    c.eum = mint(eum, c.curve, &*c.ci, rng);

    CertificateSpec dp = base(spec, Role::dp_auth, "Simurgh Test SM-DP+");
    dp.registered_id = oid("2.999.10");
    dp.crl_url = ci.crl_url;
    c.dp_auth = mint(dp, c.curve, &*c.ci, rng);
    dp.role = Role::dp_pb;
    c.dp_pb = mint(dp, c.curve, &*c.ci, rng);
    CertificateSpec tls = dp;
    tls.role = Role::dp_tls;
    tls.subject.common_name = spec.hosts.front();
    tls.policies_critical = false;
    tls.server_client_eku = true;
    add_hosts(tls, spec);
    c.dp_tls = mint(tls, c.curve, &*c.ci, rng);
  }

  CertificateSpec ca = base(spec, Role::ci, "Simurgh Test ES2+ CA");
  ca.with_policy = false;
  ca.ca = true;
  ca.crl_sign = true;
  out.es2_ca = mint(ca, crypto::Curve::nist_p256, nullptr, rng);
  CertificateSpec client = base(spec, Role::dp_tls, "Simurgh Test Operator");
  client.with_policy = false;
  client.server_client_eku = true;
  out.es2_client = mint(client, crypto::Curve::nist_p256, &*out.es2_ca, rng);

  CertificateSpec eim = base(spec, Role::dp_tls, "Simurgh Test eIM");
  eim.with_policy = false;
  out.eim_signing = mint(eim, crypto::Curve::nist_p256, &*out.curves[0].ci, rng);
  eim.subject.common_name = spec.hosts.front();
  eim.server_client_eku = true;
  add_hosts(eim, spec);
  out.eim_tls = mint(eim, crypto::Curve::nist_p256, &*out.curves[0].ci, rng);
  return out;
}

void write_pki(const Pki& pki, const std::string& folder) {
  const fs::path root = folder;
  std::error_code error;
  if (fs::exists(root) && (!fs::is_directory(root) || !fs::is_empty(root))) throw PkiError(folder + " exists and is not empty; choose another folder");
  fs::create_directories(root, error);
  if (error) throw PkiError("cannot make " + folder + " (" + error.message() + ")");
  for (const Pki::Curve& c : pki.curves) {
    const Places where = places(c.curve == crypto::Curve::nist_p256 ? "NIST" : "BRP");
    write_identity(root, where.ci, c.ci);
    write_identity(root, where.eum, c.eum);
    write_identity(root, where.dp_auth, c.dp_auth);
    write_identity(root, where.dp_pb, c.dp_pb);
    write_identity(root, where.dp_tls, c.dp_tls);
  }
  write_identity(root, kEs2Ca, pki.es2_ca);
  write_identity(root, kEs2Client, pki.es2_client);
  write_identity(root, kEimSigning, pki.eim_signing);
  write_identity(root, kEimTls, pki.eim_tls);
  write(root / "README.txt",
        text_view("Test certificates and keys made by 'simurgh pki new', laid out like the SGP.26 test certificates.\n"
                  "CertificateIssuer: CI; EUM: eUICC manufacturer; DPauth, DPpb, DPtls: SM-DP+; ES2: mutual TLS of ES2+; EIM: eIM.\n"
                  "NIST is P-256, BRP brainpoolP256r1; CERT_ certificates, SK_ private keys. Never trust any of this outside tests.\n"),
        0644);
}

Pki read_pki(const std::string& folder) {
  const fs::path root = folder;
  if (!fs::is_directory(root)) throw PkiError(folder + " is no folder; make a PKI with 'simurgh pki new " + folder + "'");
  Pki out;
  out.curves[0].curve = crypto::Curve::nist_p256;
  out.curves[1].curve = crypto::Curve::brainpool_p256r1;
  for (Pki::Curve& c : out.curves) {
    const std::string name = c.curve == crypto::Curve::nist_p256 ? "NIST" : "BRP";
    const Places where = places(name);
    c.ci = read_identity(root, where.ci);
    c.eum = read_identity(root, where.eum);
    c.dp_auth = read_identity(root, where.dp_auth);
    c.dp_pb = read_identity(root, where.dp_pb);
    c.dp_tls = read_identity(root, where.dp_tls);
    // The SGP.26 set names its TLS certificate after the variant of the chain.
    if (!c.dp_tls) c.dp_tls = read_identity(root, place("DPtls", "CERT_S_SM_DP_VARO_TLS_" + name, "SK_S_SM_DP_TLS_" + name + ".pem"));
  }
  if (!out.curves[0].ci && !out.curves[1].ci) {
    throw PkiError(folder + " holds no CI certificate (CertificateIssuer/CERT_CI_ECDSA_NIST.pem); make a PKI with 'simurgh pki new'");
  }
  out.es2_ca = read_identity(root, kEs2Ca);
  out.es2_client = read_identity(root, kEs2Client);
  out.eim_signing = read_identity(root, kEimSigning);
  out.eim_tls = read_identity(root, kEimTls);
  return out;
}

crypto::Certificate read_certificate(const std::string& path) {
  auto out = crypto::certificate_from_file_bytes(read_all(path));
  if (!out) throw PkiError(path + " is no X.509 certificate (PEM or DER)");
  return *std::move(out);
}

crypto::EcPrivateKey read_key(const std::string& path) {
  auto out = crypto::EcPrivateKey::from_file_bytes(read_all(path));
  if (!out) throw PkiError(path + " is no private key on P-256 or brainpoolP256r1 (PEM or DER, without a pass phrase)");
  return *std::move(out);
}

}  // namespace simurgh::perso
