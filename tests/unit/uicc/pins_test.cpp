// PIN objects: what directories share, what a reference means where, encodings that are taken back whole or not at all.
#include <catch2/catch.hpp>

#include "euicc/state/store.h"
#include "euicc/uicc/uicc.h"

using namespace simurgh;
using namespace simurgh::uicc;
using namespace simurgh::literals;

namespace {

PinTable table() {
  PinTable out;
  for (const std::uint8_t reference : Bytes{0x01, 0x81, 0x81}) {
    PinObject pin;
    pin.reference = reference;
    pin.value = crypto::SecretBytes(ByteView("31323334FFFFFFFF"_hex));
    pin.puk = reference;
    pin.tries = 2;
    pin.can_be_disabled = false;
    out.pins.push_back(std::move(pin));
  }
  PukObject puk;
  puk.reference = 0x81;
  puk.value = crypto::SecretBytes(ByteView("3132333435363738"_hex));
  puk.tries = 9;
  out.puks.push_back(std::move(puk));
  out.bindings = {{.directory = kMf, .reference = 0x01, .pin = 0},
                  {.directory = 1, .reference = 0x81, .pin = 1},
                  {.directory = 2, .reference = 0x81, .pin = 2}};
  return out;
}

std::shared_ptr<const FileTree> tree() {
  auto out = std::make_shared<FileTree>();
  FileNode mf;
  mf.fid = 0x3F00;
  mf.kind = FileKind::mf;
  out->add(mf);
  for (const std::uint16_t fid : {std::uint16_t{0x7FF0}, std::uint16_t{0x7FF1}}) {
    FileNode adf;
    adf.fid = fid;
    adf.parent = kMf;
    adf.kind = FileKind::adf;
    adf.aid = be_bytes(0xA000000000000000ULL + fid, 8);
    out->add(adf);
  }
  FileNode df;
  df.fid = 0x5F3B;
  df.parent = 1;
  df.kind = FileKind::df;
  out->add(df);
  return out;
}

}  // namespace

TEST_CASE("A local reference means the PIN of its own application, a global one the same everywhere", "[pin]") {
  state::MemoryStore store;
  state::Transaction txn(store);
  Uicc uicc;
  uicc.mount(tree(), std::make_shared<const PinTable>(table()), 1, txn);
  REQUIRE(uicc.resolve_pin(1, 0x81) == 1U);
  REQUIRE(uicc.resolve_pin(2, 0x81) == 2U);
  REQUIRE(uicc.resolve_pin(3, 0x81) == 1U);  // a directory inherits from above
  REQUIRE_FALSE(uicc.resolve_pin(kMf, 0x81));
  for (const NodeId directory : {NodeId{0}, NodeId{1}, NodeId{2}, NodeId{3}}) REQUIRE(uicc.resolve_pin(directory, 0x01) == 0U);
  uicc.set_verified(1, true);
  REQUIRE(uicc.pin_satisfied(3, 0x81, txn));
  REQUIRE_FALSE(uicc.pin_satisfied(2, 0x81, txn));
  REQUIRE_FALSE(uicc.pin_satisfied(1, 0x82, txn));
}

TEST_CASE("Counters and values of PINs live in cells, and mounting forgets what was verified", "[pin]") {
  state::MemoryStore store;
  state::Transaction txn(store);
  Uicc uicc;
  const auto pins = std::make_shared<const PinTable>(table());
  uicc.mount(tree(), pins, 1, txn);
  PinState changed = uicc.pin_state(0, txn);
  REQUIRE(changed.tries == 2);
  changed.tries = 1;
  changed.enabled = false;
  changed.replaced = true;
  changed.value = crypto::SecretBytes(ByteView("35363738FFFFFFFF"_hex));
  uicc.save_pin(0, changed, txn);
  PinState puk = uicc.puk_state(0, txn);
  puk.tries = 3;
  uicc.save_puk(0, puk, txn);
  uicc.set_verified(0, true);
  REQUIRE(txn.commit());
  state::Transaction later(store);
  uicc.mount(tree(), pins, 1, later);
  REQUIRE_FALSE(uicc.verified(0));
  const PinState again = uicc.pin_state(0, later);
  REQUIRE(again.tries == 1);
  REQUIRE_FALSE(again.enabled);
  REQUIRE(again.replaced);
  REQUIRE(to_hex(again.value.expose()) == "35363738FFFFFFFF");
  REQUIRE(uicc.puk_state(0, later).tries == 3);
  REQUIRE(to_hex(uicc.puk_state(0, later).value.expose()) == "3132333435363738");
  uicc.mount(tree(), pins, 2, later);  // another profile has cells of its own
  REQUIRE(uicc.pin_state(0, later).tries == 2);
}

TEST_CASE("A PIN table comes back from its encoding, and one that lies does not", "[pin]") {
  const Bytes encoded = table().encode();
  const auto again = PinTable::decode(encoded);
  REQUIRE(again);
  REQUIRE(again->encode() == encoded);
  REQUIRE(again->pins.size() == 3);
  REQUIRE(again->puks[0].tries == 9);
  REQUIRE_FALSE(again->pins[0].can_be_disabled);
  Bytes cut = encoded;
  cut.pop_back();
  REQUIRE_FALSE(PinTable::decode(cut));
  PinTable dangling = table();
  dangling.bindings[0].pin = 7;
  REQUIRE_FALSE(PinTable::decode(dangling.encode()));
  REQUIRE_FALSE(PinTable::decode("8300"_hex));
  REQUIRE_FALSE(PinTable::decode("800100"_hex));
}
