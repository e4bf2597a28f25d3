// The download procedure of an LPA: common mutual authentication, download and installation. SGP.22 v2.5 3.0.1, 3.1.3.
#pragma once

#include "ipae/agent/activation_code.h"
#include "ipae/agent/agent.h"
#include "ipae/agent/notifications.h"
#include "ipae/es10/es10b.h"

namespace simurgh::ipae {

struct DownloadOrder {
  // Exactly one way to the server: an activation code, an address, or neither for the card's default SM-DP+.
  std::optional<ActivationCode> activation_code;
  std::optional<ServerAddress> server;
  std::optional<std::string> matching_id;  // with `server`
  crypto::SecretBytes confirmation_code;   // empty: the user is asked when the server wants one
};

struct DownloadOptions {
  Es9Options es9;
  es10b::DeviceInfo device;  // empty TAC: that of a test device
  DeliveryOptions delivery;
  bool notify = true;       // tells the server of the result; off for whoever does that with more context
  bool unattended = false;  // rules that need somebody's consent are refused as not allowed, since there is nobody
};

struct DownloadOutcome {
  ProfileInfo profile;  // metadata, and the AID the card chose
  InstallationResult result;
  Delivery notification;  // of the installation result; not delivered: it waits on the card
  std::size_t package_octets = 0;
  std::size_t segments = 0;
};

// Leaves no session behind on any path: what the card has begun is cancelled there and, when it signs that, at the server. Whatever is
// given by reference must live as long as the task.
[[nodiscard]] Task<std::expected<DownloadOutcome, AgentError>> download_profile(Es10Port& card, NetPort& net, UserPort& user,
                                                                                const DownloadOrder& order, DownloadOptions options = {});

// The same by a server that is at hand already: an eIM in between.
[[nodiscard]] Task<std::expected<DownloadOutcome, AgentError>> download_from(Es10Port& card, RspServer& server, UserPort& user,
                                                                             std::optional<std::string> matching_id,
                                                                             DownloadOptions options = {});

// SHA-256(SHA-256(code) || transactionId), SGP.22 v2.5 3.1.3.2
[[nodiscard]] Bytes hash_confirmation_code(const crypto::SecretBytes& code, ByteView transaction_id);

}  // namespace simurgh::ipae
