#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"
#include "ipae/es10/bound_package.h"
#include "ipae/es10/es10a.h"
#include "ipae/es10/es10b.h"
#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "tests/unit/ipae/scripted_card.h"

using namespace simurgh;
using namespace simurgh::ipae;
using simurgh::test::answering;

TEST_CASE("EUICCInfo1 and EUICCInfo2 are read field by field", "[es10b]") {
  auto card = answering(
      "BF204B8203020500A92C0414F54172BDF98A95D65CBEB88A38A1C11D800A85C30414C0BC70BA36929D43B467FF57570530E57AB8FCD8"
      "AA160414F54172BDF98A95D65CBEB88A38A1C11D800A85C3");
  const auto info1 = es10b::get_euicc_info1(card);
  REQUIRE(info1);
  CHECK(version_text(info1->svn) == "2.5.0");
  CHECK(info1->ci_keys_for_verification.size() == 2);
  REQUIRE(info1->ci_keys_for_signing.size() == 1);
  CHECK(to_hex(info1->ci_keys_for_signing[0]) == "F54172BDF98A95D65CBEB88A38A1C11D800A85C3");

  card = answering(
      "BF228194810302030182030205008303010000840D810101820400040000830220008505067F36F3C086030F0100870302030088020398A92C0414F54172BDF9"
      "8A95D65CBEB88A38A1C11D800A85C30414C0BC70BA36929D43B467FF57570530E57AB8FCD8AA160414F54172BDF98A95D65CBEB88A38A1C11D800A85C38B01"
      "029902064004030100000C0D5645554943432D544553542D31");
  const auto info2 = es10b::get_euicc_info2(card);
  REQUIRE(info2);
  CHECK(version_text(info2->profile_version) == "2.3.1");
  CHECK(info2->installed_applications == 1);
  CHECK(info2->free_non_volatile == 0x40000);
  CHECK(info2->free_volatile == 0x2000);
  CHECK(version_text(info2->javacard_version) == "15.1.0");
  CHECK(info2->category == 2U);
  CHECK(info2->forbidden_policy_rules == kPpr1);
  CHECK(version_text(info2->pp_version) == "1.0.0");
  CHECK(info2->sas_accreditation_number == "VEUICC-TEST-1");
  CHECK(rsp_capability_names(info2->rsp_capability) ==
        std::vector<std::string>{"additionalProfile", "testProfileSupport", "deviceInfoExtensibilitySupport"});
  const auto names = uicc_capability_names(info2->uicc_capability);
  REQUIRE_FALSE(names.empty());
  CHECK(names[0] == "usimSupport");
}

TEST_CASE("Addresses, with and without a default", "[es10a]") {
  auto card = answering("BF3C238010736D64702E6578616D706C652E636F6D810F6C70612E64732E67736D612E636F6D");
  auto addresses = es10a::get_euicc_configured_addresses(card);
  REQUIRE(addresses);
  CHECK(addresses->default_dp_address == "smdp.example.com");
  CHECK(addresses->root_ds_address == "lpa.ds.gsma.com");
  card = answering("BF3C11810F6C70612E64732E67736D612E636F6D");
  addresses = es10a::get_euicc_configured_addresses(card);
  REQUIRE(addresses);
  CHECK_FALSE(addresses->default_dp_address);
  card = answering("BF3C00");
  CHECK_FALSE(es10a::get_euicc_configured_addresses(card));
}

TEST_CASE("GetProfilesInfo lists profiles and reports errors", "[es10c]") {
  auto card = answering(
      "BF2D3CA03AE3385A0A988812010000000010F14F10A0000005591010FFFFFFFF89000010009F70010190046E69636B91045653504E92055650524F46950102");
  const auto profiles = es10c::get_profiles_info(card, *from_hex("5A4F9F7095"));
  REQUIRE(profiles);
  CHECK(to_hex(card.requests[0]) == "BF2D075C055A4F9F7095");
  REQUIRE(profiles->size() == 1);
  const ProfileInfo& profile = profiles->front();
  CHECK(iccid_text(profile.iccid) == "8988211000000000011");
  CHECK(to_hex(profile.aid) == "A0000005591010FFFFFFFF8900001000");
  CHECK(profile.state == ProfileState::enabled);
  CHECK(profile.nickname == "nick");
  CHECK(profile.service_provider == "VSPN");
  CHECK(profile.name == "VPROF");
  CHECK(profile.profile_class == ProfileClass::operational);

  card = answering("BF2D02A000");
  CHECK(es10c::get_profiles_info(card)->empty());
  CHECK(to_hex(card.requests[0]) == "BF2D00");
  card = answering("BF2D03810101");
  CHECK_FALSE(es10c::get_profiles_info(card));
  card = answering("BF2D04A002E301");
  CHECK_FALSE(es10c::get_profiles_info(card));
}

TEST_CASE("Profile commands are encoded as the specification has them", "[es10c]") {
  const es10c::Iccid iccid{*from_hex("988812010000000010F1")};
  auto card = answering("BF3103800100");
  CHECK(es10c::enable_profile(card, iccid, true) == es10c::EnableResult::ok);
  CHECK(to_hex(card.requests[0]) == "BF3111A00C5A0A988812010000000010F18101FF");
  card = answering("BF3203800103");
  CHECK(es10c::disable_profile(card, es10c::Aid{*from_hex("A0000005591010FFFFFFFF8900001000")}, false) ==
        es10c::DisableResult::disallowed_by_policy);
  CHECK(to_hex(card.requests[0]) == "BF3217A0124F10A0000005591010FFFFFFFF8900001000810100");
  card = answering("BF3303800102");
  CHECK(es10c::delete_profile(card, iccid) == es10c::DeleteResult::profile_not_in_disabled_state);
  CHECK(to_hex(card.requests[0]) == "BF330C5A0A988812010000000010F1");
  card = answering("BF3403800101");
  CHECK(es10c::euicc_memory_reset(card, {true, true, true}) == es10c::ResetResult::nothing_to_delete);
  CHECK(to_hex(card.requests[0]) == "BF3404820205E0");
  card = answering("BF2903800100");
  CHECK(es10c::set_nickname(card, iccid, "B\xC3\xBCro") == es10c::SetNicknameResult::ok);
  CHECK(to_hex(card.requests[0]) == "BF29135A0A988812010000000010F1900542C3BC726F");
  // A code too large for one octet must not wrap around to ok.
  card = answering("BF310480020100");
  const auto strange = es10c::enable_profile(card, iccid, true);
  REQUIRE(strange);
  CHECK(*strange != es10c::EnableResult::ok);
  card = answering("BF3203800100");
  CHECK_FALSE(es10c::enable_profile(card, iccid, true));  // an answer to another function
}

TEST_CASE("Notifications are listed, retrieved by number and removed", "[es10b]") {
  auto card = answering(
      "BF2852A050BF2F25800101810207800C10736D64702E6578616D706C652E636F6D5A0A988812010000000010F1BF2F25800103810206400C10736D64702E6578616D"
      "70"
      "6C652E636F6D5A0A988812010000000010F1");
  const auto list = es10b::list_notification(card, 1);
  REQUIRE(list);
  CHECK(to_hex(card.requests[0]) == "BF280481020780");
  REQUIRE(list->size() == 2);
  CHECK(list->at(1).sequence == 3);
  CHECK(event_names(list->at(1).events) == "enable");
  CHECK(list->at(1).address == "smdp.example.com");

  const Bytes other = asn1::tlv(0x30, concat({*from_hex("BF2F1A8002"
                                                        "0080810204100C10736D64702E6578616D706C652E636F6D"),
                                              asn1::tlv(0x5F37, Bytes(64, 1)), *from_hex("30003000")}));
  card = answering(to_hex(asn1::tlv(0xBF2B, asn1::tlv(0xA0, other))));
  const auto pending = es10b::retrieve_notifications_list(card, 128);
  REQUIRE(pending);
  CHECK(to_hex(card.requests[0]) == "BF2B06A00480020080");
  REQUIRE(pending->size() == 1);
  CHECK(pending->front().raw == other);
  CHECK(pending->front().metadata.sequence == 128);
  CHECK_FALSE(pending->front().installation_result);

  card = answering("BF2B03810101");  // noResultAvailable of early editions
  CHECK(es10b::retrieve_notifications_list(card)->empty());
  card = answering("BF3003800101");
  CHECK(es10b::remove_notification_from_list(card, 128) == es10b::NotificationSentResult::nothing_to_delete);
  CHECK(to_hex(card.requests[0]) == "BF300480020080");
}

TEST_CASE("Installation results tell success and the reason of a failure", "[es10b]") {
  const Bytes signature = asn1::tlv(0x5F37, Bytes(64, 0x22));
  const auto bf37 = [&](const std::string& bf27) { return asn1::tlv(0xBF37, concat({*from_hex(bf27), signature})); };
  const auto ok =
      parse_installation_result(bf37("BF276080100102030405060708090A0B0C0D0E0F10BF2F25800101810207800C10736D64702E6578616D706C652E636F6D5A0"
                                     "A988812010000000010F1060388370AA21FA0"
                                     "1D4F10A0000005591010FFFFFFFF890000100004093007A0053003800100"));
  REQUIRE(ok);
  CHECK_FALSE(ok->failure);
  CHECK(ok->notification.sequence == 1);
  CHECK(to_hex(ok->aid) == "A0000005591010FFFFFFFF8900001000");
  CHECK(to_hex(ok->smdp_oid) == "88370A");

  const auto failed = parse_installation_result(bf37(
      "BF273D80100102030405060708090A0B0C0D0E0F10BF2F19800102810207800C10736D64702E6578616D706C652E636F6D060388370AA208A106800101810108"));
  REQUIRE(failed);
  REQUIRE(failed->failure);
  CHECK(bpp_command_name(failed->failure->command) == "configureISDP");
  CHECK(error_reason_text(failed->failure->reason).find("scp03tSecurityError") != std::string::npos);
  CHECK(sima_response_text(*from_hex("300CA00830068001038101078100")) == "bad-values in element 7");
  CHECK(sima_response_text(*from_hex("3007A0053003800100")).empty());

  CHECK_FALSE(parse_installation_result(*from_hex("BF3700")));
  CHECK_FALSE(parse_installation_result(bf37("BF2700")));
}

TEST_CASE("Policy rules are judged by the first row that names them", "[es10b]") {
  auto card = answering("BF4319A017301580020560A10B30098003EEEEEE8100820082020780");
  const auto rat = es10b::get_rat(card);
  REQUIRE(rat);
  REQUIRE(rat->size() == 1);
  CHECK(rat->front().consent_required);
  const OperatorId owner{*from_hex("64F010"), {}, {}};
  using es10b::PolicyVerdict;
  CHECK(es10b::judge_policy_rules(0, {}, {}, 0) == PolicyVerdict::allowed);
  CHECK(es10b::judge_policy_rules(kPpr1 | kPpr2, owner, *rat, 0) == PolicyVerdict::consent_required);
  CHECK(es10b::judge_policy_rules(kPpr1, owner, *rat, kPpr1) == PolicyVerdict::not_allowed);
  CHECK(es10b::judge_policy_rules(kPpr1, {}, *rat, 0) == PolicyVerdict::not_allowed);
  CHECK(es10b::judge_policy_rules(kPpr1, owner, {}, 0) == PolicyVerdict::not_allowed);
  CHECK(es10b::judge_policy_rules(8, owner, *rat, 0) == PolicyVerdict::not_allowed);
  const es10b::AuthorisationRule narrow{kPpr1, {{*from_hex("64F010"), Bytes{0x01}, {}}}, false};
  CHECK(es10b::judge_policy_rules(kPpr1, owner, {narrow}, 0) == PolicyVerdict::not_allowed);
  CHECK(es10b::judge_policy_rules(kPpr1, OperatorId{*from_hex("64F010"), Bytes{0x01}, {}}, {narrow}, 0) == PolicyVerdict::allowed);
  card = answering("BF4302A000");
  CHECK(es10b::get_rat(card)->empty());
}

TEST_CASE("Authentication and cancellation errors keep their codes", "[es10b]") {
  auto card = answering("BF3817A11580100102030405060708090A0B0C0D0E0F10020106");
  const auto answer = es10b::authenticate_server(card, {Bytes{0x30, 0x00}, {}, {}, {}}, "MATCH-1", {*from_hex("35290611"), {}, {}});
  REQUIRE(answer);
  CHECK(answer->error == es10b::AuthenticateErrorCode::euicc_challenge_mismatch);
  CHECK(to_hex(card.requests[0]) == "BF38173000A01380074D415443482D31A108800435290611A100");
  card = answering("BF4103810105");
  const auto cancelled = es10b::cancel_session(card, Bytes{1, 2}, es10b::CancelReason::ppr_not_allowed);
  REQUIRE(cancelled);
  CHECK(cancelled->error == es10b::CancelSessionError::invalid_transaction_id);
  CHECK(to_hex(card.requests[0]) == "BF410780020102810103");
}

TEST_CASE("ICCIDs are swapped and filled", "[es10]") {
  CHECK(to_hex(*iccid_from_text("8988211000000000011")) == "988812010000000010F1");
  CHECK(to_hex(*iccid_from_text("89000123456789012341")) == "98001032547698103214");
  CHECK(iccid_from_text("890001234567890123")->back() == 0xFF);
  CHECK(iccid_text(*iccid_from_text("890001234567890123")) == "890001234567890123");
  CHECK_FALSE(iccid_from_text("89"));
  CHECK_FALSE(iccid_from_text("8988211000000000A11"));
  CHECK(plmn_text(*from_hex("64F010")) == "460-01");
  CHECK(printable("a\x1B[31m\xFFz\xC3\xBC") == "a\xEF\xBF\xBD[31m\xEF\xBF\xBDz\xC3\xBC");
}

namespace {

// The bound package of the reference vectors: keys, counters and MACs do not matter to the one who cuts it.
Bytes reference_package() {
  const Bytes bf23 = *from_hex(
      "BF2381AE82010180100102030405060708090A0B0C0D0E0F10A610800188810110840810111213141516175F4941"
      "04D65A93977CAA3D1B081852FF57A79E465F1660577304BAEAD505DD3A48589CF350185E895372DF6221EA3A137557E473FDDB6755F05BD507C3C533FCE9C91285"
      "5F3740EE86BAF9434130A1F88315FD38AD83C6B3836CE1249A8DBDBBE10A6E02BFE1165B1EB8AEE1609371B24444A1FD85DD51F4BFF715DC78D988EB3EB8E5510085"
      "C3");
  const Bytes a0 = asn1::tlv(0xA0, *from_hex("8718A20A349916C5477F8B0EBA433812392875A09FB916EF8147"));
  const Bytes a1 =
      asn1::tlv(0xA1, *from_hex("8841BF25365A0A988812010000000010F191045653504E92055650524F46950102B6183016800204708110736D64702E65"
                                "78616D706C652E636F6D7EDF37647022A140"));
  const Bytes a2 =
      asn1::tlv(0xA2, *from_hex("8748B3C3EA1CE77ECFE7A0B4AD9EC8AC7FC150F5928E1E643160E91F3A381276C72432126867EC900E10E92021AF2E3305"
                                "A9EA93B1E512C4994A4857FCD527BB6D74C1CA09A280B6F4D2"));
  const Bytes a3 = asn1::tlv(0xA3, *from_hex("8628ED3A5BF716CA2C6A26182EC2952F7FEAE48271D54F03A5EAB7C6774A8CCFDDEF17B5CACC7D48818B"
                                             "86183352F632855E88D9FEB69D96418805AD24333E9813A9CFD5"));
  return asn1::tlv(0xBF36, concat({bf23, a0, a1, a2, a3}));
}

// What the reader makes of a package that arrives in pieces of this size.
struct Cut {
  std::vector<Bytes> commands;
  Bytes metadata, transaction_id;
};
std::optional<Cut> cut(ByteView package, std::size_t piece) {
  BoundPackageReader reader;
  Cut out;
  while (!package.empty()) {
    const ByteView now = package.first(std::min(piece, package.size()));
    if (!reader.feed(now)) return std::nullopt;
    CHECK((reader.metadata_complete() || !reader.next()));
    while (auto command = reader.next()) out.commands.push_back(*std::move(command));
    package = package.subspan(now.size());
  }
  auto last = reader.end();
  if (!last) return std::nullopt;
  out.commands.push_back(*std::move(last));
  out.metadata = reader.metadata();
  out.transaction_id = reader.transaction_id();
  return out;
}
bool refused(ByteView package) {
  const bool whole = !cut(package, SIZE_MAX), slowly = !cut(package, 1);
  CHECK(whole == slowly);
  return whole;
}

}  // namespace

TEST_CASE("A bound package is cut into the eight commands of SGP.22 2.5.5 however it arrives", "[bpp]") {
  const Bytes package = reference_package();
  REQUIRE(package.size() == 426);
  CHECK(to_hex(crypto::sha256({package})) == "E9C3F3FDB44E534176C356E373920755D03B61284FABE009B2C344569ED45967");
  for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{180}, std::size_t{425}, package.size()}) {
    INFO("in pieces of " << piece);
    const auto got = cut(package, piece);
    REQUIRE(got);
    const std::vector<std::size_t> lengths{183, 28, 2, 67, 76, 2, 42, 26};
    REQUIRE(got->commands.size() == lengths.size());
    Bytes together;
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      CHECK(got->commands[i].size() == lengths[i]);
      append(together, got->commands[i]);
    }
    CHECK(together == package);
    CHECK(to_hex(got->commands[2]) == "A143");
    CHECK(to_hex(got->commands[5]) == "A344");
    CHECK(to_hex(got->transaction_id) == "0102030405060708090A0B0C0D0E0F10");
    const auto metadata = parse_metadata(got->metadata);
    REQUIRE(metadata);
    CHECK(metadata->name == "VPROF");
    REQUIRE(metadata->notifications.size() == 1);
    CHECK(event_names(metadata->notifications[0].events) == "enable, disable, delete");
  }
}

TEST_CASE("A bound package that is cut short or out of order is refused at every octet", "[bpp]") {
  const Bytes package = reference_package();
  for (std::size_t size = 0; size < package.size(); ++size) CHECK(refused(ByteView(package).first(size)));
  Bytes longer = package;
  longer.push_back(0);
  CHECK(refused(longer));
  for (const char* content : {"", "BF23", "BF2300", "BF2300A100A000A300", "BF2300A000A1028800A300", "BF2300A000A100A300A400", "BF2300A000A100A200A200A300", "BF2300A000A100A400A300",
                              "BF2301A000A100A300", "BF2300A000A101A300", "BF2300A000A100A303860200"}) {
    INFO(content);
    CHECK(refused(asn1::tlv(0xBF36, *from_hex(content))));
  }
  CHECK(cut(asn1::tlv(0xBF36, *from_hex("BF2300A000A100A300")), 1)->commands.size() == 4);
}

TEST_CASE("The reader of a bound package holds no element and no metadata longer than cards take", "[bpp]") {
  const Bytes front = *from_hex("BF2300A000");
  const auto package = [&](const Bytes& a1, const Bytes& a3) { return asn1::tlv(0xBF36, concat({front, asn1::tlv(0xA1, a1), asn1::tlv(0xA3, a3)})); };
  const Bytes segment = asn1::tlv(0x88, Bytes(1016));
  Bytes metadata;
  for (int i = 0; i < 14; ++i) append(metadata, segment);
  CHECK_FALSE(refused(package(metadata, {})));
  for (int i = 0; i < 3; ++i) append(metadata, segment);
  CHECK(refused(package(metadata, {})));
  CHECK_FALSE(refused(package({}, asn1::tlv(0x86, Bytes(BoundPackageReader::kLongest)))));
  CHECK(refused(package({}, asn1::tlv(0x86, Bytes(BoundPackageReader::kLongest + 1)))));
  // It says so at once, not when the octets have come.
  BoundPackageReader reader;
  CHECK_FALSE(reader.feed(*from_hex("BF3684FFFFFF00BF2384FFFFFF00")));
}
