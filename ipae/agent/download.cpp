#include "ipae/agent/download.h"

#include "euicc/crypto/symmetric.h"
#include "euicc/crypto/x509.h"
#include "ipae/es10/bound_package.h"
#include "ipae/es10/es10a.h"
#include "ipae/es10/identifiers.h"

namespace simurgh::ipae {
namespace {

using Kind = AgentError::Kind;

AgentError plain_error(Kind kind, Step step, std::string what, std::string advice = {}) {
  AgentError error;
  error.kind = kind;
  error.step = step;
  error.what = std::move(what);
  error.advice = std::move(advice);
  return error;
}

AgentError refused_by_card(Step step, const ResultWords& words, std::string advice) {
  AgentError error = plain_error(Kind::refused_by_card, step, std::string(words.words), std::move(advice));
  error.detail = std::string(words.name) + ", code " + std::to_string(words.code);
  return error;
}

// What the user agreed to must be what arrives (SGP.22 v2.5 3.1.3.3: metadataMismatch).
bool same_profile(const ProfileInfo& shown, const ProfileInfo& bound) {
  return shown.iccid == bound.iccid && shown.name == bound.name && shown.service_provider == bound.service_provider &&
         shown.profile_class == bound.profile_class && shown.policy_rules == bound.policy_rules && shown.owner == bound.owner &&
         shown.icon == bound.icon;
}

// One download from the first question to the last answer. The package goes to the card as it arrives: only what is cut off waits here.
class Download final : private OctetSink {
 public:
  // Either a net to reach the server of the order by, or the server itself.
  Download(Es10Port& card, NetPort* net, RspServer* server, UserPort& user, const DownloadOrder& order, DownloadOptions options)
      : card_(card), net_(net), user_(user), order_(order), options_(std::move(options)), server_(server) {}

  Task<std::expected<DownloadOutcome, AgentError>> run() {
    Done done = choose_server();
    if (done) done = co_await authenticate();
    if (done) done = ask_user();
    if (done) done = prepare();
    if (done) done = co_await load();
    if (done) done = co_await finish();
    std::expected<DownloadOutcome, AgentError> result = std::move(outcome_);
    if (!done) {
      AgentError why = co_await give_up(std::move(done.error()));
      result = std::unexpected(std::move(why));
    }
    if (own_server_) co_await own_server_->close();
    co_return result;
  }

 private:
  using Done = std::expected<void, AgentError>;

  void at(Step step, std::size_t now = 0, std::size_t total = 0) { user_.progress({step, now, total}); }

  Done fail(AgentError error) { return std::unexpected(std::move(error)); }
  Done fail(AgentError error, es10b::CancelReason reason) {
    reason_ = reason;
    return std::unexpected(std::move(error));
  }

  Done not_cancelled(Step step) {
    if (!user_.cancelled()) return {};
    return fail(plain_error(Kind::refused_by_user, step, "it was cancelled"), es10b::CancelReason::end_user_rejection);
  }

  Done choose_server();
  Task<Done> authenticate();
  Done judge_policy_rules(bool& consent);
  Done ask_user();
  Done prepare();
  bool take(ByteView octets) override;
  Done check_package();
  Task<Done> load();
  Done load_segment(ByteView segment);
  Task<Done> finish();
  Task<AgentError> give_up(AgentError error);

  Es10Port& card_;
  NetPort* net_;
  UserPort& user_;
  const DownloadOrder& order_;
  DownloadOptions options_;

  std::optional<Es9Client> own_server_;
  RspServer* server_;
  std::optional<std::string> matching_id_;
  Bytes transaction_id_;
  bool card_in_session_ = false;  // AuthenticateServer succeeded and nothing has ended the session since
  es10b::CancelReason reason_ = es10b::CancelReason::end_user_rejection;
  AuthenticateClientOk client_ok_;
  ProfileInfo profile_;
  std::optional<Bytes> hash_cc_;
  Bytes prepared_;
  BoundPackageReader package_;
  bool checked_ = false;  // its metadata
  Done arriving_;         // what the package or the card has said while it arrived
  std::optional<InstallationResult> result_;
  DownloadOutcome outcome_;
};

Download::Done Download::choose_server() {
  at(Step::read_card);
  if (server_ != nullptr) {
    matching_id_ = order_.matching_id;
    return {};
  }
  std::optional<ServerAddress> address;
  if (order_.activation_code) {
    address = order_.activation_code->server;
    matching_id_ = order_.activation_code->matching_id;
  } else if (order_.server) {
    address = order_.server;
    matching_id_ = order_.matching_id;
  } else {
    const auto addresses = es10a::get_euicc_configured_addresses(card_);
    if (!addresses) return fail(card_error(Step::read_card, addresses.error()));
    if (!addresses->default_dp_address || addresses->default_dp_address->empty()) {
      return fail(plain_error(Kind::bad_request, Step::read_card, "the card has no default SM-DP+ address", "give an activation code"));
    }
    address = ServerAddress::parse(*addresses->default_dp_address);
    if (!address) {
      return fail(plain_error(Kind::bad_answer, Step::read_card,
                              "the card's default SM-DP+ address '" + printable(*addresses->default_dp_address) + "' is no host name",
                              "set another one, or give an activation code"));
    }
  }
  server_ = &own_server_.emplace(*net_, *address, options_.es9);
  return {};
}

Task<Download::Done> Download::authenticate() {
  const auto info = es10b::get_euicc_info1(card_);
  if (!info) co_return fail(card_error(Step::read_card, info.error()));
  const auto challenge = es10b::get_euicc_challenge(card_);
  if (!challenge) co_return fail(card_error(Step::read_card, challenge.error()));
  if (auto go = not_cancelled(Step::read_card); !go) co_return go;

  at(Step::initiate_authentication);
  auto initiated = co_await server_->initiate_authentication(*challenge, info->raw);
  if (!initiated) co_return fail(server_error(Step::initiate_authentication, initiated.error()));
  transaction_id_ = initiated->transaction_id;
  const auto bad = [](std::string what) { return plain_error(Kind::bad_answer, Step::initiate_authentication, std::move(what)); };
  const auto signed1 = parse_server_signed1(initiated->server_signed1);
  if (!signed1) co_return fail(bad(std::string("serverSigned1 is malformed: ") + signed1.error().what));
  if (signed1->transaction_id != transaction_id_) co_return fail(bad("the server signs another transaction than it announces"));
  if (signed1->euicc_challenge != *challenge) co_return fail(bad("the server answers another challenge"));
  if (!server_->names(signed1->server_address)) {
    co_return fail(plain_error(Kind::bad_answer, Step::initiate_authentication,
                               "the server calls itself '" + printable(signed1->server_address) + "', not '" + server_->title() + "'",
                               "use exactly the name the server is configured with"));
  }
  if (order_.activation_code && order_.activation_code->smdp_oid) {
    const auto certificate = crypto::parse_certificate(initiated->server_certificate);
    if (!certificate || certificate->registered_id != *order_.activation_code->smdp_oid) {
      co_return fail(bad("the server is not the one (OID) that the activation code names"));
    }
  }

  at(Step::authenticate_server);
  es10b::DeviceInfo device = options_.device;
  if (device.tac.empty()) device.tac = {0x35, 0x29, 0x06, 0x11};
  if (initiated->matching_id) matching_id_ = initiated->matching_id;
  const auto answer = es10b::authenticate_server(card_,
                                                 {initiated->server_signed1, initiated->server_signature1, initiated->ci_key_id,
                                                  initiated->server_certificate, initiated->ctx_params1},
                                                 matching_id_, device);
  if (!answer) co_return fail(card_error(Step::authenticate_server, answer.error()));
  if (answer->error) {
    co_return fail(refused_by_card(Step::authenticate_server, es10b::words(*answer->error),
                                   "card and server must belong to the same certificate issuer (CI)"));
  }
  card_in_session_ = true;
  if (auto go = not_cancelled(Step::authenticate_server); !go) co_return go;

  at(Step::authenticate_client);
  auto ok = co_await server_->authenticate_client(transaction_id_, answer->raw);
  if (!ok) co_return fail(server_error(Step::authenticate_client, ok.error()), es10b::CancelReason::undefined_reason);
  client_ok_ = *std::move(ok);
  co_return {};
}

Download::Done Download::judge_policy_rules(bool& consent) {
  consent = false;
  if ((profile_.policy_rules & ~kPprUpdateControl) == 0) return {};
  const auto rat = es10b::get_rat(card_);
  if (!rat) return fail(card_error(Step::ask_user, rat.error()));
  const auto info = es10b::get_euicc_info2(card_);
  if (!info) return fail(card_error(Step::ask_user, info.error()));
  switch (es10b::judge_policy_rules(profile_.policy_rules, profile_.owner, *rat, info->forbidden_policy_rules.value_or(0))) {
    case es10b::PolicyVerdict::allowed:
      return {};
    case es10b::PolicyVerdict::consent_required:
      consent = true;
      return {};
    case es10b::PolicyVerdict::not_allowed:
      break;
  }
  std::string names;
  for (const std::string& name : policy_rule_names(profile_.policy_rules)) names += (names.empty() ? "" : ", ") + name;
  return fail(
      plain_error(Kind::refused_by_card, Step::ask_user, "the card's rules do not let this operator set policy rules (" + names + ")",
                  "the operator must offer a profile without them"),
      es10b::CancelReason::ppr_not_allowed);
}

Download::Done Download::ask_user() {
  at(Step::ask_user);
  const auto bad = [](std::string what) { return plain_error(Kind::bad_answer, Step::authenticate_client, std::move(what)); };
  const bool shown = !client_ok_.metadata.empty();
  if (shown) {
    auto metadata = parse_metadata(client_ok_.metadata);
    if (!metadata)
      return fail(bad(std::string("the profile's metadata is malformed: ") + metadata.error().what), es10b::CancelReason::undefined_reason);
    profile_ = *std::move(metadata);
  }
  const auto signed2 = parse_smdp_signed2(client_ok_.smdp_signed2);
  if (!signed2) return fail(bad(std::string("smdpSigned2 is malformed: ") + signed2.error().what), es10b::CancelReason::undefined_reason);
  if (signed2->transaction_id != transaction_id_)
    return fail(bad("the server signs another transaction"), es10b::CancelReason::undefined_reason);

  bool consent = false;
  if (auto judged = judge_policy_rules(consent); !judged) return judged;
  if (consent && options_.unattended) {
    return fail(
        plain_error(Kind::refused_by_card, Step::ask_user, "the profile's policy rules need consent, and there is nobody to give it"),
        es10b::CancelReason::ppr_not_allowed);
  }
  switch (user_.confirm_install({profile_, consent})) {
    case Decision::install:
      break;
    case Decision::reject:
      return fail(plain_error(Kind::refused_by_user, Step::ask_user, "the profile was rejected"), es10b::CancelReason::end_user_rejection);
    case Decision::postpone:
      return fail(plain_error(Kind::refused_by_user, Step::ask_user, "the profile was postponed", "the activation code stays valid"),
                  es10b::CancelReason::postponed);
  }

  if (!client_ok_.hash_cc.empty()) {
    hash_cc_ = client_ok_.hash_cc;
  } else if (signed2->confirmation_code_required) {
    const auto code = order_.confirmation_code.empty() ? user_.confirmation_code() : std::optional(order_.confirmation_code.clone());
    if (!code || code->empty()) {
      return fail(
          plain_error(Kind::refused_by_user, Step::ask_user, "the server wants a confirmation code", "give the one the operator sent"),
          es10b::CancelReason::postponed);
    }
    hash_cc_ = hash_confirmation_code(*code, transaction_id_);
  }
  return not_cancelled(Step::ask_user);
}

Download::Done Download::prepare() {
  at(Step::prepare_download);
  auto prepared =
      es10b::prepare_download(card_, {client_ok_.smdp_signed2, client_ok_.smdp_signature2, client_ok_.smdp_certificate, hash_cc_});
  if (!prepared) return fail(card_error(Step::prepare_download, prepared.error()), es10b::CancelReason::undefined_reason);
  if (prepared->error) {
    card_in_session_ = false;  // SGP.22 v2.5 5.7.5: the card discards the session
    return fail(refused_by_card(Step::prepare_download, es10b::words(*prepared->error), "the server's certificates do not fit each other"));
  }
  prepared_ = std::move(prepared->raw);
  return not_cancelled(Step::prepare_download);
}

Download::Done Download::check_package() {
  const auto bad = [](std::string what) { return plain_error(Kind::bad_answer, Step::get_bound_profile_package, std::move(what)); };
  if (package_.transaction_id() != transaction_id_) {
    return fail(bad("the bound package belongs to another transaction"), es10b::CancelReason::load_bpp_execution_error);
  }
  const auto bound = parse_metadata(package_.metadata());
  const bool shown = !client_ok_.metadata.empty();
  if (!bound || (shown && !same_profile(profile_, *bound))) {
    return fail(bad("the package holds another profile than the one that was shown"), es10b::CancelReason::metadata_mismatch);
  }
  if (!shown) {
    // The eIM has looked at the metadata; what they may do on this card is still for the card's rules to say.
    profile_ = *bound;
    bool consent = false;
    if (auto judged = judge_policy_rules(consent); !judged) return judged;
    if (consent) return fail(bad("the profile's policy rules need consent"), es10b::CancelReason::ppr_not_allowed);
  }
  return not_cancelled(Step::get_bound_profile_package);
}

bool Download::take(ByteView octets) {
  if (const auto fed = package_.feed(octets); !fed) {
    arriving_ = fail(plain_error(Kind::bad_answer, Step::get_bound_profile_package, std::string("the bound package is malformed: ") + fed.error().what),
                     es10b::CancelReason::load_bpp_execution_error);
    return false;
  }
  if (package_.metadata_complete() && !std::exchange(checked_, true)) arriving_ = check_package();
  while (arriving_ && !result_) {
    const auto segment = package_.next();
    if (!segment) return true;
    arriving_ = load_segment(*segment);
  }
  return false;
}

Download::Done Download::load_segment(ByteView segment) {
  at(Step::load_profile, outcome_.package_octets, package_.total());
  if (auto go = not_cancelled(Step::load_profile); !go) return go;
  auto answer = es10b::load_bound_profile_package(card_, segment);
  if (!answer) return fail(card_error(Step::load_profile, answer.error()), es10b::CancelReason::load_bpp_execution_error);
  outcome_.package_octets += segment.size();
  ++outcome_.segments;
  if (*answer) result_ = **std::move(answer);
  return {};
}

Task<Download::Done> Download::load() {
  at(Step::get_bound_profile_package);
  const auto taken = co_await server_->get_bound_profile_package(transaction_id_, std::exchange(prepared_, {}), *this);
  if (!arriving_) co_return std::exchange(arriving_, {});
  if (result_) co_return Done{};
  if (!taken) co_return fail(server_error(Step::get_bound_profile_package, taken.error()), es10b::CancelReason::undefined_reason);
  // The card installs with this one: everything else is known to be in order.
  const auto last = package_.end();
  if (!last) {
    co_return fail(plain_error(Kind::bad_answer, Step::get_bound_profile_package, std::string("the bound package is malformed: ") + last.error().what),
                   es10b::CancelReason::load_bpp_execution_error);
  }
  if (auto loaded = load_segment(*last); !loaded) co_return loaded;
  at(Step::load_profile, outcome_.package_octets, package_.total());
  if (!result_) {
    co_return fail(plain_error(Kind::bad_answer, Step::load_profile, "the card took the whole package and gave no result"),
                   es10b::CancelReason::load_bpp_execution_error);
  }
  co_return Done{};
}

Task<Download::Done> Download::finish() {
  InstallationResult& result = *result_;
  card_in_session_ = false;

  if (options_.notify) {
    at(Step::notify);
    const PendingNotification pending{result.raw, result.notification, true};
    outcome_.notification = co_await deliver_notification(card_, *server_, pending, options_.delivery);
  }
  if (result.failure) {
    AgentError error = plain_error(Kind::refused_by_card, Step::load_profile, error_reason_text(result.failure->reason));
    if (const std::string text = sima_response_text(result.failure->sima_response); !text.empty()) error.what += ": " + text;
    error.detail = bpp_command_name(result.failure->command) + ", errorReason " + std::to_string(result.failure->reason);
    if (outcome_.notification.problem) error.also = outcome_.notification.problem->what;
    error.result = std::move(result);
    co_return fail(std::move(error));
  }
  profile_.aid = result.aid;
  outcome_.profile = std::move(profile_);
  outcome_.result = std::move(result);
  co_return {};
}

Task<AgentError> Download::give_up(AgentError error) {
  // A card that does not answer cannot be told anything.
  if (!card_in_session_ || error.kind == Kind::card_unreachable) co_return error;
  at(Step::cancel_session);
  const auto cancelled = es10b::cancel_session(card_, transaction_id_, reason_);
  if (!cancelled) {
    error.also = cancelled.error().what;
    co_return error;
  }
  // A refusal ended the session at the server; and without the card's signature there is nothing to tell it.
  if (cancelled->error || error.kind == Kind::refused_by_server || error.kind == Kind::server_unreachable) co_return error;
  const auto told = co_await server_->cancel_session(transaction_id_, cancelled->raw);
  if (!told) error.also = "the server did not take the cancellation: " + told.error().what;
  co_return error;
}

}  // namespace

Task<std::expected<DownloadOutcome, AgentError>> download_profile(Es10Port& card, NetPort& net, UserPort& user, const DownloadOrder& order,
                                                                  DownloadOptions options) {
  Download download(card, &net, nullptr, user, order, std::move(options));
  co_return co_await download.run();
}

Task<std::expected<DownloadOutcome, AgentError>> download_from(Es10Port& card, RspServer& server, UserPort& user,
                                                               std::optional<std::string> matching_id, DownloadOptions options) {
  DownloadOrder order;
  order.matching_id = std::move(matching_id);
  Download download(card, nullptr, &server, user, order, std::move(options));
  co_return co_await download.run();
}

Bytes hash_confirmation_code(const crypto::SecretBytes& code, ByteView transaction_id) {
  const crypto::Digest inner = crypto::sha256({code.expose()});
  const crypto::Digest outer = crypto::sha256({inner, transaction_id});
  return Bytes(outer.begin(), outer.end());
}

}  // namespace simurgh::ipae
