#include "tests/unit/profile/package_parts.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tools/perso_upp/upp_builder.h"
#include "tests/support/paths.h"

namespace simurgh::parts {

using namespace literals;

Bytes element(unsigned number, unsigned identification, const Members& members, bool mandated) {
  asn1::TlvWriter out;
  {
    perso::ElementScope scope(out, number, identification, mandated);
    if (members) members(out);
  }
  return out.take();
}

Bytes template_element(unsigned number, unsigned identification, unsigned arc, unsigned version, const Members& members, bool mandated) {
  return element(
      number, identification,
      [&](asn1::TlvWriter& out) {
        Bytes oid = {0x67, 0x81, 0x0F, 0x01, 0x02, static_cast<std::uint8_t>(arc)};
        if (version > 1) oid.push_back(static_cast<std::uint8_t>(version));
        out.put(0x81, oid);
        if (members) members(out);
      },
      mandated);
}

Bytes header(std::initializer_list<unsigned> services, unsigned major, unsigned minor) {
  asn1::TlvWriter out;
  {
    auto scope = out.open(0xA0);
    out.put_integer(0x80, major).put_integer(0x81, minor).put_text(0x82, "test").put(0x83, "8988211000000123456F"_hex);
    {
      auto list = out.open(0xA5);
      for (const unsigned service : services) out.put(0x80 + service, {});
    }
    auto templates = out.open(0xA6);
    out.put(0x06, "67810F010201"_hex);
  }
  return out.take();
}

void file(asn1::TlvWriter& out, unsigned member, const perso::FcpFields& fcp, const std::vector<perso::Piece>& pieces) {
  perso::put_file(out, member, fcp, pieces);
}

namespace {

perso::FcpFields pin_status(Bytes references) {
  perso::FcpFields fcp;
  fcp.pin_references = std::move(references);
  return fcp;
}

perso::FcpFields rule_records() {
  perso::FcpFields fcp;
  fcp.descriptor = 0x42;
  fcp.record_length = 40;
  fcp.size = 14 * 40;
  return fcp;
}

std::vector<perso::Piece> rules() {
  const auto& all = perso::access_rules();
  return perso::record_pieces({all.begin(), all.end()}, 40);
}

}  // namespace

Bytes mf() {
  return template_element(16, 1, 1, 1, [](asn1::TlvWriter& out) {
    file(out, 2, pin_status({0x01, 0x0A}));
    file(out, 4, {}, {{0, "988812010000103254F6"_hex}});
    perso::FcpFields dir;
    dir.descriptor = 0x42;
    dir.record_length = 20;
    dir.size = 40;
    file(out, 5, dir, {{0, "61094F07A0000000871002"_hex}});
    file(out, 6, rule_records(), rules());
  });
}

Bytes puks() {
  return element(3, 2, [](asn1::TlvWriter& out) {
    auto list = out.open(0xA1);
    for (const unsigned reference : {0x01U, 0x81U}) {
      auto entry = out.open(0x30);
      out.put_integer(0x80, reference).put(0x81, "3132333435363738"_hex);
    }
  });
}

Bytes pins() {
  return element(2, 3, [](asn1::TlvWriter& out) {
    auto choice = out.open(0xA1);
    auto list = out.open(0xA0);
    {
      auto pin1 = out.open(0x30);
      out.put_integer(0x80, 1).put(0x81, "31323334FFFFFFFF"_hex).put_integer(0x82, 1).put_integer(0x83, 6);
    }
    auto adm1 = out.open(0x30);
    out.put_integer(0x80, 10).put(0x81, "3535353535353535"_hex).put_integer(0x83, 3).put_integer(0x84, 0xAA);
  });
}

Bytes usim_aid(std::uint8_t last) {
  Bytes aid = "A0000000871002FF49FF05"_hex;
  aid.push_back(last);
  return aid;
}

Bytes usim(const Members& more, std::uint16_t temporary, std::uint8_t last, unsigned version) {
  return template_element(19, 4, 4, version, [&](asn1::TlvWriter& out) {
    perso::FcpFields adf = pin_status({0x01, 0x0A});
    adf.fid = temporary;
    adf.aid = usim_aid(last);
    file(out, 2, adf);
    file(out, 3, {}, {{0, "080910101032547698"_hex}});
    file(out, 4, rule_records(), rules());
    file(out, 8, {}, {{0, "9EFFBF1DFF3E00834103100104"_hex}});
    file(out, 13, {}, {{0, "0153696D75726768"_hex}});
    file(out, 14, {}, {{0, "00"_hex}});
    file(out, 18, {}, {{0, "0001"_hex}});
    file(out, 22, {}, {{0, "11F2FF00"_hex}});
    if (more) more(out);
  });
}

Bytes isim(unsigned identification) {
  return template_element(21, identification, 8, 1, [](asn1::TlvWriter& out) {
    perso::FcpFields adf = pin_status({0x01, 0x0A});
    adf.fid = 0x7FB0;
    adf.aid = "A0000000871004FF49FF05"_hex;
    file(out, 2, adf);
    perso::FcpFields impi;
    impi.size = 3;
    file(out, 3, impi, {{0, "800161"_hex}});
    perso::FcpFields impu;
    impu.descriptor = 0x42;
    impu.record_length = 3;
    impu.size = 3;
    file(out, 4, impu, {{0, "800162"_hex}});
    file(out, 5, impi, {{0, "800163"_hex}});
    file(out, 6, {}, {{0, "03"_hex}});
    file(out, 8, rule_records(), rules());
  });
}

Bytes milenage() {
  return element(4, 5, [](asn1::TlvWriter& out) {
    auto configuration = out.open(0xA1);
    auto algorithm = out.open(0xA1);
    out.put_integer(0x80, 1)
        .put_byte(0x81, 0x01)
        .put(0x82, "465B5CE8B199B49FAA5F0A2EE238A6BC"_hex)
        .put(0x83, "CD63CB71954A9F4E48A5994E37A02BAF"_hex);
  });
}

Bytes domain(std::uint8_t life_cycle, unsigned identification, std::uint8_t last, const Bytes& tar) {
  return element(6, identification, [&](asn1::TlvWriter& out) {
    auto instance = out.open(0xA1);
    out.put(0x4F, "A0000001515350"_hex).put(0x4F, "A000000151535041"_hex);
    Bytes aid = "A0000001510000"_hex;
    aid.push_back(last);
    out.put(0x4F, aid).put(0x82, "82DC00"_hex).put_byte(0x83, life_cycle).put(0xC9, "81028000"_hex);
    if (tar.empty()) return;
    auto parameters = out.open(0xEA);
    out.put(0x80, concat({"010000000002010603"_hex, tar, "00"_hex}));
  });
}

Bytes end() { return element(10, 99, {}); }

Bytes join(std::initializer_list<Bytes> elements) {
  Bytes out;
  for (const Bytes& part : elements) append(out, part);
  return out;
}

Bytes profile(std::initializer_list<Bytes> more) { return join({header(), mf(), puks(), pins(), usim(), milenage(), join(more), end()}); }

Result install(ByteView package, const profile::PackageLimits& limits, std::size_t slice) {
  profile::PackageInterpreter interpreter(limits);
  if (slice == 0) slice = std::max<std::size_t>(1, package.size());
  for (ByteView rest = package; !rest.empty(); rest = rest.subspan(std::min(slice, rest.size())))
    if (!interpreter.feed(rest.first(std::min(slice, rest.size())))) break;
  Result result;
  result.installed = interpreter.finish();
  CHECK(result.installed == interpreter.complete());
  CHECK(result.installed != interpreter.aborted());
  result.status = interpreter.result();
  result.statuses = interpreter.statuses();
  result.response = interpreter.euicc_response();
  if (result.installed) result.image = interpreter.take();
  return result;
}

profile::ProfileImage installed(ByteView package) {
  Result result = install(package);
  for (const auto& entry : result.statuses) UNSCOPED_INFO(entry.element << ": " << name(entry.status) << ", " << entry.why);
  REQUIRE(result.installed);
  REQUIRE(to_hex(result.response) == "3007A0053003800100");
  return std::move(result.image);
}

const uicc::FileNode& at(const profile::ProfileImage& image, ByteView path) {
  const uicc::NodeId id = image.files.walk(uicc::kMf, path, true);
  INFO("path " << to_hex(path));
  REQUIRE(id != uicc::kNoNode);
  return image.files.at(id);
}

bool exists(const profile::ProfileImage& image, ByteView path) { return image.files.walk(uicc::kMf, path, true) != uicc::kNoNode; }

Bytes read_hex_file(const std::string& path) {
  std::ifstream in(path);
  REQUIRE(in);
  std::string digits;
  for (std::string line; std::getline(in, line);) digits += line.substr(0, line.find('#'));
  const auto octets = from_hex(digits);
  REQUIRE(octets);
  return *octets;
}

std::string shared_vectors() {
  const char* given = std::getenv("SIMURGH_SHARED_VECTORS");
  const std::string folder = given != nullptr ? given : simurgh::test::source_dir() + "/../shared/vectors";
  return std::filesystem::is_directory(folder) ? folder : std::string();
}

}  // namespace simurgh::parts
