// Profile entries in the cells of a card.
#include <catch2/catch.hpp>

#include "euicc/profile/registry.h"

using namespace simurgh;
using namespace simurgh::literals;
using profile::ProfileEntry;
using profile::ProfileState;

namespace {

ProfileEntry sample(std::uint32_t number) {
  ProfileEntry entry;
  entry.number = number;
  entry.aid = profile::isdp_aid(number);
  entry.metadata.iccid = "9888120100001032546F"_hex;
  entry.metadata.iccid[9] = static_cast<std::uint8_t>(number);
  entry.metadata.service_provider_name = "Operator";
  entry.metadata.profile_name = "Profile";
  entry.metadata.icon_type = 1;
  entry.metadata.icon = "89504E47"_hex;
  entry.metadata.profile_class = profile::ProfileClass::test;
  entry.metadata.notifications = {{0xF, "smdp.example.com"}, {1, "other.example.com"}};
  entry.metadata.owner = profile::ProfileOwner{"00F110"_hex, "01"_hex, std::nullopt};
  entry.metadata.ppr = 2;
  entry.metadata.service_specific = "A000"_hex;
  entry.nickname = "mine";
  entry.dp_proprietary = "0102"_hex;
  entry.ci_key_id = Bytes(20, 0x55);
  entry.factory = number % 2 == 1;
  return entry;
}

}  // namespace

TEST_CASE("ISD-P identifiers count from 00 00 10") {
  CHECK(to_hex(profile::isdp_aid(0)) == "A0000005591010FFFFFFFF8900001000");
  CHECK(to_hex(profile::isdp_aid(1)) == "A0000005591010FFFFFFFF8900001100");
  CHECK(to_hex(profile::isdp_aid(0xF0)) == "A0000005591010FFFFFFFF8900010000");
}

TEST_CASE("An entry survives being stored") {
  const ProfileEntry entry = sample(3);
  const Bytes stored = entry.encode();
  const auto read = ProfileEntry::decode(3, stored);
  REQUIRE(read);
  CHECK(read->encode() == stored);
  CHECK(read->metadata.notifications.at(1).address == "other.example.com");
  CHECK(read->metadata.owner->gid1 == "01"_hex);
  CHECK_FALSE(read->metadata.owner->gid2);
  CHECK(read->metadata.ppr == 2);
  CHECK(read->factory);
  const auto bare = ProfileEntry::decode(0, ProfileEntry{}.encode());
  REQUIRE(bare);
  CHECK_FALSE(bare->metadata.ppr);
  CHECK_FALSE(bare->metadata.owner);
}

TEST_CASE("Anything else is no entry") {
  const Bytes stored = sample(3).encode();
  for (std::size_t size = 0; size < stored.size(); ++size) CHECK_FALSE(ProfileEntry::decode(3, ByteView(stored).first(size)));
  // The octet of IoT metadata, as nobody writes it.
  for (const std::uint8_t flags : "0002080A1080FF"_hex) CHECK_FALSE(ProfileEntry::decode(3, concat({stored, Bytes{flags}})));
  for (const std::uint8_t flags : "0103040C0F"_hex) CHECK(ProfileEntry::decode(3, concat({stored, Bytes{flags}})));
  CHECK_FALSE(ProfileEntry::decode(3, concat({stored, "0100"_hex})));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    Bytes changed = stored;
    changed[i] ^= 0xFF;
    if (const auto read = ProfileEntry::decode(3, changed)) CHECK_FALSE(read->encode().empty());
  }
}

TEST_CASE("The registry finds entries by every name and gives the lowest free number") {
  state::MemoryStore store;
  state::Transaction txn(store);
  profile::Registry registry(txn);
  CHECK(registry.all().empty());
  CHECK(registry.lowest_free_number() == 0);
  for (const std::uint32_t number : {0U, 1U, 3U}) registry.save(sample(number));
  CHECK(registry.lowest_free_number() == 2);
  REQUIRE(registry.all().size() == 3);
  CHECK(registry.all()[2].number == 3);
  CHECK(registry.by_iccid(sample(1).metadata.iccid)->number == 1);
  CHECK_FALSE(registry.by_iccid("98"_hex));
  CHECK(registry.by_aid(profile::isdp_aid(3))->number == 3);
  CHECK_FALSE(registry.enabled());
  ProfileEntry entry = sample(3);
  entry.state = ProfileState::enabled;
  registry.save(entry);
  CHECK(registry.enabled()->number == 3);

  ProfileEntry short_iccid = sample(2);
  short_iccid.metadata.iccid = "98881201"_hex;
  registry.save(short_iccid);
  CHECK(registry.by_iccid("98881201FFFFFFFFFFFF"_hex)->number == 2);
}

TEST_CASE("Removing an entry removes every cell of the profile") {
  state::MemoryStore store;
  state::Transaction txn(store);
  profile::Registry registry(txn);
  registry.save(sample(1));
  registry.save(sample(2));
  registry.save_image(1, "00"_hex);
  for (const auto space : {state::Space::file, state::Space::pin, state::Space::aka, state::Space::gp}) {
    txn.put({space, 1, 5}, "01"_hex);
    txn.put({space, 2, 5}, "01"_hex);
  }
  REQUIRE(txn.commit());
  registry.remove(1);
  REQUIRE(txn.commit());
  CHECK(registry.all().size() == 1);
  for (const auto& [key, cell] : store.cells()) CHECK(key.owner == 2);
  CHECK(store.cells().size() == 5);
}
