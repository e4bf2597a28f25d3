// Carries the card's notifications to the servers they are for. SGP.22 v2.5 3.5, 5.6.4.
#pragma once

#include <functional>
#include <vector>

#include "ipae/agent/agent.h"
#include "ipae/es10/es10b.h"
#include "ipae/es9/client.h"

namespace simurgh::ipae {

struct DeliveryOptions {
  unsigned attempts = 1;                              // per notification; only an unreachable server is tried again
  std::function<Task<>(unsigned attempt)> wait = {};  // before attempt 2, 3, ...; without it they follow at once
  bool remove = true;                                 // RemoveNotificationFromList after delivery
  std::vector<std::uint64_t> except = {};             // numbers that are left alone
};

struct Delivery {
  NotificationMetadata notification;
  bool delivered = false, removed = false;
  unsigned attempts = 0;
  std::optional<AgentError> problem;
};

// One notification whose signed octets are at hand.
[[nodiscard]] Task<Delivery> deliver_notification(Es10Port& card, RspServer& server, PendingNotification pending,
                                                  DeliveryOptions options = {});

// Every pending one in the order of its number, or just `sequence`. Behind one that could not be delivered nothing more goes to the same
// address, so that a server never sees them out of order. An error only when the card cannot be read.
[[nodiscard]] Task<std::expected<std::vector<Delivery>, AgentError>> process_notifications(Es10Port& card, NetPort& net, Es9Options es9,
                                                                                           DeliveryOptions options = {},
                                                                                           std::optional<std::uint64_t> sequence = {});

}  // namespace simurgh::ipae
