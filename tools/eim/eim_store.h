// What an eIM remembers, in one SQLite file: devices with their counters, requests, results, notifications. Every change is durable when its
// transaction is; several processes (the server, the shell) may use the file at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/sqlite/database.h"

namespace simurgh::eim {

using StoreFailure = sqlite::Failure;

struct Device {
  std::string eid;  // 32 digits
  std::string group;
  std::int64_t counter = 0;       // counterValue used last
  std::int64_t token = 1;         // associationToken; 0: none was generated
  std::int64_t last_sequence = -1;  // highest seqNumber of a verified package result
  bool asked = false;             // its data were asked for once
  bool consumer = false;
  Bytes euicc_info1, euicc_info2, euicc_certificate, eum_certificate;  // complete DOs
  Bytes capabilities, device_info;                                     // A8, A9
  Bytes key_point;                // of the key that signs results: 04 X Y; empty: unknown
  int key_curve = 0;              // crypto::Curve
  std::string plmn;               // "26201"
  int cause = -1;                 // stateChangeCause told last
  std::string rule;               // applied last
  std::int64_t first_seen = 0, last_seen = 0;
};

struct Profile {
  std::string iccid;  // hexadecimal, nibbles swapped as on the wire
  std::string state;  // "enabled", "disabled"
  std::string name, provider, nickname;
  int profile_class = -1;
  bool fallback = false;
};

enum class Facility : std::uint8_t { download, psmo, eco, edr, euicc };
[[nodiscard]] const char* facility_name(Facility facility) noexcept;
[[nodiscard]] std::optional<Facility> facility_of(std::string_view name) noexcept;

struct Request {
  std::int64_t id = 0;
  std::string resource;  // UUID text
  Facility facility = Facility::psmo;
  std::string eid;
  std::string order;             // JSON
  std::string status = "new";    // new, work, done, cancelled
  std::string outcome = "[]";    // JSON array
  std::int64_t created = 0, updated = 0;
  bool own = false;              // asked by the eIM itself
  Bytes transaction;             // eimTransactionId
  std::int64_t counter = 0;
  Bytes package;                 // the DO that was sent: BF51, BF52 or BF54
  int sends = 0, raises = 0;
  bool token_changed = false;    // signed again under another token
  std::string verified;          // "", "yes", "no", "unknown"
};

struct Result {
  std::int64_t id = 0;
  std::string eid, resource;
  std::int64_t sequence = -1;
  std::string verified;
  Bytes raw;
  std::int64_t at = 0;
};

struct Notification {
  std::int64_t id = 0;
  std::string eid, iccid, event, address;
  std::int64_t sequence = 0;
  bool verified = false;
  std::string forward;  // "": not ours to forward, "pending", "done", "failed"
  int attempts = 0;
  std::int64_t next_attempt = 0;
  Bytes raw;
};

// An indirect download that was begun: what its result needs when it comes later.
struct DpSession {
  Bytes transaction;      // of the SM-DP+
  std::string address, eid;
  Bytes eim_transaction, smdp_oid, iccid;  // the last two are known later than the first
};

class EimStore {
 public:
  explicit EimStore(const std::string& path);

  [[nodiscard]] sqlite::Database& database() noexcept { return db_; }

  [[nodiscard]] std::optional<Device> device(const std::string& eid);
  [[nodiscard]] std::vector<Device> devices(std::size_t limit = 100000);
  [[nodiscard]] std::int64_t device_count();
  [[nodiscard]] std::vector<std::string> group(const std::string& name);
  void save(const Device& device);

  [[nodiscard]] std::vector<Profile> profiles(const std::string& eid);
  void replace_profiles(const std::string& eid, const std::vector<Profile>& profiles);
  void save_profile(const std::string& eid, const Profile& profile);
  void delete_profile(const std::string& eid, const std::string& iccid);

  std::int64_t add(const Request& request);
  void update(const Request& request);
  [[nodiscard]] std::optional<Request> by_resource(const std::string& resource);
  [[nodiscard]] std::optional<Request> by_transaction(ByteView transaction);
  [[nodiscard]] std::optional<Request> by_counter(const std::string& eid, std::int64_t counter);
  // What is under way, else what is next.
  [[nodiscard]] std::optional<Request> in_work(const std::string& eid);
  [[nodiscard]] std::optional<Request> next_new(const std::string& eid);
  [[nodiscard]] std::vector<Request> downloads_in_work();
  [[nodiscard]] std::vector<Request> requests(std::optional<Facility> facility, std::size_t limit = 100000, const std::string& eid = {});
  [[nodiscard]] std::vector<Request> unfinished(std::size_t limit);
  bool remove(const std::string& resource);
  // status -> how many
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> tally();

  void add(const Result& result);
  [[nodiscard]] std::vector<Result> results(const std::string& eid = {}, std::size_t limit = 100000);

  void add(const Notification& notification);
  void update(const Notification& notification);
  [[nodiscard]] bool has_notification(const std::string& eid, std::int64_t sequence, ByteView raw);
  [[nodiscard]] std::vector<Notification> notifications(const std::string& eid = {}, std::size_t limit = 100000);
  [[nodiscard]] std::vector<Notification> to_forward(std::int64_t now);

  void save(const DpSession& session);
  [[nodiscard]] std::optional<DpSession> dp_session(ByteView transaction);

 private:
  sqlite::Database db_;
};

}  // namespace simurgh::eim
