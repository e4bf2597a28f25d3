// What the procedures of the assistant share: steps, errors, and the person (or policy) they ask.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "euicc/crypto/secret.h"
#include "ipae/es10/info.h"
#include "ipae/es10/ports.h"
#include "ipae/es9/messages.h"

namespace simurgh::ipae {

enum class Step : std::uint8_t {
  read_card,                // ES10a addresses, ES10b EUICCInfo1 and challenge
  initiate_authentication,  // ES9+
  authenticate_server,      // ES10b
  authenticate_client,      // ES9+
  ask_user,
  prepare_download,           // ES10b
  get_bound_profile_package,  // ES9+
  load_profile,               // ES10b
  notify,                     // ES9+ HandleNotification
  cancel_session,
};
[[nodiscard]] std::string_view step_name(Step step);  // "asking the server for authentication"

struct AgentError {
  enum class Kind : std::uint8_t {
    refused_by_card,
    refused_by_server,
    refused_by_user,
    card_unreachable,  // the reader or card does not answer, or not in this language
    server_unreachable,
    bad_answer,   // a peer breaks the protocol
    bad_request,  // what the caller gave cannot work
  };
  Kind kind = Kind::bad_answer;
  Step step = Step::read_card;
  std::string what;                          // sentence part
  std::string advice;                        // may be empty
  std::string detail;                        // codes
  std::string also;                          // a further problem while giving up, such as a cancellation that did not arrive
  std::optional<InstallationResult> result;  // when the card ended the installation with a signed result
};

[[nodiscard]] AgentError card_error(Step step, const PortError& error);
[[nodiscard]] AgentError server_error(Step step, const Es9Error& error);

// One sentence: step, what happened, what to try.
[[nodiscard]] std::string sentence(const AgentError& error);

struct Progress {
  Step step = Step::read_card;
  std::size_t done = 0, total = 0;  // octets of the bound package while loading; total 0 elsewhere
};

enum class Decision : std::uint8_t { install, reject, postpone };

struct InstallQuestion {
  const ProfileInfo& profile;
  bool policy_rules_need_consent = false;  // the rules of profile.policy_rules bind the user: ask for them by name
};

// The person, or whoever decides for them.
class UserPort {
 public:
  virtual ~UserPort() = default;
  [[nodiscard]] virtual Decision confirm_install(const InstallQuestion& question) = 0;
  // As typed, in UTF-8. Nothing: the user has none, the download ends.
  [[nodiscard]] virtual std::optional<crypto::SecretBytes> confirmation_code() = 0;
  virtual void progress(const Progress&) {}
  // Looked at between steps and segments.
  [[nodiscard]] virtual bool cancelled() { return false; }
};

}  // namespace simurgh::ipae
