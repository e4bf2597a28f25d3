#include "tools/world/report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "tools/world/report_lanes.h"

namespace simurgh::world {
namespace {

constexpr std::size_t kMostTurns = 32, kMostThings = 6, kMostMarks = 1500, kMostOutcomes = 60;

constexpr const char* kStyle = R"(
:root{--ink:#1d242b;--soft:#5c6670;--line:#dde2e7;--paper:#fff;--ground:#f4f6f8;--good:#2f8f5b;--bad:#c9413b}
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1320px;margin:0 auto;padding:24px}h1{font-size:22px;margin:0 0 2px}h2{font-size:15px;margin:22px 0 8px}
header{display:flex;align-items:baseline;gap:14px;flex-wrap:wrap}header p{margin:2px 0 0;color:var(--soft);width:100%}
section.run{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:0 0 22px}
.badge{font-weight:650;font-size:12.5px;border-radius:99px;padding:2px 11px;color:#fff}.pass{background:var(--good)}.fail{background:var(--bad)}
.facts{display:flex;gap:26px;flex-wrap:wrap;margin:14px 0 4px}.facts div{min-width:84px}.facts b{display:block;font-size:19px;font-weight:640;font-variant-numeric:tabular-nums}.facts span{color:var(--soft);font-size:12px}
svg{width:100%;height:auto;display:block;margin:6px 0 2px}svg .track{fill:#eef1f4}svg .name{font:600 12.5px system-ui,"DejaVu Sans",sans-serif;text-anchor:end;fill:var(--ink)}
svg .what{font:10.5px system-ui,"DejaVu Sans",sans-serif;text-anchor:end;fill:var(--soft)}svg .label{font:600 11.5px system-ui,"DejaVu Sans",sans-serif;fill:#fff;pointer-events:none;paint-order:stroke;stroke:#0003;stroke-width:2px}
svg .time{font:10.5px system-ui,"DejaVu Sans",sans-serif;fill:var(--soft)}svg .grid{stroke:#cfd6dc;stroke-width:1;stroke-dasharray:2 3}svg .top{font:600 11.5px system-ui,"DejaVu Sans",sans-serif;fill:var(--ink)}
svg .turn{stroke:#1d242b;stroke-opacity:.13;stroke-width:1}svg .stem{stroke:#1d242b;stroke-opacity:.35;fill:none}svg circle{fill:#1d242b}svg text.badge{font:600 9px system-ui,"DejaVu Sans",sans-serif;fill:#fff;text-anchor:middle}
ol.story{columns:3 300px;column-gap:34px;margin:10px 0 4px;padding-left:26px;font-size:13px}ol.story li{break-inside:avoid;padding:1px 0}ol.story time{color:var(--soft);font-variant-numeric:tabular-nums;margin-right:4px}
svg .t:hover rect,svg .t:hover path{filter:brightness(.82)}
table{border-collapse:collapse;width:100%;font-size:13px}td,th{text-align:left;padding:4px 10px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}th{color:var(--soft);font-weight:600;font-size:12px}
td.n,th.n{font-variant-numeric:tabular-nums;text-align:right;white-space:nowrap}.ok,.no{white-space:nowrap}.ok{color:var(--good);font-weight:650}.no{color:var(--bad);font-weight:650}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(380px,1fr));gap:6px 34px}.bar{background:#eef1f4;border-radius:3px;height:9px;min-width:120px}.bar i{display:block;height:9px;border-radius:3px;background:#c9504c}
details{margin-top:14px}summary{cursor:pointer;color:var(--soft)}pre{font:12px/1.5 ui-monospace,"DejaVu Sans Mono",monospace;overflow:auto;max-height:420px;background:#f7f9fa;border:1px solid var(--line);border-radius:6px;padding:10px}
.key{color:var(--soft);font-size:12px;margin:0 0 4px}.key i{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 4px 0 12px;vertical-align:-1px}footer{color:var(--soft);font-size:12px;padding:0 4px 20px}
@media print{body{background:#fff}section.run{break-inside:avoid;border:0;padding:0}}
)";

std::string fixed(double value, int places) {
  char out[48];
  std::snprintf(out, sizeof out, "%.*f", places, value);
  return out;
}

std::string fact(const std::string& value, const std::string& name) { return "<div><b>" + escaped(value) + "</b><span>" + escaped(name) + "</span></div>"; }

std::string facts(const ThingSummary& thing, std::uint64_t up, std::uint64_t down) {
  const auto count = [&](const char* name) {
    const auto at = thing.counts.find(name);
    return std::to_string(at == thing.counts.end() ? 0U : at->second);
  };
  std::string out = "<div class='facts'>";
  out += fact(thing.first_online ? write_duration(*thing.first_online) : "never", "first online");
  out += fact(fixed(thing.online_percent, 0) + " %", "of powered time online");
  out += fact(count("swap_done"), "identity swaps");
  out += fact(count("attach_ok") + " / " + count("attach_rej"), "attaches / rejections");
  out += fact(count("scan_start"), "searches");
  out += fact(std::to_string(thing.totals.apdus), "APDUs");
  if (thing.totals.round_trips > 0) out += fact(std::to_string(thing.totals.round_trips), "round trips");
  if (up + down > 0) out += fact(fixed(static_cast<double>(up) / 1000, 1) + " / " + fixed(static_cast<double>(down) / 1000, 1) + " kB", "up / down over the air");
  out += fact(fixed(static_cast<double>(thing.totals.microjoules) / 1e6, 1) + " J", "energy, estimated");
  if (thing.totals.cost > 0) out += fact(fixed(thing.totals.cost, 3), "cost, in the scenario's money");
  return out + "</div>";
}

std::string energy_table(const ThingSummary& thing) {
  std::vector<std::pair<std::string, std::uint64_t>> uses(thing.microjoules.begin(), thing.microjoules.end());
  std::sort(uses.begin(), uses.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string out = "<div><h2>Where the energy goes</h2><table>";
  for (const auto& [name, value] : uses) {
    out += "<tr><td>" + escaped(name) + "</td><td class='n'>" + fixed(static_cast<double>(value) / 1e6, 2) + " J</td><td style='width:50%'><div class='bar'><i style='width:" +
           fixed(thing.totals.microjoules == 0 ? 0 : 100.0 * static_cast<double>(value) / static_cast<double>(thing.totals.microjoules), 1) + "%'></i></div></td></tr>";
  }
  return out + "</table></div>";
}

std::string octets_table(const ThingSummary& thing) {
  if (thing.octets.empty()) return {};
  std::string out = "<div><h2>Octets by identity and server, with headers</h2><table><tr><th>identity</th><th>server</th><th class='n'>up</th><th class='n'>down</th></tr>";
  for (const auto& [key, octets] : thing.octets) {
    const auto space = key.find(' ');
    out += "<tr><td>" + escaped(key.substr(0, space)) + "</td><td>" + escaped(key.substr(space + 1)) + "</td><td class='n'>" + std::to_string(octets.first) + "</td><td class='n'>" +
           std::to_string(octets.second) + "</td></tr>";
  }
  return out + "</table></div>";
}

// What crossed the servers, from the marks of each channel: the layers from the outside in.
std::string channels_table(const RunResult& run, const ThingSummary& thing) {
  struct Row {
    unsigned channels = 0, polls = 0;
    std::uint64_t up = 0, down = 0, inside_up = 0, inside_down = 0, turns = 0, apdus = 0;
  };
  std::map<std::string, Row> rows;
  std::uint64_t opened = 0;
  for (const Mark& mark : run.timeline.marks) {
    if (mark.thing != thing.name) continue;
    const auto number = [&](const char* key) -> std::uint64_t {
      const std::string* value = mark.field(key);
      return value == nullptr ? 0 : std::strtoull(value->c_str(), nullptr, 10);
    };
    if (mark.name == "channel_open") opened = mark.totals.apdus;
    if (mark.name != "channel_close") continue;
    Row& row = rows[*mark.field("server")];
    ++row.channels;
    row.up += number("up");
    row.down += number("down");
    row.inside_up += number("inside_up");
    row.inside_down += number("inside_down");
    row.turns += number("turns");
    row.apdus += mark.totals.apdus - opened;
  }
  if (rows.empty()) return {};
  std::string out =
      "<div><h2>What crossed the servers</h2><table><tr><th>server</th><th class='n'>channels</th><th class='n'>turns</th><th class='n'>APDUs</th><th class='n'>TLS or DTLS up</th><th class='n'>down</th><th "
      "class='n'>HTTP or CoAP up</th><th class='n'>down</th></tr>";
  for (const auto& [server, row] : rows) {
    out += "<tr><td>" + escaped(server) + "</td>";
    for (const std::uint64_t value : {std::uint64_t{row.channels}, row.turns, row.apdus, row.up, row.down, row.inside_up, row.inside_down}) out += "<td class='n'>" + std::to_string(value) + "</td>";
    out += "</tr>";
  }
  return out + "</table></div>";
}

std::string expectations(const RunResult& run) {
  std::string out = "<h2>Expectations</h2><table><tr><th></th><th>id</th><th>what was expected</th><th class='n'>decided at</th><th>because</th></tr>";
  std::size_t shown = 0;
  for (const Outcome& outcome : run.outcomes) {
    if (++shown > kMostOutcomes) break;
    const bool good = outcome.state == Outcome::State::passed;
    out += std::string("<tr><td class='") + (good ? "ok'>came true" : "no'>failed") + "</td><td>" + escaped(outcome.id) + "</td><td>" + escaped(outcome.text) +
           (run.things.size() > 1 ? " <span style='color:var(--soft)'>[" + escaped(outcome.device) + "]</span>" : "") + "</td><td class='n'>" + write_duration(outcome.at) +
           "</td><td>" + escaped(outcome.why) + "</td></tr>";
  }
  return out + "</table>";
}

std::string ablation_table(const std::vector<AblationResult>& ablations) {
  if (ablations.empty()) return {};
  std::string out = "<h2>With one mechanism switched off</h2><table><tr><th></th><th>without</th><th>then fails</th></tr>";
  for (const AblationResult& one : ablations) {
    std::string failed;
    for (const std::string& id : one.failed) failed += (failed.empty() ? "" : ", ") + id;
    out += std::string("<tr><td class='") + (one.proven ? "ok'>proven" : "no'>proves nothing") + "</td><td>" + escaped(one.disable) + "</td><td>" + escaped(failed.empty() ? "nothing" : failed) + "</td></tr>";
  }
  return out + "</table>";
}

// The story, with the numbers that it has in the picture.
std::string told(const std::vector<Turn>& story) {
  std::string out = "<ol class='story'>";
  for (const Turn& turn : story) out += "<li><time>" + escaped(write_duration(turn.at)) + "</time> " + escaped(turn.sentence) + "</li>";
  return out + "</ol>";
}

std::string timeline(const RunResult& run) {
  std::string out = "<details><summary>The timeline, " + std::to_string(run.timeline.marks.size()) + " marks</summary><pre>";
  for (std::size_t i = 0; i < std::min(run.timeline.marks.size(), kMostMarks); ++i) out += escaped(describe(run.timeline.marks[i])) + "\n";
  if (run.timeline.marks.size() > kMostMarks) out += "... and more: simurgh zero-touch --timeline prints all\n";
  return out + "</pre></details>";
}

std::string section(const ReportRun& page) {
  const RunResult& run = page.run;
  std::string out = "<section class='run'><header><h1>" + escaped(run.scenario) + "</h1><span class='badge " + (run.passed ? "pass'>everything came true" : "fail'>not everything came true") +
                    "</span><span style='color:var(--soft)'>seed " + std::to_string(run.seed) + ", " + write_duration(run.ended) + " of virtual time</span><p>" +
                    escaped(page.scenario.about) + "</p></header>";
  for (std::size_t i = 0; i < std::min(run.things.size(), kMostThings); ++i) {
    const ThingSummary& thing = run.things[i];
    std::uint64_t up = 0, down = 0;
    for (const auto& [key, octets] : thing.octets) {
      up += octets.first;
      down += octets.second;
    }
    if (run.things.size() > 1) out += "<h2>" + escaped(thing.name) + "</h2>";
    out += facts(thing, up, down);
    out += "<p class='key'><i style='background:#2f8f5b'></i>accepted<i style='background:#c9413b'></i>rejected<i style='background:#9aa3ad'></i>searching<i style='background:#3b82c4'></i>command "
           "of the card<i style='background:#8a7a3c'></i>envelope to it<i style='background:#1d242b;transform:rotate(45deg)'></i>REFRESH; pauses are drawn by their logarithm</p>";
    const auto story = turns(run.timeline, thing.name, kMostTurns);
    out += lanes(page.scenario, run, thing, story) + told(story);
  }
  out += expectations(run) + ablation_table(page.ablations);
  if (!run.things.empty()) out += "<div class='two'>" + energy_table(run.things.front()) + octets_table(run.things.front()) + "</div>" + channels_table(run, run.things.front());
  return out + timeline(run) + "</section>";
}

}  // namespace

std::string report(const std::vector<ReportRun>& runs) {
  const auto good = std::count_if(runs.begin(), runs.end(), [](const ReportRun& one) { return one.run.passed; });
  std::string out = "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'><title>Simurgh zero touch</title><style>" + std::string(kStyle) +
                    "</style></head><body><main>";
  if (runs.size() > 1) {
    out += "<header style='margin-bottom:16px'><h1>Zero touch</h1><span class='badge " + std::string(good == static_cast<std::ptrdiff_t>(runs.size()) ? "pass" : "fail") + "'>" +
           std::to_string(good) + " of " + std::to_string(runs.size()) + " scenarios came out as expected</span></header>";
  }
  for (const ReportRun& one : runs) out += section(one);
  return out + "<footer>Energy and delays are estimates from a table of links, for comparing. Legal limits are parameters with a confidence, no advice.</footer></main></body></html>\n";
}

}  // namespace simurgh::world
