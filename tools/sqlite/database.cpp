#include "tools/sqlite/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace simurgh::sqlite {
namespace {

constexpr int kBusyMilliseconds = 10000;

}  // namespace

Statement::Statement(Statement&& other) noexcept : owner_(other.owner_), db_(other.db_), statement_(other.statement_), at_(other.at_) { other.statement_ = nullptr; }

Statement::~Statement() {
  if (statement_ == nullptr) return;
  const Database::Lock lock(owner_);  // a commit has given the file to others
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::text(const std::string& value) {
  sqlite3_bind_text(statement_, ++at_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}
Statement& Statement::number(std::int64_t value) {
  sqlite3_bind_int64(statement_, ++at_, value);
  return *this;
}
Statement& Statement::blob(ByteView value) {
  sqlite3_bind_blob(statement_, ++at_, value.empty() ? static_cast<const void*>("") : value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
  return *this;
}
bool Statement::row() {
  const int step = sqlite3_step(statement_);
  if (step != SQLITE_ROW && step != SQLITE_DONE) throw Failure(sqlite3_errmsg(db_));
  return step == SQLITE_ROW;
}
std::string Statement::text_at(int column) const {
  const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return value == nullptr ? std::string() : std::string(value, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}
std::int64_t Statement::number_at(int column) const { return sqlite3_column_int64(statement_, column); }
Bytes Statement::blob_at(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return Bytes(data, data + sqlite3_column_bytes(statement_, column));
}

void Database::Finalizer::operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }

Database::Database(const std::string& path, const Format& format) : sync_(format.sync != nullptr ? format.sync : &::fdatasync) {
  const std::string what = format.what;
  if (sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
    sqlite3_close_v2(db_);
    throw Failure("cannot open the " + what + " " + path + "; check the folder");
  }
  try {
    if (path != ":memory:") ::chmod(path.c_str(), 0600);
    sqlite3_busy_timeout(db_, kBusyMilliseconds);
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    const auto pragma = [&](const char* name) {
      Statement statement = prepare(std::string("PRAGMA ") + name);
      return statement.row() ? statement.number_at(0) : 0;
    };
    const std::int64_t application = pragma("application_id");
    const std::int64_t version = pragma("user_version");
    if (application != 0 && application != format.application) throw Failure("another program's file");
    if (version > format.version) throw Failure("format " + std::to_string(version) + " is newer than this program");
    run("BEGIN IMMEDIATE");
    run(format.schema);
    run(("PRAGMA application_id=" + std::to_string(format.application)).c_str());
    run(("PRAGMA user_version=" + std::to_string(format.version)).c_str());
    run("COMMIT");
    if (path != ":memory:") share_syncs(path);
  } catch (const Failure& failure) {
    if (log_ >= 0) ::close(log_);
    prepared_.clear();
    sqlite3_close_v2(db_);
    throw Failure(path + " is no " + what + " (" + failure.what() + "); give another --store");
  }
}

Database::~Database() {
  prepared_.clear();
  sqlite3_close_v2(db_);
  if (log_ >= 0) ::close(log_);
}

// NORMAL syncs the log before each checkpoint and when it begins anew, FULL also in each commit (sqlite.org/pragma.html#pragma_synchronous): that
// sync is ours then. The first commit was made under FULL, so that the log's name is on the disk as well.
void Database::share_syncs(const std::string& path) {
  log_ = ::open((path + "-wal").c_str(), O_RDWR | O_CLOEXEC);
  if (log_ >= 0) run("PRAGMA synchronous=NORMAL");
}

// One thread syncs for all whose commits are in the file by then.
void Database::wait_for_sync(std::uint64_t commit) {
  std::unique_lock lock(sync_mutex_);
  while (synced_ < commit) {
    if (sync_failed_) throw Failure("the disk does not take it");  // nor will what comes after: nobody knows what the kernel dropped
    if (syncing_) {
      sync_done_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::uint64_t covered = commits_;
    lock.unlock();
    const bool good = sync_(log_) == 0;
    lock.lock();
    syncing_ = false;
    if (good) {
      synced_ = covered;
    } else {
      sync_failed_ = true;
    }
    sync_done_.notify_all();
  }
}

void Database::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw Failure(sqlite3_errmsg(db_));
}

Statement Database::prepare(const std::string& sql) {
  auto& kept = prepared_[sql];
  if (!kept) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) throw Failure(sqlite3_errmsg(db_));
    kept.reset(raw);
  }
  if (sqlite3_stmt_busy(kept.get()) != 0) throw std::logic_error("a statement is used by two readers at once");
  return Statement(*this, db_, kept.get());
}

std::int64_t Database::last_id() const { return sqlite3_last_insert_rowid(db_); }

Database::Transaction::Transaction(Database& db) : db_(db), lock_(db) {
  if (db_.depth_ == 0) {
    db_.run("BEGIN IMMEDIATE");
    db_.broken_ = false;
    db_.changes_ = sqlite3_total_changes(db_.db_);
  }
  ++db_.depth_;
}

Database::Transaction::~Transaction() {
  if (!open_) return;
  db_.broken_ = true;
  if (--db_.depth_ == 0) sqlite3_exec(db_.db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::Transaction::commit() {
  if (db_.depth_ == 1) {
    if (db_.broken_) throw Failure("a part of the change failed");
    db_.run("COMMIT");  // still open when this throws: rolled back by the destructor
  }
  open_ = false;
  if (--db_.depth_ > 0 || db_.log_ < 0) return;
  if (sqlite3_total_changes(db_.db_) != db_.changes_) ++db_.commits_;
  const std::uint64_t commit = db_.commits_;
  lock_.release();
  db_.wait_for_sync(commit);
}

}  // namespace simurgh::sqlite
