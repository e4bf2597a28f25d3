// The eIM itself, free of transport and encoding of messages: orders in, packages out, results in (SGP.32 v1.2 2.5, 3.3 to 3.5, 5.14). Whatever it
// answers is in the store before. May be called from several threads.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "euicc/crypto/rng.h"
#include "tools/eim/eim_store.h"
#include "tools/eim/order_coding.h"
#include "tools/eim/outcome.h"
#include "tools/eim/policy.h"
#include "tools/perso/pki.h"

namespace simurgh::eim {

// Codes of ESipa (5.14.5, 5.14.6)
enum class EsipaError : std::uint8_t { no_package = 1, eid_not_found = 2, invalid_eid = 3, missing_eid = 4, undefined = 127 };

// What a poll tells beside the EID.
struct Contact {
  bool state_change = false;
  int cause = -1;
  std::string plmn;
};

struct Acknowledgement {
  std::vector<std::int64_t> sequence_numbers;
};
using Taken = std::expected<Acknowledgement, EsipaError>;

struct EimOptions {
  std::string eim_id = "localhost";
  std::function<std::int64_t()> now;      // seconds since 1970
  bool open = true;                       // devices nobody announced are taken; false: eidNotFound
  bool learn = true;                      // ask new devices for their data, and for their profiles after a change of state
  std::int64_t default_token = 1;         // associationToken of a card nothing is known of
  int most_sends = 16;                    // of one package without an answer
  std::vector<Rule> rules;
  std::function<void(const Request&)> finished;  // after the store has it; not from under a lock of this class
};

class Eim {
 public:
  // The PKI gives the signing key (EIM) and the CIs cards are trusted under. Who only makes orders needs none of both.
  Eim(perso::Pki pki, EimStore& store, crypto::Rng& rng, EimOptions options);

  [[nodiscard]] EimStore& store() noexcept { return store_; }
  [[nodiscard]] const EimOptions& options() const noexcept { return options_; }
  [[nodiscard]] const perso::Pki& pki() const noexcept { return pki_; }

  // ---- orders
  // The resource id, or what is wrong with the order.
  [[nodiscard]] Coded<std::string> create(Facility facility, const std::string& eid, const Json& order);
  enum class Removal : std::uint8_t { absent, removed };
  [[nodiscard]] Removal remove(const std::string& resource);
  // Only an order that no device has been given yet can be called back; the error says why not.
  [[nodiscard]] Coded<void> cancel(const std::string& resource);

  // ---- what an IPA calls. `eid`: 32 digits, empty when the message carries none.
  // BF51, BF52 or BF54
  [[nodiscard]] std::expected<Bytes, EsipaError> next_package(const std::string& eid, const Contact& contact);
  [[nodiscard]] Taken take_package_result(const std::string& eid, ByteView bf51);
  // Not `named`: the EID is that of the last poll, and data with the certificate of another card are not taken for its.
  [[nodiscard]] Taken take_data(const std::string& eid, ByteView bf52, bool named = true);
  [[nodiscard]] Taken take_trigger_result(const std::string& eid, ByteView bf54);
  [[nodiscard]] Taken take_package_error(const std::string& eid, ByteView transaction, std::uint64_t code);
  // BF37 or 30, in full form. `forward`: the SM-DP+ is to hear of it through this eIM.
  [[nodiscard]] Taken take_notification(const std::string& eid, ByteView notification, bool forward);

  // An indirect download came to an end at the SM-DP+.
  void fail_download(ByteView transaction, const char* what, const std::string& words);
  void cancelled_download(ByteView transaction, bool good);

  // Seen last, also when the store has not been told yet.
  [[nodiscard]] std::int64_t last_seen(const Device& device) const;

 private:
  struct Parsed;
  [[nodiscard]] Device device_or_new(const std::string& eid) const;
  std::string add_request(Facility facility, const std::string& eid, const Json& order, bool own, bool done = false, const Json& outcome = Json::array());
  void apply_parameters(Device& device, const Json& order);
  void apply_rules(Device& device, const Contact& contact);
  [[nodiscard]] bool build(Request& request, Device& device);
  void finish(Request& request, Json outcome, const char* verified);
  void retry(Request& request);
  void refresh_profiles(const std::string& eid);
  [[nodiscard]] Taken signed_result(const Parsed& parsed, Request* request, Device& device, ByteView raw);
  [[nodiscard]] Taken signed_error(const Parsed& parsed, Request* request, Device& device, ByteView raw);
  [[nodiscard]] Taken unsigned_error(const Parsed& parsed, Request* request, Device& device, ByteView raw);
  void apply_results(const Request& request, Device& device, ByteView list);
  void learn(Device& device, ByteView content);
  void take_installation(Request* request, const Device& device, const Installation& installation, ByteView bf37, ByteView bf54);
  void take_download_error(Request& request, ByteView error, ByteView bf54);
  void installed(Request* request, const std::string& eid, const Installation& installation, const char* verified);
  void tell_finished();

  perso::Pki pki_;
  EimStore& store_;
  crypto::Rng& rng_;
  EimOptions options_;
  mutable std::mutex mutex_;                // of the two below
  std::map<std::string, std::int64_t> seen_;
  std::vector<Request> finished_;           // to be told
};

}  // namespace simurgh::eim
