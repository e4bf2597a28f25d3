#include <catch2/catch.hpp>

#include "euicc/iot/associations.h"
#include "euicc/iot/immediate_enable.h"
#include "euicc/iot/rollback.h"

using namespace simurgh;
using namespace simurgh::iot;

namespace {

// Whole cells come back, every shorter one and one with something behind is refused.
template <typename Decode>
void cut(const Bytes& encoded, Decode&& decode) {
  for (std::size_t size = 0; size < encoded.size(); ++size) CHECK_FALSE(decode(ByteView(encoded).first(size)));
  CHECK_FALSE(decode(concat({encoded, Bytes{0}})));
}

}  // namespace

TEST_CASE("An association is stored and read again", "[iot]") {
  Eim eim;
  eim.id = "eim1";
  eim.fqdn = "eim1.example.com";
  eim.type = 2;
  eim.counter = 8388607;
  eim.token = 300;
  eim.key = {0xA0, 0x00};
  eim.protocols = 3;
  eim.ci_key_id = {1, 2};
  eim.indirect = true;
  const auto again = Eim::decode(5, eim.encode());
  REQUIRE(again);
  CHECK(again->number == 5);
  CHECK(again->encode() == eim.encode());
  CHECK(to_hex(again->token_object()) == "8402012C");
  CHECK(to_hex(Eim{}.token_object()) == "840100");
  cut(eim.encode(), [](ByteView cell) { return Eim::decode(0, cell); });
}

TEST_CASE("A rollback authorisation and an immediate-enable configuration are stored and read again", "[iot]") {
  RollbackAuthorisation granted;
  granted.former = 3;
  granted.head = {"eim1", {1}, Bytes{0xAA, 0xBB}};
  granted.signer = {{1, 2, 3}, {0x84, 1, 1}};
  granted.result = 9;
  granted.first = 10;
  granted.last = 11;
  const auto again = RollbackAuthorisation::decode(granted.encode());
  REQUIRE(again);
  CHECK(again->encode() == granted.encode());
  CHECK(again->head.transaction_id == granted.head.transaction_id);
  cut(granted.encode(), [](ByteView cell) { return RollbackAuthorisation::decode(cell); });
  const ImmediateEnableConfiguration configuration{true, {0x88, 0x37}, "smdp.example.com"};
  CHECK(ImmediateEnableConfiguration::decode(configuration.encode())->encode() == configuration.encode());
  cut(configuration.encode(), [](ByteView cell) { return ImmediateEnableConfiguration::decode(cell); });
}

TEST_CASE("What makes a card an IoT card is stored and read again, and older cells know fewer choices", "[iot]") {
  ecasd::IotCapabilities card;
  card.version = ecasd::IotVersion::v1_0;
  card.ipae = true;
  card.eim_capacity = 3;
  for (const ecasd::IotChoiceRow& row : ecasd::iot_choices()) card.choices.*row.member = !(card.choices.*row.member);
  const auto again = ecasd::IotCapabilities::decode(card.encode());
  REQUIRE(again);
  CHECK(again->encode() == card.encode());
  cut(card.encode(), [](ByteView cell) { return ecasd::IotCapabilities::decode(cell); });
  Bytes older = card.encode();
  older[older.size() - 11] = 2;  // the number of choices it decided
  const auto read = ecasd::IotCapabilities::decode(older);
  REQUIRE(read);
  const ecasd::IotChoices usual;
  const auto rows = ecasd::iot_choices();
  CHECK(read->choices.*rows[1].member != usual.*rows[1].member);
  CHECK(read->choices.*rows[2].member == usual.*rows[2].member);
}
