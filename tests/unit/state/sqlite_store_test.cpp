#include "euicc/state/sqlite_store.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/support/faulty_store.h"
#include "tests/support/temp_dir.h"

using namespace simurgh;
using namespace simurgh::state;
using Catch::Matchers::Contains;

namespace {

std::map<Key, Cell> sample() {
  return {{{Space::card, 0, 0}, std::make_shared<const Bytes>(Bytes{1, 2, 3})},
          {{Space::profile, 4, 1}, std::make_shared<const Bytes>(Bytes{})},
          {{Space::notification, 0, 0xFFFFFFFF}, std::make_shared<const Bytes>(Bytes(5000, 0xAA))}};
}

void sql(const std::string& path, const std::string& text) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, text.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}

}  // namespace

TEST_CASE("A card file gives back the cells it was made with, is private and carries its magic", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  { REQUIRE(test::same_cells(*SqliteStore::create(path, sample())->load(), sample())); }
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  REQUIRE((info.st_mode & 0777) == 0600);
  std::ifstream in(path, std::ios::binary);
  std::string head(100, '\0');
  in.read(head.data(), 100);
  REQUIRE(head.substr(0, 15) == "SQLite format 3");
  REQUIRE(head.substr(68, 4) == "SIMU");  // application_id of the SQLite header
  REQUIRE(test::same_cells(*SqliteStore::open(path)->load(), sample()));
}

TEST_CASE("Changes survive closing the file and erased cells stay away", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  {
    const auto store = SqliteStore::create(path, sample());
    REQUIRE(store->commit({{{Space::card, 0, 0}, nullptr}, {{Space::pin, 1, 1}, std::make_shared<const Bytes>(Bytes{7})}}));
  }
  const auto cells = *SqliteStore::open(path)->load();
  REQUIRE(cells.size() == 3);
  REQUIRE_FALSE(cells.contains({Space::card, 0, 0}));
  REQUIRE(*cells.at({Space::pin, 1, 1}) == Bytes{7});
}

TEST_CASE("A card in use is refused to a second owner, and readable for inspection", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  const auto owner = SqliteStore::create(path, sample());
  REQUIRE_THROWS_WITH(SqliteStore::open(path), Contains("in use"));
  REQUIRE(test::same_cells(*SqliteStore::open_read_only(path)->load(), sample()));
}

TEST_CASE("Making a card over an existing file is refused and leaves that file alone", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  std::ofstream(path) << "precious";
  REQUIRE_THROWS_WITH(SqliteStore::create(path, sample()), Contains("exists"));
  std::string content;
  std::ifstream(path) >> content;
  REQUIRE(content == "precious");
}

TEST_CASE("Files that are no card, damaged or newer are refused in words", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  REQUIRE_THROWS_WITH(SqliteStore::open(path), Contains("no such card"));
  std::ofstream(path) << std::string(4096, 'x');
  REQUIRE_THROWS_WITH(SqliteStore::open(path), Contains("not a card file"));
  ::unlink(path.c_str());
  SqliteStore::create(path, sample()).reset();
  SECTION("another program's database") {
    sql(path, "PRAGMA application_id=5");
    REQUIRE_THROWS_WITH(SqliteStore::open(path), Contains("not a card file"));
  }
  SECTION("a newer format names its writer") {
    sql(path, "PRAGMA user_version=99; UPDATE about SET value='7.5' WHERE name='version'");
    REQUIRE_THROWS_WITH(SqliteStore::open(path), Contains("format 99") && Contains("simurgh 7.5"));
  }
  SECTION("a missing table") {
    sql(path, "DROP TABLE cell");
    REQUIRE_THROWS_WITH(SqliteStore::open(path), Contains("damaged"));
  }
  SECTION("a cell of unknown kind") {
    sql(path, "INSERT INTO cell VALUES('poetry', 0, 0, x'00')");
    REQUIRE_FALSE(SqliteStore::open(path)->load());
  }
}

TEST_CASE("A commit that SQLite refuses keeps the old cells and the next one works", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  const auto store = SqliteStore::create(path, sample());
  // A second connection holds the write lock: the commit cannot begin.
  sqlite3* blocker = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &blocker) == SQLITE_OK);
  REQUIRE(sqlite3_exec(blocker, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE_FALSE(store->commit({{{Space::card, 0, 0}, nullptr}}));
  sqlite3_exec(blocker, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(blocker);
  REQUIRE(test::same_cells(*store->load(), sample()));
  REQUIRE(store->commit({{{Space::card, 0, 0}, nullptr}}));
}

TEST_CASE("A card file keeps cells of every space that has a name", "[state]") {
  const test::TempDir dir;
  const std::string path = dir.file("my.card");
  std::map<Key, Cell> cells;
  for (unsigned space = 0; space < 256; ++space) {
    if (name(static_cast<Space>(space)) != "unknown") cells[{static_cast<Space>(space), 1, 2}] = std::make_shared<const Bytes>(Bytes{3});
  }
  REQUIRE(cells.size() >= 11);
  { (void)SqliteStore::create(path, cells); }
  REQUIRE(test::same_cells(*SqliteStore::open(path)->load(), cells));
}
