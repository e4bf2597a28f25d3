#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "asn1/tlv.h"
#include "ipae/agent/download.h"
#include "ipae/es10/identifiers.h"
#include "ipae/es9/base64.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae/scripted_card.h"

using namespace simurgh;
using namespace simurgh::ipae;

namespace {

const Bytes kTransaction = *from_hex("0102030405060708090A0B0C0D0E0F10");
const Bytes kChallenge = *from_hex("A1A2A3A4A5A6A7A8A9AAABACADAEAFB0");
const Bytes kSignature = asn1::tlv(0x5F37, Bytes(64, 0x11));
constexpr auto kAddress = "smdp.example.com";
constexpr auto kPlainMetadata = "BF25185A0A988812010000000010F191045653504E920456505246";

Bytes installation_result(bool success) {
  const Bytes result = success ? *from_hex("A01D4F10A0000005591010FFFFFFFF890000100004093007A0053003800100")
                               : asn1::tlv(0xA1, *from_hex("80010581010C820E300CA00830068001038101078100"));
  const Bytes data = concat({asn1::tlv(0x80, kTransaction), *from_hex("BF2F19800102810207800C10736D64702E6578616D706C652E636F6D060388370A"),
                             asn1::tlv(0xA2, result)});
  return asn1::tlv(0xBF37, concat({asn1::tlv(0xBF27, data), kSignature}));
}

Bytes bound_package(ByteView metadata) {
  const Bytes mac(8, 0xEE);
  return asn1::tlv(0xBF36,
                   concat({asn1::tlv(0xBF23, concat({*from_hex("820101"), asn1::tlv(0x80, kTransaction)})),
                           asn1::tlv(0xA0, asn1::tlv(0x87, Bytes(24, 1))), asn1::tlv(0xA1, asn1::tlv(0x88, concat({metadata, mac}))),
                           asn1::tlv(0xA3, concat({asn1::tlv(0x86, Bytes(600, 2)), asn1::tlv(0x86, Bytes(100, 3))}))}));
}

// A card and a server that agree; each test bends one of them.
struct World {
  World() {
    card.on([this](ByteView request) { return card_answer(request); });
  }

  std::expected<Bytes, PortError> card_answer(ByteView request) {
    const std::uint32_t tag = asn1::TlvReader(request).peek().value_or(0);
    card_calls.push_back(tag);
    if (const auto bent = card_override.find(tag); bent != card_override.end()) return bent->second;
    switch (tag) {
      case 0xBF3C:
        return *from_hex("BF3C238010736D64702E6578616D706C652E636F6D810F6C70612E64732E67736D612E636F6D");
      case 0xBF20:
        return *from_hex("BF20058203020500");
      case 0xBF22:
        return *from_hex("BF22058203020500");
      case 0xBF43:
        return *from_hex("BF4319A017301580020560A10B30098003EEEEEE8100820082020780");
      case 0xBF2E:
        return asn1::tlv(0xBF2E, asn1::tlv(0x80, kChallenge));
      case 0xBF38:
        return asn1::tlv(0xBF38, asn1::tlv(0xA0, *from_hex("3000")));
      case 0xBF21:
        return asn1::tlv(0xBF21, asn1::tlv(0xA0, *from_hex("3000")));
      case 0xBF41:
        return asn1::tlv(0xBF41, asn1::tlv(0xA0, concat({*from_hex("3000"), kSignature})));
      case 0xBF30:
        return *from_hex("BF3003800100");
      default:
        break;
    }
    append(loaded, request);
    return loaded.size() >= fail_load_at || loaded.size() == package.size() ? installation_result(fail_load_at == SIZE_MAX) : Bytes{};
  }

  Bytes serve(const std::string& target, ByteView body) {
    const std::string function = target.substr(target.rfind('/') + 1);
    server_calls.push_back(function);
    const auto request = nlohmann::json::parse(body.begin(), body.end());
    if (function == "cancelSession") cancelled = to_hex(*base64_decode(request["cancelSessionResponse"].get<std::string>()));
    if (function == "handleNotification") notified.push_back(*base64_decode(request["pendingNotification"].get<std::string>()));
    if (const auto bent = server_override.find(function); bent != server_override.end()) return bent->second;
    if (function == "handleNotification") return to_bytes(text_view("HTTP/1.1 204 No Content\r\n\r\n"));
    nlohmann::json answer{{"header", {{"functionExecutionStatus", {{"status", "Executed-Success"}}}}},
                          {"transactionId", to_hex(kTransaction)}};
    if (function == "initiateAuthentication") {
      answer["serverSigned1"] =
          base64_encode(asn1::tlv(0x30, concat({asn1::tlv(0x80, kTransaction), asn1::tlv(0x81, kChallenge),
                                                asn1::tlv(0x83, text_view(server_name)), asn1::tlv(0x84, Bytes(16, 9))})));
      answer["serverSignature1"] = base64_encode(kSignature);
      answer["euiccCiPKIdToBeUsed"] = base64_encode(asn1::tlv(0x04, Bytes(20, 5)));
      answer["serverCertificate"] = base64_encode(*from_hex("3000"));
    } else if (function == "authenticateClient") {
      answer["profileMetadata"] = base64_encode(metadata);
      answer["smdpSigned2"] = base64_encode(asn1::tlv(
          0x30, concat({asn1::tlv(0x80, kTransaction), asn1::tlv(0x01, Bytes{static_cast<std::uint8_t>(wants_code ? 0xFF : 0)})})));
      answer["smdpSignature2"] = base64_encode(kSignature);
      answer["smdpCertificate"] = base64_encode(*from_hex("3000"));
    } else if (function == "getBoundProfilePackage") {
      answer["boundProfilePackage"] = base64_encode(package);
    }
    return test::http_answer("200 OK", answer.dump());
  }

  static Bytes refusal(const std::string& subject, const std::string& reason) {
    return test::http_answer("200 OK", R"({"header":{"functionExecutionStatus":{"status":"Failed","statusCodeData":{"subjectCode":")" +
                                           subject + R"(","reasonCode":")" + reason + R"("}}}})");
  }

  std::expected<DownloadOutcome, AgentError> download(const std::string& code = std::string("LPA:1$") + kAddress + "$MATCH-1") {
    DownloadOrder order;
    if (!code.empty()) order.activation_code = *parse_activation_code(code);
    return run_now(download_profile(card, net, user, order));
  }
  [[nodiscard]] bool card_saw(std::uint32_t tag) const { return std::find(card_calls.begin(), card_calls.end(), tag) != card_calls.end(); }
  [[nodiscard]] std::string cancel_request() const {
    for (const Bytes& request : card.requests) {
      if (to_hex(request).starts_with("BF41")) return to_hex(request);
    }
    return {};
  }

  struct User final : UserPort {
    Decision confirm_install(const InstallQuestion& question) override {
      asked.push_back(question.profile.name);
      consent_asked = question.policy_rules_need_consent;
      return decision;
    }
    std::optional<crypto::SecretBytes> confirmation_code() override {
      return code.empty() ? std::nullopt : std::optional(crypto::SecretBytes(text_view(code)));
    }
    void progress(const Progress& now) override {
      steps.push_back(now);
      cancel_now = cancel_now || (cancel_at && now.step == *cancel_at);
    }
    bool cancelled() override { return cancel_now; }
    Decision decision = Decision::install;
    std::string code;
    std::optional<Step> cancel_at;
    std::vector<std::string> asked;
    std::vector<Progress> steps;
    bool consent_asked = false, cancel_now = false;
  };

  test::FakeEs10 card;
  std::map<std::uint32_t, std::expected<Bytes, PortError>> card_override;
  std::vector<std::uint32_t> card_calls;
  Bytes loaded;
  std::size_t fail_load_at = SIZE_MAX;

  std::map<std::string, Bytes> server_override;
  std::vector<std::string> server_calls;
  std::vector<Bytes> notified;
  std::string cancelled, server_name = "SMDP.example.com";
  bool wants_code = false, reachable = true;
  Bytes metadata = *from_hex(kPlainMetadata);
  Bytes package = bound_package(metadata);
  test::MemoryNet net{[this](const std::string& host, std::uint16_t) -> std::expected<std::unique_ptr<StreamPort>, PortError> {
    if (!reachable) return std::unexpected(PortError{"no connection to " + host});
    return std::make_unique<test::MemoryStream>([this](Bytes& received) {
      std::string target, fields;
      Bytes body;
      return test::take_request(received, target, fields, body) ? serve(target, body) : Bytes{};
    });
  }};
  User user;
};

using Calls = std::vector<std::string>;

}  // namespace

TEST_CASE("A download runs from the activation code to the removed notification", "[agent]") {
  World world;
  const auto outcome = world.download();
  REQUIRE(outcome);
  CHECK(outcome->profile.name == "VPRF");
  CHECK(to_hex(outcome->profile.aid) == "A0000005591010FFFFFFFF8900001000");
  CHECK(outcome->segments == 7);
  CHECK(world.loaded == world.package);
  CHECK(world.server_calls == Calls{"initiateAuthentication", "authenticateClient", "getBoundProfilePackage", "handleNotification"});
  CHECK(world.notified == std::vector<Bytes>{installation_result(true)});
  CHECK(outcome->notification.delivered);
  CHECK(outcome->notification.removed);
  CHECK(to_hex(world.card.requests.back()) == "BF3003800102");
  CHECK(world.user.asked == std::vector<std::string>{"VPRF"});
  CHECK_FALSE(world.card_saw(0xBF41));
  CHECK(world.net.connections == 1);
  // Every step is told, and the load counts up to the whole package.
  CHECK(world.user.steps.front().step == Step::read_card);
  CHECK(std::any_of(world.user.steps.begin(), world.user.steps.end(),
                    [&](const Progress& p) { return p.step == Step::load_profile && p.done == world.package.size(); }));
}

TEST_CASE("Without a code the card's default SM-DP+ is used, and its absence told", "[agent]") {
  World world;
  CHECK(world.download(""));
  World without;
  without.card_override[0xBF3C] = *from_hex(
      "BF3C02"
      "8100");
  const auto error = without.download("");
  REQUIRE_FALSE(error);
  CHECK(error.error().kind == AgentError::Kind::bad_request);
  CHECK(without.server_calls.empty());
}

TEST_CASE("The user's no is carried to card and server with its reason", "[agent]") {
  for (const auto& [decision, reason] : {std::pair{Decision::reject, "810100"}, std::pair{Decision::postpone, "810101"}}) {
    World world;
    world.user.decision = decision;
    const auto error = world.download();
    REQUIRE_FALSE(error);
    CHECK(error.error().kind == AgentError::Kind::refused_by_user);
    CHECK(world.cancel_request() == "BF41158010" + to_hex(kTransaction) + reason);
    CHECK(world.server_calls.back() == "cancelSession");
    CHECK(world.cancelled.starts_with("BF41"));
    CHECK_FALSE(world.card_saw(0xBF21));
  }
}

TEST_CASE("Cancelling between any two steps leaves no session behind", "[agent]") {
  for (const Step step :
       {Step::authenticate_server, Step::ask_user, Step::prepare_download, Step::get_bound_profile_package, Step::load_profile}) {
    World world;
    world.user.cancel_at = step;
    const auto error = world.download();
    INFO(step_name(step));
    REQUIRE_FALSE(error);
    CHECK(error.error().kind == AgentError::Kind::refused_by_user);
    CHECK(world.cancel_request().ends_with("810100"));
    CHECK(world.server_calls.back() == "cancelSession");
    CHECK(world.loaded.size() < world.package.size());
  }
  World early;
  early.user.cancel_now = true;
  CHECK_FALSE(early.download());
  CHECK(early.server_calls.empty());
  CHECK(early.cancel_request().empty());
}

TEST_CASE("A server under another name than ours gets nothing from the card", "[agent]") {
  World world;
  world.server_name = "evil.example.com";
  const auto error = world.download();
  REQUIRE_FALSE(error);
  CHECK(error.error().step == Step::initiate_authentication);
  CHECK(error.error().what.find("evil.example.com") != std::string::npos);
  CHECK_FALSE(world.card_saw(0xBF38));
}

TEST_CASE("An activation code's OID must be the one of the certificate", "[agent]") {
  World world;
  const auto error = world.download(std::string("LPA:1$") + kAddress + "$MATCH-1$2.999.10");
  REQUIRE_FALSE(error);
  CHECK(error.error().what.find("OID") != std::string::npos);
  CHECK_FALSE(world.card_saw(0xBF38));
}

TEST_CASE("A refusing server is quoted in words and the card's session closed", "[agent]") {
  World world;
  world.server_override["authenticateClient"] = World::refusal("8.2.6", "3.8");
  const auto error = world.download();
  REQUIRE_FALSE(error);
  CHECK(error.error().kind == AgentError::Kind::refused_by_server);
  CHECK(sentence(error.error()) ==
        "letting the server check the card failed: the matching ID is refused; check the activation code; it may have been used already");
  CHECK(error.error().detail == "subject 8.2.6, reason 3.8");
  CHECK(world.card_saw(0xBF41));
  CHECK(world.server_calls.back() == "authenticateClient");
}

TEST_CASE("A refusing card is quoted with the name of its code", "[agent]") {
  World world;
  world.card_override[0xBF38] = asn1::tlv(0xBF38, asn1::tlv(0xA1, concat({asn1::tlv(0x80, kTransaction), *from_hex("020107")})));
  const auto error = world.download();
  REQUIRE_FALSE(error);
  CHECK(error.error().kind == AgentError::Kind::refused_by_card);
  CHECK(error.error().detail == "ciPKUnknown, code 7");
  CHECK_FALSE(world.card_saw(0xBF41));
}

TEST_CASE("A confirmation code is asked for, hashed and sent to the card", "[agent]") {
  World world;
  world.wants_code = true;
  world.user.code = "1234";
  REQUIRE(world.download());
  const auto prepare =
      std::find_if(world.card.requests.begin(), world.card.requests.end(), [](const Bytes& r) { return to_hex(r).starts_with("BF21"); });
  REQUIRE(prepare != world.card.requests.end());
  CHECK(to_hex(*prepare).find("042094E57B8CDFE3EB0A8510F18898ADD0B1E67B48FAFD39892796D6F65F9CE3CC40") != std::string::npos);

  World without;
  without.wants_code = true;
  CHECK_FALSE(without.download());
  CHECK(without.cancel_request().ends_with("810101"));
}

TEST_CASE("Policy rules are held against the card's table", "[agent]") {
  const Bytes metadata = *from_hex("BF25235A0A988812010000000010F191045653504E920456505246B705800364F01099020640");
  World consent;
  consent.metadata = metadata;
  consent.package = bound_package(metadata);
  REQUIRE(consent.download());
  CHECK(consent.user.consent_asked);

  World forbidden;
  forbidden.metadata = metadata;
  forbidden.card_override[0xBF43] = *from_hex("BF4302A000");
  const auto error = forbidden.download();
  REQUIRE_FALSE(error);
  CHECK(error.error().what.find("ppr1") != std::string::npos);
  CHECK(forbidden.cancel_request().ends_with("810103"));
  CHECK(forbidden.user.asked.empty());
}

TEST_CASE("A package with another profile than the one shown is not loaded", "[agent]") {
  World world;
  world.package = bound_package(*from_hex("BF25185A0A988812010000000010F191045653504E920456505247"));
  const auto error = world.download();
  REQUIRE_FALSE(error);
  CHECK(world.cancel_request().ends_with("810104"));
  CHECK(world.loaded.empty());
}

TEST_CASE("The package goes to the card while it arrives, and its last segment waits for the end of the answer", "[agent]") {
  World world;
  // Octets of the answer that had left the server when the card got its first and its last segment.
  std::size_t given = 0, first = 0, last = 0, whole = 0;
  world.card.on([&](ByteView request) {
    const auto answer = world.card_answer(request);
    if (!world.loaded.empty() && first == 0) first = given;
    if (world.loaded.size() == world.package.size() && last == 0) last = given;
    return answer;
  });
  test::MemoryNet net{[&](const std::string&, std::uint16_t) -> std::expected<std::unique_ptr<StreamPort>, PortError> {
    // Octet by octet.
    class Slow final : public StreamPort {
     public:
      Slow(World& world_in, std::size_t& given_in, std::size_t& whole_in) : world_(world_in), given_(given_in), whole_(whole_in) {}
      Task<PortResult<void>> send(Bytes octets) override {
        append(received_, octets);
        std::string target, fields;
        Bytes body;
        if (test::take_request(received_, target, fields, body)) answer_ = world_.serve(target, body);
        if (target.ends_with("getBoundProfilePackage")) whole_ = answer_.size();
        given_ = 0;
        co_return PortResult<void>{};
      }
      Task<PortResult<Bytes>> receive() override {
        if (given_ == answer_.size()) co_return Bytes{};
        co_return Bytes{answer_[given_++]};
      }

     private:
      World& world_;
      std::size_t &given_, &whole_;
      Bytes received_, answer_;
    };
    return std::make_unique<Slow>(world, given, whole);
  }};
  DownloadOrder order;
  order.activation_code = *parse_activation_code(std::string("LPA:1$") + kAddress + "$MATCH-1");
  REQUIRE(run_now(download_profile(world.card, net, world.user, order)));
  CHECK(world.loaded == world.package);
  CHECK(first > 0);
  CHECK(first < whole / 2);
  CHECK(last == whole);
}

TEST_CASE("An answer that turns out wrong after its package has arrived installs nothing", "[agent]") {
  const auto answer = [](const World& world, const std::string& header) {
    // Members have no order.
    return R"({"boundProfilePackage":")" + base64_encode(world.package) + R"(","header":)" + header + "}";
  };
  const std::string success = R"({"functionExecutionStatus":{"status":"Executed-Success"}})";
  const std::string failed = R"({"functionExecutionStatus":{"status":"Failed","statusCodeData":{"subjectCode":"8.8.5","reasonCode":"4.1"}}})";
  World fine;
  fine.server_override["getBoundProfilePackage"] = test::http_answer("200 OK", answer(fine, success));
  CHECK(fine.download());

  World bad[5];
  bad[0].server_override["getBoundProfilePackage"] = test::http_answer("200 OK", answer(bad[0], failed));
  bad[1].server_override["getBoundProfilePackage"] = test::http_answer("200 OK", answer(bad[1], success) + "x");
  bad[2].server_override["getBoundProfilePackage"] = test::http_answer("200 OK", answer(bad[2], success).substr(0, 900));
  Bytes cut = test::http_answer("200 OK", answer(bad[3], success));
  cut.resize(cut.size() - 3);
  bad[3].server_override["getBoundProfilePackage"] = cut;
  bad[4].package.push_back(0);  // behind BF36
  for (World& world : bad) {
    const auto error = world.download();
    REQUIRE_FALSE(error);
    INFO(sentence(error.error()));
    CHECK(error.error().step == Step::get_bound_profile_package);
    CHECK(world.loaded.size() < bound_package(world.metadata).size());
    CHECK_FALSE(world.cancel_request().empty());
    CHECK(world.notified.empty());
  }
  CHECK(bad[0].download().error().kind == AgentError::Kind::refused_by_server);
}

TEST_CASE("A failed installation is reported to the server and told element by element", "[agent]") {
  World world;
  world.fail_load_at = 400;
  const auto error = world.download();
  REQUIRE_FALSE(error);
  CHECK(error.error().kind == AgentError::Kind::refused_by_card);
  REQUIRE(error.error().result);
  CHECK(error.error().what.find("bad-values in element 7") != std::string::npos);
  CHECK(error.error().detail == "loadProfileElements, errorReason 12");
  CHECK(world.loaded.size() < world.package.size());
  CHECK(world.notified == std::vector<Bytes>{installation_result(false)});
  CHECK_FALSE(world.card_saw(0xBF41));
}

TEST_CASE("An installed profile stays a success when its notification cannot be delivered", "[agent]") {
  World world;
  world.server_override["handleNotification"] = test::http_answer("503 Service Unavailable", "");
  const auto outcome = world.download();
  REQUIRE(outcome);
  CHECK_FALSE(outcome->notification.delivered);
  REQUIRE(outcome->notification.problem);
  CHECK_FALSE(world.card_saw(0xBF30));
}

TEST_CASE("A card that dies in the middle is not asked to cancel", "[agent]") {
  World world;
  world.card_override[0xA0] = std::unexpected(PortError{"the reader is gone"});
  const auto error = world.download();
  REQUIRE_FALSE(error);
  CHECK(error.error().kind == AgentError::Kind::card_unreachable);
  CHECK_FALSE(world.card_saw(0xBF41));

  World refusing;
  refusing.card_override[0xA0] = std::unexpected(PortError{"conditions of use not satisfied (6985)", 0x6985});
  CHECK_FALSE(refusing.download());
  CHECK(refusing.cancel_request().ends_with("810105"));
  CHECK(refusing.server_calls.back() == "cancelSession");
}

namespace {

Bytes metadata_of(unsigned sequence, const std::string& address) {
  return asn1::tlv(0xBF2F,
                   concat({asn1::tlv(0x80, asn1::integer_content(sequence)), *from_hex("81020640"), asn1::tlv(0x0C, text_view(address))}));
}
Bytes signed_notification(unsigned sequence, const std::string& address) {
  return asn1::tlv(0x30, concat({metadata_of(sequence, address), kSignature, *from_hex("30003000")}));
}

// A card with these notifications, in this order.
void load_notifications(World& world, std::vector<std::pair<unsigned, std::string>> pending) {
  world.card.on([&world, pending](ByteView request) -> std::expected<Bytes, PortError> {
    const std::uint32_t tag = asn1::TlvReader(request).peek().value_or(0);
    world.card_calls.push_back(tag);
    Bytes list;
    for (const auto& [sequence, address] : pending) {
      if (tag == 0xBF28) append(list, metadata_of(sequence, address));
      if (tag == 0xBF2B && request.back() == sequence) append(list, signed_notification(sequence, address));
    }
    if (tag == 0xBF30) return *from_hex("BF3003800100");
    return asn1::tlv(tag, asn1::tlv(0xA0, list));
  });
}

}  // namespace

TEST_CASE("Notifications go out in the order of their numbers and are removed", "[agent]") {
  World world;
  load_notifications(world, {{5, kAddress}, {3, kAddress}, {4, "b a d"}});
  const auto done = run_now(process_notifications(world.card, world.net, {}));
  REQUIRE(done);
  REQUIRE(done->size() == 3);
  CHECK(done->at(0).notification.sequence == 3);
  CHECK(done->at(0).removed);
  CHECK_FALSE(done->at(1).delivered);
  CHECK(done->at(2).removed);
  CHECK(world.notified == std::vector<Bytes>{signed_notification(3, kAddress), signed_notification(5, kAddress)});

  const auto one = run_now(process_notifications(world.card, world.net, {}, {}, 5));
  REQUIRE(one);
  CHECK(one->size() == 1);
}

TEST_CASE("An unreachable server is tried again as often as asked, and nothing overtakes", "[agent]") {
  World world;
  world.reachable = false;
  load_notifications(world, {{1, kAddress}, {2, kAddress}});
  unsigned waits = 0;
  DeliveryOptions patient;
  patient.attempts = 3;
  patient.wait = [&](unsigned) -> Task<> {
    world.reachable = ++waits == 5;
    co_return;
  };
  const auto done = run_now(process_notifications(world.card, world.net, {}, patient));
  REQUIRE(done);
  REQUIRE(done->size() == 2);
  CHECK(done->at(0).attempts == 3);
  CHECK(waits == 2);
  CHECK(done->at(1).attempts == 0);
  CHECK(done->at(1).problem);
  CHECK_FALSE(world.card_saw(0xBF30));

  waits = 4;
  const auto later = run_now(process_notifications(world.card, world.net, {}, patient));
  REQUIRE(later);
  CHECK(later->at(0).attempts == 2);
  CHECK(later->at(1).removed);
}
