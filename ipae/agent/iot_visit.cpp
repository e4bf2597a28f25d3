#include "ipae/agent/iot_visit.h"

#include <algorithm>

#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "ipae/esipa/compact.h"

namespace simurgh::ipae {

using esipa::Function;

IotAgent::IotAgent(Es10Port& card, AgentDoors& doors, JournalPort& journal, AgentOptions options)
    : impl_(std::make_unique<Impl>(card, doors, journal, std::move(options))) {}
IotAgent::~IotAgent() = default;

Task<IotAgent::Outcome> IotAgent::visit(AgentSituation situation) { return impl_->visit(std::move(situation)); }

void IotAgent::state_changed(esipa::StateChangeCause cause) {
  // eIMs that were never visited are in no journal yet.
  if (const auto entries = es10b::get_eim_configuration_data(impl_->card)) {
    for (const es10b::EimEntry& entry : *entries) (void)impl_->journal.of(entry.id);
  }
  impl_->journal.state_changed(cause);
  impl_->save();
}

bool IotAgent::owes() const { return !impl_->journal.triggers.empty(); }

void IotAgent::on_event(std::function<void(const AgentEvent&)> listener) { impl_->listener = std::move(listener); }

void IotAgent::on_progress(std::function<void(const std::string&, const Progress&)> listener) { impl_->progress = std::move(listener); }

void IotAgent::Impl::tell(Deed deed, const std::string& eim_id, std::string what, Bytes octets) {
  if (listener) listener({deed, eim_id, std::move(what), std::move(octets)});
}

void IotAgent::Impl::problem(const std::string& eim_id, std::string what) {
  ++outcome.report.failures;
  outcome.report.problems.push_back(eim_id.empty() ? what : printable(eim_id) + ": " + what);
  tell(Deed::problem, eim_id, std::move(what));
}

IotAgent::Impl::Next IotAgent::Impl::lost(const PortError& error) {
  outcome.card = error;
  return Next::stop;
}

Task<IotAgent::Outcome> IotAgent::Impl::visit(AgentSituation now) {
  situation = std::move(now);
  outcome = Outcome{};
  const auto id = es10c::get_eid(card);
  if (!id) {
    outcome.card = id.error();
    co_return outcome;
  }
  eid = *id;
  std::vector<std::string> visited;
  for (bool again = true; again;) {
    again = false;
    const auto entries = es10b::get_eim_configuration_data(card);
    if (!entries) {
      outcome.card = entries.error();
      co_return outcome;
    }
    std::vector<std::string> ids;
    for (const es10b::EimEntry& entry : *entries) ids.push_back(entry.id);
    journal.keep_only(ids);
    save();
    if (ids.empty() && visited.empty()) problem({}, "the card has no eIM; associate one first");
    for (const es10b::EimEntry& entry : *entries) {
      if (std::find(visited.begin(), visited.end(), entry.id) != visited.end()) continue;
      visited.push_back(entry.id);
      eims_changed = false;
      auto way = doors.eim(entry);
      if (!way) {
        problem(entry.id, way.error().what);
        continue;
      }
      Peer peer{entry, *std::move(way)};
      const Next next = co_await visit_eim(peer);
      co_await peer.exchange->close();
      if (next == Next::stop) co_return outcome;
      if (!eims_changed) continue;
      again = true;  // what the list holds now may be another: read it again
      break;
    }
  }
  if (outcome.report.reached) co_await deliver_directly();
  co_return outcome;
}

Task<IotAgent::Impl::Next> IotAgent::Impl::visit_eim(Peer& peer) {
  const Next next = co_await deliver_stored(peer);
  if (next != Next::go_on) co_return next;
  co_return co_await poll(peer);
}

// What an earlier visit could not deliver, or a switch stood in between.
Task<IotAgent::Impl::Next> IotAgent::Impl::deliver_stored(Peer& peer) {
  const std::vector<OwedTrigger> owed = journal.triggers;
  for (const OwedTrigger& trigger : owed) {
    if (trigger.eim_id != peer.entry.id) continue;
    const Next next = co_await deliver_trigger(peer, trigger);
    if (next == Next::stop || peer.lost) co_return next;
  }
  const auto results = es10b::retrieve_package_results(card);
  if (!results) co_return lost(results.error());
  for (const Bytes& raw : *results) {
    auto result = esipa::parse_package_result(raw);
    if (!result || result->eim_id != peer.entry.id) continue;
    const bool proves = result->enabled || result->disabled;
    const Next next = co_await report_package(peer, *std::move(result));
    // What an eIM does not take, stays; it must not keep the eIM from saying anything else. But a new profile is proven before the next package.
    if (next == Next::leave && !peer.lost && !proves) continue;
    if (next != Next::go_on) co_return next;
  }
  if (!carries_notifications(peer)) co_return Next::go_on;
  const auto pending = free_notifications();
  if (!pending) co_return lost(pending.error());
  for (const PendingNotification& notification : *pending) {
    Notice notice{notification.raw, notification.metadata.sequence};
    const bool taken = co_await notify(peer, std::move(notice));
    if (taken) continue;
    co_return peer.lost ? Next::leave : Next::go_on;
  }
  co_return Next::go_on;
}

Task<bool> IotAgent::Impl::notify(Peer& peer, Notice notice) {
  Bytes form = compact(peer) ? esipa::compact_notification(notice.raw, eid) : notice.raw;
  Bytes message = esipa::handle_notification(form);
  const auto answer = co_await peer.exchange->exchange(Function::handle_notification, std::move(message));
  if (!answer) {
    peer.lost = answer.error().kind == Es9Error::Kind::unreachable;
    problem(peer.entry.id, answer.error().what);
    co_return false;
  }
  outcome.report.reached = true;
  outcome.report.idle = false;
  tell(Deed::notification, peer.entry.id, "notification " + std::to_string(notice.sequence) + " delivered");
  remove(notice.sequence);
  co_return true;
}

Task<IotAgent::Impl::Next> IotAgent::Impl::poll(Peer& peer) {
  for (unsigned count = 0; count < options.packages; ++count) {
    esipa::GetEimPackage question{eid, journal.of(peer.entry.id).cause, situation.plmn};
    Bytes message = esipa::encode(question, options.version);
    const auto answer = co_await peer.exchange->exchange(Function::get_eim_package, std::move(message));
    if (!answer) {
      problem(peer.entry.id, answer.error().what);
      co_return Next::leave;
    }
    if (!outcome.report.reached) tell(Deed::reached, peer.entry.id, "answers");
    outcome.report.reached = true;
    if (question.cause) {
      journal.of(peer.entry.id).cause.reset();
      save();
    }
    if (!*answer) {
      problem(peer.entry.id, "the eIM's answer has no body");
      co_return Next::leave;
    }
    auto package = esipa::parse_eim_package(**answer);
    if (!package) {
      problem(peer.entry.id, std::string("the eIM's answer is not understood: ") + package.error().what);
      co_return Next::leave;
    }
    if (const auto* error = std::get_if<esipa::EimPackageError>(&*package)) {
      if (*error == esipa::EimPackageError::none_available) {
        tell(Deed::idle, peer.entry.id, "nothing to do");
      } else {
        problem(peer.entry.id, "the eIM refuses: " + std::string(esipa::name(*error)));
      }
      co_return Next::leave;
    }
    outcome.report.idle = false;
    const Next next = co_await act(peer, *std::move(package));
    if (next != Next::go_on) co_return next;
  }
  co_return Next::leave;
}

Task<IotAgent::Impl::Next> IotAgent::Impl::act(Peer& peer, esipa::EimPackage package) {
  if (auto* request = std::get_if<esipa::PackageRequest>(&package)) co_return co_await run_package(peer, std::move(*request));
  if (auto* request = std::get_if<esipa::DataRequest>(&package)) co_return co_await answer_data(peer, std::move(*request));
  if (auto* trigger = std::get_if<esipa::DownloadTrigger>(&package)) co_return co_await run_trigger(peer, std::move(*trigger));
  using Code = esipa::PackageErrorReport::Code;
  const auto& unusable = std::get<esipa::UnusablePackage>(package);
  problem(peer.entry.id, unusable.known_tag ? "a package cannot be read" : "a package of an unknown kind");
  esipa::PackageErrorReport report{unusable.transaction_id, unusable.known_tag ? Code::invalid_format : Code::unknown_package};
  const auto taken = co_await provide(peer, std::move(report), {});
  co_return taken ? Next::go_on : Next::leave;
}

Task<IotAgent::Impl::Next> IotAgent::Impl::run_package(Peer& peer, esipa::PackageRequest request) {
  const auto answer = es10b::load_euicc_package(card, request.raw);
  if (!answer && answer.error().sw == 0) co_return lost(answer.error());
  auto result =
      answer ? esipa::parse_package_result(*answer) : asn1::Parsed<esipa::PackageResult>(std::unexpected(asn1::ParseError{"", 0}));
  if (!result) {
    using Code = esipa::PackageErrorReport::Code;
    problem(peer.entry.id, answer ? "the card's result cannot be read" : answer.error().what);
    esipa::PackageErrorReport report{request.transaction_id, answer ? Code::undefined_error : Code::invalid_format};
    const auto taken = co_await provide(peer, std::move(report), {});
    co_return taken ? Next::go_on : Next::leave;
  }
  ++outcome.report.packages;
  tell(result->form == esipa::PackageResult::Form::result ? Deed::package : Deed::error, peer.entry.id, esipa::result_words(*result),
       result->raw);
  const bool looks_only = std::all_of(result->codes.begin(), result->codes.end(), [](const auto& row) {
    return row.first == 0xBF2D || row.first == 0xA6 || row.first == 0xAB || (row.second != 0 && row.first != 0x89);
  });
  if (!looks_only) {
    journal.state_changed(esipa::StateChangeCause::other_eim, peer.entry.id);
    save();
  }
  eims_changed = eims_changed || result->configured_eims;
  if (result->enabled || result->disabled) {
    // The result waits on the card: its delivery over the new profile is what proves that.
    outcome.report.switched = true;
    outcome.report.rollback = result->enabled && request.rollback;
    co_return Next::stop;
  }
  co_return co_await report_package(peer, *std::move(result));
}

Task<IotAgent::Impl::Next> IotAgent::Impl::report_package(Peer& peer, esipa::PackageResult result) {
  esipa::PackageReport report{result.raw, {}};
  std::vector<std::uint64_t> sent;
  if (result.sequence) sent.push_back(*result.sequence);
  if (carries_notifications(peer) && options.version != esipa::Version::v1_0) {
    const auto pending = free_notifications();
    if (!pending) co_return lost(pending.error());
    for (const PendingNotification& notification : *pending) {
      report.notifications.push_back(compact(peer) ? esipa::compact_notification(notification.raw, eid) : notification.raw);
      sent.push_back(notification.metadata.sequence);
    }
  }
  const auto taken = co_await provide(peer, std::move(report), std::move(sent));
  if (!taken) co_return Next::leave;
  // The answer of v1.0 cannot refuse, and need not name the result that it takes; from v1.1 on only what is named goes.
  if (options.version == esipa::Version::v1_0 && taken->sequences.empty() && result.sequence) remove(*result.sequence);
  outcome.report.delivered = true;
  tell(Deed::delivered, peer.entry.id,
       "result" + (result.sequence ? " " + std::to_string(*result.sequence) : std::string()) + " delivered");
  co_return Next::go_on;
}

Task<std::optional<esipa::Acknowledgement>> IotAgent::Impl::provide(Peer& peer, esipa::EimPackageResult result,
                                                                    std::vector<std::uint64_t> sent) {
  Bytes message = esipa::encode_result(eid, result, options.version);
  const auto answer = co_await peer.exchange->exchange(Function::provide_eim_package_result, std::move(message));
  if (!answer) {
    peer.lost = answer.error().kind == Es9Error::Kind::unreachable;
    problem(peer.entry.id, answer.error().what);
    co_return std::nullopt;
  }
  outcome.report.reached = true;
  outcome.report.idle = false;
  auto acknowledged = esipa::parse_acknowledgement(*answer);
  if (!acknowledged) {
    problem(peer.entry.id, std::string("the eIM's acknowledgement is not understood: ") + acknowledged.error().what);
    co_return std::nullopt;
  }
  if (acknowledged->error) {
    problem(peer.entry.id, "the eIM does not take the result: " + std::string(esipa::name(*acknowledged->error)));
    co_return std::nullopt;
  }
  // Only what was sent: a number of somebody else's result must not be lost.
  for (const std::uint64_t sequence : acknowledged->sequences) {
    if (std::find(sent.begin(), sent.end(), sequence) != sent.end()) remove(sequence);
  }
  co_return *std::move(acknowledged);
}

void IotAgent::Impl::remove(std::uint64_t sequence) {
  const auto removed = es10b::remove_notification_from_list(card, sequence);
  if (!removed) {
    problem({}, removed.error().what);
  } else if (*removed == es10b::NotificationSentResult::undefined_error) {
    problem({}, "the card keeps number " + std::to_string(sequence));
  }
}

PortResult<std::vector<PendingNotification>> IotAgent::Impl::free_notifications() {
  auto pending = es10b::retrieve_notifications_list(card);
  if (!pending) return pending;
  std::erase_if(*pending, [&](const PendingNotification& notification) {
    return std::any_of(journal.triggers.begin(), journal.triggers.end(),
                       [&](const OwedTrigger& owed) { return owed.installation == notification.metadata.sequence; });
  });
  std::sort(pending->begin(), pending->end(), [](const auto& a, const auto& b) { return a.metadata.sequence < b.metadata.sequence; });
  return pending;
}

bool IotAgent::Impl::carries_notifications(const Peer& peer) const {
  return in_between(peer) || doors.servers() == nullptr;
}

bool IotAgent::Impl::compact(const Peer& peer) { return options.minimize && journal.of(peer.entry.id).compact; }

bool IotAgent::Impl::in_emergency() {
  if (!options.check_emergency || options.version == esipa::Version::v1_0) return false;
  return es10b::emergency_active(card).value_or(false);
}

// Notifications that no eIM carries go to their servers.
Task<> IotAgent::Impl::deliver_directly() {
  NetPort* net = doors.servers();
  if (net == nullptr) co_return;
  const auto waiting = es10b::list_notification(card);
  if (!waiting || waiting->empty()) co_return;
  DeliveryOptions delivery;
  for (const OwedTrigger& owed : journal.triggers) delivery.except.push_back(owed.installation);
  const auto done = co_await process_notifications(card, *net, options.es9, delivery);
  if (!done) {
    problem({}, sentence(done.error()));
    co_return;
  }
  for (const Delivery& one : *done) {
    const std::string number = "notification " + std::to_string(one.notification.sequence);
    if (one.delivered) {
      outcome.report.idle = false;
      tell(Deed::notification, {}, number + " delivered to " + printable(one.notification.address));
    } else if (one.problem) {
      problem({}, number + " waits: " + one.problem->what);
    }
  }
}

}  // namespace simurgh::ipae
