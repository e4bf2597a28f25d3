#include "tools/world/report_lanes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>

namespace simurgh::world {
namespace {

constexpr double kLeft = 132, kWidth = 1080, kRight = 24, kTop = 62, kBadge = 7.5;
constexpr const char* kColours[] = {"#3b82c4", "#e08a2e", "#3f9d68", "#a45bb5", "#c9504c", "#2a9fa8", "#8a7a3c", "#6d6fd0"};
constexpr const char* kBad = "#c9413b";
constexpr const char* kGood = "#2f8f5b";

std::string number(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.1f", value);
  return out;
}

// Pauses count by their logarithm, so that a minute of attaching and forty dark days fit on one axis; where the story takes a turn there is more room.
class Axis {
 public:
  Axis(const std::vector<const Mark*>& marks, const std::vector<Turn>& turns, Time end) {
    times_.emplace_back(Time(0), 0);
    auto turn = turns.begin();
    for (const Mark* mark : marks) {
      add(mark->at);
      for (; turn != turns.end() && turn->at <= mark->at; ++turn) times_.back().second += mark->at > Time(0) ? kTurn : 0;
    }
    add(end);
  }
  [[nodiscard]] double x(Time at) const {
    const auto above = std::lower_bound(times_.begin(), times_.end(), at, [](const auto& one, Time time) { return one.first < time; });
    if (above == times_.end()) return kLeft + kWidth;
    double place = above->second;
    if (above->first != at && above != times_.begin()) {
      const auto below = std::prev(above);
      const double share = static_cast<double>((at - below->first).count()) / static_cast<double>((above->first - below->first).count());
      place = below->second + share * (above->second - below->second);
    }
    return kLeft + (times_.back().second == 0 ? 0 : place / times_.back().second * kWidth);
  }
  // Where labels fit.
  [[nodiscard]] std::vector<Time> ticks() const {
    std::vector<Time> out;
    double last = -1000;
    for (const auto& [time, place] : times_) {
      const double at = x(time);
      if (at - last < 84 || at > kLeft + kWidth - 56) continue;
      out.push_back(time);
      last = at;
    }
    return out;
  }

 private:
  static constexpr double kTurn = 2;

  void add(Time at) {
    if (at <= times_.back().first) return;
    const double gap = static_cast<double>((at - times_.back().first).count()) / 1000;
    times_.emplace_back(at, times_.back().second + 0.6 * std::log1p(gap / 10));
  }
  std::vector<std::pair<Time, double>> times_;
};

std::string field(const Mark& mark, const char* key) {
  const std::string* value = mark.field(key);
  return value == nullptr ? std::string() : *value;
}

class Picture {
 public:
  Picture(const Axis& axis, Time end) : axis_(axis), end_(end) {}

  void lane(const std::string& name, const std::string& what, double height) {
    y_ += height_ + 10;
    height_ = height;
    out_ += "<g class='lane'><rect class='track' x='" + number(kLeft) + "' y='" + number(y_) + "' width='" + number(kWidth) + "' height='" + number(height) +
            "' rx='3'/><text class='name' x='" + number(kLeft - 12) + "' y='" + number(y_ + height / 2 - 1) + "'>" + escaped(name) + "</text><text class='what' x='" +
            number(kLeft - 12) + "' y='" + number(y_ + height / 2 + 11) + "'>" + escaped(what) + "</text></g>";
  }
  void bar(Time from, Time to, const std::string& colour, const std::string& label, const std::string& tip, double top = 0, double share = 1, const char* extra = "") {
    const double left = axis_.x(from), width = std::max(1.0, axis_.x(to) - left);
    out_ += "<g class='t'><title>" + escaped(write_duration(from) + " to " + write_duration(to) + ": " + tip) + "</title><rect " + extra + " x='" + number(left) + "' y='" +
            number(y_ + height_ * top) + "' width='" + number(width) + "' height='" + number(height_ * share) + "' rx='2' fill='" + colour + "'/>";
    if (!label.empty() && width > 7.0 * static_cast<double>(label.size()) + 8) {
      out_ += "<text class='label' x='" + number(left + 6) + "' y='" + number(y_ + height_ * top + height_ * share / 2 + 4) + "'>" + escaped(label) + "</text>";
    }
    out_ += "</g>";
  }
  void tick(Time at, const std::string& colour, const std::string& tip, double top = 0.1, double share = 0.8) {
    out_ += "<g class='t'><title>" + escaped(tip) + "</title><rect x='" + number(axis_.x(at) - 1) + "' y='" + number(y_ + height_ * top) + "' width='2.4' height='" +
            number(height_ * share) + "' fill='" + colour + "'/></g>";
  }
  void diamond(Time at, const std::string& colour, const std::string& tip) {
    const double x = axis_.x(at), y = y_ + height_ / 2;
    out_ += "<g class='t'><title>" + escaped(tip) + "</title><path d='M" + number(x) + " " + number(y - 8) + "l6 8l-6 8l-6 -8z' fill='" + colour + "'/></g>";
  }
  void curve(const std::vector<std::pair<Time, double>>& points, const std::string& colour, const std::string& top_label) {
    double most = 0;
    for (const auto& [at, value] : points) most = std::max(most, value);
    if (most == 0) return;
    std::string line, area = "M" + number(kLeft) + " " + number(y_ + height_);
    for (const auto& [at, value] : points) {
      const std::string place = number(axis_.x(at)) + " " + number(y_ + height_ - value / most * (height_ - 6));
      line += (line.empty() ? "M" : "L") + place;
      area += "L" + place;
    }
    area += "L" + number(axis_.x(points.back().first)) + " " + number(y_ + height_) + "z";
    out_ += "<path d='" + area + "' fill='" + colour + "' opacity='.18'/><path d='" + line + "' fill='none' stroke='" + colour + "' stroke-width='1.6'/><text class='top' x='" +
            number(kLeft + 7) + "' y='" + number(y_ + 13) + "'>" + escaped(top_label) + "</text>";
  }
  // With the times along the top, and a numbered badge for each turn of the story: neighbours that would touch stand one below the other.
  [[nodiscard]] std::string finish(const std::vector<Time>& ticks, const std::vector<Turn>& turns) {
    const double bottom = y_ + height_;
    std::string grid, badges;
    for (const Time at : ticks) {
      const double x = axis_.x(at);
      grid += "<line class='grid' x1='" + number(x) + "' x2='" + number(x) + "' y1='8' y2='" + number(bottom) + "'/><text class='time' x='" + number(x + 3) + "' y='12'>" +
              escaped(write_duration(at)) + "</text>";
    }
    std::array<double, 2> last{-100, -100};
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const double at = axis_.x(turns[i].at);
      const std::size_t row = at - last[0] >= 2 * kBadge + 1 || last[0] <= last[1] ? 0 : 1;
      const double x = std::max(at, last[row] + 2 * kBadge + 1), y = 26 + static_cast<double>(row) * (2 * kBadge + 2);
      last[row] = x;
      badges += "<line class='turn' x1='" + number(at) + "' x2='" + number(at) + "' y1='" + number(kTop - 4) + "' y2='" + number(bottom) + "'/><path class='stem' d='M" + number(x) + " " +
                number(y + kBadge) + "L" + number(at) + " " + number(kTop - 4) + "'/><g class='t'><title>" + escaped(write_duration(turns[i].at) + ": " + turns[i].sentence) + "</title><circle cx='" +
                number(x) + "' cy='" + number(y) + "' r='" + number(kBadge) + "'/><text class='badge' x='" + number(x) + "' y='" + number(y + 3.4) + "'>" + std::to_string(i + 1) + "</text></g>";
    }
    return "<svg viewBox='0 0 " + number(kLeft + kWidth + kRight) + " " + number(bottom + 14) + "' role='img'>" + grid + out_ + badges + "</svg>";
  }
  [[nodiscard]] double bottom() const noexcept { return y_ + height_; }
  [[nodiscard]] Time end() const noexcept { return end_; }

 private:
  const Axis& axis_;
  Time end_;
  double y_ = kTop - 10, height_ = 0;
  std::string out_;
};

class Palette {
 public:
  [[nodiscard]] std::string of(const std::string& name) {
    const auto at = std::find(names_.begin(), names_.end(), name);
    const auto place = static_cast<std::size_t>(at - names_.begin());
    if (at == names_.end()) names_.push_back(name);
    return kColours[place % std::size(kColours)];
  }

 private:
  std::vector<std::string> names_;
};

// Stretches of a state: each mark may set it, "" ends it.
struct Stretches {
  std::string value;
  Time since{0};
  std::vector<std::tuple<Time, Time, std::string>> all;
  void set(Time at, const std::string& next) {
    if (next == value) return;
    if (!value.empty() && at > since) all.emplace_back(since, at, value);
    value = next;
    since = at;
  }
};

// What the card's assistant knows and decides, as its record in the card says it.
void assistant_lane(Picture& picture, const std::vector<const Mark*>& marks) {
  if (std::none_of(marks.begin(), marks.end(), [](const Mark* mark) { return mark->name == "assistant"; })) return;
  picture.lane("Assistant", "in the card", 34);
  Stretches state;
  for (const Mark* mark : marks) {
    const std::string& name = mark->name;
    if (name == "switching" || name == "return_tried") state.set(mark->at, "unproven");
    if (name == "fallback") state.set(mark->at, "on fallback");
    if (name == "proven" || name == "given_up" || name == "returned" || name == "fallback_ended") state.set(mark->at, "");
  }
  state.set(picture.end(), "");
  for (const auto& [from, to, value] : state.all) picture.bar(from, to, value == "unproven" ? "#c99a2e" : "#b4623a", value, value, 0, 0.62);
  for (const Mark* mark : marks) {
    const std::string& name = mark->name;
    if (name == "assistant") picture.tick(mark->at, "#6d6fd0", describe(*mark), 0.68, 0.32);
    if (name == "installed") picture.diamond(mark->at, "#3b82c4", describe(*mark));
    if (name == "proven" || name == "returned") picture.diamond(mark->at, kGood, describe(*mark));
    if (name == "given_up" || name == "fallback") picture.diamond(mark->at, kBad, describe(*mark));
  }
}

// One lane for each eIM and SM-DP+ that the thing spoke to: what crossed it.
void server_lanes(Picture& picture, const Scenario& scenario, const std::vector<const Mark*>& marks) {
  for (const ServerSpec& server : scenario.servers) {
    const auto its = [&](const Mark* mark) { return !mark->thing.empty() && field(*mark, "server") == server.id; };
    if (server.kind == "echo" || std::none_of(marks.begin(), marks.end(), its)) continue;
    picture.lane(server.kind == "eim" ? "eIM" : "SM-DP+", server.id, 34);
    std::optional<Time> since;
    for (const Mark* mark : marks) {
      if (!its(mark)) continue;
      const std::string& name = mark->name;
      const std::string tip = describe(*mark);
      if (name == "channel_open") since = mark->at;
      if (name == "channel_close" && since) {
        picture.bar(*since, mark->at, server.kind == "eim" ? "#a9c6de" : "#bcd3bf", "", tip, 0.3, 0.4);
        since.reset();
      }
      if (name == "poll") picture.tick(mark->at, field(*mark, "answer") == "nothing" ? "#9aa3ad" : "#3b82c4", tip, 0.1, 0.8);
      if (name == "report") picture.tick(mark->at, "#2a9fa8", tip, 0.1, 0.8);
      if (name == "download_start") picture.tick(mark->at, "#3b82c4", tip, 0.1, 0.8);
      if (name == "notification") picture.tick(mark->at, "#2a9fa8", tip, 0.1, 0.8);
      if (name == "package" || name == "bound_package") picture.diamond(mark->at, "#3b82c4", tip);
      if (name == "report_ok" || name == "installation_told") picture.diamond(mark->at, kGood, tip);
      if (name == "report_failed" || name == "installation_failed" || name == "download_cancelled") picture.diamond(mark->at, kBad, tip);
      if (name == "no_answer" || name == "denied") picture.tick(mark->at, kBad, tip, 0, 1);
    }
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string lanes(const Scenario& scenario, const RunResult& run, const ThingSummary& thing, const std::vector<Turn>& turns) {
  std::vector<const Mark*> marks;
  for (const Mark& mark : run.timeline.marks) {
    if (mark.thing == thing.name || mark.thing.empty()) marks.push_back(&mark);
  }
  const Axis axis(marks, turns, run.ended);
  Picture picture(axis, run.ended);
  Stretches power, network, service, identity, profile, region, search, session;
  std::string camped;
  for (const Mark* one : marks) {
    const Mark& mark = *one;
    const std::string& name = mark.name;
    if (name == "boot") power.set(mark.at, "on");
    if (name == "off" || name == "dead") {
      power.set(mark.at, "");
      network.set(mark.at, "");
      service.set(mark.at, "");
      search.set(mark.at, "");
      session.set(mark.at, "");
    }
    if (name == "sleep") power.set(mark.at, "asleep");
    if (name == "wake") power.set(mark.at, "on");
    if (name == "move") region.set(mark.at, field(mark, "region"));
    if (name == "card") {
      identity.set(mark.at, field(mark, "identity"));
      profile.set(mark.at, field(mark, "profile"));
    }
    if (name == "swap_done") identity.set(mark.at, field(mark, "to"));
    if (name == "profile_changed") {
      profile.set(mark.at, field(mark, "to"));
      identity.set(mark.at, "");
    }
    if (name == "attach_ok") {
      identity.set(mark.at, field(mark, "identity"));
      network.set(mark.at, field(mark, "plmn") + " (" + field(mark, "rat") + ")");
      search.set(mark.at, "");
    }
    if (name == "service" && field(mark, "status") != "normal") {
      network.set(mark.at, "");
      service.set(mark.at, field(mark, "status"));
    } else if (name == "attach_ok" || name == "refresh") {
      service.set(mark.at, "");
      if (name == "refresh" && mark.field("mode") != nullptr) network.set(mark.at, "");
    }
    if (name == "scan_start") search.set(mark.at, "search");
    if (name == "scan_end") search.set(mark.at, "");
    if (name == "channel_open") session.set(mark.at, field(mark, "server"));
    if (name == "channel_close" || (name == "command" && field(mark, "text").starts_with("CLOSE CHANNEL"))) session.set(mark.at, "");
  }
  for (Stretches* all : {&power, &network, &service, &identity, &profile, &region, &search, &session}) all->set(run.ended, "");

  Palette places, networks, identities, profiles, servers;
  if (region.all.size() > 1 || power.all.size() > 1) {
    picture.lane("Place", "where, and power", 26);
    for (const auto& [from, to, value] : region.all) picture.bar(from, to, places.of(value), value, value, 0, 0.62);
    for (const auto& [from, to, value] : power.all) picture.bar(from, to, value == "on" ? "#555d66" : "#b9c0c8", "", "power " + value, 0.74, 0.26);
    for (const Mark* mark : marks) {
      if (mark->name == "power_cut" || mark->name == "watchdog") picture.tick(mark->at, kBad, describe(*mark), 0.6, 0.4);
    }
  }
  picture.lane("Network", "registered with", 44);
  for (const auto& [from, to, value] : search.all) picture.bar(from, to, "#9aa3ad", "", "searching", 0.72, 0.28);
  for (const auto& [from, to, value] : service.all) picture.bar(from, to, value == "limited" ? "#f0c9a8" : "#e4e7ea", value == "limited" ? "limited" : "no service", value, 0, 0.62);
  for (const auto& [from, to, value] : network.all) picture.bar(from, to, networks.of(value), value, "registered with " + value, 0, 0.62);
  for (const Mark* mark : marks) {
    if (mark->name == "attach_rej") {
      picture.tick(mark->at, kBad, describe(*mark), 0, 1);
    } else if (mark->name == "attach_ok") {
      picture.tick(mark->at, kGood, describe(*mark), 0, 1);
    } else if (mark->name == "attach_silent" || mark->name == "cell_lost") {
      picture.tick(mark->at, "#d99a2b", describe(*mark), 0.5, 0.5);
    }
  }
  picture.lane("Identity", "IMSI in use", 26);
  for (const auto& [from, to, value] : identity.all) picture.bar(from, to, identities.of(value), value, "identity " + value);
  for (const Mark* mark : marks) {
    if (mark->name == "swap_done") picture.tick(mark->at, "#1d242b", describe(*mark), -0.15, 1.3);
  }
  picture.lane("Profile", "enabled", 26);
  for (const auto& [from, to, value] : profile.all) picture.bar(from, to, profiles.of("p" + value), value, "profile " + value);
  picture.lane("Card", "toolkit, both ways", 34);
  for (const Mark* mark : marks) {
    const std::string text = field(*mark, "text");
    if (mark->name == "command") {
      if (text.starts_with("REFRESH")) {
        picture.diamond(mark->at, "#1d242b", describe(*mark));
      } else {
        picture.tick(mark->at, "#3b82c4", describe(*mark), 0.06, 0.42);
      }
    } else if (mark->name == "envelope") {
      picture.tick(mark->at, "#8a7a3c", describe(*mark), 0.52, 0.42);
    }
  }
  const bool data = !session.all.empty() || std::any_of(marks.begin(), marks.end(), [](const Mark* mark) { return mark->name == "no_answer" || mark->name == "denied" || mark->name == "request"; });
  if (data) {
    picture.lane("Data", "channels and servers", 34);
    for (const auto& [from, to, value] : session.all) picture.bar(from, to, servers.of(value), value, "channel to " + value, 0, 0.6);
    for (const Mark* mark : marks) {
      if (mark->name == "no_answer" || mark->name == "denied" || mark->name == "pdn_refused") picture.tick(mark->at, kBad, describe(*mark), 0, 1);
      if (mark->name == "request") picture.tick(mark->at, kGood, describe(*mark), 0.62, 0.38);
    }
  }
  assistant_lane(picture, marks);
  server_lanes(picture, scenario, marks);
  const bool world = std::any_of(marks.begin(), marks.end(), [](const Mark* mark) { return mark->thing.empty() || mark->name.starts_with("rule_"); });
  if (world) {
    picture.lane("World", "changes and rules", 26);
    for (const Mark* mark : marks) {
      if (mark->thing.empty()) picture.diamond(mark->at, "#6d6fd0", describe(*mark));
      if (mark->name.starts_with("rule_")) picture.diamond(mark->at, mark->name == "rule_warn" || mark->name == "rule_alarm" ? "#d99a2b" : kBad, describe(*mark));
    }
  }
  std::vector<std::pair<Time, double>> energy{{Time(0), 0}}, octets{{Time(0), 0}};
  for (const Mark* mark : marks) {
    if (mark->thing.empty()) continue;
    energy.emplace_back(mark->at, static_cast<double>(mark->totals.microjoules));
    octets.emplace_back(mark->at, static_cast<double>(mark->totals.up + mark->totals.down));
  }
  energy.emplace_back(run.ended, static_cast<double>(thing.totals.microjoules));
  octets.emplace_back(run.ended, octets.back().second);
  picture.lane("Energy", "joules, estimated", 46);
  picture.curve(energy, "#c9504c", number(static_cast<double>(thing.totals.microjoules) / 1e6) + " J");
  if (octets.back().second > 0) {
    picture.lane("Over the air", "octets with headers", 40);
    picture.curve(octets, "#3b82c4", number(octets.back().second / 1000) + " kB");
  }
  // Where each expectation was decided.
  picture.lane("Expectations", "decided", 24);
  for (const Outcome& outcome : run.outcomes) {
    if (outcome.device != thing.name) continue;
    const bool good = outcome.state == Outcome::State::passed;
    picture.diamond(outcome.at, good ? kGood : kBad, outcome.id + ": " + outcome.text + (outcome.why.empty() ? "" : " - " + outcome.why));
  }
  return picture.finish(axis.ticks(), turns);
}

}  // namespace simurgh::world
