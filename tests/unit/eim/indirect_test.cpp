// Indirect download: a real card, the SM-DP+ in the same process, the eIM between them; full and compact forms.
#include <catch2/catch.hpp>

#include "ipae/esipa/compact.h"
#include "tests/unit/eim/eim_world.h"
#include "tools/bench/desk.h"

using namespace simurgh;
using namespace simurgh::literals;
using eim::Facility;

namespace {

// ES9+' as direct calls.
class DeskDp final : public eim::DpPort {
 public:
  explicit DeskDp(bench::Desk& desk) : desk_(desk) {}
  ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string& address, ByteView challenge, ByteView info) override {
    const auto out = desk_.server().initiate_authentication(challenge, info, address);
    if (!out) return no(out.error());
    return ipae::InitiateAuthenticationOk{out->transaction_id, out->server_signed1, out->server_signature1, out->ci_key_id, out->certificate};
  }
  ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string&, ByteView id, ByteView response) override {
    const auto out = desk_.server().authenticate_client(id, response);
    if (!out) return no(out.error());
    return ipae::AuthenticateClientOk{out->transaction_id, out->metadata, out->smdp_signed2, out->smdp_signature2, out->certificate};
  }
  ipae::Es9Result<Bytes> get_bound_profile_package(const std::string&, ByteView id, ByteView response) override {
    const auto out = desk_.server().get_bound_profile_package(id, response);
    if (!out) return no(out.error());
    return *out;
  }
  ipae::Es9Result<void> cancel_session(const std::string&, ByteView id, ByteView response) override {
    if (const auto refused = desk_.server().cancel_session(id, response)) return no(*refused);
    return {};
  }
  ipae::Es9Result<void> handle_notification(const std::string&, ByteView pending) override {
    desk_.server().handle_notification(pending);
    return {};
  }

 private:
  static std::unexpected<ipae::Es9Error> no(const smdp::Refusal& refusal) { return std::unexpected(ipae::refused(refusal.subject, refusal.reason, refusal.words)); }
  bench::Desk& desk_;
};

struct World {
  World() {
    options.eim_id = "localhost";
    options.now = [this] { return now; };
    options.learn = false;
    manager.emplace(desk.pki(), store, desk.rng(), options);
    indirect.emplace(*manager, dp, eim::Indirect::Options{});
    service.emplace(*manager, *indirect);
    card.power_on();
    const Bytes answer = lpa.es10("BF3E035C015A"_hex);
    eid = to_hex(asn1::find_child(asn1::read_only(answer, 0xBF3E)->value, 0x5A)->value);
  }
  Bytes ask(ByteView message) {
    const auto answer = service->handle_asn1(message);
    REQUIRE(answer);
    REQUIRE(asn1::codec::check("EsipaMessageFromEimToIpa", *answer));
    return *answer;
  }
  bench::Desk desk;
  eim::EimStore store{":memory:"};
  std::int64_t now = 1800000000;
  eim::EimOptions options;
  DeskDp dp{desk};
  std::optional<eim::Eim> manager;
  std::optional<eim::Indirect> indirect;
  std::optional<eim::EsipaService> service;
  state::MemoryStore cells{desk.new_card()};
  card::Card card{cells, desk.rng()};
  bench::Lpa lpa{card};
  std::string eid;
};

std::vector<asn1::Tlv> children(ByteView content) {
  std::vector<asn1::Tlv> out;
  asn1::TlvReader in(content);
  while (!in.at_end()) out.push_back(in.next().value());
  return out;
}

}  // namespace

TEST_CASE("A profile is downloaded through the eIM, which keeps the activation code and hands the result on", "[eim]") {
  World world;
  const bool compact = GENERATE(false, true);
  const std::string matching_id = world.desk.order("8949000000000000017");
  const auto made = world.manager->create(Facility::download, world.eid, {{"download", {{"activationCode", "1$localhost$" + matching_id}, {"keepData", true}}}});
  REQUIRE(made);
  const Bytes poll = asn1::tlv(0xBF4F, asn1::tlv(0x5A, from_hex(world.eid).value()));
  const Bytes given = world.ask(poll);
  const auto bf54 = asn1::find_child(asn1::read_only(given, 0xBF4F)->value, 0xBF54);
  REQUIRE(bf54);
  REQUIRE_FALSE(asn1::find_child(bf54->value, 0xA0));
  const Bytes tid = to_bytes(asn1::find_child(bf54->value, 0x82)->raw);
  if (compact) {
    // What the IPA leaves out was learned before.
    eim::Device device = world.store.device(world.eid).value();
    device.euicc_info2 = world.lpa.es10("BF2200"_hex);
    world.store.save(device);
  }

  const Bytes challenge_answer = world.lpa.es10("BF2E00"_hex);
  const auto challenge = asn1::find_child(asn1::read_only(challenge_answer, 0xBF2E)->value, 0x80);
  const Bytes initiated = world.ask(asn1::tlv(0xBF39, concat({asn1::tlv(0x81, challenge->value), world.lpa.es10("BF2000"_hex), tid})));
  const auto ok = asn1::find_child(asn1::read_only(initiated, 0xBF39)->value, 0xA0);
  REQUIRE(ok);
  const auto parts = children(ok->value);  // 80 30 5F37 04 30 0C
  REQUIRE(parts.size() == 6);
  REQUIRE(to_text(parts[5].value) == matching_id);
  const Bytes transaction = to_bytes(parts[0].raw);
  const Bytes context = asn1::tlv(0xA0, concat({asn1::tlv(0x80, text_view(matching_id)), "A108800435290611A100"_hex}));
  Bytes authenticated_card = world.lpa.es10(asn1::tlv(0xBF38, concat({parts[1].raw, parts[2].raw, parts[3].raw, parts[4].raw, context})));
  if (compact) {
    const Bytes shorter = ipae::esipa::compact_authenticate_response(authenticated_card, false);
    REQUIRE(shorter.size() < authenticated_card.size());
    // Its certificates are not known here yet: they go along.
    asn1::TlvReader in(asn1::find_child(asn1::read_only(authenticated_card, 0xBF38)->value, 0xA0)->value);
    (void)in.next();
    (void)in.next();
    const auto euicc = in.next();
    const auto eum = in.next();
    eim::Device device = world.store.device(world.eid).value();
    device.euicc_certificate = to_bytes(euicc->raw);
    device.eum_certificate = to_bytes(eum->raw);
    world.store.save(device);
    authenticated_card = shorter;
    // The session began before the certificates were known; it begins anew.
  }
  Bytes second_transaction = transaction;
  Bytes authenticated = world.ask(asn1::tlv(0xBF3B, concat({transaction, authenticated_card})));
  if (compact) {
    REQUIRE(to_hex(authenticated) == "BF3B03820105");
    const Bytes again_challenge = world.lpa.es10("BF2E00"_hex);
    const auto fresh = asn1::find_child(asn1::read_only(again_challenge, 0xBF2E)->value, 0x80);
    const Bytes again = world.ask(asn1::tlv(0xBF39, concat({asn1::tlv(0x81, fresh->value), world.lpa.es10("BF2000"_hex), tid})));
    const auto fresh_ok = asn1::find_child(asn1::read_only(again, 0xBF39)->value, 0xA0);
    REQUIRE(fresh_ok);
    const auto p = children(fresh_ok->value);
    second_transaction = to_bytes(p[0].raw);
    const Bytes full = world.lpa.es10(asn1::tlv(0xBF38, concat({p[1].raw, p[2].raw, p[3].raw, p[4].raw, context})));
    authenticated = world.ask(asn1::tlv(0xBF3B, concat({second_transaction, ipae::esipa::compact_authenticate_response(full, false)})));
  }
  const auto dp_ok = asn1::find_child(asn1::read_only(authenticated, 0xBF3B)->value, 0xA0);
  REQUIRE(dp_ok);
  const auto d = children(dp_ok->value);  // 80 BF25 30 5F37 30
  REQUIRE(d.size() == 5);
  Bytes prepared = world.lpa.es10(asn1::tlv(0xBF21, concat({d[2].raw, d[3].raw, d[4].raw})));
  if (compact) prepared = ipae::esipa::compact_download_response(prepared, {});
  const Bytes bound = world.ask(asn1::tlv(0xBF3A, concat({second_transaction, prepared})));
  const auto package = asn1::find_child(asn1::find_child(asn1::read_only(bound, 0xBF3A)->value, 0xA0)->value, 0xBF36);
  REQUIRE(package);
  const Bytes result = world.lpa.load(package->raw);
  REQUIRE(bench::installed(result));
  Bytes pending = result;
  if (compact) {
    pending = ipae::esipa::compact_notification(result, from_hex(world.eid).value());
    REQUIRE(pending.size() < result.size());
    REQUIRE_FALSE(world.service->handle_asn1(asn1::tlv(0xBF3D, asn1::tlv(0xA0, pending))));
  } else {
    const Bytes report = asn1::tlv(0xBF50, concat({asn1::tlv(0x5A, from_hex(world.eid).value()), asn1::tlv(0xBF54, concat({tid, pending}))}));
    REQUIRE(to_hex(world.ask(report)).starts_with("BF5006BF53"));
  }
  REQUIRE(world.store.by_resource(*made)->status == "done");
  REQUIRE(world.store.by_resource(*made)->outcome.find("successResult") != std::string::npos);
  REQUIRE(world.indirect->forward_due() == 1);
  REQUIRE(world.desk.orders().by_matching_id(matching_id)->state == "installed");
  REQUIRE(world.desk.orders().notifications().front().raw == result);
}

TEST_CASE("Errors of the SM-DP+ come through by code", "[eim]") {
  World world;
  const auto made = world.manager->create(Facility::download, world.eid, {{"download", {{"activationCode", "1$localhost$UNKNOWN"}}}});
  REQUIRE(made);
  const Bytes given = world.ask(asn1::tlv(0xBF4F, asn1::tlv(0x5A, from_hex(world.eid).value())));
  REQUIRE(asn1::find_child(asn1::read_only(given, 0xBF4F)->value, 0xBF54));
  const Bytes challenge_answer = world.lpa.es10("BF2E00"_hex);
  const auto challenge = asn1::find_child(asn1::read_only(challenge_answer, 0xBF2E)->value, 0x80);
  // Without a transaction id the server's name finds the order.
  const Bytes initiated = world.ask(asn1::tlv(0xBF39, concat({asn1::tlv(0x81, challenge->value), asn1::tlv(0x83, text_view("localhost")), world.lpa.es10("BF2000"_hex)})));
  const auto ok = asn1::find_child(asn1::read_only(initiated, 0xBF39)->value, 0xA0);
  REQUIRE(ok);
  const auto p = children(ok->value);
  const Bytes context = asn1::tlv(0xA0, concat({asn1::tlv(0x80, text_view("UNKNOWN")), "A108800435290611A100"_hex}));
  const Bytes response = world.lpa.es10(asn1::tlv(0xBF38, concat({p[1].raw, p[2].raw, p[3].raw, p[4].raw, context})));
  REQUIRE(to_hex(world.ask(asn1::tlv(0xBF3B, concat({p[0].raw, response})))) == "BF3B03820106");  // matchingIdRefused
  REQUIRE(to_hex(world.ask(asn1::tlv(0xBF3B, concat({p[0].raw, response})))) == "BF3B0382010A");  // one attempt
  REQUIRE(world.store.by_resource(*made)->outcome.find("authenticateClientError") != std::string::npos);
}
