#include "tools/smdp/order_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <functional>

namespace simurgh::smdp {
namespace {

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS orders(id INTEGER PRIMARY KEY, matching_id TEXT UNIQUE, state TEXT NOT NULL, iccid TEXT NOT NULL,"
    " profile_type TEXT NOT NULL, eid TEXT NOT NULL, confirmation_hash BLOB NOT NULL, confirmation_left INTEGER NOT NULL, reusable INTEGER NOT NULL,"
    " is_default INTEGER NOT NULL, expires INTEGER NOT NULL, upp BLOB NOT NULL, metadata BLOB NOT NULL, bound_otpk BLOB NOT NULL,"
    " bound_package BLOB NOT NULL, bound_eid TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS notifications(id INTEGER PRIMARY KEY, eid TEXT NOT NULL, iccid TEXT NOT NULL, event TEXT NOT NULL,"
    " sequence INTEGER NOT NULL, verified INTEGER NOT NULL, raw BLOB NOT NULL);";

constexpr const char* kColumns =
    "id, matching_id, state, iccid, profile_type, eid, confirmation_hash, confirmation_left, reusable, is_default, expires, upp, metadata, "
    "bound_otpk, bound_package, bound_eid";

struct StatementCloser {
  void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
};

class Statement {
 public:
  Statement(sqlite3* db, const std::string& sql) : db_(db) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) throw StoreFailure(std::string("order store: ") + sqlite3_errmsg(db));
    statement_.reset(raw);
  }
  Statement& text(const std::string& value) {
    sqlite3_bind_text(statement_.get(), ++at_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& nullable(const std::string& value) {
    if (!value.empty()) return text(value);
    sqlite3_bind_null(statement_.get(), ++at_);
    return *this;
  }
  Statement& number(std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), ++at_, value);
    return *this;
  }
  Statement& blob(const Bytes& value) {
    sqlite3_bind_blob(statement_.get(), ++at_, value.empty() ? static_cast<const void*>("") : value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
    return *this;
  }
  bool row() {
    const int step = sqlite3_step(statement_.get());
    if (step != SQLITE_ROW && step != SQLITE_DONE) throw StoreFailure(std::string("order store: ") + sqlite3_errmsg(db_));
    return step == SQLITE_ROW;
  }
  [[nodiscard]] std::string text_at(int column) const {
    const auto* value = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
    return value == nullptr ? std::string() : std::string(value);
  }
  [[nodiscard]] std::int64_t number_at(int column) const { return sqlite3_column_int64(statement_.get(), column); }
  [[nodiscard]] Bytes blob_at(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
    return Bytes(data, data + sqlite3_column_bytes(statement_.get(), column));
  }

 private:
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, StatementCloser> statement_;
  int at_ = 0;
};

Order read_order(const Statement& s) {
  Order out;
  out.id = s.number_at(0);
  out.matching_id = s.text_at(1);
  out.state = s.text_at(2);
  out.iccid = s.text_at(3);
  out.profile_type = s.text_at(4);
  out.eid = s.text_at(5);
  out.confirmation_hash = s.blob_at(6);
  out.confirmation_left = static_cast<int>(s.number_at(7));
  out.reusable = s.number_at(8) != 0;
  out.is_default = s.number_at(9) != 0;
  out.expires = s.number_at(10);
  out.upp = s.blob_at(11);
  out.metadata = s.blob_at(12);
  out.bound_otpk = s.blob_at(13);
  out.bound_package = s.blob_at(14);
  out.bound_eid = s.text_at(15);
  return out;
}

void bind_order(Statement& s, const Order& o) {
  s.nullable(o.matching_id).text(o.state).text(o.iccid).text(o.profile_type).text(o.eid).blob(o.confirmation_hash).number(o.confirmation_left);
  s.number(o.reusable ? 1 : 0).number(o.is_default ? 1 : 0).number(o.expires).blob(o.upp).blob(o.metadata).blob(o.bound_otpk);
  s.blob(o.bound_package).text(o.bound_eid);
}

}  // namespace

struct OrderStore::Impl {
  sqlite3* db = nullptr;
  ~Impl() { sqlite3_close_v2(db); }

  std::optional<Order> first(const std::string& where, const std::function<void(Statement&)>& bind) {
    Statement statement(db, std::string("SELECT ") + kColumns + " FROM orders WHERE " + where + " LIMIT 1");
    bind(statement);
    if (!statement.row()) return std::nullopt;
    return read_order(statement);
  }
};

OrderStore::OrderStore(const std::string& path) : impl_(std::make_unique<Impl>()) {
  // Threads of the server take turns, see http_service.h.
  if (sqlite3_open_v2(path.c_str(), &impl_->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) {
    throw StoreFailure("cannot open the order store " + path + "; check the folder");
  }
  if (path != ":memory:") ::chmod(path.c_str(), 0600);
  sqlite3_busy_timeout(impl_->db, 5000);
  const bool good = sqlite3_exec(impl_->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;", nullptr, nullptr, nullptr) == SQLITE_OK &&
                    sqlite3_exec(impl_->db, kSchema, nullptr, nullptr, nullptr) == SQLITE_OK;
  if (!good) throw StoreFailure(path + " is no order store; give another --store");
}

OrderStore::~OrderStore() = default;

std::int64_t OrderStore::add(const Order& order) {
  if (!order.matching_id.empty() && by_matching_id(order.matching_id)) {
    throw StoreFailure("an order with matching id " + order.matching_id + " exists already; choose another");
  }
  Statement statement(impl_->db,
                      "INSERT INTO orders(matching_id, state, iccid, profile_type, eid, confirmation_hash, confirmation_left, reusable, is_default, "
                      "expires, upp, metadata, bound_otpk, bound_package, bound_eid) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  bind_order(statement, order);
  statement.row();
  return sqlite3_last_insert_rowid(impl_->db);
}

std::optional<Order> OrderStore::by_matching_id(const std::string& matching_id) {
  return impl_->first("matching_id = ?", [&](Statement& s) { s.text(matching_id); });
}

std::optional<Order> OrderStore::default_for(const std::string& eid) {
  return impl_->first("is_default = 1 AND state IN ('released', 'downloaded') AND (eid = ? OR eid = '') ORDER BY eid DESC, id",
                      [&](Statement& s) { s.text(eid); });
}

std::optional<Order> OrderStore::by_iccid(const std::string& iccid) {
  return impl_->first("iccid = ? AND state NOT IN ('cancelled') ORDER BY id DESC", [&](Statement& s) { s.text(iccid); });
}

std::optional<Order> OrderStore::available(const std::string& profile_type) {
  return impl_->first("state = 'available' AND profile_type = ? ORDER BY id", [&](Statement& s) { s.text(profile_type); });
}

std::vector<Order> OrderStore::all() {
  Statement statement(impl_->db, std::string("SELECT ") + kColumns + " FROM orders ORDER BY id");
  std::vector<Order> out;
  while (statement.row()) out.push_back(read_order(statement));
  return out;
}

void OrderStore::update(const Order& order) {
  Statement statement(impl_->db,
                      "UPDATE orders SET matching_id=?, state=?, iccid=?, profile_type=?, eid=?, confirmation_hash=?, confirmation_left=?, reusable=?, "
                      "is_default=?, expires=?, upp=?, metadata=?, bound_otpk=?, bound_package=?, bound_eid=? WHERE id=?");
  bind_order(statement, order);
  statement.number(order.id);
  statement.row();
}

void OrderStore::add_notification(const StoredNotification& n) {
  Statement statement(impl_->db, "INSERT INTO notifications(eid, iccid, event, sequence, verified, raw) VALUES(?,?,?,?,?,?)");
  statement.text(n.eid).text(n.iccid).text(n.event).number(n.sequence).number(n.verified ? 1 : 0).blob(n.raw);
  statement.row();
}

std::vector<StoredNotification> OrderStore::notifications() {
  Statement s(impl_->db, "SELECT id, eid, iccid, event, sequence, verified, raw FROM notifications ORDER BY id");
  std::vector<StoredNotification> out;
  while (s.row()) {
    out.push_back({s.number_at(0), s.text_at(1), s.text_at(2), s.text_at(3), s.number_at(4), s.number_at(5) != 0, s.blob_at(6)});
  }
  return out;
}

}  // namespace simurgh::smdp
