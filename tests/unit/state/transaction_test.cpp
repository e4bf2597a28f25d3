#include "euicc/state/transaction.h"

#include <catch2/catch.hpp>

#include "tests/support/faulty_store.h"

using namespace simurgh;
using namespace simurgh::state;

namespace {

Cell cell(Bytes value) { return std::make_shared<const Bytes>(std::move(value)); }
const Key kA{Space::card, 0, 1};
const Key kB{Space::file, 7, 2};
const Key kC{Space::file, 7, 5};

std::vector<Key> visited(const Transaction& txn, Space space, std::uint32_t owner) {
  std::vector<Key> out;
  txn.for_each(space, owner, [&](const Key& key, const Bytes&) { out.push_back(key); });
  return out;
}

}  // namespace

TEST_CASE("A staged value is seen by the command that staged it and by nobody after a rollback", "[state]") {
  MemoryStore store({{kA, cell({1})}});
  Transaction txn(store);
  txn.put(kA, Bytes{2});
  txn.put(kB, Bytes{3});
  REQUIRE(*txn.find(kA) == Bytes{2});
  REQUIRE(*txn.find(kB) == Bytes{3});
  txn.rollback();
  REQUIRE(*txn.find(kA) == Bytes{1});
  REQUIRE(txn.find(kB) == nullptr);
}

TEST_CASE("A commit that the store refuses leaves the old cells in memory and in the store", "[state]") {
  test::FaultyStore store({{kA, cell({1})}});
  Transaction txn(store);
  store.fail_after(0);
  txn.put(kA, Bytes{9});
  txn.erase_all(Space::file, 7);
  REQUIRE_FALSE(txn.commit());
  REQUIRE_FALSE(txn.dirty());
  REQUIRE(*txn.find(kA) == Bytes{1});
  REQUIRE(*store.cells().at(kA) == Bytes{1});
}

TEST_CASE("Iteration merges stored and staged cells in index order and skips erased ones", "[state]") {
  MemoryStore store({{kB, cell({1})}, {kC, cell({2})}});
  Transaction txn(store);
  const Key between{Space::file, 7, 3};
  txn.put(between, Bytes{5});
  REQUIRE(visited(txn, Space::file, 7) == std::vector<Key>{kB, between, kC});
  txn.erase(kB);
  REQUIRE(visited(txn, Space::file, 7) == std::vector<Key>{between, kC});
  REQUIRE(visited(txn, Space::file, 8).empty());
  txn.erase_all(Space::file, 7);
  REQUIRE(visited(txn, Space::file, 7).empty());
  REQUIRE(txn.commit());
  REQUIRE(store.cells().empty());
}

TEST_CASE("Owners with a given index are listed once, ascending, with staged changes applied", "[state]") {
  MemoryStore store({{{Space::profile, 3, 0}, cell({1})}, {{Space::profile, 1, 0}, cell({1})}, {{Space::profile, 2, 1}, cell({1})}});
  Transaction txn(store);
  REQUIRE(txn.owners(Space::profile, 0) == std::vector<std::uint32_t>{1, 3});
  txn.erase({Space::profile, 1, 0});
  txn.put({Space::profile, 9, 0}, Bytes{});
  REQUIRE(txn.owners(Space::profile, 0) == std::vector<std::uint32_t>{3, 9});
}

TEST_CASE("Erasing a cell that was only staged leaves nothing to commit", "[state]") {
  MemoryStore store;
  Transaction txn(store);
  txn.put(kA, Bytes{1});
  txn.erase(kA);
  REQUIRE_FALSE(txn.dirty());
}
