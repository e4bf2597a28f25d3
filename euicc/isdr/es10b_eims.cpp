// AddInitialEim and GetEimConfigurationData (SGP.32 v1.2 5.9).
#include "asn1/tlv.h"
#include "euicc/iot/associations.h"
#include "euicc/isdr/es10_table.h"

namespace simurgh::isdr::es10b {

// Nobody signs this: it works only while there is no eIM. All entries or none.
apdu::Answer add_initial_eim(Context& context, ByteView, ByteView content) {
  constexpr std::uint32_t kTag = 0xBF57;
  const auto list = asn1::TlvReader(content).required(0xA0);
  if (!list || !asn1::check_nesting(list->value)) return malformed("AddInitialEim cannot be read");
  iot::Associations associations(context.txn, context.ecasd);
  const auto refuse = [&](iot::EimCode code) {
    context.txn.rollback();
    context.platform.note("AddInitialEim is refused");
    return error_code(kTag, static_cast<std::uint8_t>(code));
  };
  if (!associations.all().empty()) return refuse(iot::EimCode::already_exists);
  if (list->value.empty()) return refuse(iot::EimCode::command_error);
  asn1::TlvWriter out;
  {
    const auto scope = out.open(kTag);
    const auto done = out.open(0xA0);
    asn1::TlvReader in(list->value);
    while (!in.at_end()) {
      const auto entry = in.required(0x30);
      const auto added = associations.add(entry ? iot::read_eim_data(entry->value) : std::nullopt);
      if (!added) return refuse(added.error());
      if (*added != 0) {
        out.put_integer(0x84, *added);
      } else {
        out.put(0x05, {});
      }
    }
  }
  return apdu::with_data(out.take());
}

apdu::Answer eim_configuration_data(Context& context, ByteView, ByteView content) {
  asn1::TlvReader in(content);
  const auto criteria = in.optional(0xA0);
  if (!criteria || !in.skip_rest()) return malformed("GetEimConfigurationData cannot be read");
  const ecasd::IotCapabilities& card = *context.ecasd.capabilities.iot;
  const bool since_1_1 = card.version >= ecasd::IotVersion::v1_1;
  std::optional<std::string> wanted;
  if (*criteria && since_1_1) {
    const auto id = asn1::read_only((*criteria)->value, 0x80);
    if (!id) return malformed("GetEimConfigurationData has another criterion than eimId");
    wanted = to_text(id->value);
  }
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF55);
    const auto list = out.open(0xA0);
    for (const iot::Eim& eim : iot::Associations(context.txn, context.ecasd).all()) {
      // v1.2 gave what is left out its defaults (10.2).
      const bool defaults = card.choices.show_default_eim_members && card.version >= ecasd::IotVersion::v1_2;
      if (!wanted || *wanted == eim.id) iot::put_configuration(out, eim, defaults, since_1_1);
    }
  }
  return apdu::with_data(out.take());
}

}  // namespace simurgh::isdr::es10b
