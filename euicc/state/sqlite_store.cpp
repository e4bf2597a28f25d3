#include "euicc/state/sqlite_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace simurgh::state {
namespace {

constexpr int kApplicationId = 0x53494D55;
constexpr std::size_t kMaxCell = 64U * 1024 * 1024;

constexpr std::array kSpaces{Space::card, Space::profile, Space::file, Space::pin, Space::aka, Space::notification,
                             Space::one_time_key, Space::gp, Space::iot, Space::crl, Space::ipae, Space::applet};

std::optional<Space> space_by_name(std::string_view text) {
  for (const Space space : kSpaces) {
    if (name(space) == text) return space;
  }
  return std::nullopt;
}

struct DbCloser {
  void operator()(sqlite3* db) const noexcept { sqlite3_close_v2(db); }
};
struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};
using Db = std::unique_ptr<sqlite3, DbCloser>;
using Statement = std::unique_ptr<sqlite3_stmt, StatementCloser>;

[[noreturn]] void fail(const std::string& path, const std::string& reason) { throw CardFileError(path + ": " + reason); }

bool run(sqlite3* db, const char* sql) { return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }

Statement prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &raw, nullptr) != SQLITE_OK) return nullptr;
  return Statement(raw);
}

std::optional<int> pragma_value(sqlite3* db, const char* sql) {
  const Statement statement = prepare(db, sql);
  if (!statement || sqlite3_step(statement.get()) != SQLITE_ROW) return std::nullopt;
  return sqlite3_column_int(statement.get(), 0);
}

}  // namespace

struct SqliteStore::Impl {
  std::string path;
  int lock = -1;  // descriptor that holds flock(2): the kernel lets go of it whatever way the process ends
  Db db;
  Statement put, erase;

  ~Impl() {
    put.reset();
    erase.reset();
    db.reset();
    if (lock >= 0) ::close(lock);
  }

  void prepare_all() {
    put = prepare(db.get(), "INSERT INTO cell(space, owner, idx, value) VALUES(?1, ?2, ?3, ?4) "
                            "ON CONFLICT(space, owner, idx) DO UPDATE SET value = ?4");
    erase = prepare(db.get(), "DELETE FROM cell WHERE space = ?1 AND owner = ?2 AND idx = ?3");
    if (!put || !erase) fail(path, "the card file is damaged (its tables are missing); use a copy or make a new card");
  }

  bool write(const Change& change) {
    sqlite3_stmt* statement = change.value ? put.get() : erase.get();
    const std::string_view space = name(change.key.space);
    sqlite3_reset(statement);
    sqlite3_bind_text(statement, 1, space.data(), static_cast<int>(space.size()), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, change.key.owner);
    sqlite3_bind_int64(statement, 3, change.key.index);
    if (change.value) {
      // A zero pointer would be bound as NULL.
      const void* data = change.value->empty() ? static_cast<const void*>("") : change.value->data();
      sqlite3_bind_blob(statement, 4, data, static_cast<int>(change.value->size()), SQLITE_STATIC);
    }
    const bool good = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return good;
  }
};

SqliteStore::SqliteStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteStore::~SqliteStore() = default;

namespace {

void configure(sqlite3* db) {
  sqlite3_busy_timeout(db, 2000);
  // A rollback journal keeps the card in one file between commands; FULL makes a commit durable before the status word leaves.
  run(db, "PRAGMA journal_mode=DELETE");
  run(db, "PRAGMA synchronous=FULL");
  run(db, "PRAGMA secure_delete=ON");
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, static_cast<int>(kMaxCell));
}

}  // namespace

std::unique_ptr<SqliteStore> SqliteStore::create(const std::string& path, const std::map<Key, Cell>& cells) {
  const std::string temporary = path + ".new" + std::to_string(::getpid());
  if (::access(path.c_str(), F_OK) == 0) fail(path, "exists already; choose another name or remove it first");
  const int made = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) fail(path, std::string("cannot be written (") + std::strerror(errno) + "); check the folder");
  ::close(made);
  const auto give_up = [&](const std::string& reason) {
    ::unlink(temporary.c_str());
    fail(path, reason);
  };
  {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(temporary.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->db.reset(raw);
    if (opened != SQLITE_OK) give_up("cannot be written by SQLite");
    configure(raw);
    const std::string sql = "PRAGMA application_id=" + std::to_string(kApplicationId) + "; PRAGMA user_version=" + std::to_string(kFormatVersion) +
                            "; CREATE TABLE cell(space TEXT NOT NULL, owner INTEGER NOT NULL, idx INTEGER NOT NULL, value BLOB NOT NULL, "
                            "PRIMARY KEY(space, owner, idx)) WITHOUT ROWID;"
                            "CREATE TABLE about(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
                            "INSERT INTO about VALUES('program', 'simurgh'), ('version', '" SIMURGH_VERSION "'),"
                            "('warning', 'test card with public test keys');";
    if (!run(raw, sql.c_str())) give_up("cannot be written by SQLite");
    impl->prepare_all();
    bool good = run(raw, "BEGIN");
    for (const auto& [key, value] : cells) good = good && impl->write({key, value});
    if (!good || !run(raw, "COMMIT")) give_up("cannot be written by SQLite (disk full?)");
  }
  // link(2) instead of rename(2): it never replaces a file that appeared meanwhile.
  if (::link(temporary.c_str(), path.c_str()) != 0) give_up(std::string("cannot be written (") + std::strerror(errno) + ")");
  ::unlink(temporary.c_str());
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
  return open(path);
}

namespace {

// Format version of an open file after checking that it is a card at all.
int check_format(sqlite3* db, const std::string& path) {
  const auto application = pragma_value(db, "PRAGMA application_id");
  const auto version = pragma_value(db, "PRAGMA user_version");
  if (!application || !version) fail(path, "is not a card file (not an SQLite database)");
  if (*application != kApplicationId) fail(path, "is an SQLite database but not a card file");
  if (*version > SqliteStore::kFormatVersion) {
    const Statement statement = prepare(db, "SELECT value FROM about WHERE name = 'version'");
    std::string writer = "a newer version";
    if (statement && sqlite3_step(statement.get()) == SQLITE_ROW) {
      if (const auto* text = sqlite3_column_text(statement.get(), 0)) writer = "simurgh " + std::string(reinterpret_cast<const char*>(text));
    }
    fail(path, "has format " + std::to_string(*version) + ", written by " + writer + "; this version reads up to format " +
                   std::to_string(SqliteStore::kFormatVersion) + ", use that one");
  }
  if (*version < 1) fail(path, "has no known card format");
  return *version;
}

}  // namespace

std::unique_ptr<SqliteStore> SqliteStore::open(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->lock = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (impl->lock < 0) {
    if (errno == ENOENT) fail(path, "no such card; make one with 'simurgh new " + path + "'");
    fail(path, std::string("cannot be opened (") + std::strerror(errno) + ")");
  }
  if (::flock(impl->lock, LOCK_EX | LOCK_NB) != 0) fail(path, "is in use by another program; stop that one first");
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  impl->db.reset(raw);
  if (opened != SQLITE_OK) fail(path, "cannot be opened by SQLite");
  check_format(raw, path);
  ::fchmod(impl->lock, 0600);
  configure(raw);
  impl->prepare_all();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

namespace {

// A process that was killed in the middle of a commit leaves a journal that only a writer can roll back. Nobody else may be at it: with an owner
// the file is in order already.
void recover(const std::string& path) {
  const int lock = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return;
  if (::flock(lock, LOCK_EX | LOCK_NB) == 0) {
    sqlite3* raw = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    const Db db(raw);
    if (opened == SQLITE_OK) run(raw, "SELECT count(*) FROM sqlite_schema");
  }
  ::close(lock);
}

}  // namespace

std::unique_ptr<SqliteStore> SqliteStore::open_read_only(const std::string& path) {
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  if (::access(path.c_str(), F_OK) != 0) fail(path, "no such card; make one with 'simurgh new " + path + "'");
  recover(path);
  sqlite3* raw = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  impl->db.reset(raw);
  if (opened != SQLITE_OK) fail(path, "cannot be opened");
  check_format(raw, path);
  sqlite3_busy_timeout(raw, 2000);
  impl->prepare_all();
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(impl)));
}

std::expected<std::map<Key, Cell>, StoreError> SqliteStore::load() {
  const Statement statement = prepare(impl_->db.get(), "SELECT space, owner, idx, value FROM cell");
  if (!statement) return std::unexpected(StoreError{impl_->path + ": cannot be read by SQLite"});
  std::map<Key, Cell> cells;
  int step = 0;
  while ((step = sqlite3_step(statement.get())) == SQLITE_ROW) {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement.get(), 0));
    const auto space = space_by_name(text == nullptr ? "" : text);
    const auto owner = sqlite3_column_int64(statement.get(), 1);
    const auto index = sqlite3_column_int64(statement.get(), 2);
    if (!space || owner < 0 || owner > 0xFFFFFFFF || index < 0 || index > 0xFFFFFFFF) {
      return std::unexpected(StoreError{impl_->path + ": damaged (a cell of unknown kind)"});
    }
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement.get(), 3));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), 3));
    cells[{*space, static_cast<std::uint32_t>(owner), static_cast<std::uint32_t>(index)}] =
        std::make_shared<const Bytes>(data, data + size);
  }
  if (step != SQLITE_DONE) return std::unexpected(StoreError{impl_->path + ": damaged (SQLite cannot read it)"});
  return cells;
}

std::expected<void, StoreError> SqliteStore::commit(const std::vector<Change>& changes) {
  sqlite3* db = impl_->db.get();
  const auto failure = [&]() -> std::expected<void, StoreError> {
    const std::string reason = sqlite3_errmsg(db);
    run(db, "ROLLBACK");
    return std::unexpected(StoreError{impl_->path + ": cannot be written (" + reason + ")"});
  };
  if (!run(db, "BEGIN IMMEDIATE")) return failure();
  for (const Change& change : changes) {
    if (!impl_->write(change)) return failure();
  }
  if (!run(db, "COMMIT")) return failure();
  return {};
}

}  // namespace simurgh::state
