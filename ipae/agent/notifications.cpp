#include "ipae/agent/notifications.h"

#include <algorithm>
#include <map>

#include "ipae/es10/identifiers.h"

namespace simurgh::ipae {

Task<Delivery> deliver_notification(Es10Port& card, RspServer& server, PendingNotification pending, DeliveryOptions options) {
  Delivery delivery;
  delivery.notification = pending.metadata;
  for (;;) {
    ++delivery.attempts;
    const auto sent = co_await server.handle_notification(pending.raw);
    if (sent) break;
    const bool again = sent.error().kind == Es9Error::Kind::unreachable && delivery.attempts < options.attempts;
    if (!again) {
      delivery.problem = server_error(Step::notify, sent.error());
      co_return delivery;
    }
    if (options.wait) co_await options.wait(delivery.attempts + 1);
  }
  delivery.delivered = true;
  if (!options.remove) co_return delivery;
  const auto removed = es10b::remove_notification_from_list(card, pending.metadata.sequence);
  if (!removed) {
    delivery.problem = card_error(Step::notify, removed.error());
  } else if (*removed == es10b::NotificationSentResult::undefined_error) {
    delivery.problem = AgentError{};
    delivery.problem->kind = AgentError::Kind::refused_by_card;
    delivery.problem->step = Step::notify;
    delivery.problem->what = "the card keeps the delivered notification: " + result_text(es10b::words(*removed));
  } else {
    delivery.removed = true;
  }
  co_return delivery;
}

Task<std::expected<std::vector<Delivery>, AgentError>> process_notifications(Es10Port& card, NetPort& net, Es9Options es9,
                                                                             DeliveryOptions options,
                                                                             std::optional<std::uint64_t> sequence) {
  auto listed = es10b::list_notification(card);
  if (!listed) co_return std::unexpected(card_error(Step::read_card, listed.error()));
  std::sort(listed->begin(), listed->end(), [](const auto& a, const auto& b) { return a.sequence < b.sequence; });

  std::vector<Delivery> out;
  std::map<std::string, std::unique_ptr<Es9Client>> servers;
  std::map<std::string, AgentError> given_up;
  for (const NotificationMetadata& metadata : *listed) {
    if (sequence && metadata.sequence != *sequence) continue;
    if (std::find(options.except.begin(), options.except.end(), metadata.sequence) != options.except.end()) continue;
    Delivery delivery;
    delivery.notification = metadata;
    const auto fail = [&](AgentError error) {
      delivery.problem = std::move(error);
      out.push_back(delivery);
    };
    if (const auto known = given_up.find(metadata.address); known != given_up.end()) {
      fail(known->second);
      continue;
    }
    const auto address = ServerAddress::parse(metadata.address);
    if (!address) {
      AgentError error;
      error.step = Step::notify;
      error.what = "the card names '" + printable(metadata.address) + "', which is no server";
      error.advice = "remove the notification";
      fail(std::move(error));
      continue;
    }
    auto pending = es10b::retrieve_notifications_list(card, metadata.sequence);
    if (!pending) co_return std::unexpected(card_error(Step::read_card, pending.error()));
    const auto found = std::find_if(pending->begin(), pending->end(),
                                    [&](const PendingNotification& p) { return p.metadata.sequence == metadata.sequence; });
    if (found == pending->end()) {
      AgentError error;
      error.step = Step::read_card;
      error.what = "the card lists notification " + std::to_string(metadata.sequence) + " but does not hand it out";
      fail(std::move(error));
      continue;
    }
    auto& server = servers[metadata.address];
    if (!server) server = std::make_unique<Es9Client>(net, *address, es9);
    delivery = co_await deliver_notification(card, *server, *found, options);
    if (!delivery.delivered) given_up.emplace(metadata.address, *delivery.problem);
    out.push_back(std::move(delivery));
  }
  for (auto& [address, server] : servers) {
    if (server) co_await server->close();
  }
  co_return out;
}

}  // namespace simurgh::ipae
