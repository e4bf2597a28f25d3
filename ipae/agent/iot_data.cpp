// Answers to an eIM's questions about card and assistant. SGP.32 v1.2 2.11.1.2.
#include <algorithm>

#include "ipae/agent/iot_visit.h"
#include "ipae/es10/es10a.h"
#include "ipae/esipa/compact.h"

namespace simurgh::ipae {
namespace {

using Error = esipa::DataResponse::Error;

// What a tag list asks for, in the tags of v1.2. v1.0 had others for two members, and its text names ipaCapabilities 88.
std::uint32_t member_of(std::uint32_t tag, esipa::Version version) {
  if (tag == 0x88) return 0xA8;
  if (version != esipa::Version::v1_0) return tag;
  return tag == 0x80 ? 0x81 : tag == 0xBF2B ? 0xA0 : tag;
}

Bytes shortened(ByteView list, ByteView eid) {
  Bytes out;
  asn1::TlvReader in(list);
  while (!in.at_end()) {
    const auto element = in.next();
    if (!element) return to_bytes(list);
    append(out, esipa::compact_notification(element->raw, eid));
  }
  return out;
}

}  // namespace

Task<IotAgent::Impl::Next> IotAgent::Impl::answer_data(Peer& peer, esipa::DataRequest request) {
  esipa::DataResponse response;
  response.transaction_id = request.transaction_id;
  response.error = collect(peer, request, response);
  tell(Deed::data, peer.entry.id, response.error ? "asks for data that there is none of" : "asks for data");
  const bool rebuildable = response.capabilities && (*response.capabilities & esipa::feature::kMinimize) != 0 &&
                           !response.euicc_info2.empty() && !response.eum_certificate.empty() && !response.euicc_certificate.empty() &&
                           !response.error;
  Bytes encoded = esipa::encode(response, options.version);
  esipa::DataReport report{std::move(encoded)};
  const auto taken = co_await provide(peer, std::move(report), {});
  if (!taken) co_return Next::leave;
  if (rebuildable) {
    journal.of(peer.entry.id).compact = true;
    save();
  }
  co_return Next::go_on;
}

std::optional<Error> IotAgent::Impl::collect(const Peer& peer, const esipa::DataRequest& request, esipa::DataResponse& out) {
  if (request.tags.empty() || !request.readable_tags) return Error::incorrect_tag_list;
  if (in_emergency()) return Error::ecall_active;
  const auto gone = [&](const PortError& error) {
    problem(peer.entry.id, error.what);
    return Error::undefined_error;
  };
  for (const std::uint32_t asked : request.tags) {
    const std::uint32_t tag = member_of(asked, options.version);
    switch (tag) {
      case 0xA0: {
        const Bytes criterion = request.notifications ? asn1::tlv(0xA0, *request.notifications) : Bytes{};
        if (request.notifications && asn1::find_child(*request.notifications, 0x82)) {  // v1.0: package results by the same member
          auto results = es10b::retrieve_list(card, criterion);
          if (!results) return gone(results.error());
          out.package_results = *std::move(results);
          break;
        }
        auto list = es10b::retrieve_list(card, criterion);
        if (!list) return gone(list.error());
        out.notifications = compact(peer) ? shortened(*list, eid) : *std::move(list);
        break;
      }
      case 0xA2: {
        const Bytes which = request.package_results ? *request.package_results : asn1::tlv(0x82, {});
        auto list = es10b::retrieve_list(card, asn1::tlv(0xA0, which));
        if (!list) return gone(list.error());
        out.package_results = *std::move(list);
        break;
      }
      case 0x81:
      case 0x83: {
        const auto addresses = es10a::get_euicc_configured_addresses(card);
        if (!addresses) return gone(addresses.error());
        if (tag == 0x81) out.default_dp_address = addresses->default_dp_address.value_or(std::string());
        if (tag == 0x83) out.root_ds_address = addresses->root_ds_address;
        break;
      }
      case 0xBF20: {
        const auto info = es10b::get_euicc_info1(card);
        if (!info) return gone(info.error());
        out.euicc_info1 = info->raw;
        break;
      }
      case 0xBF22: {
        const auto info = es10b::get_euicc_info2(card);
        if (!info) return gone(info.error());
        out.euicc_info2 = info->raw;
        break;
      }
      case 0x84:
        if (peer.entry.token && *peer.entry.token >= 0) out.association_token = static_cast<std::uint64_t>(*peer.entry.token);
        break;
      case 0xA5:
      case 0xA6: {
        const auto certificates = es10b::get_certs(card, request.ci_key_id);
        if (!certificates) return gone(certificates.error());
        if (!*certificates) return Error::ci_key_not_found;
        (tag == 0xA5 ? out.eum_certificate : out.euicc_certificate) = tag == 0xA5 ? (*certificates)->eum : (*certificates)->euicc;
        break;
      }
      case 0x87:
        break;  // echoed anyway
      case 0xA8: {
        std::uint64_t features = doors.servers() != nullptr ? esipa::feature::kDirect : 0;
        if (options.indirect) {
          features |= esipa::feature::kIndirect | esipa::feature::kDownloadData | esipa::feature::kCtxParams1 | esipa::feature::kMetadata;
        }
        if (options.minimize) features |= esipa::feature::kMinimize;
        out.capabilities = features;
        out.protocols = options.protocols;
        break;
      }
      case 0xA9: {
        asn1::TlvWriter device;
        device.put(0x80, situation.device.tac.empty() ? Bytes{0x35, 0x29, 0x06, 0x11} : situation.device.tac);
        device.put(0xA1, situation.device.capabilities);
        if (!situation.device.imei.empty()) device.put(0x82, situation.device.imei);
        out.device_info = device.take();
        break;
      }
      default:
        return Error::incorrect_tag_list;
    }
  }
  return std::nullopt;
}

}  // namespace simurgh::ipae
