// The published TS.48 packages, where the shared vectors are at hand, against the table in their README.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

#include "tests/unit/profile/package_parts.h"

using namespace simurgh;
using namespace simurgh::literals;
using uicc::FileKind;

namespace {

struct Row {
  std::string file, saip, edition, iccid, imsi;
  std::size_t elements = 0, files = 0, links = 0, directories = 0, ber_tlv = 0;
  unsigned level = 0;
};

std::string ts48_folder() {
  const std::string shared = parts::shared_vectors();
  return shared.empty() ? shared : shared + "/ts48";
}

std::vector<Row> overview(const std::string& folder) {
  static const std::regex kRow(
      R"(^\| `([^`]+)` \| ([\d.]+) \| (v\d) \| (\d+) \| (\d+) \| (\d+) / (\d+) / (\d+) \| (\d+) \| (\d+) \| ([0-9a-f]{2}) \|$)");
  std::ifstream in(folder + "/README.md");
  std::vector<Row> rows;
  for (std::string line; std::getline(in, line);) {
    std::smatch m;
    if (!std::regex_match(line, m, kRow)) continue;
    rows.push_back({.file = m[1],
                    .saip = m[2],
                    .edition = m[3],
                    .iccid = m[4],
                    .imsi = m[10],
                    .elements = std::stoul(m[5]),
                    .files = std::stoul(m[6]),
                    .links = std::stoul(m[7]),
                    .directories = std::stoul(m[8]),
                    .ber_tlv = std::stoul(m[9]),
                    .level = static_cast<unsigned>(std::stoul(m[11], nullptr, 16))});
  }
  return rows;
}

Bytes contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

// Runs `check` for each package, or warns that there is none to run.
template <typename Check>
void each_package(Check&& check) {
  const std::string folder = ts48_folder();
  if (folder.empty()) {
    WARN("the shared vectors are not here: TS.48 packages skipped");
    return;
  }
  const auto rows = overview(folder);
  REQUIRE(rows.size() == 14);
  for (const Row& row : rows) {
    INFO(row.file);
    check(row, contents(folder + "/" + row.file));
  }
}

const uicc::PinObject& pin(const profile::ProfileImage& image, uicc::NodeId directory, std::uint8_t reference) {
  const auto& bindings = image.pins.bindings;
  const auto found =
      std::find_if(bindings.begin(), bindings.end(), [&](const auto& b) { return b.directory == directory && b.reference == reference; });
  REQUIRE(found != bindings.end());
  return image.pins.pins.at(found->pin);
}

}  // namespace

TEST_CASE("TS.48 packages install with the files their README counts") {
  each_package([](const Row& row, const Bytes& package) {
    profile::PackageInterpreter interpreter;
    REQUIRE(interpreter.feed(package));
    REQUIRE(interpreter.finish());
    CHECK(interpreter.elements().size() == row.elements);
    CHECK(to_hex(interpreter.euicc_response()) == "3007A0053003800100");
    const auto image = interpreter.take();
    std::size_t files = 0, links = 0, directories = 0, ber_tlv = 0;
    for (std::size_t i = 0; i < image.files.size(); ++i) {
      const auto& node = image.files.at(static_cast<uicc::NodeId>(i));
      if (node.is_directory())
        ++directories;
      else if (node.link_target != uicc::kNoNode)
        ++links;
      else {
        ++files;
        if (node.kind == FileKind::ber_tlv) ++ber_tlv;
      }
    }
    CHECK(files == row.files);
    CHECK(links == row.links);
    CHECK(directories == row.directories);
    CHECK(ber_tlv == row.ber_tlv);
  });
}

TEST_CASE("TS.48 packages give the same profile octet by octet") {
  each_package([](const Row&, const Bytes& package) {
    const auto whole = parts::install(package);
    const auto drops = parts::install(package, {}, 1);
    REQUIRE((whole.installed && drops.installed));
    CHECK(whole.image.encode() == drops.image.encode());
    const auto read = profile::ProfileImage::decode(whole.image.encode());
    REQUIRE(read);
    CHECK(read->encode() == whole.image.encode());
  });
}

TEST_CASE("TS.48 profiles hold the published subscription") {
  each_package([](const Row& row, const Bytes& package) {
    const auto image = parts::installed(package);
    CHECK(std::to_string(image.header.major) + "." + std::to_string(image.header.minor) == row.saip);
    CHECK(to_hex(image.header.iccid) == row.iccid);
    CHECK(image.header.type == "GSMA Generic eUICC Test Profile");
    std::string swapped = to_hex(parts::at(image, "2FE2"_hex).body);
    for (std::size_t i = 0; i < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
    CHECK(swapped == row.iccid);
    REQUIRE(row.imsi == "001010123456063");
    CHECK(to_hex(parts::at(image, "7FD06F07"_hex).body) == "080910101032540636");
    CHECK(parts::at(image, "7FD06F38"_hex).size == (row.edition == "v1" ? 15U : 17U));

    REQUIRE(image.files.adfs().size() == 3);
    CHECK(to_hex(parts::at(image, "7FD0"_hex).aid) == "A0000000871002FF49FF0589");
    CHECK(to_hex(parts::at(image, "7FB0"_hex).aid) == "A0000000871004FF49FF0589");
    CHECK(to_hex(parts::at(image, "7FC0"_hex).aid) == "A0000003431002F310FFFF89020000FF");
  });
}

TEST_CASE("TS.48 profiles authenticate with the test algorithm in USIM and ISIM") {
  each_package([](const Row&, const Bytes& package) {
    const auto image = parts::installed(package);
    REQUIRE(image.aka.size() == 2);
    for (const auto& binding : image.aka) {
      CHECK(binding.parameters.algorithm == usim::Algorithm::usim_test);
      CHECK(to_hex(binding.parameters.key.expose()) == "000102030405060708090A0B0C0D0E0F");
      CHECK(binding.parameters.algorithm_options == 0x02);
      CHECK(binding.parameters.sqn_options == 0x02);
      CHECK_FALSE(binding.parameters.auth_counter_max);
    }
    CHECK(image.files.at(image.aka[0].adf).fid == 0x7FD0);
    CHECK(image.files.at(image.aka[1].adf).fid == 0x7FB0);
    CHECK(image.aka[0].state_cell != image.aka[1].state_cell);
    REQUIRE(image.cdma.size() == 1);
    CHECK(to_hex(image.cdma[0].a_key.expose()) == "00000000FFFFFFFF");
    CHECK(to_hex(image.cdma[0].ssd.expose()) == "0123456789ABCDEF0123456789ABCDEF");
  });
}

TEST_CASE("TS.48 profiles have four PIN2 and one PIN1, disabled") {
  each_package([](const Row& row, const Bytes& package) {
    const auto image = parts::installed(package);
    const auto& pin1 = pin(image, uicc::kMf, 0x01);
    CHECK_FALSE(pin1.enabled);
    CHECK(pin1.puk == 0x01);
    CHECK(to_hex(pin1.value.expose()) == "30303030FFFFFFFF");
    for (const std::uint8_t adm : {std::uint8_t{0x0A}, std::uint8_t{0x0B}}) {
      CHECK(pin(image, uicc::kMf, adm).max_tries == 10);
      CHECK(pin(image, uicc::kMf, adm).puk == 0);
    }
    CHECK(image.pins.pins.size() == 7);
    std::vector<uicc::NodeId> directories = image.files.adfs();
    directories.push_back(image.files.child(uicc::kMf, 0x7F10));
    for (const uicc::NodeId directory : directories) {
      const auto& pin2 = pin(image, directory, 0x81);
      CHECK(pin2.enabled);
      CHECK(pin2.puk == 0x81);
      CHECK(pin2.can_be_disabled == (row.edition == "v1"));
      CHECK(to_hex(pin2.value.expose()) == "39393939FFFFFFFF");
    }
    REQUIRE(image.pins.puks.size() == 2);
    CHECK(to_hex(image.pins.puks[0].value.expose()) == "3131313131313131");
    CHECK(image.pins.puks[1].reference == 0x81);
    CHECK(to_hex(parts::at(image, "7FD0"_hex).pin_references).starts_with("81010A"));
  });
}

TEST_CASE("TS.48 profiles have one security domain and four RFM instances") {
  each_package([](const Row& row, const Bytes& package) {
    const auto image = parts::installed(package);
    REQUIRE(image.gp.domains.size() == 1);
    const auto& domain = image.gp.domains[0];
    CHECK(to_hex(domain.aid) == "A000000151000000");
    CHECK(to_hex(domain.privileges) == "82DC00");
    CHECK(domain.life_cycle == 0x0F);
    CHECK(to_hex(domain.parameters_c9) == "810280008201F08301F08701F0");
    REQUIRE(domain.tars.size() == 2);
    CHECK(to_hex(domain.tars[0]) == "B20100");
    CHECK(to_hex(domain.tars[1]) == "000000");
    CHECK(domain.minimum_security_level == row.level);
    REQUIRE(domain.keys.size() == 6);
    CHECK(domain.keys[0].version == 1);
    CHECK(domain.keys[0].components.at(0).type == 0x80);
    CHECK(domain.keys[5].version == 2);
    CHECK(domain.keys[5].components.at(0).type == 0x88);
    const bool v1_keys = to_hex(domain.keys[0].components[0].value.expose()) == "66778899AABBCCDD1122334455EEFF10";
    const bool later_keys = to_hex(domain.keys[0].components[0].value.expose()) == "000102030405060708090A0B0C0D0E0F";
    CHECK(v1_keys != later_keys);
    CHECK(domain.personal_data.size() == 1);
    REQUIRE(image.gp.rfm.size() == 4);
    const char* const tars[] = {"B00120", "B00140", "B00141", "B00142"};
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(to_hex(image.gp.rfm[i].tars.at(0)) == tars[i]);
      CHECK(image.gp.rfm[i].minimum_security_level == row.level);
      CHECK(to_hex(image.gp.rfm[i].aid) == "A0000005591010000" + std::to_string(i + 1));
    }
    CHECK(image.gp.load_files.empty());
    CHECK(image.gp.applications.empty());
  });
}

TEST_CASE("TS.48 details that go wrong easily") {
  each_package([](const Row& row, const Bytes& package) {
    const auto image = parts::installed(package);
    // Contents of EF.DIR jump across records of 33 octets.
    const auto& dir = parts::at(image, "2F00"_hex);
    CHECK(dir.record_length == 33);
    for (std::size_t record = 0; record < 3; ++record) CHECK(dir.body[record * 33] == 0x61);
    // A pattern of 42 octets fills every record of EF.ICI; EF.SMS starts each record with 00.
    const auto& sms = parts::at(image, "7FD06F3C"_hex);
    for (std::size_t record = 0; record < sms.record_count(); ++record) {
      CHECK(sms.body[record * sms.record_length] == 0x00);
      CHECK(sms.body[record * sms.record_length + 1] == 0xFF);
    }
    const auto& ici = parts::at(image, "7FD06F80"_hex);
    CHECK(ici.record_length == 42);
    CHECK(equal(ByteView(ici.body).first(42), ByteView(ici.body).subspan(42, 42)));
    // Links go both ways and name temporary identifiers only in the package.
    const auto& fdn = parts::at(image, "7F106F3B"_hex);
    REQUIRE(fdn.link_target != uicc::kNoNode);
    CHECK(image.files.at(fdn.link_target).body.size() == fdn.size);
    if (row.saip == "2.3" && row.edition == "v4") CHECK(to_hex(parts::at(image, "7FD05FD04F01"_hex).body).starts_with("A0020000FF"));
  });
}

TEST_CASE("A TS.48 package with changed octets is refused or installed, never more") {
  const std::string folder = ts48_folder();
  if (folder.empty()) {
    WARN("the shared vectors are not here: TS.48 packages skipped");
    return;
  }
  const Bytes package = contents(folder + "/ts48-v4-saip2.3-bertlv.der");
  for (std::size_t i = 0; i < package.size(); i += 5) {
    Bytes changed = package;
    changed[i] = static_cast<std::uint8_t>(changed[i] ^ (i % 2 == 0 ? 0xFF : 0x01));
    profile::PackageInterpreter interpreter;
    (void)interpreter.feed(changed);
    if (interpreter.finish()) {
      REQUIRE(profile::ProfileImage::decode(interpreter.take().encode()));
    } else {
      REQUIRE(interpreter.result() != profile::PeStatus::ok);
    }
  }
}
