#include "tools/simurgh/ipa_host.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "ipae/coap/esipa.h"
#include "ipae/es10/identifiers.h"
#include "ipae/esipa/http_exchange.h"
#include "ipae/transport/dtls.h"
#include "tools/simurgh/card_file.h"
#include "tools/simurgh/command.h"

namespace simurgh::tool {
namespace {

using namespace ipae;
using esipa::EsipaExchange;
using esipa::EsipaResult;
using esipa::Function;

// An exchange with the sockets it stands on.
class OwnedExchange final : public EsipaExchange {
 public:
  OwnedExchange(std::unique_ptr<SocketNet> sockets, std::unique_ptr<NetPort> secure, std::unique_ptr<EsipaExchange> exchange)
      : sockets_(std::move(sockets)), secure_(std::move(secure)), exchange_(std::move(exchange)) {}
  Task<EsipaResult<std::optional<Bytes>>> exchange(Function function, Bytes message) override {
    return exchange_->exchange(function, std::move(message));
  }
  Task<EsipaResult<std::optional<Bytes>>> get_bound_profile_package(Bytes message, OctetSink& package) override {
    return exchange_->get_bound_profile_package(std::move(message), package);
  }
  Task<> close() override { return exchange_->close(); }

 private:
  std::unique_ptr<SocketNet> sockets_;
  std::unique_ptr<NetPort> secure_;
  std::unique_ptr<EsipaExchange> exchange_;
};

void redirect(SocketNet& net, const std::string& connect, const char* option) {
  if (connect.empty()) return;
  const auto there = ServerAddress::parse(connect);
  if (!there) throw Failure(Exit::usage, std::string(option) + " takes HOST:PORT");
  net.redirect(there->host, there->port);
}

}  // namespace

IpaCard::IpaCard(const CardChoice& choice, std::size_t block_size)
    : link_(choice.card.empty() ? open_reader(choice.reader) : open_card_file(choice.card)) {
  using namespace simurgh::literals;
  options_.block_size = block_size;
  // SGP.32 3.8.2: an IPAd is here. Sent first, since some cards take it only before a channel is open.
  options_.terminal_capability = "A903840101"_hex;
  if (auto opened = open(); !opened) throw Failure(opened.error().sw != 0 ? Exit::refused : Exit::unreachable, opened.error().what);
}

PortResult<void> IpaCard::open() {
  auto port = ApduEs10Port::open(*link_, options_);
  if (!port) return std::unexpected(port.error());
  port_ = *std::move(port);
  return {};
}

PortResult<void> IpaCard::restart() {
  port_.reset();
  if (auto atr = link_->reset(); !atr) return std::unexpected(atr.error());
  return open();
}

IpaDoors::IpaDoors(IpaNetwork network) : network_(std::move(network)) {
  if (!network_.eim_address.empty() && !ServerAddress::parse(network_.eim_address)) {
    throw Failure(Exit::usage, "'" + network_.eim_address + "' is no address of an eIM");
  }
  SocketNet probe;
  redirect(probe, network_.connect, "--connect");
  redirect(smdp_tcp_, network_.connect_smdp, "--connect-smdp");
  if (network_.authorities.empty() && !network_.insecure) return;
  TlsTrust trust;
  trust.authorities = network_.authorities;
  trust.verify = !network_.insecure;
  smdp_ = std::make_unique<TlsNet>(smdp_tcp_, trust);
}

NetPort* IpaDoors::servers() { return smdp_.get(); }

// SGP.32 8: a pinned key, else a pinned certificate, else an issuer. Pins are compared whatever the certificate's name and dates.
TlsTrust IpaDoors::trust_of(const es10b::EimEntry& entry) const {
  TlsTrust trust;
  trust.authorities = network_.authorities;
  trust.verify = !network_.insecure;
  if (entry.tls_key.empty()) return trust;
  (entry.tls_key_is_certificate ? trust.pinned_certificate : trust.pinned_key) = entry.tls_key;
  return trust;
}

PortResult<std::unique_ptr<EsipaExchange>> IpaDoors::eim(const es10b::EimEntry& entry) {
  const std::string name = network_.eim_address.empty() ? entry.fqdn : network_.eim_address;
  if (name.empty()) return std::unexpected(PortError{"the card knows no address of this eIM; give --eim HOST[:PORT]"});
  const auto address = ServerAddress::parse(name);
  if (!address) return std::unexpected(PortError{"'" + printable(name) + "' is no address of an eIM"});
  if (entry.tls_key.empty() && network_.authorities.empty() && !network_.insecure) {
    return std::unexpected(PortError{"nothing says which server is this eIM: the card pins no key; give --ca FILE"});
  }
  IpaBinding binding = network_.binding;
  if (binding == IpaBinding::automatic) {
    const bool only_coap =
        (entry.protocols & (esipa::protocol::kRetrieveHttps | esipa::protocol::kRetrieveCoaps)) == esipa::protocol::kRetrieveCoaps;
    binding = only_coap ? IpaBinding::coap : IpaBinding::asn1;
  }
  SocketLimits limits;
  limits.connect = std::chrono::seconds(60);
  limits.idle = network_.answer;
  auto sockets = std::make_unique<SocketNet>(limits);
  redirect(*sockets, network_.connect, "--connect");
  if (binding == IpaBinding::coap) {
    auto secure = std::make_unique<DtlsNet>(*sockets, trust_of(entry), DtlsRules{}, &memories_);
    esipa::CoapOptions how;
    how.reliability.answer = network_.answer;
    if (network_.slow) how.reliability.acknowledgement = std::chrono::seconds(10);
    const bool has_port = name.size() > address->host.size() && address->port != 443;
    auto coap =
        std::make_unique<esipa::CoapExchange>(*secure, *rng_, address->host, has_port ? address->port : esipa::CoapExchange::kPort, how);
    return std::make_unique<OwnedExchange>(std::move(sockets), std::move(secure), std::move(coap));
  }
  auto secure = std::make_unique<TlsNet>(*sockets, trust_of(entry), &memories_);
  esipa::HttpOptions how;
  how.json = binding == IpaBinding::json;
  auto http = std::make_unique<esipa::HttpExchange>(*secure, *address, how);
  return std::make_unique<OwnedExchange>(std::move(sockets), std::move(secure), std::move(http));
}

JournalFile::JournalFile(std::string path) : path_(std::move(path)) {
  std::error_code error;
  if (!std::filesystem::exists(path_, error)) return;
  std::istringstream lines(read_file(path_));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream in(line);
    unsigned record = 0;
    std::string hex;
    const auto octets = in >> record >> hex ? from_hex(hex) : std::nullopt;
    if (!octets) throw Failure(Exit::local, path_ + " is no state of simurgh ipa; move it away to start afresh");
    records_[record] = *octets;
  }
}

Bytes JournalFile::load(unsigned record) {
  const auto found = records_.find(record);
  return found == records_.end() ? Bytes{} : found->second;
}

void JournalFile::store(unsigned record, ByteView value) {
  const Bytes before = load(record);
  if (equal(before, value)) return;
  records_[record] = to_bytes(value);
  if (value.empty()) records_.erase(record);
  std::string text;
  for (const auto& [number, octets] : records_) text += std::to_string(number) + " " + to_hex(octets) + "\n";
  const auto folder = std::filesystem::path(path_).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  write_file(path_, text, 0600);
}

std::string journal_path(const std::string& given, const CardChoice& card, const std::string& eid) {
  if (!given.empty()) return given;
  if (!card.card.empty()) return card.card + ".ipa";
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  std::string folder = state != nullptr && *state != '\0' ? state : std::string(home != nullptr ? home : ".") + "/.local/state";
  return folder + "/simurgh/ipa/" + eid;
}

}  // namespace simurgh::tool
