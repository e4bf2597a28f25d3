// The tables of the templates against what can be said of them without looking at the tables.
#include <catch2/catch.hpp>
#include <set>

#include "euicc/profile/elements.h"
#include "euicc/profile/templates.h"
#include "tests/unit/profile/package_parts.h"
#include "tests/support/paths.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::ContentKind;
using profile::FileRow;
using profile::Template;
using uicc::FileKind;

namespace {

const Template& table(std::uint8_t arc, std::uint8_t version = 1) {
  const Template* found = profile::find_template(profile::template_oid(arc, version));
  REQUIRE(found != nullptr);
  return *found;
}

std::size_t members(const Template& t) {
  std::size_t count = 0;
  for (const FileRow& row : t.rows) count += t.has(row) ? 1U : 0U;
  return count;
}

const FileRow* row(const Template& t, std::string_view name) {
  for (const FileRow& r : t.rows)
    if (t.has(r) && name == r.name) return &r;
  return nullptr;
}

}  // namespace

TEST_CASE("Templates are found by identifier and version") {
  CHECK(to_hex(profile::template_oid(1)) == "67810F010201");
  CHECK(to_hex(profile::template_oid(13, 4)) == "67810F01020D04");
  CHECK(profile::find_template("67810F010201"_hex) != nullptr);
  CHECK(profile::find_template("67810F01020102"_hex) == nullptr);
  CHECK(profile::find_template("67810F01020401"_hex) == nullptr);
  CHECK(profile::find_template("67810F0102"_hex) == nullptr);
  CHECK(profile::find_template("67810F010363"_hex) == nullptr);
  CHECK(profile::find_template({}) == nullptr);
}

TEST_CASE("Versions of a template differ in the files they have") {
  CHECK(members(table(3)) == 38);
  CHECK(members(table(3, 2)) == 46);
  CHECK(members(table(4)) == 24);
  CHECK(members(table(4, 2)) == 24);
  CHECK(members(table(5)) == 74);
  CHECK(members(table(5, 2)) == 85);
  CHECK(members(table(5, 3)) == 86);
  CHECK(members(table(9)) == 9);
  CHECK(members(table(9, 2)) == 14);
  CHECK(members(table(10)) == 35);
  CHECK(members(table(11)) == 67);
  CHECK(members(table(13)) == 11);
  CHECK(members(table(13, 2)) == 13);
  CHECK(members(table(13, 3)) == 13);
  CHECK(members(table(13, 4)) == 20);
  CHECK(row(table(4), "ef-ust")->shape.count == 14);
  CHECK(row(table(4, 2), "ef-ust")->shape.count == 17);
  CHECK(row(table(13, 2), "ef-5gs3gppnsc")->shape.record_length == 57);
  CHECK(row(table(13, 3), "ef-5gs3gppnsc")->shape.record_length == 62);
  CHECK(to_hex(row(table(13), "ef-routing-indicator")->content.octets.view()) == "F0FFFFFF");
  CHECK(to_hex(row(table(13, 4), "ef-routing-indicator")->content.octets.view()) == "F0FF0000");
}

TEST_CASE("Rows are consistent: members, directories, sizes, identifiers") {
  for (const Template& t : profile::all_templates()) {
    INFO(t.name << " ." << int{t.version});
    REQUIRE(t.element < profile::all_elements().size());
    std::set<unsigned> numbers;
    std::set<std::pair<unsigned, unsigned>> places, short_ids;
    std::set<unsigned> directories;
    for (const FileRow& r : t.rows) {
      if (!t.has(r)) continue;
      INFO(r.name);
      CHECK(numbers.insert(r.member).second);
      CHECK(r.rule >= 1);
      CHECK(r.rule <= 14);
      CHECK(r.sfi <= 30);
      const bool directory = r.shape.kind <= FileKind::adf;
      if (r.under != 0) CHECK(directories.contains(r.under));
      if (directory) directories.insert(r.member);
      if (directory) CHECK(r.rule == 14);
      if (r.fid.first != 0) CHECK(places.insert({r.under, r.fid.first}).second);
      if (r.sfi != 0) CHECK(short_ids.insert({r.under, r.sfi}).second);
      const bool records = r.shape.kind == FileKind::linear_fixed || r.shape.kind == FileKind::cyclic;
      if (!records) CHECK(r.shape.record_length == 0);
      const std::size_t unit = records ? r.shape.record_length : r.shape.count;
      if (unit != 0 && r.content.kind == ContentKind::literal) CHECK(r.content.octets.size <= unit);
      if (t.created_by_default && (r.flags & profile::kMandatory) == 0 && t.element != 25) CHECK(r.content.kind != ContentKind::given);
    }
  }
}

TEST_CASE("A template of another version makes its own sizes") {
  const auto image = parts::installed(
      parts::join({parts::header({1, 4}, 3, 3), parts::mf(), parts::puks(), parts::pins(), parts::usim({}, 0x7FD0, 0x01, 2),
                   parts::template_element(28, 60, 13, 4,
                                           [](asn1::TlvWriter& out) {
                                             perso::FcpFields df;
                                             df.pin_references = {0x01};
                                             parts::file(out, 2, df);
                                             parts::file(out, 5);
                                             parts::file(out, 12);
                                           }),
                   parts::end()}));
  CHECK(parts::at(image, "7FD06F38"_hex).size == 17);
  CHECK(parts::at(image, "7FD05FC04F03"_hex).size == 124);
  CHECK(to_hex(parts::at(image, "7FD05FC04F0A"_hex).body) == "F0FF0000");
}

TEST_CASE("A member that the template's version does not have is unknown") {
  const auto eaka = [](unsigned version) {
    return parts::profile({parts::template_element(20, 60, 5, version, [](asn1::TlvWriter& out) {
      parts::file(out, 87, {}, {{0, "00"_hex}});
    })});
  };
  CHECK(parts::install(eaka(2)).status == profile::PeStatus::invalid_parameter);
  CHECK(parts::installed(eaka(3)).files.size() > 0);
}

TEST_CASE("A package of the contact directory and of the phonebook below the USIM") {
  const auto image = parts::installed(parts::read_hex_file(simurgh::test::source_dir() + "/vectors/profile/directories.hex"));
  CHECK(to_hex(parts::at(image, "7F116F01"_hex).body) == "01020304");
  CHECK(to_hex(parts::at(image, "7F116F41"_hex).body) == "AABB");
  const auto& adn = parts::at(image, "7FD05F3A4F58"_hex);
  CHECK(adn.record_count() == 2);
  CHECK(adn.record_length == 28);
  CHECK(to_hex(parts::at(image, "7FD05F3A4F22"_hex).body) == "00000000");
  CHECK(parts::at(image, "7FD05F3A4F23"_hex).special_info == 0x80);
  CHECK(to_hex(parts::at(image, "7FD05F3A4F38"_hex).body) == "00FFFFFFFFFFFFFFFFFFFFFFFF");
}
