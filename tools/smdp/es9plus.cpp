#include "tools/smdp/es9plus.h"

#include <algorithm>

#include "asn1/tlv.h"
#include "euicc/crypto/symmetric.h"
#include "tools/smdp/bpp_builder.h"

namespace simurgh::smdp {
namespace {

using asn1::Tlv;
using asn1::TlvReader;
using asn1::TlvWriter;

constexpr std::size_t kMostSessions = 10000;
constexpr std::int64_t kSessionSeconds = 3600;

constexpr Refusal kUnknownTransaction{"8.10.1", "3.9", "unknown transaction id"};
constexpr Refusal kBadSignature{"8.1", "6.1", "the eUICC's signature does not verify"};
constexpr Refusal kMatchingIdRefused{"8.2.6", "3.8", "matching id refused"};

std::string host_of(std::string address) {
  std::ranges::transform(address, address.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return address.substr(0, address.find(':'));
}

bool lists_key(ByteView list, ByteView key_id) {
  TlvReader in(list);
  while (!in.at_end()) {
    const auto entry = in.next();
    if (!entry) return false;
    if (entry->tag == 0x04 && equal(entry->value, key_id)) return true;
  }
  return false;
}

const char* event_name(std::uint64_t bits) {
  if ((bits & 1) != 0) return "install";
  if ((bits & 2) != 0) return "enable";
  if ((bits & 4) != 0) return "disable";
  if ((bits & 8) != 0) return "delete";
  return "unknown";
}

}  // namespace

std::string iccid_digits(ByteView swapped) {
  std::string out;
  for (const std::uint8_t octet : swapped) {
    for (const unsigned nibble : {octet & 0x0FU, unsigned{octet} >> 4U}) {
      if (nibble < 10) out.push_back(static_cast<char>('0' + nibble));
    }
  }
  return out;
}

Bytes iccid_octets(const std::string& digits) {
  Bytes out(10, 0xFF);
  for (std::size_t i = 0; i < digits.size() && i < 20; ++i) {
    const auto digit = static_cast<std::uint8_t>(digits[i] - '0');
    out[i / 2] = static_cast<std::uint8_t>(i % 2 == 0 ? (out[i / 2] & 0xF0) | digit : (out[i / 2] & 0x0F) | digit << 4);
  }
  return out;
}

Es9Plus::Es9Plus(perso::Pki pki, OrderStore& store, crypto::Rng& rng, Options options)
    : pki_(std::move(pki)), store_(store), rng_(rng), options_(std::move(options)) {}

void Es9Plus::forget_old_sessions() {
  const std::int64_t limit = options_.now() - kSessionSeconds;
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.started < limit; });
  if (sessions_.size() >= kMostSessions) sessions_.clear();
}

// SGP.22 v2.5 5.6.1
Reply<InitiateOk> Es9Plus::initiate_authentication(ByteView challenge, ByteView euicc_info1, const std::string& smdp_address) {
  const std::scoped_lock lock(mutex_);
  if (host_of(smdp_address) != host_of(options_.address)) return std::unexpected(Refusal{"8.8.1", "3.8", "this is another SM-DP+ address"});
  const auto info = asn1::read_only(euicc_info1, 0xBF20);
  const auto svn = info ? asn1::find_child(info->value, 0x82) : std::nullopt;
  const auto verification = info ? asn1::find_child(info->value, 0xA9) : std::nullopt;
  const auto signing = info ? asn1::find_child(info->value, 0xAA) : std::nullopt;
  if (challenge.size() != 16 || !svn || !verification || !signing) return std::unexpected(Refusal{"8.1", "2.1", "EUICCInfo1 or challenge cannot be read"});
  if (svn->value.size() != 3 || svn->value[0] < 2) return std::unexpected(Refusal{"8.8.3", "3.1", "the eUICC's SVN is not supported"});
  // The first key id of the card's signing list for which this server has certificates and which the card also verifies under.
  std::optional<std::size_t> chosen;
  TlvReader in(signing->value);
  while (!chosen && !in.at_end()) {
    const auto key_id = in.next();
    if (!key_id) break;
    for (std::size_t i = 0; i < pki_.curves.size(); ++i) {
      const auto& c = pki_.curves[i];
      if (c.ci && c.dp_auth && c.dp_auth->key && c.dp_pb && c.dp_pb->key && equal(c.ci->certificate.ski, key_id->value) &&
          lists_key(verification->value, key_id->value)) {
        chosen = i;
        break;
      }
    }
  }
  if (!chosen) return std::unexpected(Refusal{"8.8.2", "3.1", "no CI key in common with the eUICC"});
  forget_old_sessions();
  const perso::Pki::Curve& c = pki_.curves[*chosen];
  Session session;
  session.curve = *chosen;
  session.challenge = rng_.bytes(16);
  session.started = options_.now();
  const Bytes id = rng_.bytes(16);
  TlvWriter signed1;
  {
    const auto scope = signed1.open(0x30);
    signed1.put(0x80, id).put(0x81, challenge).put_text(0x83, smdp_address).put(0x84, session.challenge);
  }
  InitiateOk out;
  out.transaction_id = id;
  out.server_signature1 = asn1::tlv(0x5F37, c.dp_auth->key->sign({signed1.view()}));
  out.server_signed1 = signed1.take();
  out.ci_key_id = asn1::tlv(0x04, c.ci->certificate.ski);
  out.certificate = c.dp_auth->certificate.der;
  sessions_[id] = std::move(session);
  return out;
}

Reply<crypto::Certificate> Es9Plus::verify_chain(ByteView euicc_der, ByteView eum_der, std::size_t curve) const {
  const auto eum = crypto::parse_certificate(eum_der);
  const auto& ci = pki_.curves[curve].ci->certificate;
  const std::int64_t now = options_.now();
  if (!eum || !eum->has_role(crypto::Role::eum) || !crypto::issued_by(*eum, ci) || !crypto::may_issue(ci, *eum)) {
    return std::unexpected(Refusal{"8.1.2", "6.1", "the EUM certificate does not verify"});
  }
  if (now < eum->not_before || now > eum->not_after) return std::unexpected(Refusal{"8.1.2", "6.3", "the EUM certificate has expired"});
  auto euicc = crypto::parse_certificate(euicc_der);
  if (!euicc || !euicc->has_role(crypto::Role::euicc) || !crypto::issued_by(*euicc, *eum) || !crypto::may_issue(*eum, *euicc)) {
    return std::unexpected(Refusal{"8.1.3", "6.1", "the eUICC certificate does not verify"});
  }
  if (now < euicc->not_before || now > euicc->not_after) return std::unexpected(Refusal{"8.1.3", "6.3", "the eUICC certificate has expired"});
  return *std::move(euicc);
}

// SGP.22 v2.5 5.6.3
Reply<AuthenticateOk> Es9Plus::authenticate_client(ByteView transaction_id, ByteView response) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(to_bytes(transaction_id));
  if (found == sessions_.end() || found->second.euicc) return std::unexpected(kUnknownTransaction);
  Session session = std::move(found->second);
  sessions_.erase(found);  // one attempt for one challenge
  const auto outer = asn1::read_only(response, 0xBF38);
  const auto ok = outer ? asn1::find_child(outer->value, 0xA0) : std::nullopt;
  if (!ok) return std::unexpected(kBadSignature);
  TlvReader in(ok->value);
  const auto signed1 = in.required(0x30);
  const auto signature = in.required(0x5F37);
  const auto euicc_certificate = in.required(0x30);
  const auto eum_certificate = in.required(0x30);
  if (!signed1 || !signature || !euicc_certificate || !eum_certificate) return std::unexpected(kBadSignature);
  auto euicc = verify_chain(euicc_certificate->raw, eum_certificate->raw, session.curve);
  if (!euicc) return std::unexpected(euicc.error());
  if (!euicc->key->verify({signed1->raw}, signature->value)) return std::unexpected(kBadSignature);
  const auto signed_id = asn1::find_child(signed1->value, 0x80);
  const auto server_challenge = asn1::find_child(signed1->value, 0x84);
  const auto context = asn1::find_child(signed1->value, 0xA0);
  if (!signed_id || !equal(signed_id->value, transaction_id)) return std::unexpected(kUnknownTransaction);
  if (!server_challenge || !equal(server_challenge->value, session.challenge) || !context) return std::unexpected(kBadSignature);
  session.eid = euicc->subject_serial_number;
  const auto matching = asn1::find_child(context->value, 0x80);
  session.matching_id = matching ? to_text(matching->value) : std::string();

  const auto order = session.matching_id.empty() ? store_.default_for(session.eid) : store_.by_matching_id(session.matching_id);
  if (!order) {
    if (session.matching_id.empty()) return std::unexpected(Refusal{"8.2.5", "4.3", "no eligible profile for this eUICC"});
    return std::unexpected(kMatchingIdRefused);
  }
  if (!order->eid.empty() && order->eid != session.eid) return std::unexpected(Refusal{"8.1.1", "3.8", "the order is for another EID"});
  if (order->expires != 0 && options_.now() > order->expires) return std::unexpected(Refusal{"8.8.5", "4.10", "the download order has expired"});
  const bool retry = order->state == "downloaded" && (order->bound_eid == session.eid || order->reusable);
  if (order->state == "error") return std::unexpected(Refusal{"8.8.5", "6.4", "the number of attempts is exceeded"});
  if (order->state == "available" || order->state == "allocated" || order->state == "confirmed") {
    return std::unexpected(Refusal{"8.2", "1.2", "the profile has not been released"});
  }
  if (order->state != "released" && !retry && !order->reusable) return std::unexpected(kMatchingIdRefused);

  const perso::Pki::Curve& c = pki_.curves[session.curve];
  session.order = order->id;
  session.confirmation_needed = !order->confirmation_hash.empty();
  const bool same_card = order->bound_eid == session.eid && !order->bound_otpk.empty();
  TlvWriter signed2;
  {
    const auto scope = signed2.open(0x30);
    signed2.put(0x80, transaction_id).put_byte(0x01, session.confirmation_needed ? 0xFF : 0x00);
    if (same_card) signed2.put(0x5F49, order->bound_otpk);
  }
  AuthenticateOk out;
  out.transaction_id = to_bytes(transaction_id);
  out.metadata = order->metadata;
  out.smdp_signature2 = asn1::tlv(0x5F37, c.dp_pb->key->sign({signed2.view(), signature->raw}));
  out.smdp_signed2 = signed2.take();
  out.certificate = c.dp_pb->certificate.der;
  session.smdp_signature2 = out.smdp_signature2;
  session.euicc = *std::move(euicc);
  sessions_[out.transaction_id] = std::move(session);
  return out;
}

std::optional<Order> Es9Plus::order_of(const Session& session) {
  for (Order& order : store_.all()) {
    if (order.id == session.order) return std::move(order);
  }
  return std::nullopt;
}

// SGP.22 v2.5 5.6.2
Reply<Bytes> Es9Plus::get_bound_profile_package(ByteView transaction_id, ByteView response) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(to_bytes(transaction_id));
  if (found == sessions_.end() || !found->second.euicc) return std::unexpected(kUnknownTransaction);
  const Session& session = found->second;
  const auto outer = asn1::read_only(response, 0xBF21);
  const auto ok = outer ? asn1::find_child(outer->value, 0xA0) : std::nullopt;
  TlvReader in(ok ? ok->value : ByteView{});
  const auto signed2 = in.required(0x30);
  const auto signature = in.required(0x5F37);
  if (!ok || !signed2 || !signature) return std::unexpected(kBadSignature);
  if (!session.euicc->key->verify({signed2->raw, session.smdp_signature2}, signature->value)) return std::unexpected(kBadSignature);
  const auto signed_id = asn1::find_child(signed2->value, 0x80);
  const auto otpk = asn1::find_child(signed2->value, 0x5F49);
  const auto hash = asn1::find_child(signed2->value, 0x04);
  if (!signed_id || !equal(signed_id->value, transaction_id) || !otpk) return std::unexpected(kUnknownTransaction);
  auto order = order_of(session);
  if (!order || order->state == "cancelled") return std::unexpected(kMatchingIdRefused);
  if (session.confirmation_needed) {
    if (!hash) return std::unexpected(Refusal{"8.2.7", "2.2", "the confirmation code is missing"});
    if (order->confirmation_left <= 0) return std::unexpected(Refusal{"8.2.7", "6.4", "too many wrong confirmation codes"});
    const crypto::Digest expected = crypto::sha256({order->confirmation_hash, transaction_id});
    if (!crypto::equal_secret(expected, hash->value)) {
      --order->confirmation_left;
      const bool last = order->confirmation_left == 0;
      if (last) order->state = "error";
      store_.update(*order);
      if (options_.progress) options_.progress(*order, "confirmation failure", false);
      if (last) return std::unexpected(Refusal{"8.2.7", "6.4", "too many wrong confirmation codes"});
      return std::unexpected(Refusal{"8.2.7", "3.8", "the confirmation code is wrong"});
    }
  }
  // A card that comes back with the one-time key a package is already bound to gets that very package again.
  if (order->bound_eid == session.eid && equal(order->bound_otpk, otpk->value)) return order->bound_package;
  const auto eid = from_hex(session.eid);
  BindingRequest request;
  request.transaction_id = to_bytes(transaction_id);
  request.eid = eid.value_or(Bytes{});
  request.euicc_otpk = to_bytes(otpk->value);
  request.metadata = order->metadata;
  request.upp = order->upp;
  auto package = bind_package(request, *pki_.curves[session.curve].dp_pb->key, rng_);
  if (!package) return std::unexpected(kBadSignature);
  order->bound_otpk = to_bytes(otpk->value);
  order->bound_package = *package;
  order->bound_eid = session.eid;
  order->state = "downloaded";
  store_.update(*order);
  if (options_.progress) options_.progress(*order, "BPP download", true);
  return *std::move(package);
}

// SGP.22 v2.5 5.6.4. A result ends its order; the signature is checked against the certificates that come along, or those of the session.
void Es9Plus::handle_notification(ByteView pending) {
  const std::scoped_lock lock(mutex_);
  StoredNotification out;
  out.raw = to_bytes(pending);
  TlvReader reader(pending);
  const auto outer = reader.next();
  if (outer && (outer->tag == 0xBF37 || outer->tag == 0x30)) {
    const bool is_result = outer->tag == 0xBF37;
    TlvReader in(outer->value);
    const auto data = in.required(is_result ? 0xBF27 : 0xBF2F);
    const auto signature = in.required(0x5F37);
    const auto metadata = !data ? std::nullopt : is_result ? asn1::find_child(data->value, 0xBF2F) : std::optional<Tlv>(*data);
    if (metadata) {
      if (const auto number = asn1::find_child(metadata->value, 0x80)) out.sequence = static_cast<std::int64_t>(asn1::unsigned_value(*number).value_or(0));
      if (const auto events = asn1::find_child(metadata->value, 0x81)) out.event = event_name(asn1::named_bits(*events).value_or(0));
      if (const auto iccid = asn1::find_child(metadata->value, 0x5A)) out.iccid = iccid_digits(iccid->value);
    }
    if (data && signature && is_result) {
      const auto id = asn1::find_child(data->value, 0x80);
      const auto session = id ? sessions_.find(to_bytes(id->value)) : sessions_.end();
      if (session != sessions_.end() && session->second.euicc) {
        out.eid = session->second.eid;
        out.verified = session->second.euicc->key->verify({data->raw}, signature->value);
        const auto final_result = asn1::find_child(data->value, 0xA2);
        const bool good = final_result && asn1::find_child(final_result->value, 0xA0).has_value();
        if (auto order = order_of(session->second); order && out.verified) {
          if (good) {
            order->state = order->reusable ? "released" : "installed";
            order->bound_otpk.clear();
            order->bound_package.clear();
          } else {
            // The card forgot its one-time key with the result, so a retry needs a new package.
            order->state = "released";
            order->bound_otpk.clear();
            order->bound_package.clear();
            order->bound_eid.clear();
          }
          store_.update(*order);
          if (options_.progress) options_.progress(*order, "BPP installation", good);
        }
        sessions_.erase(session);
      }
    } else if (data && signature) {
      const auto euicc = in.required(0x30);
      const auto eum = in.required(0x30);
      for (std::size_t i = 0; euicc && eum && i < pki_.curves.size(); ++i) {
        if (!pki_.curves[i].ci) continue;
        const auto certificate = verify_chain(euicc->raw, eum->raw, i);
        if (!certificate) continue;
        out.eid = certificate->subject_serial_number;
        out.verified = certificate->key->verify({data->raw}, signature->value);
      }
    }
  }
  store_.add_notification(out);
}

// SGP.22 v2.5 5.6.5. endUserRejection and the like end the order, postponed and timeout leave it for later.
std::optional<Refusal> Es9Plus::cancel_session(ByteView transaction_id, ByteView response) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(to_bytes(transaction_id));
  if (found == sessions_.end()) return kUnknownTransaction;
  const auto outer = asn1::read_only(response, 0xBF41);
  const auto ok = outer ? asn1::find_child(outer->value, 0xA0) : std::nullopt;
  TlvReader in(ok ? ok->value : ByteView{});
  const auto tbs = in.required(0x30);
  const auto signature = in.required(0x5F37);
  if (!ok || !tbs || !signature || !found->second.euicc) return kBadSignature;
  if (!found->second.euicc->key->verify({tbs->raw}, signature->value)) return kBadSignature;
  const auto signed_id = asn1::find_child(tbs->value, 0x80);
  const auto oid = asn1::find_child(tbs->value, 0x81);
  const auto reason = asn1::find_child(tbs->value, 0x82);
  if (!signed_id || !equal(signed_id->value, transaction_id)) return kUnknownTransaction;
  if (!oid || !equal(oid->value, pki_.curves[found->second.curve].dp_auth->certificate.registered_id)) {
    return Refusal{"8.8", "3.10", "the SM-DP+ OID in the cancellation is another"};
  }
  const bool postponed = reason && reason->value.size() == 1 && (reason->value[0] == 1 || reason->value[0] == 2);
  if (auto order = order_of(found->second); order && !postponed && !order->reusable) {
    order->state = "error";
    store_.update(*order);
    if (options_.progress) options_.progress(*order, "cancellation", false);
  }
  sessions_.erase(found);
  return std::nullopt;
}

}  // namespace simurgh::smdp
