#include "tools/bench/desk.h"

#include "asn1/tlv.h"
#include "tools/perso_upp/upp_builder.h"

namespace simurgh::bench {
namespace {

using namespace simurgh::literals;

constexpr std::int64_t kNow = 1750000000;  // benchmarks and tests live on one day

Bytes value(ByteView message, std::uint32_t outer, std::initializer_list<std::uint32_t> path) {
  auto at = asn1::read_only(message, outer);
  if (!at) throw DeskError("an answer is not what was asked for: " + to_hex(message));
  ByteView content = at->value;
  Bytes out;
  for (const std::uint32_t tag : path) {
    const auto child = asn1::find_child(content, tag);
    if (!child) throw DeskError("an answer lacks an element: " + to_hex(message));
    content = child->value;
    out = to_bytes(child->value);
  }
  return out;
}

template <typename T>
T ok(smdp::Reply<T> reply) {
  if (!reply) throw DeskError(std::string("the server refuses: ") + reply.error().words);
  return *std::move(reply);
}

}  // namespace

Desk::Desk(std::uint64_t seed) : rng_(crypto::seeded_rng(seed)) {
  perso::PkiSpec spec;
  spec.not_before = kNow - 86400;
  pki_ = perso::make_pki(spec, *rng_);
  server_ = std::make_unique<smdp::Es9Plus>(pki_, orders_, *rng_, smdp::Es9Plus::Options{.address = "localhost", .now = [] { return kNow; }, .progress = {}});
}

std::map<state::Key, state::Cell> Desk::new_card(const ecasd::Capabilities& capabilities, bool brainpool_first) {
  perso::CardSpec spec;
  spec.roots = perso::roots_of(pki_);
  if (brainpool_first) std::swap(spec.roots[0], spec.roots[1]);
  spec.capabilities = capabilities;
  return perso::make_cells(spec, *rng_);
}

std::string Desk::order(const std::string& iccid, ByteView metadata_tail, const Bytes& upp) {
  smdp::Order order;
  order.matching_id = "ORDER-" + std::to_string(++next_);
  order.iccid = iccid;
  order.upp = upp.empty() ? perso::build_profile(perso::default_recipe(iccid, "001010000000001", rng_->bytes(16), rng_->bytes(16))) : upp;
  asn1::TlvWriter metadata;
  {
    const auto scope = metadata.open(0xBF25);
    metadata.put(0x5A, smdp::iccid_octets(iccid)).put_text(0x91, "Simurgh").put_text(0x92, order.matching_id).raw(metadata_tail);
  }
  order.metadata = metadata.take();
  orders_.add(order);
  return order.matching_id;
}

Bytes Lpa::transmit(ByteView apdu) {
  Bytes data;
  Bytes next = to_bytes(apdu);
  for (;;) {
    const Bytes response = card_.transmit(next);
    ++apdus_;
    status_ = static_cast<std::uint16_t>(be_value(ByteView(response).last(2)));
    append(data, ByteView(response).first(response.size() - 2));
    if (status_ >> 8 == 0x61) {
      next = {static_cast<std::uint8_t>(apdu[0]), 0xC0, 0x00, 0x00, static_cast<std::uint8_t>(status_)};
    } else if (status_ >> 8 == 0x6C && next.size() <= 5) {
      next.resize(5);
      next[4] = static_cast<std::uint8_t>(status_);
    } else {
      return data;
    }
  }
}

Bytes Lpa::es10(ByteView command, std::size_t block) {
  std::uint8_t number = 0;
  for (std::size_t at = 0;; ++number) {
    const std::size_t size = std::min(block, command.size() - at);
    const bool last = at + size == command.size();
    Bytes apdu{0x80, 0xE2, static_cast<std::uint8_t>(last ? 0x91 : 0x11), number, static_cast<std::uint8_t>(size)};
    append(apdu, command.subspan(at, size));
    at += size;
    Bytes answer = transmit(apdu);
    if (status_ == 0x6D00 && number == 0) {
      // The ISD-R is not selected yet.
      const Bytes select = "00A4040010A0000005591010FFFFFFFF8900000100"_hex;
      (void)transmit(select);
      if (status_ != 0x9000) throw DeskError("the ISD-R cannot be selected");
      answer = transmit(apdu);
    }
    if (status_ != 0x9000 && status_ >> 8 != 0x91) throw DeskError("the card refuses with " + to_hex(be_bytes(status_, 2)));
    if (last || !answer.empty()) return answer;
  }
}

Bytes Lpa::bound_package(Desk& desk, const std::string& matching_id) {
  const Bytes challenge = value(es10("BF2E00"_hex), 0xBF2E, {0x80});
  const Bytes info1 = es10("BF2000"_hex);
  const auto initiated = ok(desk.server().initiate_authentication(challenge, info1, "localhost"));
  asn1::TlvWriter authenticate;
  {
    const auto scope = authenticate.open(0xBF38);
    authenticate.raw(initiated.server_signed1).raw(initiated.server_signature1).raw(initiated.ci_key_id).raw(initiated.certificate);
    const auto context = authenticate.open(0xA0);
    authenticate.put_text(0x80, matching_id);
    const auto device = authenticate.open(0xA1);
    authenticate.put(0x80, "35290611"_hex).put(0xA1, {});
  }
  const auto authenticated = ok(desk.server().authenticate_client(initiated.transaction_id, es10(authenticate.view())));
  asn1::TlvWriter prepare;
  {
    const auto scope = prepare.open(0xBF21);
    prepare.raw(authenticated.smdp_signed2).raw(authenticated.smdp_signature2).raw(authenticated.certificate);
  }
  return ok(desk.server().get_bound_profile_package(initiated.transaction_id, es10(prepare.view())));
}

Bytes Lpa::load(ByteView package, std::size_t block) {
  for (const Bytes& piece : pieces_of(package)) {
    Bytes answer = es10(piece, block);
    if (!answer.empty()) return answer;
  }
  throw DeskError("the package ended without a result");
}

std::vector<Bytes> pieces_of(ByteView package) {
  std::vector<Bytes> out;
  const auto head = asn1::read_head(package);
  if (!head || !*head) throw DeskError("not a bound package");
  asn1::TlvReader in(package.subspan((*head)->header));
  Bytes lead = to_bytes(package.first((*head)->header));
  while (!in.at_end()) {
    const auto part = in.next();
    if (!part) throw DeskError("not a bound package");
    const ByteView part_head = part->raw.first(part->raw.size() - part->value.size());
    if (part->tag == 0xA1 || part->tag == 0xA3) {
      out.push_back(to_bytes(part_head));
      asn1::TlvReader segments(part->value);
      while (!segments.at_end()) {
        const auto segment = segments.next();
        if (!segment) throw DeskError("not a bound package");
        out.push_back(to_bytes(segment->raw));
      }
    } else {
      out.push_back(concat({lead, part->raw}));
    }
    lead.clear();
  }
  return out;
}

bool installed(ByteView bf37) { return error_of(bf37).first == 0; }

std::pair<unsigned, unsigned> error_of(ByteView bf37) {
  const Bytes outcome = value(bf37, 0xBF37, {0xBF27, 0xA2});
  const auto error = asn1::find_child(outcome, 0xA1);
  if (!error) {
    if (!asn1::find_child(outcome, 0xA0)) throw DeskError("a result that is neither success nor error");
    return {0, 0};
  }
  const auto command = asn1::find_child(error->value, 0x80);
  const auto reason = asn1::find_child(error->value, 0x81);
  if (!command || !reason) throw DeskError("an error result without command or reason");
  return {static_cast<unsigned>(asn1::unsigned_value(*reason).value_or(0)), static_cast<unsigned>(asn1::unsigned_value(*command).value_or(0))};
}

}  // namespace simurgh::bench
