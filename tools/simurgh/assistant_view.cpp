#include "tools/simurgh/assistant_view.h"

#include <ctime>
#include <iostream>

#include "ipae/agent/journal.h"
#include "ipae/card/record.h"

namespace simurgh::tool {
namespace {

using Json = nlohmann::ordered_json;

std::string iccid_text(ByteView iccid) {
  std::string out;
  for (const std::uint8_t octet : iccid) {
    for (const int nibble : {octet & 0x0F, octet >> 4}) {
      if (nibble < 10) out.push_back(static_cast<char>('0' + nibble));
    }
  }
  return out;
}

// TS 31.102 4.2.2: a length, then the parity in the first half octet and the digits.
std::string imsi_text(ByteView file) {
  const std::string out = iccid_text(file.subspan(std::min<std::size_t>(1, file.size())));
  return out.substr(std::min<std::size_t>(1, out.size()));
}

Json time_json(std::int64_t seconds_since_1970) {
  if (seconds_since_1970 <= 0) return nullptr;
  const auto time = static_cast<std::time_t>(seconds_since_1970);
  std::tm parts{};
  char text[32];
  if (gmtime_r(&time, &parts) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) return nullptr;
  return text;
}

const char* name(ipae::Health health) {
  switch (health) {
    case ipae::Health::unregistered: return "no service";
    case ipae::Health::no_data: return "no data connection";
    case ipae::Health::no_eim: return "no eIM";
    case ipae::Health::healthy: return "healthy";
  }
  return "";
}

}  // namespace

Json assistant_json(const state::Transaction& txn) {
  const Bytes* stored = txn.find(ipae::kRecord);
  if (stored == nullptr) return nullptr;
  const auto record = ipae::Record::decode(*stored);
  if (!record) return {{"damaged", true}};
  Json out{{"visits", record->polls}, {"lastVisit", time_json(record->last_poll)}, {"failures", record->failures}, {"imei", to_hex(record->imei)}};
  out["budget"] = Json::array();
  for (const ipae::Spent& one : record->spent) out["budget"].push_back({{"imsi", one.imsi.empty() ? Json(nullptr) : Json(imsi_text(one.imsi))}, {"life", one.used.life}, {"day", one.used.day}});
  out["loss"] = {{"unregisteredSeconds", record->loss.unregistered.count()}, {"noDataSeconds", record->loss.no_data.count()}, {"attempts", record->loss.attempts}};
  if (record->unproven) {
    out["unproven"] = {{"before", iccid_text(record->unproven->before)}, {"after", iccid_text(record->unproven->after)}, {"secondsLeft", record->unproven->left.count()}};
  }
  if (record->fallback) {
    out["fallback"] = {{"reason", name(record->fallback->reason)}, {"seconds", record->fallback->since.count()}, {"returns", record->fallback->returns}, {"returning", record->fallback->returning}};
  }
  const Bytes* journal = txn.find({state::Space::ipae, ipae::kJournalOwner, ipae::kAgentRecord});
  if (journal != nullptr) {
    const ipae::AgentJournal decoded = ipae::AgentJournal::decode(*journal);
    Json eims = Json::array();
    for (const auto& eim : decoded.eims) {
      Json one{{"eimId", eim.id}};
      if (eim.cause) one["stateChangeCause"] = std::string(ipae::esipa::name(*eim.cause));
      if (eim.compact) one["compact"] = true;
      eims.push_back(std::move(one));
    }
    out["eims"] = std::move(eims);
    out["owedTriggers"] = decoded.triggers.size();
  }
  Json events = Json::array();
  for (const auto& event : record->events) events.push_back({{"at", time_json(event.at)}, {"what", event.what}});
  out["events"] = std::move(events);
  return out;
}

void print_assistant(const Json& assistant) {
  if (assistant.is_null()) return;
  if (assistant.contains("damaged")) {
    std::cout << "IPAe           its record is damaged; it starts anew\n";
    return;
  }
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : std::string("unknown time"); };
  std::cout << "IPAe           " << assistant["visits"].get<std::uint64_t>() << " visits reached an eIM, the last at " << text(assistant["lastVisit"]) << "; "
            << assistant["failures"].get<unsigned>() << " failures since\n";
  if (assistant.contains("unproven")) {
    std::cout << "  the enabled profile has " << assistant["unproven"]["secondsLeft"].get<std::int64_t>() << " s left to reach an eIM\n";
  }
  if (assistant.contains("fallback")) std::cout << "  in fallback: " << assistant["fallback"]["reason"].get<std::string>() << '\n';
  for (const Json& event : assistant["events"]) std::cout << "  " << text(event["at"]) << "  " << event["what"].get<std::string>() << '\n';
}

}  // namespace simurgh::tool
