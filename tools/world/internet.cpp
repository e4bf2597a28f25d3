#include "tools/world/internet.h"

#include <algorithm>
#include <deque>
#include <utility>

namespace simurgh::world {

using std::chrono::seconds;
using terminal::Transport;

namespace {

constexpr Time kConnectLimit = seconds(30);
constexpr std::size_t kSegment = 1340;
constexpr std::uint64_t kTcpHeader = 40, kUdpHeader = 28, kTcpOpen = 100, kTcpOpenBack = 60;
constexpr std::uint16_t kNamePort = 53;
constexpr std::size_t kMostAtOnce = 65535;

std::uint64_t on_the_air(Transport transport, std::size_t octets) {
  return octets + (transport == Transport::tcp ? kTcpHeader * ((octets + kSegment - 1) / kSegment) : kUdpHeader);
}
// A segment for every two.
std::uint64_t acknowledgements(Transport transport, std::size_t octets) { return transport == Transport::tcp ? kTcpHeader * ((octets + 2 * kSegment - 1) / (2 * kSegment)) : 0; }

class Echo final : public Service {
  class Mirror final : public Dialogue {
   public:
    Out take(ByteView octets) override { return {.parcels = {to_bytes(octets)}}; }
  };

 public:
  std::unique_ptr<Dialogue> open(const Caller&) override { return std::make_unique<Mirror>(); }
};

class Resolver final : public Dialogue {
 public:
  explicit Resolver(std::function<Bytes(const std::string&)> address) : address_(std::move(address)) {}
  Out take(ByteView octets) override {
    Bytes answer = answer_name(octets, address_);
    if (answer.empty()) return {};
    return {.parcels = {std::move(answer)}};
  }

 private:
  std::function<Bytes(const std::string&)> address_;
};

}  // namespace

std::unique_ptr<Service> echo_service() { return std::make_unique<Echo>(); }

Bytes answer_name(ByteView query, const std::function<Bytes(const std::string&)>& address) {
  // RFC 1035 4.1: a header of twelve octets, one question
  if (query.size() < 17 || query.size() > 512 || (query[2] & 0x80) != 0 || be_value(query.subspan(4, 2)) != 1) return {};
  std::string name;
  std::size_t at = 12;
  for (;;) {
    if (at >= query.size()) return {};
    const std::size_t size = query[at++];
    if (size == 0) break;
    if (size > 63 || size > query.size() - at) return {};
    if (!name.empty()) name.push_back('.');
    for (const std::uint8_t c : query.subspan(at, size)) name.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c));
    at += size;
  }
  if (query.size() - at < 4) return {};
  const auto type = be_value(query.subspan(at, 2));
  at += 4;
  const Bytes found = address(name);
  const bool answered = type == 1 && found.size() == 4;
  Bytes out = to_bytes(query.first(2));
  append(out, Bytes{0x81, static_cast<std::uint8_t>(found.empty() ? 0x83 : 0x80), 0x00, 0x01, 0x00, static_cast<std::uint8_t>(answered ? 1 : 0), 0x00, 0x00, 0x00, 0x00});
  append(out, query.subspan(12, at - 12));
  if (answered) {
    append(out, Bytes{0xC0, 0x0C, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x01, 0x2C, 0x00, 0x04});
    append(out, found);
  }
  return out;
}

struct Internet::Line {
  Transport transport = Transport::tcp;
  std::string server;             // id; "dns"
  std::unique_ptr<Dialogue> peer; // null, and no socket either: nothing ever comes back
  std::unique_ptr<terminal::Connection> outside;
  bool owed = false;              // something was sent outside, and what comes back is not known to be all
  Time there{0};                  // one way
  struct Parcel {
    Time at;
    Bytes octets;
    bool close = false;
  };
  std::deque<Parcel> coming;
  std::uint64_t up = 0, down = 0; // octets that the card's side gave and got, without headers
  unsigned turns = 0;             // times that something went up after something had come down
  bool heard = true;
  bool closed = false;            // the peer has hung up, and its last octets have been read
  Time last{0};                   // when the latest octets reach the server
  Time last_back{0};              // and the device
  [[nodiscard]] bool dead() const noexcept { return peer == nullptr && outside == nullptr; }
};

class Wire final : public terminal::Connection {
 public:
  Wire(Internet& net, std::unique_ptr<Internet::Line> line) : net_(net), line_(std::move(line)) { net_.lines_.push_back(line_.get()); }
  ~Wire() override {
    net_.hang_up(*line_);
    net_.lines_.remove(line_.get());
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  bool send(ByteView octets) override { return !line_->closed && net_.transmit(*line_, octets); }

  Bytes receive(std::size_t limit) override {
    Bytes out;
    while (!line_->coming.empty() && line_->coming.front().at <= net_.parts_.clock.now() && out.size() < limit) {
      auto& parcel = line_->coming.front();
      const std::size_t size = std::min(limit - out.size(), parcel.octets.size());
      append(out, ByteView(parcel.octets).first(size));
      line_->down += size;
      line_->heard = true;
      parcel.octets.erase(parcel.octets.begin(), parcel.octets.begin() + static_cast<std::ptrdiff_t>(size));
      if (!parcel.octets.empty()) break;
      if (parcel.close) line_->closed = true;
      line_->coming.pop_front();
      if (line_->transport == Transport::udp) break;
    }
    return out;
  }

  bool dropped() const override { return line_->closed || !net_.parts_.modem.registered(); }
  Bytes local_address() const override { return {10, 0, 0, 2}; }

 private:
  Internet& net_;
  std::unique_ptr<Internet::Line> line_;
};

Internet::Internet(Parts parts, std::uint64_t seed, const std::string& thing) : parts_(std::move(parts)), thing_(thing), loss_(seed, thing, "loss") {}
Internet::~Internet() = default;

Bytes Internet::resolve(const SponsorSpec& sponsor, const std::string& name) const {
  for (const Filter& filter : parts_.world.scenario().filters) {
    if (filter.id != sponsor.filter) continue;
    if (std::none_of(filter.allow.begin(), filter.allow.end(), [&](const Allowed& one) { return one.fqdn == name; })) return {};
  }
  for (const ServerSpec& server : parts_.world.servers()) {
    if (server.fqdn == name) return server.address;
  }
  return {};
}

Internet::Verdict Internet::judge(const SponsorSpec& sponsor, const ServerSpec* server, Transport transport, std::uint16_t port) const {
  for (const Filter& filter : parts_.world.scenario().filters) {
    if (filter.id != sponsor.filter) continue;
    const bool allowed = server != nullptr && std::any_of(filter.allow.begin(), filter.allow.end(), [&](const Allowed& one) {
                           return one.fqdn == server->fqdn && one.port == port && one.tcp == (transport == Transport::tcp);
                         });
    if (!allowed) return filter.reset ? Verdict::reset : Verdict::dropped;
  }
  if (server == nullptr || server->down) return Verdict::nobody;
  bool listens = server->port == port;
  if (server->kind == "eim" && transport == Transport::tcp) listens = listens && server->https;
  if (server->kind == "eim" && transport == Transport::udp) listens = server->coaps && server->coap_port == port;
  if (server->kind == "smdp") listens = listens && transport == Transport::tcp;
  return listens ? Verdict::through : Verdict::nobody;
}

Time Internet::one_way(const SponsorSpec& sponsor, const ServerSpec* server) const {
  return parts_.modem.link().round_trip / 2 + sponsor.gateway / 2 + (server == nullptr ? Time(0) : server->latency / 2);
}

bool Internet::quota_spent(const SponsorSpec& sponsor) const {
  const auto carried = carried_.find(sponsor.id);
  return sponsor.quota != 0 && carried != carried_.end() && carried->second >= sponsor.quota;
}

bool Internet::carries(const SponsorSpec* sponsor) const { return sponsor != nullptr && !sponsor->data_down && !quota_spent(*sponsor); }

void Internet::pay(Line& line, std::uint64_t up, std::uint64_t down, Time until) {
  parts_.modem.transferred(up, down, until);
  parts_.used(line.server, up, down, false);
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(parts_.imsi());
  if (sponsor == nullptr) return;
  std::uint64_t& carried = carried_[sponsor->id];
  const bool before = quota_spent(*sponsor);
  carried += up + down;
  if (!before && quota_spent(*sponsor)) parts_.mark("quota_spent", {{"identity", sponsor->id}, {"octets", std::to_string(carried)}});
}

std::expected<std::unique_ptr<terminal::Connection>, std::string> Internet::open(Transport transport, const terminal::Endpoint& remote, const std::string& access_point) {
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(parts_.imsi());
  if (!parts_.modem.registered() || sponsor == nullptr) return std::unexpected("no registration");
  const radio::SessionOutcome session = parts_.modem.session(access_point);
  const radio::Fields refused{{"apn", access_point}, {"cause", std::to_string(session.cause)}};
  if (session.kind == radio::SessionOutcome::Kind::backing_off) {
    parts_.mark("pdn_waits", refused);
    return std::unexpected("T3396 keeps the modem from the access point " + access_point);
  }
  parts_.clock.advance(parts_.modem.connect());
  if (session.kind == radio::SessionOutcome::Kind::refused) {
    parts_.clock.advance(parts_.modem.link().round_trip);
    parts_.mark("pdn_refused", refused);
    return std::unexpected("the access point " + access_point + " is refused with cause " + std::to_string(session.cause));
  }
  auto line = std::make_unique<Line>();
  line->transport = transport;
  const bool names = transport == Transport::udp && remote.port == kNamePort && equal(remote.address, name_servers().front());
  const auto& servers = parts_.world.servers();
  const auto found = std::find_if(servers.begin(), servers.end(), [&](const ServerSpec& one) { return equal(one.address, remote.address); });
  const ServerSpec* server = found == servers.end() ? nullptr : &*found;
  line->server = names ? "dns" : server == nullptr ? terminal::describe(remote) : server->id;
  line->there = one_way(*sponsor, server);
  const Verdict verdict = !carries(sponsor) ? Verdict::nobody : names ? Verdict::through : judge(*sponsor, server, transport, remote.port);
  if (verdict == Verdict::dropped || verdict == Verdict::reset) {
    parts_.used(line->server, transport == Transport::tcp ? kTcpOpenBack : 0, 0, true);
    parts_.mark("denied", {{"server", line->server}});
  }
  if (verdict == Verdict::through) {
    if (names) {
      line->peer = std::make_unique<Resolver>([this, home = *sponsor](const std::string& name) { return resolve(home, name); });
    } else if (const auto& place = transport == Transport::udp && server->outside_udp ? server->outside_udp : server->outside; place) {
      if (auto connection = outside_.open(transport, *place, {})) line->outside = *std::move(connection);
    } else if (const auto service = parts_.services.find(server->id); service != parts_.services.end()) {
      line->peer = service->second->open({.thing = thing_, .transport = transport, .mark = parts_.mark});
    }
  }
  if (transport == Transport::tcp) {
    if (verdict == Verdict::reset) {
      parts_.clock.advance(2 * line->there);
      return std::unexpected("the connection is refused");
    }
    if (line->dead()) {
      parts_.clock.advance(kConnectLimit);
      pay(*line, kTcpOpenBack * 4, 0, parts_.clock.now());
      parts_.mark("no_answer", {{"server", line->server}});
      return std::unexpected("no answer");
    }
    parts_.clock.advance(2 * line->there);
    ++round_trips_;
    pay(*line, kTcpOpen, kTcpOpenBack, parts_.clock.now());
  }
  line->last = parts_.clock.now();
  if (!names) parts_.mark("channel_open", {{"server", line->server}, {"transport", transport == Transport::tcp ? "tcp" : "udp"}});
  return std::make_unique<Wire>(*this, std::move(line));
}

bool Internet::transmit(Line& line, ByteView octets) {
  if (!parts_.modem.registered()) return false;
  const auto& link = parts_.modem.link();
  const Time now = parts_.clock.now() + parts_.modem.connect();
  line.up += octets.size();
  if (std::exchange(line.heard, false)) {
    ++line.turns;
    ++round_trips_;
  }
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(parts_.imsi());
  const std::uint64_t up = on_the_air(line.transport, octets.size());
  Time arrives = std::max(now, line.last) + line.there + radio::transfer_time(up, link.up_bps);
  const auto servers = parts_.world.servers();
  const auto server = std::find_if(servers.begin(), servers.end(), [&](const ServerSpec& one) { return one.id == line.server; });
  const bool silent = line.dead() || !carries(sponsor) || (server != servers.end() && server->down);
  const auto lost = [&] { return loss_.happens(link.loss_per_million); };
  // The radio or TCP repeats what was lost; a datagram over a radio that does not is gone.
  const bool repeats = link.hides_loss || line.transport == Transport::tcp;
  if (lost()) {
    if (!repeats) {
      pay(line, up, 0, arrives);
      return true;
    }
    arrives += std::max<Time>(2 * link.round_trip, Time(200));
  }
  if (silent) {
    pay(line, up, 0, arrives);
    return true;
  }
  if (line.outside) {
    pay(line, up, 0, arrives);
    line.last = arrives;
    line.owed = line.outside->send(octets);
    return line.owed;
  }
  const auto asked = std::chrono::steady_clock::now();
  Dialogue::Out answer = line.peer->take(octets);
  server_time_ += std::chrono::steady_clock::now() - asked;
  std::uint64_t down = 0;
  Time back = arrives + line.there;
  for (std::size_t i = 0; i < answer.parcels.size(); ++i) {
    Bytes& parcel = answer.parcels[i];
    const std::uint64_t size = on_the_air(line.transport, parcel.size());
    down += size;
    back += radio::transfer_time(size, link.down_bps);
    const bool gone = lost();
    if (gone && !repeats) continue;
    if (gone) back += std::max<Time>(2 * link.round_trip, Time(200));
    line.coming.push_back({back, std::move(parcel), answer.close && i + 1 == answer.parcels.size()});
  }
  if (answer.close && answer.parcels.empty()) line.coming.push_back({back, {}, true});
  const std::size_t back_octets = static_cast<std::size_t>(down);
  pay(line, up + acknowledgements(line.transport, back_octets), down + acknowledgements(line.transport, octets.size()), back);
  line.last = arrives;
  return true;
}

// From a real server, which has just said it.
void Internet::arrive(Line& line, Bytes octets, bool close) {
  const SponsorSpec* sponsor = parts_.world.sponsor_of_imsi(parts_.imsi());
  const auto& servers = parts_.world.servers();
  const auto server = std::find_if(servers.begin(), servers.end(), [&](const ServerSpec& one) { return one.id == line.server; });
  if (!parts_.modem.registered() || !carries(sponsor) || (server != servers.end() && server->down)) return;
  const auto& link = parts_.modem.link();
  const std::uint64_t down = octets.empty() ? 0 : on_the_air(line.transport, octets.size());
  Time back = std::max({parts_.clock.now(), line.last + line.there, line.last_back}) + radio::transfer_time(down, link.down_bps);
  const bool lost = down != 0 && loss_.happens(link.loss_per_million);
  if (lost) back += std::max<Time>(2 * link.round_trip, Time(200));
  pay(line, acknowledgements(line.transport, octets.size()), down, back);
  if (lost && line.transport == Transport::udp && !link.hides_loss) return;
  line.last_back = back;
  line.coming.push_back({back, std::move(octets), close});
}

bool Internet::take_in() {
  bool any = false;
  for (Line* line : lines_) {
    if (!line->outside || line->outside->dropped()) continue;
    for (Bytes octets = line->outside->receive(kMostAtOnce); !octets.empty(); octets = line->outside->receive(kMostAtOnce)) {
      arrive(*line, std::move(octets), false);
      any = true;
    }
    if (line->outside->dropped()) {
      arrive(*line, {}, true);
      line->owed = false;
      any = true;
    }
  }
  return any;
}

bool Internet::listen() {
  if (!outside_.in_use()) return false;
  if (take_in()) return true;
  // What has come and is still on its way is acted upon first.
  const auto owes = [](const Line* line) { return line->owed && line->coming.empty(); };
  if (std::none_of(lines_.begin(), lines_.end(), owes)) return false;
  if (outside_.wait(parts_.patience) && take_in()) return true;
  for (Line* line : lines_) {
    if (!owes(line)) continue;
    line->owed = false;
    parts_.mark("no_answer", {{"server", line->server}});
  }
  return false;
}

void Internet::hang_up(const Line& line) {
  if (line.server == "dns") return;
  radio::Fields fields{{"server", line.server}, {"up", std::to_string(line.up)}, {"down", std::to_string(line.down)}, {"turns", std::to_string(line.turns)}};
  if (const auto plain = line.peer == nullptr ? std::nullopt : line.peer->plain()) {
    fields.emplace_back("inside_up", std::to_string(plain->first));
    fields.emplace_back("inside_down", std::to_string(plain->second));
  }
  parts_.mark("channel_close", std::move(fields));
}

std::optional<Time> Internet::next_arrival() const {
  std::optional<Time> out;
  for (const Line* line : lines_) {
    if (!line->coming.empty() && (!out || line->coming.front().at < *out)) out = line->coming.front().at;
  }
  return out;
}

}  // namespace simurgh::world
