// An eIM with its service in one process: a PKI of its own, a store in memory, a clock that the test moves, and an SM-DP+ that is a list of what it heard.
#pragma once

#include <memory>

#include "asn1/codec/codec.h"
#include "tests/unit/eim/paper_card.h"
#include "tools/eim/esipa_service.h"
#include "tools/eim/rest.h"

namespace simurgh::test {

class DeafDp final : public eim::DpPort {
 public:
  std::vector<std::pair<std::string, Bytes>> heard;
  bool reachable = true;
  ipae::Es9Result<ipae::InitiateAuthenticationOk> initiate_authentication(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<ipae::AuthenticateClientOk> authenticate_client(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<Bytes> get_bound_profile_package(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<void> cancel_session(const std::string&, ByteView, ByteView) override { return no(); }
  ipae::Es9Result<void> handle_notification(const std::string& address, ByteView pending) override {
    if (!reachable) return no();
    heard.emplace_back(address, to_bytes(pending));
    return {};
  }

 private:
  static std::unexpected<ipae::Es9Error> no() {
    ipae::Es9Error error;
    error.kind = ipae::Es9Error::Kind::unreachable;
    error.what = "nobody answers";
    return std::unexpected(error);
  }
};

struct EimWorld {
  explicit EimWorld(const std::string& path = ":memory:", bool learn = false)
      : rng(crypto::seeded_rng(7)), pki(perso::make_pki({.not_before = 1700000000}, *rng)), store(path) {
    options.eim_id = "eim1.example.com";
    options.now = [this] { return now; };
    options.learn = learn;
    options.finished = [this](const eim::Request& request) { finished.push_back(request.resource); };
    start();
  }
  // A new process on the same store.
  void start() {
    service.reset();
    indirect.reset();
    manager = std::make_unique<eim::Eim>(pki, store, *rng, options);
    indirect = std::make_unique<eim::Indirect>(*manager, dp, eim::Indirect::Options{});
    service = std::make_unique<eim::EsipaService>(*manager, *indirect);
  }

  std::string order(eim::Facility facility, const std::string& eid, const char* json) {
    const auto out = manager->create(facility, eid, eim::Json::parse(json));
    if (!out) throw std::runtime_error(out.error());
    return *out;
  }
  std::string psmo(const std::string& eid, const char* json) { return order(eim::Facility::psmo, eid, json); }

  // One message; what comes back also pleases the other decoder.
  std::string polled;  // of the one connection
  Bytes ask(ByteView message) {
    const auto answer = service->handle_asn1(message, &polled);
    if (!answer) throw std::runtime_error("no body");
    if (!asn1::codec::check("EsipaMessageFromEimToIpa", *answer)) throw std::runtime_error("not a message of ESipa: " + to_hex(*answer));
    return *answer;
  }
  // The package in an answer to a poll; empty when there is none.
  Bytes poll(const PaperCard& card) {
    const Bytes answer = ask(card.poll());
    const auto whole = asn1::read_only(answer, 0xBF4F);
    asn1::TlvReader in(whole->value);
    const auto package = in.next().value();
    return package.tag == 0x02 ? Bytes() : to_bytes(package.raw);
  }
  [[nodiscard]] eim::Request request(const std::string& resource) { return store.by_resource(resource).value(); }
  // Gives the card's certificates without a data request.
  void know(const PaperCard& card) {
    eim::Device device;
    device.eid = card.eid();
    device.token = card.token;
    device.asked = true;
    device.last_seen = now;
    const auto certificate = crypto::parse_certificate(card.euicc_certificate);
    device.euicc_certificate = card.euicc_certificate;
    device.eum_certificate = card.eum_certificate;
    device.key_point = certificate->key->point();
    store.save(device);
  }

  std::int64_t now = 1800000000;
  std::unique_ptr<crypto::Rng> rng;
  perso::Pki pki;
  eim::EimStore store;
  eim::EimOptions options;
  DeafDp dp;
  std::vector<std::string> finished;
  std::unique_ptr<eim::Eim> manager;
  std::unique_ptr<eim::Indirect> indirect;
  std::unique_ptr<eim::EsipaService> service;
};

inline constexpr const char* kEid = "89049032123451234512345678901235";
inline constexpr const char* kOtherEid = "89049032000000000000000000000051";

}  // namespace simurgh::test
