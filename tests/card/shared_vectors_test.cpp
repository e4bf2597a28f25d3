// The published TS.48 packages and SGP.26 certificates, where the folder with them is at hand.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "asn1/codec/codec.h"
#include "euicc/profile/package.h"
#include "tests/card/bench_card.h"
#include "tools/perso_upp/upp_builder.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::test;

namespace {

namespace fs = std::filesystem;

fs::path shared_vectors() {
  if (const char* named = std::getenv("SIMURGH_SHARED_VECTORS")) return named;
  return fs::path(simurgh::test::source_dir()).parent_path() / "shared" / "vectors";
}

Bytes read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

// Path of FIDs from the MF, or from the ADF with 7FFF first.
std::string path_of(const uicc::FileTree& tree, uicc::NodeId id) {
  std::string out;
  for (; id != uicc::kMf; id = tree.at(id).parent) {
    if (tree.at(id).kind == uicc::FileKind::adf) return "7FFF" + out;
    out = to_hex(be_bytes(tree.at(id).fid, 2)) + out;
  }
  return out;
}

uicc::NodeId adf_of(const uicc::FileTree& tree, uicc::NodeId id) {
  for (; id != uicc::kMf; id = tree.at(id).parent) {
    if (tree.at(id).kind == uicc::FileKind::adf) return id;
  }
  return uicc::kNoNode;
}

}  // namespace

TEST_CASE("Every TS.48 package downloads and reads back octet for octet through the card", "[vectors]") {
  const fs::path folder = shared_vectors() / "ts48";
  if (!fs::is_directory(folder)) {
    WARN("skipped: no TS.48 packages in " << folder.string() << " (set SIMURGH_SHARED_VECTORS)");
    return;
  }
  bench::Desk desk;
  std::size_t packages = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".der") continue;
    INFO(entry.path().filename().string());
    ++packages;
    const Bytes upp = read(entry.path());
    profile::PackageInterpreter interpreter;
    REQUIRE(interpreter.feed(upp));
    REQUIRE(interpreter.finish());
    const profile::ProfileImage image = interpreter.take();
    const std::string iccid = smdp::iccid_digits(image.files.at(image.files.child(uicc::kMf, 0x2FE2)).body);
    BenchCard bench(desk);
    REQUIRE(bench::installed(bench.lpa.download(desk, desk.order(iccid, {}, upp))));
    REQUIRE(bench.es10(enable(iccid)) == "BF3103800100");
    // ADM1 and ADM2 of the packages; PIN1 is disabled, PIN2 is 9999.
    REQUIRE(bench.raw("0020000A08" "3535353535353535") == "9000");
    REQUIRE(bench.raw("0020000B08" "3636363636363636") == "9000");
    std::size_t read_back = 0;
    std::size_t refused = 0;
    for (uicc::NodeId id = 1; id < image.files.size(); ++id) {
      const uicc::FileNode& node = image.files.at(id);
      if (node.is_directory()) continue;
      const uicc::FileNode& body = image.files.at(image.files.body_of(id));
      const uicc::NodeId adf = adf_of(image.files, id);
      if (adf != uicc::kNoNode) {
        const Bytes& aid = image.files.at(adf).aid;
        REQUIRE(bench.apdu("00A4040C" + to_hex(be_bytes(aid.size(), 1)) + to_hex(aid)) == "9000");
        bench.raw("00200081083939393900000000FFFFFFFF");
        bench.raw("0020008108" "39393939FFFFFFFF");
      }
      const std::string path = path_of(image.files, id);
      REQUIRE(bench.apdu("00A4080C" + to_hex(be_bytes(path.size() / 2, 1)) + path) == "9000");
      Bytes content;
      bool allowed = true;
      if (body.kind == uicc::FileKind::transparent) {
        while (allowed && content.size() < body.size) {
          const std::size_t size = std::min<std::size_t>(200, body.size - content.size());
          const Bytes answer = bench.lpa.transmit(concat({from_hex("00B0").value(), be_bytes(content.size(), 2), be_bytes(size, 1)}));
          allowed = bench.lpa.last_status() == 0x9000;
          append(content, answer);
        }
      } else if (body.record_length != 0) {
        for (std::size_t record = 1; allowed && record <= body.record_count(); ++record) {
          const Bytes answer = bench.lpa.transmit(concat({from_hex("00B2").value(), be_bytes(record, 1), from_hex("04").value(), be_bytes(body.record_length, 1)}));
          allowed = bench.lpa.last_status() == 0x9000;
          append(content, answer);
        }
      } else {
        continue;
      }
      if (!allowed) {
        REQUIRE(bench.lpa.last_status() == 0x6982);
        ++refused;
        continue;
      }
      REQUIRE(content == body.body);
      ++read_back;
    }
    REQUIRE(read_back > 180);
    REQUIRE(refused < read_back / 4);
  }
  REQUIRE(packages == 14);
}

namespace {

// Every element of a package decodes by the module and encodes again to the same octets.
std::size_t reencoded_elements(ByteView package) {
  std::size_t count = 0;
  asn1::TlvReader in(package);
  while (!in.at_end()) {
    const auto element = in.next();
    REQUIRE(element);
    INFO("element " << count << " with tag " << to_hex(asn1::encode_tag(element->tag)));
    const auto again = asn1::codec::reencode("ProfileElement", element->raw);
    REQUIRE(again);
    REQUIRE(equal(*again, element->raw));
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("Our own packages are profile elements by the module", "[vectors]") {
  perso::ProfileRecipe recipe = perso::default_recipe(kIccid1, "001010000000011", Bytes(16, 1), Bytes(16, 2));
  REQUIRE(reencoded_elements(perso::build_profile(recipe)) > 10);
}

TEST_CASE("Every element of the TS.48 packages decodes by the module and encodes again", "[vectors]") {
  const fs::path folder = shared_vectors() / "ts48";
  if (!fs::is_directory(folder)) {
    WARN("skipped: no TS.48 packages in " << folder.string() << " (set SIMURGH_SHARED_VECTORS)");
    return;
  }
  std::size_t packages = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".der") continue;
    INFO(entry.path().filename().string());
    REQUIRE(reencoded_elements(read(entry.path())) >= 28);
    ++packages;
  }
  REQUIRE(packages == 14);
}

TEST_CASE("A card of the SGP.26 PKI accepts SGP.26 servers on both curves", "[vectors]") {
  const fs::path folder = shared_vectors() / "sgp26";
  if (!fs::is_directory(folder)) {
    WARN("skipped: no SGP.26 certificates in " << folder.string() << " (set SIMURGH_SHARED_VECTORS)");
    return;
  }
  const perso::Pki pki = perso::read_pki(folder.string());
  const auto rng = crypto::seeded_rng(3);
  perso::CardSpec spec;
  spec.roots = perso::roots_of(pki);
  state::MemoryStore store(perso::make_cells(spec, *rng));
  card::Card card(store, *rng);
  card.power_on();
  bench::Lpa lpa(card);
  for (const auto& curve : pki.curves) {
    const Bytes challenge = lpa.es10(from_hex("BF2E00").value());
    asn1::TlvWriter signed1;
    {
      const auto scope = signed1.open(0x30);
      signed1.put(0x80, Bytes(16, 9)).put(0x81, ByteView(challenge).subspan(5)).put_text(0x83, "testsmdpplus1.example.com").put(0x84, Bytes(16, 8));
    }
    asn1::TlvWriter request;
    {
      const auto scope = request.open(0xBF38);
      request.raw(signed1.view()).put(0x5F37, curve.dp_auth->key->sign({signed1.view()})).put(0x04, curve.ci->certificate.ski);
      request.raw(curve.dp_auth->certificate.der).raw(from_hex("A00AA108800435290611A100").value());
    }
    const Bytes answer = lpa.es10(request.view());
    REQUIRE(asn1::find_child(asn1::read_only(answer, 0xBF38)->value, 0xA0));
  }
}
