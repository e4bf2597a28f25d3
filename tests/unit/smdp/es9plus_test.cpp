#include <catch2/catch.hpp>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"
#include "tests/support/temp_dir.h"
#include "tools/bench/desk.h"

using namespace simurgh;

namespace {

constexpr const char* kIccid = "8988211000000000011";

// A card and its dialogue with the server, a step at a time.
struct Dialogue {
  explicit Dialogue(bench::Desk& desk_in) : desk(desk_in), store(desk.new_card()), card(store, desk.rng()), lpa(card) { card.power_on(); }
  bench::Desk& desk;
  state::MemoryStore store;
  card::Card card;
  bench::Lpa lpa;
  Bytes transaction;

  smdp::Reply<smdp::AuthenticateOk> authenticate(const std::string& matching_id) {
    const Bytes challenge = lpa.es10(from_hex("BF2E00").value());
    const auto initiated = desk.server().initiate_authentication(ByteView(challenge).subspan(5), lpa.es10(from_hex("BF2000").value()), "localhost");
    REQUIRE(initiated);
    transaction = initiated->transaction_id;
    asn1::TlvWriter request;
    {
      const auto scope = request.open(0xBF38);
      request.raw(initiated->server_signed1).raw(initiated->server_signature1).raw(initiated->ci_key_id).raw(initiated->certificate);
      const auto context = request.open(0xA0);
      if (!matching_id.empty()) request.put_text(0x80, matching_id);
      request.raw(from_hex("A108800435290611A100").value());
    }
    last = lpa.es10(request.view());
    return desk.server().authenticate_client(transaction, last);
  }
  smdp::Reply<Bytes> package(const smdp::AuthenticateOk& ok, const std::string& code = {}) {
    asn1::TlvWriter request;
    {
      const auto scope = request.open(0xBF21);
      request.raw(ok.smdp_signed2).raw(ok.smdp_signature2);
      if (!code.empty()) {
        const auto inner = crypto::sha256({text_view(code)});
        request.put(0x04, crypto::sha256({inner, transaction}));
      }
      request.raw(ok.certificate);
    }
    return desk.server().get_bound_profile_package(transaction, lpa.es10(request.view()));
  }
  Bytes last;
};

std::string code(const smdp::Refusal& refusal) { return std::string(refusal.subject) + "/" + refusal.reason; }

smdp::Order change(bench::Desk& desk, const std::string& id, const std::function<void(smdp::Order&)>& edit) {
  smdp::Order order = desk.orders().by_matching_id(id).value();
  edit(order);
  desk.orders().update(order);
  return order;
}

}  // namespace

TEST_CASE("Orders are refused by matching id, EID, expiry and state with the codes of SGP.22", "[smdp]") {
  bench::Desk desk;
  Dialogue dialogue(desk);
  REQUIRE(code(dialogue.authenticate("NOTHING").error()) == "8.2.6/3.8");
  REQUIRE(code(dialogue.authenticate("").error()) == "8.2.5/4.3");
  const std::string id = desk.order(kIccid);
  change(desk, id, [](smdp::Order& o) { o.eid = "89049032123451234512345678901235"; });
  REQUIRE(code(dialogue.authenticate(id).error()) == "8.1.1/3.8");
  change(desk, id, [](smdp::Order& o) {
    o.eid.clear();
    o.expires = 1;
  });
  REQUIRE(code(dialogue.authenticate(id).error()) == "8.8.5/4.10");
  change(desk, id, [](smdp::Order& o) {
    o.expires = 0;
    o.state = "confirmed";
  });
  REQUIRE(code(dialogue.authenticate(id).error()) == "8.2/1.2");
  change(desk, id, [](smdp::Order& o) { o.state = "installed"; });
  REQUIRE(code(dialogue.authenticate(id).error()) == "8.2.6/3.8");
  change(desk, id, [](smdp::Order& o) { o.state = "released"; });
  REQUIRE(dialogue.authenticate(id));
}

TEST_CASE("A challenge of the server serves one authentication, and tampered answers do not verify", "[smdp]") {
  bench::Desk desk;
  Dialogue dialogue(desk);
  const std::string id = desk.order(kIccid);
  REQUIRE(dialogue.authenticate(id));
  REQUIRE(code(desk.server().authenticate_client(dialogue.transaction, dialogue.last).error()) == "8.10.1/3.9");
  (void)dialogue.authenticate(id);
  Dialogue other(desk);
  (void)other.authenticate(id);
  const auto initiated = desk.server().initiate_authentication(Bytes(16, 1), dialogue.lpa.es10(from_hex("BF2000").value()), "localhost");
  REQUIRE(initiated);
  REQUIRE(code(desk.server().authenticate_client(initiated->transaction_id, dialogue.last).error()) == "8.10.1/3.9");
  REQUIRE(code(desk.server().initiate_authentication(Bytes(16, 1), dialogue.lpa.es10(from_hex("BF2000").value()), "elsewhere").error()) == "8.8.1/3.8");
  REQUIRE(code(desk.server().initiate_authentication(Bytes(16, 1), Bytes{0xBF, 0x20, 0x00}, "localhost").error()) == "8.1/2.1");
  bench::Desk stranger(2);
  REQUIRE(code(stranger.server().initiate_authentication(Bytes(16, 1), dialogue.lpa.es10(from_hex("BF2000").value()), "localhost").error()) == "8.8.2/3.1");
}

TEST_CASE("A confirmation code is needed, hashed, and three wrong ones end the order", "[smdp]") {
  bench::Desk desk;
  Dialogue dialogue(desk);
  const std::string id = desk.order(kIccid);
  const auto hash = crypto::sha256({text_view("1234")});
  change(desk, id, [&](smdp::Order& o) { o.confirmation_hash.assign(hash.begin(), hash.end()); });
  SECTION("the right one works") {
    const auto ok = dialogue.authenticate(id);
    const auto package = dialogue.package(*ok, "1234");
    REQUIRE(package);
    REQUIRE(bench::installed(dialogue.lpa.load(*package)));
  }
  SECTION("wrong ones are counted over sessions") {
    REQUIRE(code(dialogue.package(*dialogue.authenticate(id), "0000").error()) == "8.2.7/3.8");
    REQUIRE(code(dialogue.package(*dialogue.authenticate(id), "0000").error()) == "8.2.7/3.8");
    REQUIRE(code(dialogue.package(*dialogue.authenticate(id), "0000").error()) == "8.2.7/6.4");
    REQUIRE(code(dialogue.authenticate(id).error()) == "8.8.5/6.4");
  }
}

TEST_CASE("A card with the same one-time key gets the same package again, and after its result none", "[smdp]") {
  bench::Desk desk;
  Dialogue dialogue(desk);
  const std::string id = desk.order(kIccid);
  const auto first = dialogue.package(*dialogue.authenticate(id));
  const auto second = dialogue.package(*dialogue.authenticate(id));
  REQUIRE(first);
  REQUIRE(second);
  REQUIRE(*first == *second);
  const Bytes result = dialogue.lpa.load(dialogue.package(*dialogue.authenticate(id)).value());
  desk.server().handle_notification(result);
  REQUIRE(desk.orders().notifications().back().verified);
}

TEST_CASE("A verified result ends its order while reusable and default orders go on", "[smdp]") {
  bench::Desk desk;
  Dialogue dialogue(desk);
  const std::string id = desk.order(kIccid);
  desk.server().handle_notification(dialogue.lpa.load(dialogue.package(*dialogue.authenticate(id)).value()));
  REQUIRE(desk.orders().by_matching_id(id)->state == "installed");
  REQUIRE(code(dialogue.authenticate(id).error()) == "8.2.6/3.8");

  const std::string again = desk.order("8988211000000000029");
  change(desk, again, [](smdp::Order& o) { o.reusable = o.is_default = true; });
  for (int i = 0; i < 2; ++i) {
    Dialogue other(desk);
    const auto ok = other.authenticate("");
    REQUIRE(ok);
    const Bytes result = other.lpa.load(other.package(*ok).value());
    REQUIRE(bench::installed(result));
    desk.server().handle_notification(result);
  }
  REQUIRE(desk.orders().by_matching_id(again)->state == "released");
}

TEST_CASE("A forged notification is stored as what it is", "[smdp]") {
  bench::Desk desk;
  desk.server().handle_notification(from_hex("300000").value());
  desk.server().handle_notification(from_hex("BF3700").value());
  desk.server().handle_notification({});
  for (const auto& stored : desk.orders().notifications()) REQUIRE_FALSE(stored.verified);
  REQUIRE(desk.orders().notifications().size() == 3);
}

TEST_CASE("Orders are there again when the file is opened again, and matching ids stay unique", "[smdp]") {
  const test::TempDir dir;
  smdp::Order order;
  order.matching_id = "A";
  order.iccid = kIccid;
  order.upp = {1, 2, 3};
  order.confirmation_hash = Bytes(32, 7);
  order.expires = 99;
  {
    smdp::OrderStore store(dir.file("dp.db"));
    store.add(order);
    REQUIRE_THROWS_AS(store.add(order), smdp::StoreFailure);
  }
  smdp::OrderStore store(dir.file("dp.db"));
  const auto back = store.by_matching_id("A");
  REQUIRE(back);
  REQUIRE(back->upp == order.upp);
  REQUIRE(back->confirmation_hash == order.confirmation_hash);
  REQUIRE(back->expires == 99);
  REQUIRE_FALSE(store.by_matching_id("B"));
}
