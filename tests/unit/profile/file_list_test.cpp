// File lists, templates and GenericFileManagement: what a file holds and where it lies.
#include <catch2/catch.hpp>

#include "tests/unit/profile/package_parts.h"

using namespace simurgh;
using namespace simurgh::literals;
using perso::FcpFields;
using profile::PeStatus;
using uicc::FileKind;

namespace {

// "80: 7FD0 | 62: 82024121 ..." as elements with these tags and contents.
Bytes steps(const std::string& text) {
  Bytes out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('|', start), text.size());
    const std::size_t colon = text.find(':', start);
    const auto tag = from_hex(text.substr(start, colon - start));
    const auto content = from_hex(text.substr(colon + 1, end - colon - 1));
    REQUIRE(tag);
    REQUIRE(content);
    append(out, asn1::tlv(static_cast<std::uint32_t>(be_value(*tag)), *content));
    start = end + 1;
  }
  return out;
}

// A GenericFileManagement element with one list of steps.
Bytes managed(const std::string& text, unsigned identification = 50, bool mandated = true) {
  return parts::element(
      1, identification,
      [&](asn1::TlvWriter& out) {
        auto commands = out.open(0xA1);
        auto list = out.open(0x30);
        out.raw(steps(text));
      },
      mandated);
}

Bytes opt_usim(const parts::Members& members, unsigned version = 1, bool mandated = true) {
  return parts::template_element(20, 51, 5, version, members, mandated);
}

Bytes raw_member(unsigned number, const std::string& list) { return asn1::tlv(perso::member_tag(number), steps(list)); }

Bytes with_raw(unsigned number, const std::string& list) {
  return opt_usim([&](asn1::TlvWriter& out) { out.raw(raw_member(number, list)); });
}

}  // namespace

TEST_CASE("Members above 30 have two-octet tags") {
  const auto image = parts::installed(parts::profile({with_raw(58, "83: 00F110")}));
  CHECK(to_hex(parts::at(image, "7FD06FD9"_hex).body) == "00F110FFFFFFFFFFFFFFFFFFFFFFFF");
}

TEST_CASE("GenericFileManagement has tags of its own for offset and content") {
  const auto image = parts::installed(parts::profile({managed("80: | 62: 82024121 83022FAA 8B0101 800108 | 02: 02 | 81: ABCD")}));
  CHECK(to_hex(parts::at(image, "2FAA"_hex).body) == "FFFFABCDFFFFFFFF");
}

TEST_CASE("Offsets count from the end of the last content and run over all records") {
  FcpFields records;
  records.descriptor = 0x42;
  records.record_length = 8;
  records.size = 24;
  const auto image = parts::installed(parts::profile({opt_usim([&](asn1::TlvWriter& out) {
    // ef-msisdn: two octets in record 1, then record 2 and the first octet of record 3 with one content.
    auto list = out.open(perso::member_tag(7));
    perso::put_fcp(out, 0xA1, records);
    out.put(0x83, "1122"_hex)
        .put_integer(0x82, 6)
        .put(0x83, "3344"_hex)
        .put(0x83, "5566"_hex)
        .put_integer(0x82, 0)
        .put_integer(0x82, 4)
        .put(0x83, "77"_hex);
  })}));
  CHECK(to_hex(parts::at(image, "7FD06F40"_hex).body) == "1122FFFFFFFFFFFF33445566FFFFFFFF77FFFFFFFFFFFFFF");
}

TEST_CASE("Patterns apply to each record and content goes on top of them") {
  FcpFields fcp;
  fcp.descriptor = 0x42;
  fcp.record_length = 4;
  fcp.size = 12;
  fcp.fill_pattern = "00FE"_hex;
  const auto image = parts::installed(parts::profile({opt_usim([&](asn1::TlvWriter& out) {
    parts::file(out, 20, fcp, {{4, "AA"_hex}});
  })}));
  const auto& file = parts::at(image, "7FD06F47"_hex);
  CHECK(to_hex(file.body) == "00FEFEFEAAFEFEFE00FEFEFE");
  CHECK(to_hex(file.fill_pattern) == "00FE");
  CHECK_FALSE(file.repeat_pattern);

  const auto repeated = parts::installed(parts::profile({managed("80: | 62: 820442210003 83022FAB 8B0101 800109 A506 C20401020304", 60)}));
  CHECK(to_hex(parts::at(repeated, "2FAB"_hex).body) == "010203010203010203");
  CHECK(parts::at(repeated, "2FAB"_hex).repeat_pattern);
}

TEST_CASE("The template's pattern stays when proprietaryEFInfo names none") {
  // ef-ext2: template pattern 00 FF per record; A5 with special file information only.
  const auto image = parts::installed(parts::profile({with_raw(12, "A1: 80011A A503 C00180")}));
  const auto& file = parts::at(image, "7FD06F4B"_hex);
  CHECK(file.special_info == 0x80);
  CHECK(to_hex(file.body) == "00FFFFFFFFFFFFFFFFFFFFFFFF00FFFFFFFFFFFFFFFFFFFFFFFF");
}

TEST_CASE("Created-by-default templates make unlisted files, others do not") {
  const auto image = parts::installed(parts::profile());
  // EF.Keys was not listed; its default is 07 FF...
  const auto& keys = parts::at(image, "7FD06F08"_hex);
  CHECK(keys.body.size() == 33);
  CHECK(keys.body[0] == 0x07);
  CHECK(keys.special_info == 0x80);
  CHECK(keys.sfi == 0x08);
  CHECK(keys.access.arr_fid == 0x6F06);
  CHECK(keys.access.record == 5);
  CHECK(to_hex(parts::at(image, "7FD06F7E"_hex).body) == "FFFFFFFFFFFFFF0000FF01");
  CHECK(parts::at(image, "7FD06F3C"_hex).record_count() == 10);
  CHECK(parts::exists(image, "2F05"_hex));
  CHECK_FALSE(parts::exists(image, "7FD06F05"_hex));  // ef-li belongs to a template that creates nothing by itself
}

TEST_CASE("EF.UMPC comes by itself from version 2.3 on") {
  const auto with = [](unsigned minor) {
    return parts::installed(parts::join({parts::header({1, 4}, 2, minor), parts::mf(), parts::puks(), parts::pins(), parts::end()}));
  };
  CHECK(parts::exists(with(3), "2F08"_hex));
  CHECK_FALSE(parts::exists(with(1), "2F08"_hex));
}

TEST_CASE("doNotCreate drops a file of a created-by-default template only") {
  const auto image =
      parts::installed(parts::join({parts::header(), parts::mf(), parts::puks(), parts::pins(),
                                    parts::usim([](asn1::TlvWriter& out) { out.raw(raw_member(23, "80:")); }), parts::end()}));
  CHECK_FALSE(parts::exists(image, "7FD06FC4"_hex));
  CHECK(parts::exists(image, "7FD06FE3"_hex));
  CHECK_FALSE(parts::exists(parts::installed(parts::profile({with_raw(2, "80:")})), "7FD06F05"_hex));
  CHECK(parts::install(parts::profile({with_raw(2, "80: | 83: 00")})).status == PeStatus::invalid_request_format);
  // The MF template ignores it.
  const auto mf_image = parts::installed(parts::join({parts::header(),
                                                      [] {
                                                        Bytes mf = parts::mf();
                                                        const Bytes last = raw_member(7, "80:");
                                                        const auto content = asn1::read_only(mf, 0xB0)->value;
                                                        return asn1::tlv(0xB0, concat({content, last}));
                                                      }(),
                                                      parts::puks(), parts::pins(), parts::end()}));
  CHECK(parts::exists(mf_image, "2F08"_hex));
}

TEST_CASE("An empty File list creates the file with its defaults") {
  const auto image = parts::installed(parts::profile({opt_usim([](asn1::TlvWriter& out) {
    for (const unsigned member : {2U, 15U, 27U, 66U}) out.raw(raw_member(member, ""));
  })}));
  CHECK(parts::at(image, "7FD06F05"_hex).sfi == 2);
  CHECK(to_hex(parts::at(image, "7FD06F60"_hex).body).substr(0, 20) == "FFFFFF0000FFFFFF0000");
  const auto& ici = parts::at(image, "7FD06F80"_hex);
  CHECK(ici.kind == FileKind::cyclic);
  CHECK(ici.record_count() == 20);
  CHECK(to_hex(ByteView(ici.body).subspan(38 - 8, 8)) == "FF0000000001FFFF");
  CHECK(ici.special_info == 0x80);
  CHECK(parts::at(image, "7FD06FE6"_hex).body.size() == 30);
}

TEST_CASE("A second Fcp in one list is a new instance that starts from the template row") {
  const auto telecom = parts::template_element(18, 52, 3, 1, [](asn1::TlvWriter& out) {
    FcpFields df;
    df.pin_references = {0x01};
    parts::file(out, 2, df);
    parts::file(out, 15, df);
    // Two EF.ADN: the second keeps the row's rule and pattern and needs an identifier of its own.
    out.raw(raw_member(24, "A1: 8B0107 8204 4221000A 800114 880108 | 83: AABB | A1: 83024F59 8204 42210008 800110 8800 | 83: CCDDEE"));
  });
  const auto image = parts::installed(parts::profile({telecom}));
  const auto& first = parts::at(image, "7F105F3A4F58"_hex);
  CHECK(first.access.record == 7);
  CHECK(first.sfi == 1);
  CHECK(to_hex(first.body).substr(0, 8) == "AABBFFFF");
  const auto& second = parts::at(image, "7F105F3A4F59"_hex);
  CHECK(second.access.record == 5);
  CHECK(second.sfi == 0);
  CHECK(second.record_length == 8);
  CHECK(to_hex(second.body).substr(0, 8) == "CCDDEEFF");

  const auto without = parts::template_element(18, 52, 3, 1, [](asn1::TlvWriter& out) {
    FcpFields df;
    df.pin_references = {0x01};
    parts::file(out, 2, df);
    parts::file(out, 15, df);
    out.raw(raw_member(24, "A1: 8204 4221000A 80010A | A1: 8204 4221000A 80010A"));
  });
  CHECK(parts::install(parts::profile({without})).status == PeStatus::bad_values);
}

TEST_CASE("The temporary identifier of an ADF is no file identifier below the MF") {
  const auto image = parts::installed(parts::profile());
  REQUIRE(image.files.adfs().size() == 1);
  CHECK(image.files.child(uicc::kMf, 0x7FD0) == uicc::kNoNode);
  CHECK(image.files.walk(uicc::kMf, "7FD0"_hex) == uicc::kNoNode);
  CHECK(equal(image.files.at(image.files.adfs()[0]).aid, parts::usim_aid()));
}

TEST_CASE("File descriptor byte 79 is a BER-TLV file, not a directory") {
  const auto image =
      parts::installed(parts::profile({managed("80: | 62: 82027921 83022FAC 8B0101 80020400 8800 | 81: 80020102 | 81: 810155")}));
  const auto& file = parts::at(image, "2FAC"_hex);
  CHECK(file.kind == FileKind::ber_tlv);
  CHECK(file.size == 0x400);
  CHECK(file.sfi == 0);
  CHECK(to_hex(file.body) == "80020102810155");
  CHECK(parts::install(parts::profile({managed("80: | 62: 82027921 83022FAC 8B0101 80020400 | 02: 01")})).status == PeStatus::bad_values);
}

TEST_CASE("BER-TLV files are left out where the card lacks them") {
  const profile::PackageLimits without{.services = ~(std::uint64_t{1} << 18)};
  const std::string list = "80: | 62: 82027921 83022FAC 8B0101 80020400 8800 | 81: 80020102";
  const auto result = parts::install(parts::profile({managed(list, 50, false)}), without);
  REQUIRE(result.installed);
  CHECK(result.statuses.at(0).status == PeStatus::feature_not_supported);
  CHECK_FALSE(parts::exists(result.image, "2FAC"_hex));
  CHECK(parts::install(parts::profile({managed(list)}), without).status == PeStatus::feature_not_supported);
}

TEST_CASE("A record length without efFileSize keeps the template's number of records") {
  const auto image = parts::installed(parts::profile({with_raw(7, "A1: 8204 4221001E"), managed("80:")}));
  const auto& msisdn = parts::at(image, "7FD06F40"_hex);
  CHECK(msisdn.record_length == 30);
  CHECK(msisdn.record_count() == 1);
  const auto sized = parts::installed(parts::profile({with_raw(7, "A1: 800160")}));
  CHECK(parts::at(sized, "7FD06F40"_hex).record_length == 24);
  CHECK(parts::at(sized, "7FD06F40"_hex).record_count() == 4);
}

TEST_CASE("SFIs come from the table, from the identifier, or not at all") {
  const auto image =
      parts::installed(parts::profile({managed("80: | 62: 82024121 83024F86 8B0101 800101 8800"
                                               "| 62: 82024121 83024F87 8B0101 800101"
                                               "| 62: 82024121 83024F80 8B0101 800101"
                                               "| 62: 82024121 83024F9F 8B0101 800101"
                                               "| 62: 82024121 83024F88 8B0101 800101 8801F0")}));
  CHECK(parts::at(image, "4F86"_hex).sfi == 0);
  CHECK(parts::at(image, "4F87"_hex).sfi == 7);
  CHECK(parts::at(image, "4F80"_hex).sfi == 0);
  CHECK(parts::at(image, "4F9F"_hex).sfi == 0);
  CHECK(parts::at(image, "4F88"_hex).sfi == 0x1E);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82024121 83024F88 8B0101 800101 880103")})).status == PeStatus::bad_values);
}

TEST_CASE("A link shares the body of its target and keeps its own rule") {
  const auto image =
      parts::installed(parts::profile({managed("80: | 62: 82024221 83026F3A 8B032F0603 C704 7FD06F3C"
                                               "| 62: 82024121 83026F3B 8B0102 8800 C7026F3A")}));
  const auto& link = parts::at(image, "6F3A"_hex);
  REQUIRE(link.link_target != uicc::kNoNode);
  CHECK(&image.files.at(link.link_target) == &parts::at(image, "7FD06F3C"_hex));
  CHECK(link.kind == FileKind::linear_fixed);
  CHECK(link.record_length == 176);
  CHECK(link.body.empty());
  CHECK(link.access.arr_fid == 0x2F06);
  CHECK(link.access.record == 3);
  // A link to a link ends at the body.
  CHECK(parts::at(image, "6F3B"_hex).link_target == link.link_target);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82024221 83026F3A 8B0103 C704 7FD06FFF")})).status == PeStatus::bad_values);
}

TEST_CASE("Access references keep the EF.ARR that their place implies") {
  const auto image = parts::installed(parts::profile({parts::template_element(28, 53, 13, 1, [](asn1::TlvWriter& out) {
    FcpFields df;
    df.pin_references = {0x01};
    parts::file(out, 2, df);
    parts::file(out, 8, {}, {{0, "00000000"_hex}});
    out.raw(raw_member(12, "A1: 8B032F0609"));
  })}));
  CHECK(parts::at(image, "7FD0"_hex).access.arr_fid == 0x2F06);
  CHECK(parts::at(image, "7FD0"_hex).access.record == 14);
  CHECK(parts::at(image, "2FE2"_hex).access.arr_fid == 0x2F06);
  CHECK(parts::at(image, "7FD05FC04F06"_hex).access.arr_fid == 0x6F06);  // resolved upwards when it is used
  CHECK(parts::at(image, "7FD05FC04F0A"_hex).access.arr_fid == 0x2F06);
  CHECK(parts::install(parts::profile({with_raw(2, "A1: 8B022F06")})).status == PeStatus::bad_values);
}

TEST_CASE("Content that does not fit and identifiers that exist are bad values") {
  CHECK(parts::install(parts::profile({with_raw(2, "83: 01020304050607")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({with_raw(2, "82: 01 | 83: 010203040506")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82024121 83022FE2 8B0101 800101")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({managed("80: 7F99")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({managed("80: | 81: 00")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82024121 83022FAA 8B0101")})).status == PeStatus::invalid_request_format);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82024121 83022FAA 8B0101 800100")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82044221000B 83022FAA 8B0101 800120")})).status == PeStatus::bad_values);
  CHECK(parts::install(parts::profile({managed("80: | 62: 82024121 83022FAA 8B0101 800101 A506 C10100 C20100")})).status ==
        PeStatus::bad_values);
}

TEST_CASE("GenericFileManagement walks, creates directories and updates files") {
  const auto image =
      parts::installed(parts::profile({managed("80: | 62: 82027821 83027F66 8B0101 C602010A | 62: 82027821 83025F40 8B0101 C602010A"
                                               "| 62: 82024121 83024F81 8B0101 800104 | 81: 0102"
                                               "| 80: 7FD06F07 | 81: 09 | 80:")}));
  const auto& file = parts::at(image, "7F665F404F81"_hex);
  CHECK(to_hex(file.body) == "0102FFFF");
  CHECK(file.access.arr_fid == 0x6F06);
  CHECK(to_hex(parts::at(image, "7FD06F07"_hex).body) == "090910101032547698");
}

TEST_CASE("A GenericFileManagement with a path only creates nothing and leaves the PIN context") {
  const auto before = parts::installed(parts::profile());
  const auto after = parts::installed(parts::profile({managed("80:")}));
  CHECK(before.encode() == after.encode());
}

TEST_CASE("Linked directories are left out with everything below them") {
  const std::string list = "80: | 62: 82027821 83027F66 8B0101 C602010A | 80: | 62: 82027821 83027F67 8B0101 C7027F66";
  const auto result =
      parts::install(parts::profile({managed(list, 50, false), managed("80: 7F67 | 62: 82024121 83024F81 8B0101 800104 | 81: 0102", 51)}));
  REQUIRE(result.installed);
  REQUIRE(result.statuses.size() == 1);
  CHECK(result.statuses[0].status == PeStatus::feature_not_supported);
  CHECK(parts::exists(result.image, "7F66"_hex));
  CHECK_FALSE(parts::exists(result.image, "7F67"_hex));
  CHECK(parts::install(parts::profile({managed(list)})).status == PeStatus::feature_not_supported);
}

TEST_CASE("An ADF may come from GenericFileManagement and is an application then") {
  const auto image =
      parts::installed(parts::join({parts::header(), parts::mf(), parts::puks(), parts::pins(),
                                    managed("80: | 62: 82027821 83027FD0 840CA0000000871002FF49FF0501 8B010E C602010A"), parts::milenage(),
                                    opt_usim([](asn1::TlvWriter& out) { out.raw(raw_member(2, "")); }), parts::end()}));
  REQUIRE(image.aka.size() == 1);
  CHECK(image.aka[0].adf == image.files.adfs().at(0));
  CHECK(parts::exists(image, "7FD06F05"_hex));
}

TEST_CASE("Files of unsupported functions are left out and their service bits cleared") {
  const profile::PackageLimits limits{.services = ~(std::uint64_t{1} << 7 | std::uint64_t{1} << 9)};
  const auto gba = [](bool mandated) {
    return opt_usim(
        [](asn1::TlvWriter& out) {
          out.raw(raw_member(2, ""));
          out.raw(raw_member(55, "A1: 800108"));
          out.raw(raw_member(57, "A1: 820442210008 800108"));
        },
        1, mandated);
  };
  const auto result = parts::install(parts::profile({gba(false)}), limits);
  REQUIRE(result.installed);
  REQUIRE(result.statuses.size() == 2);
  CHECK(result.statuses[0].status == PeStatus::feature_not_supported);
  CHECK(result.statuses[0].additional == 1);
  CHECK(result.statuses[1].additional == 2);
  CHECK(parts::exists(result.image, "7FD06F05"_hex));
  CHECK_FALSE(parts::exists(result.image, "7FD06FD6"_hex));
  CHECK(parts::install(parts::profile({gba(true)}), limits).status == PeStatus::feature_not_supported);

  // UST octet 9 holds services 65 to 72: 68 and 69 go, the rest stays.
  const auto full = parts::install(parts::join({parts::header(), parts::mf(), parts::puks(), parts::pins(), parts::usim(),
                                                managed("80: 7FD06F38 | 02: 08 | 81: FF"), parts::end()}),
                                   limits);
  REQUIRE(full.installed);
  CHECK(parts::at(full.image, "7FD06F38"_hex).body[8] == 0xE7);
}

TEST_CASE("Unknown members are a warning, or a refusal where the element is mandated") {
  const auto with_unknown = [](bool mandated) {
    return opt_usim([](asn1::TlvWriter& out) { out.raw("A200"_hex).raw("BF5A00"_hex); }, 1, mandated);
  };
  const auto result = parts::install(parts::profile({with_unknown(false)}));
  REQUIRE(result.installed);
  CHECK(result.statuses.at(0).status == PeStatus::invalid_parameter);
  CHECK(parts::exists(result.image, "7FD06F05"_hex));
  CHECK(parts::install(parts::profile({with_unknown(true)})).status == PeStatus::invalid_parameter);
}
