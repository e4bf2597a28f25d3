#include "tools/eim/eim_store.h"

#include <array>

namespace simurgh::eim {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS devices(eid TEXT PRIMARY KEY, grp TEXT NOT NULL, counter INTEGER NOT NULL, token INTEGER NOT NULL,"
    " last_sequence INTEGER NOT NULL, asked INTEGER NOT NULL, consumer INTEGER NOT NULL, euicc_info1 BLOB NOT NULL, euicc_info2 BLOB NOT NULL,"
    " euicc_certificate BLOB NOT NULL, eum_certificate BLOB NOT NULL, capabilities BLOB NOT NULL, device_info BLOB NOT NULL,"
    " key_point BLOB NOT NULL, key_curve INTEGER NOT NULL, plmn TEXT NOT NULL, cause INTEGER NOT NULL, rule TEXT NOT NULL,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS devices_by_group ON devices(grp);"
    "CREATE TABLE IF NOT EXISTS profiles(eid TEXT NOT NULL, iccid TEXT NOT NULL, state TEXT NOT NULL, name TEXT NOT NULL, provider TEXT NOT NULL,"
    " nickname TEXT NOT NULL, class INTEGER NOT NULL, fallback INTEGER NOT NULL, PRIMARY KEY(eid, iccid)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS requests(id INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL UNIQUE, facility INTEGER NOT NULL,"
    " eid TEXT NOT NULL, ord TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL,"
    " own INTEGER NOT NULL, tid BLOB NOT NULL, counter INTEGER NOT NULL, package BLOB NOT NULL, sends INTEGER NOT NULL, raises INTEGER NOT NULL,"
    " token_changed INTEGER NOT NULL, verified TEXT NOT NULL);"
    "CREATE INDEX IF NOT EXISTS requests_by_eid ON requests(eid, status);"
    "CREATE INDEX IF NOT EXISTS requests_by_tid ON requests(tid);"
    "CREATE INDEX IF NOT EXISTS requests_by_status ON requests(status, facility);"
    "CREATE TABLE IF NOT EXISTS results(id INTEGER PRIMARY KEY AUTOINCREMENT, eid TEXT NOT NULL, resource TEXT NOT NULL, sequence INTEGER NOT NULL,"
    " verified TEXT NOT NULL, raw BLOB NOT NULL, at INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS results_by_eid ON results(eid);"
    "CREATE TABLE IF NOT EXISTS notifications(id INTEGER PRIMARY KEY AUTOINCREMENT, eid TEXT NOT NULL, iccid TEXT NOT NULL, event TEXT NOT NULL,"
    " address TEXT NOT NULL, sequence INTEGER NOT NULL, verified INTEGER NOT NULL, forward TEXT NOT NULL, attempts INTEGER NOT NULL,"
    " next_attempt INTEGER NOT NULL, raw BLOB NOT NULL);"
    "CREATE INDEX IF NOT EXISTS notifications_by_forward ON notifications(forward, next_attempt);"
    "CREATE INDEX IF NOT EXISTS notifications_by_eid ON notifications(eid, sequence);"
    "CREATE TABLE IF NOT EXISTS dp_sessions(id BLOB PRIMARY KEY, address TEXT NOT NULL, eid TEXT NOT NULL, tid BLOB NOT NULL, oid BLOB NOT NULL,"
    " iccid BLOB NOT NULL) WITHOUT ROWID;";

constexpr std::array kFacilities{"download", "psmo", "eco", "edr", "euicc"};

constexpr const char* kDeviceColumns =
    "eid, grp, counter, token, last_sequence, asked, consumer, euicc_info1, euicc_info2, euicc_certificate, eum_certificate, capabilities, "
    "device_info, key_point, key_curve, plmn, cause, rule, first_seen, last_seen";
constexpr const char* kRequestColumns =
    "id, resource, facility, eid, ord, status, outcome, created, updated, own, tid, counter, package, sends, raises, token_changed, verified";
constexpr const char* kNotificationColumns = "id, eid, iccid, event, address, sequence, verified, forward, attempts, next_attempt, raw";

Device read_device(const Statement& s) {
  Device out;
  int i = 0;
  out.eid = s.text_at(i++);
  out.group = s.text_at(i++);
  out.counter = s.number_at(i++);
  out.token = s.number_at(i++);
  out.last_sequence = s.number_at(i++);
  out.asked = s.number_at(i++) != 0;
  out.consumer = s.number_at(i++) != 0;
  for (Bytes* field : {&out.euicc_info1, &out.euicc_info2, &out.euicc_certificate, &out.eum_certificate, &out.capabilities, &out.device_info, &out.key_point}) {
    *field = s.blob_at(i++);
  }
  out.key_curve = static_cast<int>(s.number_at(i++));
  out.plmn = s.text_at(i++);
  out.cause = static_cast<int>(s.number_at(i++));
  out.rule = s.text_at(i++);
  out.first_seen = s.number_at(i++);
  out.last_seen = s.number_at(i++);
  return out;
}

Request read_request(const Statement& s) {
  Request out;
  int i = 0;
  out.id = s.number_at(i++);
  out.resource = s.text_at(i++);
  out.facility = static_cast<Facility>(s.number_at(i++));
  out.eid = s.text_at(i++);
  out.order = s.text_at(i++);
  out.status = s.text_at(i++);
  out.outcome = s.text_at(i++);
  out.created = s.number_at(i++);
  out.updated = s.number_at(i++);
  out.own = s.number_at(i++) != 0;
  out.transaction = s.blob_at(i++);
  out.counter = s.number_at(i++);
  out.package = s.blob_at(i++);
  out.sends = static_cast<int>(s.number_at(i++));
  out.raises = static_cast<int>(s.number_at(i++));
  out.token_changed = s.number_at(i++) != 0;
  out.verified = s.text_at(i++);
  return out;
}

Notification read_notification(const Statement& s) {
  Notification out;
  int i = 0;
  out.id = s.number_at(i++);
  out.eid = s.text_at(i++);
  out.iccid = s.text_at(i++);
  out.event = s.text_at(i++);
  out.address = s.text_at(i++);
  out.sequence = s.number_at(i++);
  out.verified = s.number_at(i++) != 0;
  out.forward = s.text_at(i++);
  out.attempts = static_cast<int>(s.number_at(i++));
  out.next_attempt = s.number_at(i++);
  out.raw = s.blob_at(i++);
  return out;
}

void bind(Statement& s, const Request& r) {
  s.text(r.resource).number(static_cast<int>(r.facility)).text(r.eid).text(r.order).text(r.status).text(r.outcome).number(r.created);
  s.number(r.updated).number(r.own ? 1 : 0).blob(r.transaction).number(r.counter).blob(r.package).number(r.sends).number(r.raises);
  s.number(r.token_changed ? 1 : 0).text(r.verified);
}

std::string where(const char* columns, const char* table, const char* condition) {
  return std::string("SELECT ") + columns + " FROM " + table + " WHERE " + condition;
}

template <typename T, typename Read>
std::vector<T> all(Statement statement, Read read) {
  std::vector<T> out;
  while (statement.row()) out.push_back(read(statement));
  return out;
}

std::optional<Request> one(Statement statement) {
  if (!statement.row()) return std::nullopt;
  return read_request(statement);
}

}  // namespace

const char* facility_name(Facility facility) noexcept { return kFacilities[static_cast<std::size_t>(facility)]; }

std::optional<Facility> facility_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kFacilities.size(); ++i) {
    if (name == kFacilities[i]) return static_cast<Facility>(i);
  }
  return std::nullopt;
}

EimStore::EimStore(const std::string& path)
    : db_(path, {.application = 0x53694549, .version = 1, .schema = kSchema, .what = "store of an eIM"}) {}

std::optional<Device> EimStore::device(const std::string& eid) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kDeviceColumns, "devices", "eid = ?"));
  if (!s.text(eid).row()) return std::nullopt;
  return read_device(s);
}

std::vector<Device> EimStore::devices(std::size_t limit) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kDeviceColumns, "devices", "1 ORDER BY last_seen DESC, eid LIMIT ?"));
  s.number(static_cast<std::int64_t>(limit));
  return all<Device>(std::move(s), read_device);
}

std::int64_t EimStore::device_count() {
  const Database::Lock lock(db_);
  Statement s = db_.prepare("SELECT COUNT(*) FROM devices");
  return s.row() ? s.number_at(0) : 0;
}

std::vector<std::string> EimStore::group(const std::string& name) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare("SELECT eid FROM devices WHERE grp = ? ORDER BY eid");
  s.text(name);
  return all<std::string>(std::move(s), [](const Statement& row) { return row.text_at(0); });
}

void EimStore::save(const Device& d) {
  Database::Transaction transaction(db_);
  Statement s = db_.prepare(std::string("INSERT OR REPLACE INTO devices(") + kDeviceColumns + ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  s.text(d.eid).text(d.group).number(d.counter).number(d.token).number(d.last_sequence).number(d.asked ? 1 : 0).number(d.consumer ? 1 : 0);
  s.blob(d.euicc_info1).blob(d.euicc_info2).blob(d.euicc_certificate).blob(d.eum_certificate).blob(d.capabilities).blob(d.device_info);
  s.blob(d.key_point).number(d.key_curve).text(d.plmn).number(d.cause).text(d.rule).number(d.first_seen).number(d.last_seen);
  s.row();
  transaction.commit();
}

std::vector<Profile> EimStore::profiles(const std::string& eid) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare("SELECT iccid, state, name, provider, nickname, class, fallback FROM profiles WHERE eid = ? ORDER BY iccid");
  s.text(eid);
  return all<Profile>(std::move(s), [](const Statement& row) {
    return Profile{row.text_at(0), row.text_at(1), row.text_at(2), row.text_at(3), row.text_at(4), static_cast<int>(row.number_at(5)), row.number_at(6) != 0};
  });
}

void EimStore::replace_profiles(const std::string& eid, const std::vector<Profile>& profiles) {
  Database::Transaction transaction(db_);
  db_.prepare("DELETE FROM profiles WHERE eid = ?").text(eid).row();
  for (const Profile& p : profiles) save_profile(eid, p);
  transaction.commit();
}

void EimStore::save_profile(const std::string& eid, const Profile& p) {
  Database::Transaction transaction(db_);
  Statement s = db_.prepare("INSERT OR REPLACE INTO profiles(eid, iccid, state, name, provider, nickname, class, fallback) VALUES(?,?,?,?,?,?,?,?)");
  s.text(eid).text(p.iccid).text(p.state).text(p.name).text(p.provider).text(p.nickname).number(p.profile_class).number(p.fallback ? 1 : 0);
  s.row();
  transaction.commit();
}

void EimStore::delete_profile(const std::string& eid, const std::string& iccid) {
  Database::Transaction transaction(db_);
  db_.prepare("DELETE FROM profiles WHERE eid = ? AND iccid = ?").text(eid).text(iccid).row();
  transaction.commit();
}

std::int64_t EimStore::add(const Request& request) {
  Database::Transaction transaction(db_);
  {
    Statement s = db_.prepare(
        "INSERT INTO requests(resource, facility, eid, ord, status, outcome, created, updated, own, tid, counter, package, sends, raises, "
        "token_changed, verified) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    bind(s, request);
    s.row();
  }
  const std::int64_t id = db_.last_id();
  transaction.commit();
  return id;
}

void EimStore::update(const Request& request) {
  Database::Transaction transaction(db_);
  {
    Statement s = db_.prepare(
        "UPDATE requests SET resource=?, facility=?, eid=?, ord=?, status=?, outcome=?, created=?, updated=?, own=?, tid=?, counter=?, package=?, "
        "sends=?, raises=?, token_changed=?, verified=? WHERE id=?");
    bind(s, request);
    s.number(request.id).row();
  }
  transaction.commit();
}

std::optional<Request> EimStore::by_resource(const std::string& resource) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "resource = ?"));
  s.text(resource);
  return one(std::move(s));
}

std::optional<Request> EimStore::by_transaction(ByteView transaction) {
  if (transaction.empty()) return std::nullopt;
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "tid = ? ORDER BY id DESC LIMIT 1"));
  s.blob(transaction);
  return one(std::move(s));
}

std::optional<Request> EimStore::by_counter(const std::string& eid, std::int64_t counter) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "eid = ? AND counter = ? AND facility IN (1, 2) ORDER BY id DESC LIMIT 1"));
  s.text(eid).number(counter);
  return one(std::move(s));
}

std::optional<Request> EimStore::in_work(const std::string& eid) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "eid = ? AND status = 'work' ORDER BY id DESC LIMIT 1"));
  s.text(eid);
  return one(std::move(s));
}

std::optional<Request> EimStore::next_new(const std::string& eid) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "eid = ? AND status = 'new' ORDER BY own DESC, id LIMIT 1"));
  s.text(eid);
  return one(std::move(s));
}

std::vector<Request> EimStore::downloads_in_work() {
  const Database::Lock lock(db_);
  return all<Request>(db_.prepare(where(kRequestColumns, "requests", "status = 'work' AND facility = 0 ORDER BY id")), read_request);
}

std::vector<Request> EimStore::requests(std::optional<Facility> facility, std::size_t limit, const std::string& eid) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "(? < 0 OR facility = ?) AND (? = '' OR eid = ?) ORDER BY id DESC LIMIT ?"));
  const std::int64_t which = facility ? static_cast<std::int64_t>(*facility) : -1;
  s.number(which).number(which).text(eid).text(eid).number(static_cast<std::int64_t>(limit));
  return all<Request>(std::move(s), read_request);
}

std::vector<Request> EimStore::unfinished(std::size_t limit) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kRequestColumns, "requests", "status IN ('new', 'work') ORDER BY id DESC LIMIT ?"));
  s.number(static_cast<std::int64_t>(limit));
  return all<Request>(std::move(s), read_request);
}

bool EimStore::remove(const std::string& resource) {
  Database::Transaction transaction(db_);
  const bool there = by_resource(resource).has_value();
  db_.prepare("DELETE FROM requests WHERE resource = ?").text(resource).row();
  transaction.commit();
  return there;
}

std::vector<std::pair<std::string, std::int64_t>> EimStore::tally() {
  const Database::Lock lock(db_);
  return all<std::pair<std::string, std::int64_t>>(db_.prepare("SELECT status, COUNT(*) FROM requests GROUP BY status"),
                                                   [](const Statement& row) { return std::pair(row.text_at(0), row.number_at(1)); });
}

void EimStore::add(const Result& r) {
  Database::Transaction transaction(db_);
  Statement s = db_.prepare("INSERT INTO results(eid, resource, sequence, verified, raw, at) VALUES(?,?,?,?,?,?)");
  s.text(r.eid).text(r.resource).number(r.sequence).text(r.verified).blob(r.raw).number(r.at);
  s.row();
  transaction.commit();
}

std::vector<Result> EimStore::results(const std::string& eid, std::size_t limit) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare("SELECT id, eid, resource, sequence, verified, raw, at FROM results WHERE (? = '' OR eid = ?) ORDER BY id DESC LIMIT ?");
  s.text(eid).text(eid).number(static_cast<std::int64_t>(limit));
  return all<Result>(std::move(s), [](const Statement& row) {
    return Result{row.number_at(0), row.text_at(1), row.text_at(2), row.number_at(3), row.text_at(4), row.blob_at(5), row.number_at(6)};
  });
}

void EimStore::add(const Notification& n) {
  Database::Transaction transaction(db_);
  Statement s = db_.prepare(
      "INSERT INTO notifications(eid, iccid, event, address, sequence, verified, forward, attempts, next_attempt, raw) VALUES(?,?,?,?,?,?,?,?,?,?)");
  s.text(n.eid).text(n.iccid).text(n.event).text(n.address).number(n.sequence).number(n.verified ? 1 : 0).text(n.forward).number(n.attempts);
  s.number(n.next_attempt).blob(n.raw);
  s.row();
  transaction.commit();
}

void EimStore::update(const Notification& n) {
  Database::Transaction transaction(db_);
  db_.prepare("UPDATE notifications SET forward=?, attempts=?, next_attempt=? WHERE id=?").text(n.forward).number(n.attempts).number(n.next_attempt).number(n.id).row();
  transaction.commit();
}

bool EimStore::has_notification(const std::string& eid, std::int64_t sequence, ByteView raw) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare("SELECT 1 FROM notifications WHERE eid = ? AND sequence = ? AND raw = ?");
  return s.text(eid).number(sequence).blob(raw).row();
}

std::vector<Notification> EimStore::notifications(const std::string& eid, std::size_t limit) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kNotificationColumns, "notifications", "(? = '' OR eid = ?) ORDER BY id DESC LIMIT ?"));
  s.text(eid).text(eid).number(static_cast<std::int64_t>(limit));
  return all<Notification>(std::move(s), read_notification);
}

std::vector<Notification> EimStore::to_forward(std::int64_t now) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare(where(kNotificationColumns, "notifications", "forward = 'pending' AND next_attempt <= ? ORDER BY id LIMIT 100"));
  s.number(now);
  return all<Notification>(std::move(s), read_notification);
}

void EimStore::save(const DpSession& session) {
  Database::Transaction transaction(db_);
  Statement s = db_.prepare("INSERT OR REPLACE INTO dp_sessions(id, address, eid, tid, oid, iccid) VALUES(?,?,?,?,?,?)");
  s.blob(session.transaction).text(session.address).text(session.eid).blob(session.eim_transaction).blob(session.smdp_oid).blob(session.iccid);
  s.row();
  transaction.commit();
}

std::optional<DpSession> EimStore::dp_session(ByteView transaction) {
  const Database::Lock lock(db_);
  Statement s = db_.prepare("SELECT id, address, eid, tid, oid, iccid FROM dp_sessions WHERE id = ?");
  if (!s.blob(transaction).row()) return std::nullopt;
  return DpSession{s.blob_at(0), s.text_at(1), s.text_at(2), s.blob_at(3), s.blob_at(4), s.blob_at(5)};
}

}  // namespace simurgh::eim
