// Orders and notifications of an SM-DP+ in one SQLite file. Every change is one durable transaction, so a killed server loses nothing it
// acknowledged; several processes may use the file at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "asn1/bytes.h"

namespace simurgh::smdp {

class StoreFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// States of SGP.22 v2.5 3.1.6: available (stock), allocated, confirmed, released; then downloaded, installed, error, cancelled.
struct Order {
  std::int64_t id = 0;
  std::string matching_id, state = "released";
  std::string iccid;             // digits
  std::string profile_type;      // for ES2+ DownloadOrder
  std::string eid;               // bound to this card; empty: any
  Bytes confirmation_hash;       // SHA-256 of the confirmation code; empty: none needed
  int confirmation_left = 3;     // attempts
  bool reusable = false;
  bool is_default = false;       // served when the card asks without a matching id
  std::int64_t expires = 0;      // seconds since 1970; 0: never
  Bytes upp, metadata;           // metadata: BF25
  // The package bound last, for a retry with the same one-time key.
  Bytes bound_otpk, bound_package;
  std::string bound_eid;
};

struct StoredNotification {
  std::int64_t id = 0;
  std::string eid, iccid, event;
  std::int64_t sequence = 0;
  bool verified = false;
  Bytes raw;
};

class OrderStore {
 public:
  // Makes the file when it is not there. Throws StoreFailure.
  explicit OrderStore(const std::string& path);
  ~OrderStore();
  OrderStore(const OrderStore&) = delete;
  OrderStore& operator=(const OrderStore&) = delete;

  // Throws StoreFailure when the matching id is taken.
  std::int64_t add(const Order& order);
  [[nodiscard]] std::optional<Order> by_matching_id(const std::string& matching_id);
  [[nodiscard]] std::optional<Order> default_for(const std::string& eid);
  [[nodiscard]] std::optional<Order> by_iccid(const std::string& iccid);
  [[nodiscard]] std::optional<Order> available(const std::string& profile_type);
  [[nodiscard]] std::vector<Order> all();
  void update(const Order& order);
  void add_notification(const StoredNotification& notification);
  [[nodiscard]] std::vector<StoredNotification> notifications();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::smdp
