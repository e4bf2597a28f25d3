// A scenario as data: a world, things in it, what happens, what is expected, and which mechanism each expectation depends on.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "asn1/bytes.h"
#include "tools/radio/personality.h"
#include "tools/radio/selection.h"
#include "tools/terminal/network.h"
#include "tools/world/duration.h"
#include "tools/world/predicate.h"

namespace simurgh::world {

// What is wrong with a scenario: the path of the key and one sentence.
class ScenarioError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Rule {
  std::string id, confidence = "low", source;
  enum class Subject : std::uint8_t { imsi, iccid, eid, imei } subject = Subject::imsi;
  unsigned limit_days = 90, window_days = 365;
  std::uint8_t cause = 11;
  std::uint32_t spread_per_day = 1'000'000;  // chance per million and day that the network acts once the limit is passed
};

struct Country {
  std::string id;
  std::vector<std::string> mccs;
  int zone_minutes = 0;
  std::vector<std::string> rules;
};

struct RegionCell {
  std::string region;
  radio::Cell cell;
};

struct Causes {
  std::uint8_t no_agreement = 11, barred = 8, authentication = 3, no_rat = 15;
};

struct PlmnSpec {
  std::string id, mccmnc, name, country;
  std::vector<RegionCell> cells;
  Causes causes;
  bool down = false, silent = false, congested = false, fake = false;
  std::uint8_t rejects = 0;      // every attach with this cause
  bool protects = true;          // its messages have integrity protection
  std::optional<Time> t3346, t3402, t3412;
};

struct SponsorSpec {
  std::string id = {}, home = {}, imsi = {}, algorithm = "milenage", key = {}, opc = {}, apn = "boot", filter = {};
  Time gateway{50};
  bool down = false, barred = false, data_down = false;
  std::uint64_t quota = 0;       // octets that a device may use, both ways; 0: no limit
  double price = 0;              // of a megabyte in its own network
  std::uint8_t session_rejects = 0;  // every access point with this cause
  std::optional<Time> t3396;     // what such a refusal says
};

struct Allowed {
  std::string fqdn;
  std::uint16_t port = 0;
  bool tcp = true;
};
struct Filter {
  std::string id;
  bool reset = false;            // instead of silence
  std::vector<Allowed> allow;
};

struct Agreement {
  std::string sponsor, plmn;
  std::set<radio::Rat> rats;     // empty: all
  double price = 0;              // of a megabyte there, in the money of the scenario
  Time from{0}, until = Time::max();
};

struct ProfileSpec {
  std::string id, iccid, sponsor;  // the sponsor of its own IMSI
  bool enabled = false, fallback = false, emergency = false;
  std::string table;               // of the multi-IMSI applet; empty: no applet
  std::vector<std::string> forbidden;
  std::string apn;                 // connectivity parameters: what the card asks for; empty: whatever the network gives
  std::string matching_id;         // of one that waits at an SM-DP+
};

// What an eIM does by itself for a device that reports a country.
struct EimRule {
  std::string name;
  std::vector<std::string> countries;  // MCCs; empty: any
  std::string download, enable;        // one of both: a profile of an SM-DP+, a profile of the card
  bool enable_after = true, rollback = true;
};

struct ServerSpec {
  std::string id, kind, fqdn;
  Bytes address;
  std::uint16_t port = 443;
  Time latency{40};
  bool down = false;
  std::optional<terminal::Endpoint> outside, outside_udp;  // the process that answers in its place; for datagrams where that is another port
  std::vector<ProfileSpec> stock;      // of an SM-DP+
  // of an eIM
  bool https = true, coaps = false;
  std::uint16_t coap_port = 5684;
  bool indirect = false;               // its devices download through it
  std::vector<EimRule> rules;
};

// What an operator orders from an eIM for every device of a description.
struct OrderSpec {
  std::string eim, device;
  std::string download, enable, disable;  // one of them: profiles
  bool indirect = false, enable_after = false, rollback = false;
};

// A table of the multi-IMSI applet that an operator sends to every device of a description, as short messages.
struct TableMessage {
  std::string device, table;
  std::set<unsigned> lost;             // parts, from 1, that do not arrive
};

// A mark that something waits for.
struct Cue {
  std::string mark, device;            // device: empty for any
  std::map<std::string, std::string> where;
};

// A change of the world: `what` is "plmn", "sponsor", "server", "agreement", "device", "order" or "table"; `set` has keys such as "down".
struct WorldEvent {
  Time at{0};
  std::optional<Cue> when = {};        // `at` counts from the first such mark
  std::string what, id;
  std::map<std::string, std::string> set;
  std::string agreement_sponsor, agreement_plmn;  // with what = "agreement"
  OrderSpec order = {};                           // with what = "order"
  TableMessage message = {};                      // with what = "table"
};

struct IdentitySpec {
  unsigned id = 1;
  std::string sponsor;
  std::vector<std::string> flags;
  std::string fplmn = "clear";
};
struct RuleSpec {
  std::string match;             // "724xx", "99970", "default"
  std::vector<unsigned> ids;
  unsigned max_days = 0;
  std::vector<std::string> flags;
};
struct Table {
  unsigned version = 1, default_id = 1, fallback_id = 0, swaps_an_hour = 6, swaps_a_day = 24, limited_spread = 0;
  std::vector<IdentitySpec> identities;
  std::vector<RuleSpec> rules;
  std::map<std::string, Time> timers;
  std::set<std::string> policy;  // prefer, data_check, sensing, boots, trust_unprotected
  Bytes refresh_modes;
};

struct Stay {
  Time at{0};
  std::string region;
};

struct DeviceSpec {
  std::string id, personality = "ideal", imei = "490154203237518", eid;
  unsigned count = 1;
  std::vector<std::string> lacks;  // bits of TERMINAL PROFILE its modem does not set, beside those of the personality
  std::set<std::uint8_t> deaf;     // REFRESH modes, likewise
  bool t3245 = false;              // its modem lets lasting bars end
  std::vector<ProfileSpec> profiles;
  std::vector<std::string> eims;   // servers its card's assistant belongs to
  std::string iot;                 // of the card's recipe, as YAML; with `eims` or this it is an IoT card with an assistant
  [[nodiscard]] bool assisted() const noexcept { return !eims.empty() || !iot.empty(); }
  std::vector<Stay> track;
  std::vector<std::pair<Time, Time>> powered;
  std::vector<Time> cuts;          // power cycles of two seconds without an orderly end
  std::optional<unsigned> cut_in_swap;  // after so many APDUs from the first REFRESH on
  bool torn = false;               // its card's memory has no transactions
  std::uint64_t battery_microjoules = 0;
  std::optional<Time> t3324, t3412, edrx, watchdog;
  std::optional<Time> application_period;
};

struct Expectation {
  enum class Kind : std::uint8_t { within, at, always, never, count, sum, order, final } kind = Kind::within;
  std::string id, text;            // text: as people read it
  std::string device;              // empty: every one
  Time after{0};
  std::optional<Time> within;      // from `after`; for always and never the length of the window
  std::string mark;                // instead of a predicate
  std::map<std::string, std::string> where;
  std::optional<Predicate> predicate;
  std::string quantity, op;
  double number = 0;
  std::vector<std::string> order;
};

// Other values for this document: dotted path -> YAML text.
using Changes = std::map<std::string, std::string>;

struct Ablation {
  std::string disable;             // the mechanism, in words
  Changes set;
  std::set<std::string> fails;     // ids of expectations of which at least one must fail
};

// The same story told in several ways, and the stretches of it whose costs stand side by side.
struct Comparison {
  struct Variant {
    std::string name;
    Changes set;
  };
  struct Span {
    std::string name;
    std::string from, until;       // marks: the first, and the first after it; empty: the end of the run
  };
  std::vector<Variant> variants;
  std::vector<Span> spans;
};

struct Scenario {
  std::string name, about;
  std::uint64_t seed = 1;
  std::int64_t start = 1'772'352'000;
  Time duration = std::chrono::hours(24);
  bool stop_when_decided = true;
  std::uint32_t apdu_microseconds = 0;
  bool rejects = true, rules_on = true;

  std::vector<Country> countries;
  std::vector<Rule> rules;
  std::vector<PlmnSpec> plmns;
  std::vector<SponsorSpec> sponsors;
  std::vector<Filter> filters;
  std::vector<Agreement> agreements;
  std::vector<ServerSpec> servers;
  std::vector<WorldEvent> events;
  std::map<std::string, Table> tables;
  std::vector<DeviceSpec> devices;
  std::vector<Expectation> expectations;
  std::vector<Ablation> ablations;
  Comparison comparison;

  [[nodiscard]] const SponsorSpec* sponsor(const std::string& id) const;
  [[nodiscard]] const SponsorSpec* sponsor_of_imsi(const std::string& imsi) const;
  [[nodiscard]] const PlmnSpec* plmn(const std::string& mccmnc) const;
  [[nodiscard]] const ServerSpec* server(const std::string& id) const;
  // Of a card or of an SM-DP+, by id or by ICCID.
  [[nodiscard]] const ProfileSpec* profile(const std::string& id) const;
  [[nodiscard]] const ProfileSpec* profile_by_iccid(const std::string& iccid) const;
  // The SM-DP+ that has it in stock.
  [[nodiscard]] const ServerSpec* shop(const std::string& profile) const;
};

// Throws ScenarioError.
[[nodiscard]] Scenario read_scenario(const std::string& yaml, const Changes& changes = {});

}  // namespace simurgh::world
