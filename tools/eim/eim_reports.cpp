// What IPAs report beside package results: data of the card, results of downloads, notifications.
#include "tools/eim/card_check.h"
#include "tools/eim/eim.h"
#include "tools/eim/identifiers.h"

namespace simurgh::eim {

using asn1::TlvReader;
using sqlite::Database;
namespace {

// Whether IpaEuiccData hold the certificate of a card with another EID.
bool of_another_card(ByteView content, const std::string& eid) {
  const auto member = asn1::find_child(content, 0xA6);
  const auto certificate = member ? crypto::parse_certificate(asn1::tlv(0x30, member->value)) : std::nullopt;
  return certificate && certificate->subject_serial_number != eid;
}

}  // namespace

// `content` of IpaEuiccData. Certificates count when they verify, for the EID that is asked for.
void Eim::learn(Device& device, ByteView content) {
  TlvReader in(content);
  Bytes euicc, eum;
  while (!in.at_end()) {
    const auto member = in.next();
    if (!member) return;
    switch (member->tag) {
      case 0xBF20: device.euicc_info1 = to_bytes(member->raw); break;
      case 0xBF22: device.euicc_info2 = to_bytes(member->raw); break;
      case 0xA5: eum = asn1::tlv(0x30, member->value); break;
      case 0xA6: euicc = asn1::tlv(0x30, member->value); break;
      case 0xA8: device.capabilities = to_bytes(member->raw); break;
      case 0xA9: device.device_info = to_bytes(member->raw); break;
      case 0x84:
        if (const auto token = asn1::unsigned_value(*member); token && *token <= 0x7FFFFFFF) device.token = static_cast<std::int64_t>(*token);
        break;
      default: break;
    }
  }
  if (euicc.empty() || eum.empty()) return;
  const auto certificate = verify_card(pki_, euicc, eum, device.eid, options_.now());
  if (!certificate) return;
  device.euicc_certificate = std::move(euicc);
  device.eum_certificate = std::move(eum);
  device.key_point = certificate->key->point();
  device.key_curve = static_cast<int>(certificate->key->curve());
}

Taken Eim::take_data(const std::string& eid, ByteView bf52, bool named) {
  const auto whole = asn1::read_only(bf52, 0xBF52);
  TlvReader in(whole ? whole->value : ByteView{});
  const auto choice = in.next();
  if (!whole || !choice || !asn1::check_nesting(choice->raw)) return std::unexpected(EsipaError::undefined);
  Acknowledgement out;
  std::vector<Bytes> results;
  std::string whose;
  {
    Database::Transaction transaction(store_.database());
    const auto tid = asn1::find_child(choice->value, choice->tag == 0xA0 ? 0x87 : 0x80);
    auto request = tid ? store_.by_transaction(tid->value) : std::nullopt;
    if (!request && !tid && !eid.empty()) request = store_.in_work(eid);
    if (request && request->facility != Facility::edr) request.reset();
    if (request && !eid.empty() && request->eid != eid) return std::unexpected(EsipaError::invalid_eid);
    whose = request ? request->eid : eid;
    if (whose.empty()) return std::unexpected(EsipaError::missing_eid);
    auto device = store_.device(whose);
    if (!device) return std::unexpected(EsipaError::eid_not_found);
    if (choice->tag == 0xA0) {
      if (!named && of_another_card(choice->value, whose)) return std::unexpected(EsipaError::invalid_eid);
      if (request && request->status == "work") {
        learn(*device, choice->value);
        store_.save(*device);
        finish(*request, data_outcome(choice->value), "");
      }
      if (const auto list = asn1::find_child(choice->value, 0xA2)) {
        TlvReader each(list->value);
        while (!each.at_end()) {
          const auto result = each.next();
          if (!result) break;
          results.push_back(to_bytes(result->raw));
        }
      }
    } else if (request && request->status == "work") {
      // v1.0 has the code alone
      const auto code = choice->tag == 0xA1 ? asn1::find_child(choice->value, 0x02) : std::optional(*choice);
      const auto number = code ? asn1::unsigned_value(*code) : std::unexpected(asn1::ParseError{"", 0});
      finish(*request, Json::array({{{"euiccDataResult", {{"edrResult", data_error_name(number.value_or(127))}}}}}), "");
    }
    transaction.commit();
  }
  for (const Bytes& result : results) {
    const auto taken = take_package_result(whose, result);
    if (taken) out.sequence_numbers.insert(out.sequence_numbers.end(), taken->sequence_numbers.begin(), taken->sequence_numbers.end());
  }
  tell_finished();
  return out;
}

void Eim::installed(Request* request, const std::string& eid, const Installation& installation, const char* verified) {
  const Json order = request != nullptr ? Json::parse(request->order, nullptr, false) : Json();
  if (request != nullptr && request->status != "done") finish(*request, installation_outcome(installation), verified);
  if (!installation.installed || installation.iccid.empty()) return;
  const std::string iccid = to_hex(installation.iccid);
  bool known = false;
  for (const Profile& profile : store_.profiles(eid)) known = known || profile.iccid == iccid;
  if (!known) store_.save_profile(eid, {.iccid = iccid, .state = "disabled", .name = {}, .provider = {}, .nickname = {}});
  const auto download = order.is_object() ? read_download(order) : std::unexpected(std::string());
  if (download && download->enable) {
    add_request(Facility::psmo, eid, {{"psmo", Json::array({{{"enable", {{"iccid", iccid}, {"rollback", download->rollback}}}}})}}, false);
  }
}

// The signed result of a download.
void Eim::take_installation(Request* request, const Device& device, const Installation& installation, ByteView bf37, ByteView bf54) {
  const Verdict verdict = verify_card_signature(device, installation.signed_part, installation.signature);
  if (request == nullptr || request->status != "done") {
    store_.add(Result{0, device.eid, request != nullptr ? request->resource : "", installation.sequence, verdict_text(verdict), to_bytes(bf54), options_.now()});
    if (verdict != Verdict::wrong) {
      installed(request, device.eid, installation, verdict_text(verdict));
    } else if (request != nullptr) {
      finish(*request, Json::array({{{"procedureError", "euiccSignatureInvalid"}}}), "no");
    }
  }
  // The SM-DP+ of an indirect download hears of it from here; of a direct one from the IPA.
  const auto session = store_.dp_session(installation.transaction);
  if (!session || session->eid != device.eid || store_.has_notification(device.eid, installation.sequence, bf37)) return;
  Notification n;
  n.eid = device.eid;
  n.iccid = iccid_digits(installation.iccid);
  n.event = "install";
  n.address = session->address;
  n.sequence = installation.sequence;
  n.verified = verdict == Verdict::verified;
  n.forward = "pending";
  n.raw = to_bytes(bf37);
  store_.add(n);
}

// ProfileDownloadError: the IPA's word, unsigned.
void Eim::take_download_error(Request& request, ByteView error, ByteView bf54) {
  store_.add(Result{0, request.eid, request.resource, -1, "", to_bytes(bf54), options_.now()});
  const auto reason = asn1::find_child(error, 0x80);
  const auto code = reason ? asn1::unsigned_value(*reason) : std::unexpected(asn1::ParseError{"", 0});
  Json result{{"profileDownloadErrorReason", code && *code == 104 ? "ecallActive" : "undefinedError"}};
  if (const auto response = asn1::find_child(error, 0x04)) result["errorResponse"] = to_hex(response->value);
  finish(request, Json::array({{{"profileDownloadError", std::move(result)}}}), "");
}

Taken Eim::take_trigger_result(const std::string& eid, ByteView bf54) {
  const auto whole = asn1::read_only(bf54, 0xBF54);
  if (!whole) return std::unexpected(EsipaError::undefined);
  Acknowledgement out;
  {
    Database::Transaction transaction(store_.database());
    const auto tid = asn1::find_child(whole->value, 0x82);
    auto request = tid ? store_.by_transaction(tid->value) : std::nullopt;
    if (!request && !tid && !eid.empty()) request = store_.in_work(eid);
    if (request && request->facility != Facility::download) request.reset();
    if (request && !eid.empty() && request->eid != eid) return std::unexpected(EsipaError::invalid_eid);
    const std::string whose = request ? request->eid : eid;
    if (whose.empty()) return std::unexpected(EsipaError::missing_eid);
    const auto device = store_.device(whose);
    if (!device) return std::unexpected(EsipaError::eid_not_found);
    const auto pir = asn1::find_child(whole->value, 0xBF37);
    const auto error = asn1::find_child(whole->value, 0x30);
    if (pir) {
      const auto installation = read_installation(pir->raw);
      if (!installation) return std::unexpected(EsipaError::undefined);
      out.sequence_numbers.push_back(installation->sequence);
      take_installation(request ? &*request : nullptr, *device, *installation, pir->raw, bf54);
    } else if (error) {
      if (request && request->status == "work") take_download_error(*request, error->value, bf54);
    } else {
      return std::unexpected(EsipaError::undefined);
    }
    transaction.commit();
  }
  tell_finished();
  return out;
}

Taken Eim::take_notification(const std::string& eid, ByteView raw, bool forward) {
  Acknowledgement out;
  {
    Database::Transaction transaction(store_.database());
    TlvReader reader(raw);
    const auto outer = reader.next();
    if (!outer || !reader.at_end()) return std::unexpected(EsipaError::undefined);
    Notification n;
    n.eid = eid;
    n.raw = to_bytes(raw);
    if (outer->tag == 0xBF37) {
      const auto installation = read_installation(raw);
      if (!installation) return std::unexpected(EsipaError::undefined);
      const auto session = store_.dp_session(installation->transaction);
      if (n.eid.empty() && session) n.eid = session->eid;
      n.sequence = installation->sequence;
      n.event = "install";
      n.iccid = iccid_digits(installation->iccid);
      n.address = session ? session->address : installation->address;
      const auto device = store_.device(n.eid);
      const Verdict verdict = device ? verify_card_signature(*device, installation->signed_part, installation->signature) : Verdict::unknown_key;
      n.verified = verdict == Verdict::verified;
      if (session && verdict != Verdict::wrong) {
        auto request = store_.by_transaction(session->eim_transaction);
        if (request && request->facility == Facility::download && request->status == "work") installed(&*request, n.eid, *installation, verdict_text(verdict));
      }
      // An indirect session proves the SM-DP+ knows this card; other results are passed on when their signature holds.
      if (!session && !n.verified) forward = false;
    } else if (outer->tag == 0x30) {
      TlvReader in(outer->value);
      const auto metadata = in.required(0xBF2F);
      const auto signature = in.required(0x5F37);
      const auto event = metadata ? read_event(metadata->value) : std::nullopt;
      if (!metadata || !signature || !event) return std::unexpected(EsipaError::undefined);
      const auto euicc = in.required(0x30);
      const auto eum = in.required(0x30);
      const auto claimed = euicc ? crypto::parse_certificate(euicc->raw) : std::nullopt;
      if (claimed && eum) {
        const auto certificate = verify_card(pki_, euicc->raw, eum->raw, claimed->subject_serial_number, options_.now());
        n.verified = certificate && certificate->key->verify({metadata->raw}, signature->value) && (eid.empty() || eid == claimed->subject_serial_number);
        if (n.eid.empty() && n.verified) n.eid = claimed->subject_serial_number;
      }
      n.sequence = event->sequence;
      n.event = event->event;
      n.iccid = iccid_digits(event->iccid);
      n.address = event->address;
      if (!n.verified) forward = false;
    } else {
      return std::unexpected(EsipaError::undefined);
    }
    out.sequence_numbers.push_back(n.sequence);
    if (n.address.empty()) forward = false;
    n.forward = forward ? "pending" : "";
    if (!store_.has_notification(n.eid, n.sequence, n.raw)) {
      store_.add(n);
      if (n.verified && n.event == "delete") {
        if (const auto iccid = iccid_octets(n.iccid)) store_.delete_profile(n.eid, to_hex(*iccid));
      }
    }
    transaction.commit();
  }
  tell_finished();
  return out;
}

void Eim::fail_download(ByteView tid, const char* what, const std::string& words) {
  {
    Database::Transaction transaction(store_.database());
    auto request = store_.by_transaction(tid);
    if (!request || request->status != "work") return;
    finish(*request, Json::array({{{"procedureError", what}, {"message", words}}}), "");
    transaction.commit();
  }
  tell_finished();
}

void Eim::cancelled_download(ByteView tid, bool good) {
  {
    Database::Transaction transaction(store_.database());
    auto request = store_.by_transaction(tid);
    if (!request || request->status != "work") return;
    finish(*request, Json::array({{{"cancelSessionResult", good ? "ok" : "undefinedError"}}}), "");
    transaction.commit();
  }
  tell_finished();
}

}  // namespace simurgh::eim
