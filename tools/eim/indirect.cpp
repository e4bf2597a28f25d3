#include "tools/eim/indirect.h"

#include <algorithm>

#include "tools/eim/identifiers.h"

namespace simurgh::eim {
namespace {

using asn1::TlvReader;

constexpr std::size_t kMostSessions = 10000;
constexpr std::int64_t kSessionSeconds = 3600;
constexpr std::uint8_t kUndefined = 127;
constexpr int kMostAttempts = 10;

// Functions of ESipa, their codes, and the status codes of ES9+ that say the same (SGP.32 v1.2 5.2.6, SGP.22 v2.5 5.2.6).
enum class Function : std::uint8_t { initiate, authenticate, package, cancel };
struct Code {
  Function function;
  const char *subject, *reason;
  std::uint8_t code;
};
constexpr Code kCodes[] = {
    {Function::initiate, "8.8.1", "3.8", 1},       {Function::initiate, "8.8.3", "3.1", 2},       {Function::initiate, "8.8.2", "3.1", 3},
    {Function::authenticate, "8.1.2", "6.1", 1},   {Function::authenticate, "8.1.2", "6.3", 2},   {Function::authenticate, "8.1.3", "6.1", 3},
    {Function::authenticate, "8.1.3", "6.3", 4},   {Function::authenticate, "8.1", "6.1", 5},     {Function::authenticate, "8.2.6", "3.8", 6},
    {Function::authenticate, "8.1.1", "3.8", 7},   {Function::authenticate, "8.2.5", "4.3", 8},   {Function::authenticate, "8.11.1", "3.9", 9},
    {Function::authenticate, "8.10.1", "3.9", 10}, {Function::authenticate, "8.1", "4.8", 11},    {Function::package, "8.1", "6.1", 1},
    {Function::package, "8.2.7", "2.2", 2},        {Function::package, "8.2.7", "3.8", 3},        {Function::package, "8.2.7", "6.4", 4},
    {Function::package, "8.2", "3.7", 5},          {Function::package, "8.8.5", "4.10", 6},       {Function::package, "8.10.1", "3.9", 95},
    {Function::cancel, "8.10.1", "3.9", 1},        {Function::cancel, "8.1", "6.1", 2},
};

std::uint8_t code_of(Function function, const ipae::Es9Error& error) {
  for (const Code& row : kCodes) {
    if (row.function == function && error.subject_code == row.subject && error.reason_code == row.reason) return row.code;
  }
  return kUndefined;
}

std::string host_of(std::string address) {
  std::ranges::transform(address, address.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return address.substr(0, address.find(':'));
}

std::optional<DownloadOrder> order_of(const Request& request) {
  auto order = read_download(Json::parse(request.order, nullptr, false));
  return order ? std::optional(*std::move(order)) : std::nullopt;
}

}  // namespace

std::optional<Indirect::Session> Indirect::take(ByteView transaction) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(to_bytes(transaction));
  if (found == sessions_.end()) return std::nullopt;
  Session out = std::move(found->second);
  sessions_.erase(found);
  return out;
}

void Indirect::put(const Bytes& transaction, Session session) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t limit = eim_.options().now() - kSessionSeconds;
  if (sessions_.size() >= kMostSessions) std::erase_if(sessions_, [&](const auto& entry) { return entry.second.started < limit; });
  if (sessions_.size() >= kMostSessions) sessions_.clear();
  sessions_[transaction] = std::move(session);
}

// What was learned of the card earlier fills the gaps of compact forms.
void Indirect::know_device(Session& session) {
  const auto device = session.eid.empty() ? std::nullopt : eim_.store().device(session.eid);
  if (!device) return;
  session.context.euicc_info2 = device->euicc_info2;
  session.context.euicc_certificate = device->euicc_certificate;
  session.context.eum_certificate = device->eum_certificate;
}

void Indirect::fail(const Session& session, const char* what, const ipae::Es9Error& error) {
  eim_.fail_download(session.eim_transaction, what, error.detail().empty() ? error.what : error.what + " (" + error.detail() + ")");
}

Answer<InitiateAnswer> Indirect::initiate(ByteView challenge, const std::string& smdp_address, ByteView euicc_info1, ByteView eim_transaction) {
  constexpr std::uint8_t kInvalidAddress = 1, kAddressMismatch = 50, kInvalidTransaction = 52;
  Session session;
  session.started = eim_.options().now();
  session.address = smdp_address;
  std::string matching_id;
  if (!eim_transaction.empty()) {
    const auto request = eim_.store().by_transaction(eim_transaction);
    const auto order = request ? order_of(*request) : std::nullopt;
    if (!request || request->facility != Facility::download || request->status != "work" || !order) return std::unexpected(kInvalidTransaction);
    session.eid = request->eid;
    session.eim_transaction = to_bytes(eim_transaction);
    if (const auto code = parse_activation_code(order->activation_code)) {
      if (!smdp_address.empty() && host_of(smdp_address) != host_of(code->host)) return std::unexpected(kAddressMismatch);
      session.address = code->host;
      if (smdp_address.empty()) matching_id = code->matching_id;
    }
  } else if (!options_.any_smdp) {
    // Only servers an order names: this eIM is nobody's relay to anywhere.
    bool named = false;
    for (const Request& request : eim_.store().downloads_in_work()) {
      const auto order = order_of(request);
      const auto code = order ? parse_activation_code(order->activation_code) : std::nullopt;
      const bool fits = order && (code ? host_of(code->host) == host_of(smdp_address) : order->trigger.default_smdp || order->trigger.smds);
      if (!fits) continue;
      // With one candidate the device is known; with more, the card's certificate tells later.
      session.eid = named ? std::string() : request.eid;
      session.eim_transaction = named ? Bytes() : request.transaction;
      named = true;
    }
    if (!named) return std::unexpected(kInvalidAddress);
  }
  if (session.address.empty()) return std::unexpected(kInvalidAddress);
  const auto device = session.eid.empty() ? std::nullopt : eim_.store().device(session.eid);
  const Bytes info = !euicc_info1.empty() ? to_bytes(euicc_info1) : device ? device->euicc_info1 : Bytes();
  if (challenge.size() != 16 || info.empty()) return std::unexpected(kUndefined);
  auto ok = dp_.initiate_authentication(session.address, challenge, info);
  if (!ok) {
    fail(session, "initiateAuthenticationError", ok.error());
    return std::unexpected(code_of(Function::initiate, ok.error()));
  }
  const auto signed1 = ipae::parse_server_signed1(ok->server_signed1);
  if (!signed1 || !equal(signed1->euicc_challenge, challenge) || !equal(signed1->transaction_id, ok->transaction_id)) return std::unexpected(kUndefined);
  if (host_of(signed1->server_address) != host_of(session.address)) return std::unexpected(kAddressMismatch);
  session.context.transaction_id = ok->transaction_id;
  session.context.server_address = signed1->server_address;
  session.context.server_challenge = signed1->server_challenge;
  if (const auto certificate = crypto::parse_certificate(ok->server_certificate)) session.context.smdp_oid = certificate->registered_id;
  InitiateAnswer out;
  out.matching_id = matching_id;
  constexpr std::uint64_t kCtxParams1Generation = 1U << 3;
  if (device && !device->device_info.empty() && !device->capabilities.empty()) {
    const auto capabilities = asn1::read_only(device->capabilities, 0xA8);
    const auto features = capabilities ? asn1::find_child(capabilities->value, 0x80) : std::nullopt;
    const auto info_content = asn1::read_only(device->device_info, 0xA9);
    if (features && info_content && (asn1::named_bits(*features).value_or(0) & kCtxParams1Generation) != 0) {
      asn1::TlvWriter params;
      {
        const auto choice = params.open(0xA0);
        std::string id = matching_id;
        if (id.empty()) {
          const auto request = eim_.store().by_transaction(session.eim_transaction);
          const auto order = request ? order_of(*request) : std::nullopt;
          if (const auto code = order ? parse_activation_code(order->activation_code) : std::nullopt) id = code->matching_id;
        }
        if (!id.empty()) params.put_text(0x80, id);
        params.put(0xA1, info_content->value);
      }
      out.ctx_params1 = params.take();
      session.context.ctx_params1 = out.ctx_params1;
    }
  }
  out.ok = *std::move(ok);
  know_device(session);
  put(out.ok.transaction_id, std::move(session));
  return out;
}

Answer<ipae::AuthenticateClientOk> Indirect::authenticate(ByteView transaction, ByteView bf38) {
  constexpr std::uint8_t kSignatureInvalid = 5, kInvalidTransaction = 10;
  auto session = take(transaction);
  if (!session || session->authenticated) return std::unexpected(kInvalidTransaction);
  const auto full = full_authenticate_response(bf38, session->context);
  if (!full) return std::unexpected(kSignatureInvalid);
  // Whose download it is, when only the card can tell.
  const auto outer = asn1::read_only(*full, 0xBF38);
  const auto ok_part = outer ? asn1::find_child(outer->value, 0xA0) : std::nullopt;
  if (ok_part) {
    TlvReader in(ok_part->value);
    const bool there = in.required(0x30) && in.required(0x5F37);
    const auto der = in.next();
    const auto certificate = there && der ? crypto::parse_certificate(der->raw) : std::nullopt;
    if (certificate && session->eid.empty()) {
      for (const Request& request : eim_.store().downloads_in_work()) {
        if (request.eid != certificate->subject_serial_number) continue;
        session->eid = request.eid;
        session->eim_transaction = request.transaction;
      }
      know_device(*session);
    }
  }
  auto ok = dp_.authenticate_client(session->address, transaction, *full);
  if (!ok) {
    fail(*session, "authenticateClientError", ok.error());
    return std::unexpected(code_of(Function::authenticate, ok.error()));
  }
  session->authenticated = true;
  if (const auto signed2 = ipae::parse_smdp_signed2(ok->smdp_signed2)) session->context.bpp_euicc_otpk = signed2->bpp_euicc_otpk;
  if (const auto metadata = asn1::read_only(ok->metadata, 0xBF25)) {
    if (const auto iccid = asn1::find_child(metadata->value, 0x5A)) session->context.iccid = to_bytes(iccid->value);
  }
  // Its result may come after this process is gone.
  eim_.store().save(DpSession{to_bytes(transaction), session->context.server_address, session->eid, session->eim_transaction, session->context.smdp_oid,
                              session->context.iccid});
  put(to_bytes(transaction), *std::move(session));
  return *std::move(ok);
}

Answer<Bytes> Indirect::bound_package(ByteView transaction, ByteView bf21) {
  constexpr std::uint8_t kSignatureInvalid = 1, kInvalidTransaction = 95;
  auto session = take(transaction);
  if (!session || !session->authenticated) return std::unexpected(kInvalidTransaction);
  const auto full = full_download_response(bf21, session->context);
  if (!full) return std::unexpected(kSignatureInvalid);
  auto package = dp_.get_bound_profile_package(session->address, transaction, *full);
  if (!package) fail(*session, "getBoundProfilePackageError", package.error());
  put(to_bytes(transaction), *std::move(session));
  if (!package) return std::unexpected(code_of(Function::package, package.error()));
  return *std::move(package);
}

Answer<void> Indirect::cancel(ByteView transaction, ByteView outcome) {
  constexpr std::uint8_t kInvalidTransaction = 1, kSignatureInvalid = 2;
  auto session = take(transaction);
  if (!session) return std::unexpected(kInvalidTransaction);
  const auto full = full_cancel_response(outcome, session->context);
  if (!full) return std::unexpected(kSignatureInvalid);
  const auto done = dp_.cancel_session(session->address, transaction, *full);
  eim_.cancelled_download(session->eim_transaction, done.has_value());
  if (!done) return std::unexpected(code_of(Function::cancel, done.error()));
  return {};
}

std::optional<Bytes> Indirect::full_notification(ByteView notification, const std::string& eid) {
  TlvReader in(notification);
  const auto outer = in.next();
  if (!outer || !in.at_end()) return std::nullopt;
  if (outer->tag == 0xBF37 || outer->tag == 0x30) return to_bytes(notification);
  CompactContext context;
  if (outer->tag == 0xA0) {
    const auto transaction = transaction_of(notification);
    const auto session = transaction ? eim_.store().dp_session(*transaction) : std::nullopt;
    if (!session) return std::nullopt;
    context.transaction_id = *transaction;
    context.server_address = session->address;
    context.smdp_oid = session->smdp_oid;
    context.iccid = session->iccid;
    return full_installation_result(notification, context);
  }
  if (outer->tag != 0xA1) return std::nullopt;
  const auto named = asn1::find_child(outer->value, 0x5A);
  const auto device = eim_.store().device(named ? to_hex(named->value) : eid);
  if (!device) return std::nullopt;
  context.euicc_certificate = device->euicc_certificate;
  context.eum_certificate = device->eum_certificate;
  return full_other_notification(notification, context);
}

std::size_t Indirect::forward_due() {
  std::size_t arrived = 0;
  const std::int64_t now = eim_.options().now();
  for (Notification& n : eim_.store().to_forward(now)) {
    const auto sent = dp_.handle_notification(n.address, n.raw);
    ++n.attempts;
    if (sent) {
      n.forward = "done";
      ++arrived;
    } else if (sent.error().kind == ipae::Es9Error::Kind::refused || n.attempts >= kMostAttempts) {
      n.forward = "failed";
    } else {
      n.next_attempt = now + (std::int64_t{10} << n.attempts);
    }
    eim_.store().update(n);
  }
  return arrived;
}

}  // namespace simurgh::eim
