#include "tools/simurgh/ipa_home.h"

#include "ipae/es10/es10c.h"
#include "ipae/es10/identifiers.h"
#include "ipae/es9/base64.h"

namespace simurgh::tool {

using namespace ipae;

IpaHome::IpaHome(const IpaOptions& options) : card_(options.card, options.block_size) {
  eid = need(es10c::get_eid(card_));
  journal_ = std::make_unique<JournalFile>(journal_path(options.state, options.card, eid_text(eid)));
  const auto probe = es10b::get_eim_configuration_data(card_);
  if (options.emulate) {
    if (probe) throw Failure(Exit::usage, "this is an IoT eUICC; leave --emulate-iot away");
    emulated_ = std::make_unique<EmulatedIot>(card_, *journal_);
  } else if (!probe) {
    if (probe.error().sw == 0) throw Failure(Exit::unreachable, probe.error().what);
    throw Failure(Exit::refused, "the card is no IoT eUICC, or its own assistant is in charge; a consumer eUICC needs --emulate-iot",
                  probe.error().what);
  }
  const auto info = need(es10b::get_euicc_info2(es10()));
  iot = es10b::parse_iot_info(info.raw).value_or(es10b::IotInfo{});
  version = options.emulate || !iot.before_v1_1() ? esipa::Version::v1_2 : esipa::Version::v1_0;
}

std::vector<Bytes> readings_of(const std::string& content) {
  std::vector<Bytes> readings{to_bytes(text_view(content))};
  std::string dense;
  for (const char c : content) {
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') dense += c;
  }
  if (auto hex = from_hex(dense)) readings.push_back(*std::move(hex));
  if (auto octets = base64_decode(dense)) readings.push_back(*std::move(octets));
  return readings;
}

}  // namespace simurgh::tool
