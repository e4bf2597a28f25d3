#include "tools/world/compare.h"

#include <algorithm>
#include <cstdio>

namespace simurgh::world {
namespace {

Totals operator-(const Totals& a, const Totals& b) {
  return {.microjoules = a.microjoules - b.microjoules, .up = a.up - b.up, .down = a.down - b.down, .apdus = a.apdus - b.apdus, .round_trips = a.round_trips - b.round_trips, .cost = a.cost - b.cost};
}

SpanCost cost_of(const Comparison::Span& span, const RunResult& run) {
  SpanCost out{.name = span.name, .used = {}};
  if (run.things.empty()) return out;
  const ThingSummary& thing = run.things.front();
  const Mark* begin = nullptr;
  for (const Mark& mark : run.timeline.marks) {
    if (mark.thing != thing.name) continue;
    if (begin == nullptr) {
      if (mark.name == span.from) begin = &mark;
      continue;
    }
    if (mark.name == "channel_open") ++out.channels;
    if (mark.name == "poll") ++out.polls;
    if (mark.name != span.until) continue;
    out.there = true;
    out.used = mark.totals - begin->totals;
    out.took = mark.at - begin->at;
    return out;
  }
  if (begin == nullptr || !span.until.empty()) return out;
  out.there = true;
  out.used = thing.totals - begin->totals;
  out.took = run.ended - begin->at;
  return out;
}

}  // namespace

std::vector<VariantResult> compare(const std::string& yaml, const Scenario& scenario, const RunOptions& options) {
  std::vector<VariantResult> out;
  for (const Comparison::Variant& variant : scenario.comparison.variants) {
    const Scenario changed = read_scenario(yaml, variant.set);
    VariantResult result{.name = variant.name, .spans = {}, .run = run(changed, *make_kit(changed), options)};
    for (const Comparison::Span& span : scenario.comparison.spans) result.spans.push_back(cost_of(span, result.run));
    out.push_back(std::move(result));
  }
  return out;
}

std::string comparison_text(const std::vector<VariantResult>& results) {
  std::string out;
  char line[256];
  std::size_t widest = 10;
  for (const VariantResult& one : results) widest = std::max(widest, one.name.size());
  const int width = static_cast<int>(std::min<std::size_t>(widest, 60));
  for (std::size_t i = 0; !results.empty() && i < results.front().spans.size(); ++i) {
    out += results.front().spans[i].name + "\n";
    std::snprintf(line, sizeof line, "  %-*s %9s %9s %9s %7s %9s %7s %6s %9s %8s\n", width, "", "up", "down", "both", "trips", "channels", "APDUs", "polls", "time", "joules");
    out += line;
    for (const VariantResult& one : results) {
      const SpanCost& span = one.spans[i];
      if (!span.there) {
        std::snprintf(line, sizeof line, "  %-*s did not come so far\n", width, one.name.c_str());
      } else {
        const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
        std::snprintf(line, sizeof line, "  %-*s %9llu %9llu %9llu %7llu %9u %7llu %6u %8.1fs %8.2f\n", width, one.name.c_str(), number(span.used.up), number(span.used.down),
                      number(span.used.up + span.used.down), number(span.used.round_trips), span.channels, number(span.used.apdus), span.polls,
                      static_cast<double>(span.took.count()) / 1000, static_cast<double>(span.used.microjoules) / 1e6);
      }
      out += line;
    }
  }
  return out;
}

}  // namespace simurgh::world
