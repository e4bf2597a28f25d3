#include "tools/perso/card_maker.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/support/temp_dir.h"

using namespace simurgh;
using namespace simurgh::perso;
using Catch::Matchers::Contains;

namespace {

Pki pki(crypto::Rng& rng) {
  PkiSpec spec;
  spec.not_before = 1750000000;
  return make_pki(spec, rng);
}

ecasd::Ecasd load(const std::map<state::Key, state::Cell>& cells) {
  state::MemoryStore store(cells);
  const state::Transaction txn(store);
  return ecasd::Ecasd::load(txn).value();
}

}  // namespace

TEST_CASE("EIDs have check digits: valid ones are read, others are told what they should be", "[perso]") {
  REQUIRE(ecasd::parse_eid("89049032123451234512345678901235"));
  REQUIRE(ecasd::parse_eid("89049032300000000000000000000189"));
  REQUIRE(ecasd::parse_eid("89049032300000000000000000002808"));
  REQUIRE_FALSE(ecasd::parse_eid("89049032123451234512345678901234"));
  REQUIRE_FALSE(ecasd::parse_eid("8904903212345123451234567890123"));
  REQUIRE_FALSE(ecasd::parse_eid("8904903212345123451234567890123X"));
  REQUIRE(ecasd::eid_text(*ecasd::complete_eid("890490321234512345123456789012")) == "89049032123451234512345678901235");
  const auto rng = crypto::seeded_rng(1);
  CardSpec spec;
  spec.roots = roots_of(pki(*rng));
  spec.eid = "89049032123451234512345678901234";
  REQUIRE_THROWS_WITH(make_cells(spec, *rng), Contains("89049032123451234512345678901235"));
}

TEST_CASE("A card's certificates chain to each CI and name its EID, whichever keys they are minted with", "[perso]") {
  const auto rng = crypto::seeded_rng(2);
  const Pki made = pki(*rng);
  CardSpec spec;
  spec.roots = roots_of(made);
  SECTION("with the EUM's key") {}
  SECTION("with the CI's key only") {
    for (Root& root : spec.roots) root.eum.reset();
  }
  const ecasd::Ecasd card = load(make_cells(spec, *rng));
  REQUIRE(card.chains.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto eum = crypto::parse_certificate(card.chains[i].eum_certificate);
    const auto euicc = crypto::parse_certificate(card.chains[i].euicc_certificate);
    REQUIRE(crypto::issued_by(*eum, made.curves[i].ci->certificate));
    REQUIRE(crypto::issued_by(*euicc, *eum));
    REQUIRE(crypto::may_issue(*eum, *euicc));
    REQUIRE(euicc->subject_serial_number == ecasd::eid_text(card.eid));
    REQUIRE(euicc->key->point() == card.chains[i].key.public_key().point());
  }
}

TEST_CASE("Material that does not fit together is refused in words", "[perso]") {
  const auto rng = crypto::seeded_rng(3);
  CardSpec spec;
  REQUIRE_THROWS_WITH(make_cells(spec, *rng), Contains("at least one CI"));
  spec.roots = roots_of(pki(*rng));
  std::swap(spec.roots[0].eum, spec.roots[1].eum);
  REQUIRE_THROWS_WITH(make_cells(spec, *rng), Contains("not issued by the CI"));
  spec.roots = roots_of(pki(*rng));
  spec.eid = "89033023426200000000000000000172";
  if (ecasd::parse_eid(spec.eid)) REQUIRE_THROWS_WITH(make_cells(spec, *rng), Contains("may issue EIDs"));
  spec.eid.clear();
  for (Root& root : spec.roots) {
    root.ci_key.reset();
    root.eum.reset();
  }
  REQUIRE_THROWS_WITH(make_cells(spec, *rng), Contains("cannot sign"));
  spec.roots = roots_of(pki(*rng));
  spec.profiles.push_back({.package = Bytes(10, 0), .metadata = {}, .enabled = false});
  REQUIRE_THROWS_WITH(make_cells(spec, *rng), Contains("does not install"));
}

TEST_CASE("A PKI folder reads back as it was written, keeps keys private and is not overwritten", "[perso]") {
  const auto rng = crypto::seeded_rng(4);
  const test::TempDir dir;
  const Pki made = pki(*rng);
  write_pki(made, dir.file("pki"));
  REQUIRE_THROWS_WITH(write_pki(made, dir.file("pki")), Contains("not empty"));
  const Pki back = read_pki(dir.file("pki"));
  for (std::size_t i = 0; i < 2; ++i) {
    REQUIRE(back.curves[i].ci->certificate.der == made.curves[i].ci->certificate.der);
    REQUIRE(back.curves[i].dp_pb->key->public_key().point() == made.curves[i].dp_pb->key->public_key().point());
  }
  struct stat info {};
  REQUIRE(::stat((dir.file("pki") + "/CertificateIssuer/SK_CI_ECDSA_NIST.pem").c_str(), &info) == 0);
  REQUIRE((info.st_mode & 0777) == 0600);
  REQUIRE_THROWS_WITH(read_pki(dir.file("nothing")), Contains("no folder"));
  if (std::system("command -v openssl >/dev/null 2>&1") != 0) {
    WARN("skipped: openssl is not installed");
    return;
  }
  const std::string root = dir.file("pki");
  for (const char* curve : {"NIST", "BRP"}) {
    for (const char* leaf : {"/EUM/CERT_EUM_ECDSA_", "/DPauth/CERT_S_SM_DPauth_ECDSA_", "/DPpb/CERT_S_SM_DPpb_ECDSA_", "/DPtls/CERT_S_SM_DP_TLS_"}) {
      const std::string command = "openssl verify -attime 1760000000 -CAfile " + root + "/CertificateIssuer/CERT_CI_ECDSA_" + curve + ".pem " + root + leaf + curve + ".pem >/dev/null 2>&1";
      INFO(command);
      REQUIRE(std::system(command.c_str()) == 0);
    }
  }
}

TEST_CASE("Card recipes set what they name and refuse what they do not know", "[perso]") {
  const auto recipe = parse_card_recipe(
      "svn: 2.2.2\ncategory: 3\nmemory: 65536\nrspCapability: [additionalProfile, crlSupport]\nrat:\n  - ppr: [ppr1, ppr2]\n    consent: true\n"
      "    operators:\n      - mccMnc: xxxxxx\n        gid1: ''\n        gid2: ''\nprofiles:\n  - name: Boot\n    class: provisioning\n    enabled: true\n");
  REQUIRE(recipe.capabilities.svn == std::array<std::uint8_t, 3>{2, 2, 2});
  REQUIRE(recipe.capabilities.free_memory == 65536);
  REQUIRE(recipe.capabilities.rsp_capability == 3);
  REQUIRE(recipe.capabilities.rat.size() == 1);
  REQUIRE(to_hex(recipe.capabilities.rat[0].allowed[0].mcc_mnc) == "EEEEEE");
  REQUIRE(recipe.profiles.at(0).metadata.profile_class == profile::ProfileClass::provisioning);
  REQUIRE(recipe.profiles.at(0).enabled);
  REQUIRE_THROWS_WITH(parse_card_recipe("colour: red"), Contains("'colour' is not known"));
  REQUIRE_THROWS_WITH(parse_card_recipe("svn: two"), Contains("2.5.0"));
  REQUIRE_THROWS_WITH(parse_card_recipe("memory: -1"), Contains("number"));
  REQUIRE_THROWS_WITH(parse_card_recipe("rat: 7"), Contains("list"));
  REQUIRE_THROWS_WITH(parse_card_recipe("{"), Contains("card recipe"));
}
