// A server's SQLite file: prepared statements that are kept, and transactions that hold the file against other threads and processes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "asn1/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace simurgh::sqlite {

class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Database;

// A prepared statement in use. Values bind from left to right.
class Statement {
 public:
  Statement(Database& owner, sqlite3* db, sqlite3_stmt* prepared) : owner_(owner), db_(db), statement_(prepared) {}
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& text(const std::string& value);
  Statement& number(std::int64_t value);
  Statement& blob(ByteView value);
  // The next row; false at the end. Throws Failure.
  bool row();
  [[nodiscard]] std::string text_at(int column) const;
  [[nodiscard]] std::int64_t number_at(int column) const;
  [[nodiscard]] Bytes blob_at(int column) const;

 private:
  Database& owner_;
  sqlite3* db_;
  sqlite3_stmt* statement_;
  int at_ = 0;
};

class Database {
 public:
  struct Format {
    std::int64_t application = 0;  // application_id
    int version = 1;               // user_version; a newer file is refused
    const char* schema = "";       // CREATE ... IF NOT EXISTS
    const char* what = "store";    // for error texts
    int (*sync)(int fd) = nullptr;  // fdatasync(2) without; tests have their own
  };
  // Makes the file when it is not there, mode 0600. Throws Failure.
  Database(const std::string& path, const Format& format);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // The caller holds a Transaction or a Lock while it uses the statement.
  [[nodiscard]] Statement prepare(const std::string& sql);
  [[nodiscard]] std::int64_t last_id() const;

  // Other threads wait; may be nested.
  class Lock {
   public:
    explicit Lock(Database& db) : guard_(db.mutex_) {}
    void release() { guard_.unlock(); }

   private:
    std::unique_lock<std::recursive_mutex> guard_;
  };

  // Durable when commit() returns, gone without it. A nested one is part of the outer one. Commits of several threads share a sync of the
  // write-ahead log: others may read what was committed while it is on its way to the disk, but whoever commits, be it nothing, waits for all of it.
  class Transaction {
   public:
    explicit Transaction(Database& db);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

   private:
    Database& db_;
    Lock lock_;
    bool open_ = true;
  };

 private:
  void run(const char* sql);
  void share_syncs(const std::string& path);
  void wait_for_sync(std::uint64_t commit);
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const noexcept;
  };
  sqlite3* db_ = nullptr;
  std::recursive_mutex mutex_;
  int depth_ = 0;
  bool broken_ = false;  // an inner transaction was given up
  int changes_ = 0;      // SQLite's count of changed rows when the transaction began

  // The log, when its syncs are shared; else SQLite syncs it in each commit.
  int log_ = -1;
  int (*sync_)(int fd);
  std::mutex sync_mutex_;  // of what follows; never held while mutex_ is waited for
  std::condition_variable sync_done_;
  std::atomic<std::uint64_t> commits_ = 0;  // in the file; counted under mutex_
  std::uint64_t synced_ = 0;                // of them, on the disk
  bool syncing_ = false, sync_failed_ = false;
  std::map<std::string, std::unique_ptr<sqlite3_stmt, Finalizer>> prepared_;
};

}  // namespace simurgh::sqlite
