// ES9+ of an SM-DP+ (SGP.22 v2.5 5.6): the five functions over octets, free of transport and encoding.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "euicc/crypto/rng.h"
#include "tools/perso/pki.h"
#include "tools/smdp/order_store.h"

namespace simurgh::smdp {

// subjectCode, reasonCode (SGP.22 v2.5 5.2.6) and words.
struct Refusal {
  const char* subject;
  const char* reason;
  const char* words;
};
template <typename T>
using Reply = std::expected<T, Refusal>;

struct InitiateOk {
  Bytes transaction_id, server_signed1, server_signature1, ci_key_id, certificate;  // complete DOs but for the id
};
struct AuthenticateOk {
  Bytes transaction_id, metadata, smdp_signed2, smdp_signature2, certificate;
};

class Es9Plus {
 public:
  struct Options {
    std::string address;                                  // FQDN[:port] cards are told
    std::function<std::int64_t()> now;                    // seconds since 1970
    std::function<void(const Order&, const std::string& point, bool good)> progress;  // ES2+ HandleDownloadProgressInfo
  };
  Es9Plus(perso::Pki pki, OrderStore& store, crypto::Rng& rng, Options options);

  [[nodiscard]] Reply<InitiateOk> initiate_authentication(ByteView challenge, ByteView euicc_info1, const std::string& smdp_address);
  [[nodiscard]] Reply<AuthenticateOk> authenticate_client(ByteView transaction_id, ByteView authenticate_server_response);
  [[nodiscard]] Reply<Bytes> get_bound_profile_package(ByteView transaction_id, ByteView prepare_download_response);
  // Never refused: what cannot be verified is stored as such.
  void handle_notification(ByteView pending_notification);
  [[nodiscard]] std::optional<Refusal> cancel_session(ByteView transaction_id, ByteView cancel_session_response);

 private:
  struct Session {
    std::size_t curve = 0;
    Bytes challenge, server_signature;
    std::optional<crypto::Certificate> euicc;
    std::string eid;
    std::int64_t order = 0;
    std::string matching_id;
    Bytes smdp_signature2;
    bool confirmation_needed = false;
    std::int64_t started = 0;
  };
  [[nodiscard]] Reply<crypto::Certificate> verify_chain(ByteView euicc_der, ByteView eum_der, std::size_t curve) const;
  [[nodiscard]] std::optional<Order> order_of(const Session& session);
  void forget_old_sessions();

  perso::Pki pki_;
  OrderStore& store_;
  crypto::Rng& rng_;
  Options options_;
  std::mutex mutex_;  // one function at a time: they are short, and orders must not race
  std::map<Bytes, Session> sessions_;
};

// Nibble-swapped ICCID octets as digits, and back (padded with F to ten octets).
[[nodiscard]] std::string iccid_digits(ByteView swapped);
[[nodiscard]] Bytes iccid_octets(const std::string& digits);

}  // namespace simurgh::smdp
