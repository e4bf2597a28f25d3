// Indirect downloads (SGP.32 v1.2 3.2.3.1): the eIM stands where an LPA would towards the SM-DP+, and passes notifications on.
#pragma once

#include <expected>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tools/eim/compact.h"
#include "tools/eim/dp_port.h"
#include "tools/eim/eim.h"

namespace simurgh::eim {

// Errors are the codes of the function's own choice on ESipa.
template <typename T>
using Answer = std::expected<T, std::uint8_t>;

struct InitiateAnswer {
  ipae::InitiateAuthenticationOk ok;
  std::string matching_id;  // when the eIM keeps the download data
  Bytes ctx_params1;        // A0, when the eIM makes it for the IPA
};

class Indirect {
 public:
  struct Options {
    bool any_smdp = false;  // also SM-DP+ addresses that no order names
  };
  Indirect(Eim& eim, DpPort& dp, Options options) : eim_(eim), dp_(dp), options_(options) {}

  // Empty views and texts stand for members that are absent.
  [[nodiscard]] Answer<InitiateAnswer> initiate(ByteView challenge, const std::string& smdp_address, ByteView euicc_info1, ByteView eim_transaction);
  [[nodiscard]] Answer<ipae::AuthenticateClientOk> authenticate(ByteView transaction, ByteView bf38);
  [[nodiscard]] Answer<Bytes> bound_package(ByteView transaction, ByteView bf21);  // BF36
  // `outcome`: content of A1
  [[nodiscard]] Answer<void> cancel(ByteView transaction, ByteView outcome);

  // A pending notification in full form; nothing when a compact one cannot be rebuilt. `eid` may be empty.
  [[nodiscard]] std::optional<Bytes> full_notification(ByteView notification, const std::string& eid);
  // Sends what is due to SM-DP+s; how many arrived. Called now and then from one thread.
  std::size_t forward_due();

 private:
  struct Session {
    std::string address, eid;
    Bytes eim_transaction;
    CompactContext context;
    bool authenticated = false;
    std::int64_t started = 0;
  };
  [[nodiscard]] std::optional<Session> take(ByteView transaction);
  void put(const Bytes& transaction, Session session);
  void fail(const Session& session, const char* what, const ipae::Es9Error& error);
  void know_device(Session& session);

  Eim& eim_;
  DpPort& dp_;
  Options options_;
  std::mutex mutex_;
  std::map<Bytes, Session> sessions_;
};

}  // namespace simurgh::eim
