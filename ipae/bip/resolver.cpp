#include <algorithm>

#include "ipae/bip/bip_net.h"

namespace simurgh::ipae {

using std::chrono::seconds;
using toolkit::BipOpen;

namespace {

constexpr std::uint16_t kNamePort = 53;
// RFC 7600: an address that is nobody's, to learn the terminal's name servers from the answer to OPEN CHANNEL.
const Bytes kNobody{192, 0, 0, 8};

}  // namespace

// One question to one server. Answers to other questions are passed over (RFC 5452 3).
Task<std::expected<dns::Answer, BipNet::NoAnswer>> BipNet::ask(Bytes server, std::string host, dns::RecordType type) {
  auto opened = co_await open(BipOpen::Transport::udp, std::move(server), kNamePort);
  if (!opened) co_return std::unexpected(NoAnswer{opened.error()});
  channel_ = *std::move(opened);
  NoAnswer none{{"the name server does not answer"}};
  PortError& last = none.error;
  const Bytes id = parts_.rng.bytes(2);
  const auto query = dns::encode_query(static_cast<std::uint16_t>(be_value(id)), host, type);
  if (!query) last.what = "'" + host + "' cannot be a server's name";
  // The same question again, waiting twice as long: in deep NB-IoT coverage the answer to the first comes while the second is out.
  for (unsigned attempt = 0; query && attempt < settings_.name_attempts; ++attempt) {
    Bytes datagram = *query;
    const auto sent = co_await send_datagram(std::move(datagram));
    if (!sent) {
      last = failure(sent.error());
      break;
    }
    bool over = false;
    for (unsigned strangers = 0; strangers < 8 && !over; ++strangers) {
      const auto got = co_await receive_datagram(settings_.name_limit * (1U << std::min(attempt, 4U)));
      if (!got) {
        over = true;
        if (got.error().kind != toolkit::BipFailure::Kind::timeout) {
          last = failure(got.error());
          attempt = settings_.name_attempts;
        }
        break;
      }
      const auto answer = dns::read_answer(*query, *got);
      if (answer) {
        co_await close();
        co_return *answer;
      }
      if (answer.error() == dns::Failure::not_ours) continue;
      last.what = dns::words(answer.error());
      none.said = answer.error();
      // What the server said with certainty is not asked for again.
      attempt = settings_.name_attempts;
      over = true;
    }
  }
  co_await close();
  reached_ = Reached::no_path;
  last.what = host + ": " + last.what;
  co_return std::unexpected(none);
}

Task<> BipNet::learn_name_servers() {
  constexpr toolkit::ProfileBit kDnsRequest{33, 1};
  if (!parts_.cat.supports(kDnsRequest)) co_return;
  Bytes nobody = kNobody;
  auto opened = co_await open(BipOpen::Transport::udp, std::move(nobody), kNamePort);
  if (!opened) co_return;
  channel_ = *std::move(opened);
  co_await close();
}

Task<std::optional<bool>> BipNet::any_answer(std::string host) {
  if (dns::parse_address(host)) host = "example.com";
  if (settings_.name_servers.empty() && told_servers_.empty()) co_await learn_name_servers();
  std::vector<Bytes> servers = settings_.name_servers;
  servers.insert(servers.end(), told_servers_.begin(), told_servers_.end());
  if (servers.empty()) co_return std::nullopt;
  for (Bytes& server : servers) {
    const auto answer = co_await ask(std::move(server), host, dns::RecordType::a);
    if (answer || answer.error().said) co_return true;
  }
  co_return false;
}

Task<PortResult<std::vector<Bytes>>> BipNet::resolve(std::string host) {
  if (auto address = dns::parse_address(host)) co_return std::vector<Bytes>{*std::move(address)};
  if (auto known = cache_.find(host, parts_.now()); !known.empty()) co_return std::move(known);
  if (settings_.name_servers.empty() && told_servers_.empty()) co_await learn_name_servers();
  PortError last{host + ": no name server is known"};
  std::vector<Bytes> servers = settings_.name_servers;
  std::size_t told = 0;
  for (std::size_t i = 0; i < servers.size() || told < told_servers_.size();) {
    if (i == servers.size()) servers.push_back(told_servers_[told++]);
    const Bytes server = servers[i++];
    if (std::ranges::find(servers.begin(), servers.begin() + static_cast<std::ptrdiff_t>(i - 1), server) != servers.begin() + static_cast<std::ptrdiff_t>(i - 1)) continue;
    for (const dns::RecordType type : {dns::RecordType::a, dns::RecordType::aaaa}) {
      Bytes asked = server;
      const auto answer = co_await ask(std::move(asked), host, type);
      if (answer) {
        cache_.put(host, *answer, parts_.now());
        co_return answer->addresses;
      }
      last = answer.error().error;
      if (reached_ == Reached::no_bearer || reached_ == Reached::nothing) co_return std::unexpected(last);
      if (answer.error().said != dns::Failure::no_address) break;
    }
  }
  if (const auto fixed = settings_.hosts.find(host); fixed != settings_.hosts.end()) co_return std::vector<Bytes>{fixed->second};
  co_return std::unexpected(last);
}

}  // namespace simurgh::ipae
