// Servers behind the terminal of a test: HTTPS around a function, an SM-DP+ with the product's own service, an eIM that follows a list of orders.
#pragma once

#include <deque>
#include <set>

#include "tests/support/test_eim.h"
#include "tests/unit/ipae/memory_net.h"
#include "tests/unit/ipae_card/internet.h"
#include "tools/bench/desk.h"
#include "tools/smdp/http_service.h"

namespace simurgh::test {

struct HttpAnswer {
  unsigned status = 200;
  std::string type;
  Bytes body;
};
using HttpService = std::function<HttpAnswer(const std::string& target, const std::string& fields, const Bytes& body)>;

// Octets of HTTP in and out, TLS in between.
inline Internet::Listen https(ByteView certificate, const crypto::EcPrivateKey& key, HttpService service) {
  // The key outlives the network: it is the desk's.
  return [certificate = to_bytes(certificate), &key, service = std::move(service)]() -> Internet::Peer {
    const Service answer = [service](Bytes& received) -> Bytes {
      std::string target, fields;
      Bytes body;
      if (!take_request(received, target, fields, body)) return {};
      const HttpAnswer got = service(target, fields, body);
      std::string head = "HTTP/1.1 " + std::to_string(got.status) + " Answer\r\n";
      if (!got.type.empty()) head += "Content-Type: " + got.type + "\r\n";
      if (got.status != 204) head += "Content-Length: " + std::to_string(got.body.size()) + "\r\n";
      return concat({text_view(head + "\r\n"), got.body});
    };
    auto stream = std::make_shared<TlsServerStream>(certificate, key, answer);
    return [stream](ByteView octets) -> Bytes {
      (void)ipae::run_now(stream->send(to_bytes(octets)));
      auto out = ipae::run_now(stream->receive());
      return out ? *out : Bytes{};
    };
  };
}

// The desk's SM-DP+ as the network sees it.
inline Internet::Listen smdp_over_https(bench::Desk& desk) {
  const auto& tls = *desk.pki().curves[0].dp_tls;
  return https(tls.certificate.der, *tls.key, [&desk](const std::string& target, const std::string& fields, const Bytes& body) -> HttpAnswer {
    smdp::Es2Plus es2(desk.orders(), desk.rng());
    smdp::HttpService service(desk.server(), es2);
    const std::size_t at = fields.find("Content-Type: ");
    const std::string type = fields.substr(at + 14, fields.find("\r\n", at) - at - 14);
    const smdp::HttpReply reply = service.handle(smdp::Interface::es9plus, target, type, to_text(body));
    return {reply.status, reply.content_type, to_bytes(text_view(reply.body))};
  });
}

// An eIM with a list of orders: each is served until its result has come.
struct DeskEim {
  explicit DeskEim(TestEim& signer_in) : signer(signer_in) {}

  TestEim& signer;
  std::deque<Bytes> orders;             // BF51, BF52 or BF54
  std::vector<std::string> polls;       // BF4F requests in hexadecimal
  std::vector<std::string> results;     // elements of package results, each once
  std::vector<std::string> reports;     // BF50 of another kind
  std::set<std::uint64_t> sequences;    // of package results
  std::uint64_t notifications = 0;
  const crypto::EcPublicKey* euicc = nullptr;
  std::function<void(ByteView bf54)> trigger_failed = {};
  unsigned bad_signatures = 0;

  HttpAnswer handle(const std::string& target, const std::string&, const Bytes& body) {
    if (target != "/gsma/rsp2/asn1") return {404, {}, {}};
    const auto message = asn1::TlvReader(body).next();
    if (!message) return {400, {}, {}};
    const auto der = [](Bytes octets) { return HttpAnswer{200, "application/x-gsma-rsp-asn1", std::move(octets)}; };
    if (message->tag == 0xBF4F) {
      polls.push_back(to_hex(body));
      return der(orders.empty() ? *from_hex("BF4F03020101") : asn1::tlv(0xBF4F, orders.front()));
    }
    if (message->tag == 0xBF3D) {
      ++notifications;
      return {204, {}, {}};
    }
    if (message->tag != 0xBF50) return {400, {}, {}};
    Bytes acknowledged;
    asn1::TlvReader in(message->value);
    while (!in.at_end()) {
      const auto part = in.next();
      if (!part) return {400, {}, {}};
      if (part->tag == 0xBF51) take_result(part->raw, acknowledged);
      if (part->tag == 0xBF52 || part->tag == 0xA0) {
        reports.push_back(to_hex(part->raw));
        finish(part->tag);
      }
      if (part->tag == 0xBF54) take_trigger(*part, acknowledged);
      if (part->tag != 0x30) continue;
      asn1::TlvReader both(part->value);
      while (!both.at_end()) {
        const auto one = both.next();
        if (!one) return {400, {}, {}};
        if (one->tag == 0xBF51) take_result(one->raw, acknowledged);
        if (one->tag != 0xA0) continue;
        asn1::TlvReader list(one->value);
        while (!list.at_end()) {
          const auto notification = list.next();
          if (!notification) return {400, {}, {}};
          ++notifications;
          acknowledge(*notification, acknowledged);
        }
      }
    }
    if (acknowledged.empty()) return der(*from_hex("BF50023000"));
    return der(asn1::tlv(0xBF50, asn1::tlv(0xBF53, acknowledged)));
  }
  Internet::Listen listen(const perso::Identity& tls) {
    return https(tls.certificate.der, *tls.key, [this](const std::string& target, const std::string& fields, const Bytes& body) { return handle(target, fields, body); });
  }

 private:
  void finish(std::uint32_t tag) {
    if (!orders.empty() && (tag == 0xA0 || asn1::TlvReader(orders.front()).next()->tag == tag)) orders.pop_front();
  }
  void take_result(ByteView raw, Bytes& acknowledged) {
    const PackageResult result = signer.read(raw, *euicc);
    if (result.kind != 'U' && !result.verified) ++bad_signatures;
    if (result.kind == 'R') {
      append(acknowledged, asn1::tlv(0x80, asn1::integer_content(result.sequence)));
      if (!sequences.insert(result.sequence).second) return;
    }
    results.push_back(std::string(1, result.kind) + result.elements + (result.error != 0 ? std::to_string(result.error) : ""));
    finish(0xBF51);
  }
  void take_trigger(const asn1::Tlv& trigger, Bytes& acknowledged) {
    reports.push_back(to_hex(trigger.raw));
    finish(0xBF54);
    const auto installation = asn1::find_child(trigger.value, 0xBF37);
    if (installation) acknowledge(*installation, acknowledged);
    if ((!installation || !bench::installed(installation->raw)) && trigger_failed) trigger_failed(trigger.raw);
  }
  // The sequence number of a BF37 or 30.
  static void acknowledge(const asn1::Tlv& notification, Bytes& acknowledged) {
    ByteView where = notification.value;
    if (const auto data = asn1::find_child(where, 0xBF27)) where = data->value;
    const auto metadata = asn1::find_child(where, 0xBF2F);
    const auto sequence = metadata ? asn1::find_child(metadata->value, 0x80) : std::nullopt;
    if (sequence) append(acknowledged, asn1::tlv(0x80, sequence->value));
  }
};

inline Bytes data_request(const std::string& tags) { return asn1::tlv(0xBF52, asn1::tlv(0x5C, *from_hex(tags))); }
inline Bytes download_trigger(const std::string& activation_code, const std::string& id) {
  return asn1::tlv(0xBF54, concat({asn1::tlv(0xA0, asn1::tlv(0x80, text_view(activation_code))), asn1::tlv(0x82, *from_hex(id))}));
}

}  // namespace simurgh::test
