#include "tools/sqlite/database.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <condition_variable>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

using namespace simurgh;
using sqlite::Database;

namespace {

// A disk whose syncs take as long as the test likes. The database takes a plain function, so there is one for all tests.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0, allowed = 1000;
  bool broken = false;

  void reset() {
    begun = 0;
    allowed = 1000;
    broken = false;
  }
  void allow(int count) {
    const std::scoped_lock lock(mutex);
    allowed = count;
    changed.notify_all();
  }
  void wait_for_begun(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return begun >= count; });
  }
};
Disk& disk() {
  static Disk one;
  return one;
}
int sync(int fd) {
  Disk& d = disk();
  std::unique_lock lock(d.mutex);
  const int number = ++d.begun;
  d.changed.notify_all();
  d.changed.wait(lock, [&] { return number <= d.allowed; });
  if (d.broken) {
    errno = EIO;
    return -1;
  }
  return ::fdatasync(fd);
}

Database::Format format() { return {.application = 0x7E57, .schema = "CREATE TABLE IF NOT EXISTS things(name TEXT)", .what = "test", .sync = &sync}; }

void add(Database& db, const std::string& name) {
  Database::Transaction transaction(db);
  db.prepare("INSERT INTO things VALUES(?)").text(name).row();
  transaction.commit();
}
std::int64_t count(Database& db) {
  const Database::Lock lock(db);
  sqlite::Statement s = db.prepare("SELECT COUNT(*) FROM things");
  return s.row() ? s.number_at(0) : -1;
}

}  // namespace

TEST_CASE("Commits that come while the disk is busy share the next sync, and none returns before it", "[sqlite]") {
  disk().reset();
  const test::TempDir folder;
  Database db(folder.file("db"), format());
  disk().allow(0);
  std::atomic<int> returned = 0;
  const auto commit = [&](int i) {
    add(db, std::to_string(i));
    ++returned;
  };
  std::vector<std::thread> threads;
  threads.emplace_back(commit, 0);
  disk().wait_for_begun(1);
  for (int i = 1; i < 9; ++i) threads.emplace_back(commit, i);
  // All of them are in the file, and the first is still on its way to the disk.
  while (count(db) < 9) std::this_thread::yield();
  CHECK(returned == 0);
  disk().allow(1);
  disk().wait_for_begun(2);
  CHECK(returned <= 1);
  disk().allow(2);
  for (std::thread& thread : threads) thread.join();
  CHECK(returned == 9);
  CHECK(disk().begun == 2);
}

TEST_CASE("Who commits nothing waits for what others committed before", "[sqlite]") {
  disk().reset();
  const test::TempDir folder;
  Database db(folder.file("db"), format());
  disk().allow(0);
  std::atomic<bool> read = false, released = false, waited = false;
  std::thread writer([&] { add(db, "result"); });
  disk().wait_for_begun(1);
  std::thread reader([&] {
    Database::Transaction transaction(db);  // sees the result, and would acknowledge it
    {
      sqlite::Statement s = db.prepare("SELECT name FROM things");
      (void)s.row();
    }
    read = true;
    transaction.commit();
    waited = released.load();
  });
  while (!read) std::this_thread::yield();
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  released = true;
  disk().allow(1000);
  writer.join();
  reader.join();
  CHECK(waited);
  CHECK(disk().begun == 1);
}

TEST_CASE("When the disk fails, the commit says so and so does each that follows", "[sqlite]") {
  disk().reset();
  const test::TempDir folder;
  Database db(folder.file("db"), format());
  add(db, "good");
  disk().broken = true;
  CHECK_THROWS_AS(add(db, "lost"), sqlite::Failure);
  disk().broken = false;
  CHECK_THROWS_AS(add(db, "later"), sqlite::Failure);
  CHECK(disk().begun == 2);
}

TEST_CASE("A transaction that is given up leaves nothing, and one inside another is part of it", "[sqlite]") {
  disk().reset();
  const test::TempDir folder;
  Database db(folder.file("db"), format());
  {
    Database::Transaction transaction(db);
    db.prepare("INSERT INTO things VALUES('gone')").row();
  }
  CHECK(count(db) == 0);
  {
    Database::Transaction outer(db);
    add(db, "inner");
    CHECK(disk().begun == 0);
    outer.commit();
  }
  CHECK(count(db) == 1);
  CHECK(disk().begun == 1);
}

TEST_CASE("Two programs share a file", "[sqlite]") {
  disk().reset();
  const test::TempDir folder;
  Database server(folder.file("db"), format());
  add(server, "server");
  {
    Database shell(folder.file("db"), format());
    add(shell, "shell");
    CHECK(count(shell) == 2);
  }
  add(server, "again");
  CHECK(count(server) == 3);
}
