// Downloads that an eIM triggers. SGP.32 v1.2 3.2.3.
#include <algorithm>

#include "ipae/agent/iot_visit.h"
#include "ipae/es10/es10a.h"
#include "ipae/es10/identifiers.h"
#include "ipae/esipa/rsp_server.h"

namespace simurgh::ipae {
namespace {

using Source = esipa::DownloadTrigger::Source;

constexpr unsigned kMostHops = 4;  // from SM-DS to SM-DS to SM-DP+

AgentError bad_trigger(std::string what) {
  AgentError error;
  error.kind = AgentError::Kind::bad_request;
  error.what = std::move(what);
  return error;
}

// Whoever put the device into the field wanted what its eIM triggers.
class Nobody final : public UserPort {
 public:
  using Listener = std::function<void(const Progress&)>;
  explicit Nobody(Listener listener) : listener_(std::move(listener)) {}
  Decision confirm_install(const InstallQuestion&) override { return Decision::install; }
  std::optional<crypto::SecretBytes> confirmation_code() override { return std::nullopt; }
  void progress(const Progress& now) override { listener_(now); }

 private:
  Listener listener_;
};

}  // namespace

Task<IotAgent::Impl::Next> IotAgent::Impl::run_trigger(Peer& peer, esipa::DownloadTrigger trigger) {
  if (in_emergency()) {
    esipa::TriggerReport refusal{trigger.transaction_id, {}, esipa::trigger_error(esipa::kEcallActive, {})};
    const auto taken = co_await provide(peer, std::move(refusal), {});
    co_return taken ? Next::go_on : Next::leave;
  }
  // Should a reset end this, the eIM hears at least that much.
  const bool by_eim = options.indirect && (in_between(peer) || trigger.source == Source::eim_keeps || doors.servers() == nullptr);
  OwedTrigger owed{peer.entry.id, trigger.transaction_id, 0, esipa::trigger_error(esipa::kUndefinedError, {}), false, by_eim};
  journal.triggers.push_back(owed);
  save();
  Bytes error_octets;
  const auto outcome_of = co_await download(peer, trigger, by_eim, error_octets);
  ++outcome.report.downloads;
  const InstallationResult* installed = nullptr;
  if (outcome_of) {
    installed = &outcome_of->result;
    owed.server_told = outcome_of->notification.delivered;
    tell(Deed::download, peer.entry.id,
         "installed " + printable(outcome_of->profile.name) + " (" + iccid_text(outcome_of->profile.iccid) + ")", installed->raw);
  } else {
    const AgentError& error = outcome_of.error();
    if (error.result) {
      installed = &*error.result;
      owed.server_told = error.also.empty();
    }
    tell(Deed::error, peer.entry.id, sentence(error));
    if (error.kind == AgentError::Kind::card_unreachable) co_return lost(PortError{error.what});
    ++outcome.report.failures;
    outcome.report.problems.push_back(printable(peer.entry.id) + ": " + sentence(error));
  }
  if (installed != nullptr) {
    owed.installation = installed->notification.sequence;
    owed.error.clear();
  } else {
    owed.error = esipa::trigger_error(esipa::kUndefinedError, error_octets);
  }
  journal.triggers.back() = owed;
  save();
  if (outcome_of && options.immediate_enable && options.version != esipa::Version::v1_0) {
    // Within the same power cycle (5.9.15). A card where nobody configured it says no.
    const auto enabled = es10b::immediate_enable(card, options.refresh);
    if (enabled && *enabled == es10b::SwitchResult::ok) {
      journal.state_changed(esipa::StateChangeCause::immediate_enable_profile);
      save();
      tell(Deed::package, peer.entry.id, "the profile is enabled immediately");
      outcome.report.switched = true;
      co_return Next::stop;
    }
  }
  co_return co_await deliver_trigger(peer, owed);
}

Task<std::expected<DownloadOutcome, AgentError>> IotAgent::Impl::download(Peer& peer, const esipa::DownloadTrigger& trigger,
                                                                          bool by_eim, Bytes& error_octets) {
  Nobody nobody([&](const Progress& now) {
    if (progress) progress(peer.entry.id, now);
  });
  DownloadOptions how;
  how.es9 = options.es9;
  how.device = situation.device;
  how.unattended = true;
  how.delivery.remove = false;  // the eIM gets the installation result as well
  std::optional<ActivationCode> code;
  if (trigger.source == Source::activation_code) {
    auto parsed = parse_activation_code(trigger.activation_code);
    if (!parsed) co_return std::unexpected(bad_trigger("the eIM's activation code cannot be used: " + parsed.error()));
    code = *std::move(parsed);
  }
  if (!by_eim) {
    if (trigger.source == Source::eim_keeps)
      co_return std::unexpected(bad_trigger("the eIM keeps the download data, and may not be used for it"));
    if (trigger.source == Source::ds) co_return std::unexpected(bad_trigger("SM-DSs are only asked by way of the eIM"));
    if (doors.servers() == nullptr) co_return std::unexpected(bad_trigger("there is no way to an SM-DP+ from here"));
    // One connection at a time: small modems have no more.
    co_await peer.exchange->close();
    DownloadOrder order;
    order.activation_code = std::move(code);
    co_return co_await download_profile(card, *doors.servers(), nobody, order, how);
  }

  how.notify = false;  // the eIM passes the result on
  const auto addresses = es10a::get_euicc_configured_addresses(card);
  esipa::IndirectDownload indirect{{}, trigger.transaction_id, options.version, compact(peer)};
  std::optional<std::string> matching_id;
  esipa::DownloadTrigger step = trigger;
  for (unsigned hop = 0;; ++hop) {
    matching_id.reset();
    indirect.smdp_address.reset();
    if (step.source == Source::activation_code) {
      const auto parsed = parse_activation_code(step.activation_code);
      if (!parsed) co_return std::unexpected(bad_trigger("the eIM's activation code cannot be used: " + parsed.error()));
      indirect.smdp_address = parsed->server.text;
      matching_id = parsed->matching_id;
    } else if (step.source != Source::eim_keeps) {
      if (!addresses) co_return std::unexpected(card_error(Step::read_card, addresses.error()));
      const bool ds = step.source == Source::ds;
      indirect.smdp_address = ds ? (step.ds_address.empty() ? addresses->root_ds_address : step.ds_address)
                                 : addresses->default_dp_address.value_or(std::string());
      if (indirect.smdp_address->empty()) co_return std::unexpected(bad_trigger("the card has no default SM-DP+ address"));
    }
    esipa::IndirectServer server(*peer.exchange, indirect);
    auto done = co_await download_from(card, server, nobody, matching_id, how);
    error_octets = server.last_error();
    if (done || !server.next_trigger() || hop == kMostHops) co_return done;
    step = *server.next_trigger();
  }
}

Task<IotAgent::Impl::Next> IotAgent::Impl::deliver_trigger(Peer& peer, OwedTrigger owed) {
  const auto forget = [&] {
    std::erase_if(journal.triggers, [&](const OwedTrigger& t) {
      return t.eim_id == owed.eim_id && t.transaction_id == owed.transaction_id && t.installation == owed.installation;
    });
    save();
  };
  esipa::TriggerReport report{owed.transaction_id, {}, owed.error};
  std::uint64_t installation = owed.installation;
  if (installation == 0) {
    // A reset may have come between the installation and the journal: then its result is the one that nobody owns.
    const auto pending = free_notifications();
    if (!pending) co_return lost(pending.error());
    std::vector<const PendingNotification*> unowned;
    for (const PendingNotification& notification : *pending) {
      if (notification.installation_result) unowned.push_back(&notification);
    }
    const bool interrupted = owed.error == esipa::trigger_error(esipa::kUndefinedError, {});
    if (interrupted && unowned.size() == 1) {
      report.installation = unowned.front()->raw;
      installation = unowned.front()->metadata.sequence;
    }
  } else {
    const auto stored = es10b::retrieve_stored(card, installation);
    if (!stored) co_return lost(stored.error());
    if (!stored->notification) {
      problem(peer.entry.id, "installation result " + std::to_string(installation) + " is gone from the card");
      forget();
      co_return Next::go_on;
    }
    report.installation = stored->notification->raw;
  }
  const bool old = options.version == esipa::Version::v1_0 && owed.by_eim;
  if (old && installation != 0) {
    // v1.0 ends an indirect download with its notification.
    Notice notice{report.installation, installation};
    const bool told = co_await notify(peer, std::move(notice));
    if (!told) co_return Next::leave;
    forget();
    co_return Next::go_on;
  }
  std::vector<std::uint64_t> sent;
  if (installation != 0) sent.push_back(installation);
  const auto taken = co_await provide(peer, std::move(report), sent);
  // An eIM of v1.0 knows of the failure by CancelSession, and may have no ears for this.
  if (!taken && old && !peer.lost) forget();
  if (!taken) co_return Next::leave;
  const bool acknowledged = std::find(taken->sequences.begin(), taken->sequences.end(), installation) != taken->sequences.end();
  // Both have it: the SM-DP+ by its own notification, the eIM by this.
  if (installation != 0 && owed.server_told && !acknowledged) remove(installation);
  tell(Deed::delivered, peer.entry.id, "end of the download delivered");
  forget();
  co_return Next::go_on;
}

}  // namespace simurgh::ipae
