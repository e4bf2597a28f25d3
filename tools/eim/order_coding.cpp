#include "tools/eim/order_coding.h"

#include <nlohmann/json.hpp>

#include "asn1/tlv.h"
#include "euicc/crypto/x509.h"
#include "tools/eim/identifiers.h"

namespace simurgh::eim {
namespace {

using asn1::TlvWriter;

constexpr std::size_t kMostCommands = 64;
constexpr std::size_t kMostOctets = 15 * 1024;

std::unexpected<std::string> wrong(std::string why) { return std::unexpected(std::move(why)); }

std::string text(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto at = object.find(name);
    if (at != object.end() && at->is_string()) return at->get<std::string>();
  }
  return {};
}

bool flag(const Json& object, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto at = object.find(name);
    if (at != object.end() && at->is_boolean()) return at->get<bool>();
  }
  return false;
}

Coded<Bytes> iccid(const Json& fields) {
  const auto out = iccid_octets(text(fields, {"iccid"}));
  if (!out) return wrong("iccid is missing or no ICCID");
  return *out;
}

Coded<Bytes> with_iccid(std::uint32_t tag, const Json& fields, bool rollback = false) {
  const auto id = iccid(fields);
  if (!id) return id;
  TlvWriter out;
  {
    const auto scope = out.open(tag);
    out.put(0x5A, *id);
    if (rollback) out.put(0x05, {});
  }
  return out.take();
}

Coded<Bytes> list_profile_info(const Json& fields) {
  TlvWriter out;
  {
    const auto scope = out.open(0xBF2D);
    if (const auto criteria = fields.find("searchCriteria"); criteria != fields.end() && criteria->is_object() && !criteria->empty()) {
      const auto inner = out.open(0xA0);
      if (criteria->contains("iccid")) {
        const auto id = iccid(*criteria);
        if (!id) return id;
        out.put(0x5A, *id);
      } else if (criteria->contains("isdpAid")) {
        const auto aid = from_hex(text(*criteria, {"isdpAid"}));
        if (!aid || aid->size() < 5 || aid->size() > 16) return wrong("isdpAid is no AID");
        out.put(0x4F, *aid);
      } else if (const auto profile_class = criteria->find("profileClass"); profile_class != criteria->end() && profile_class->is_number_unsigned()) {
        const auto value = profile_class->get<std::uint64_t>();
        if (value > 2) return wrong("profileClass is 0, 1 or 2");
        out.put_byte(0x95, static_cast<std::uint8_t>(value));
      } else {
        return wrong("searchCriteria knows iccid, isdpAid and profileClass");
      }
    }
    if (const std::string tags = text(fields, {"tagList", "taglist"}); !tags.empty()) {
      const auto list = from_hex(tags);
      if (!list) return wrong("tagList is not hexadecimal");
      out.put(0x5C, *list);
    }
  }
  return out.take();
}

Coded<Bytes> immediate_enable(const Json& fields) {
  TlvWriter out;
  {
    const auto scope = out.open(0xA7);
    if (flag(fields, {"immediateEnableFlag", "autoEnableFlag"})) out.put(0x80, {});
    if (const std::string oid = text(fields, {"smdpOid", "objid"}); !oid.empty()) {
      const auto content = crypto::oid_content(oid);
      if (!content) return wrong("smdpOid is no object identifier");
      out.put(0x81, *content);
    }
    if (const std::string address = text(fields, {"smdpAddress"}); !address.empty()) out.put_text(0x82, address);
  }
  return out.take();
}

// EimConfigurationData in hexadecimal; its 30 gives way to the command's tag.
Coded<Bytes> with_configuration(std::uint32_t tag, const Json& fields) {
  const auto der = from_hex(text(fields, {"eimConfigurationData"}));
  const auto whole = der ? asn1::read_only(*der, 0x30) : std::unexpected(asn1::ParseError{"", 0});
  if (!whole || !asn1::check_nesting(*der)) return wrong("eimConfigurationData is no EimConfigurationData in hexadecimal");
  if (!asn1::find_child(whole->value, 0x80)) return wrong("eimConfigurationData has no eimId");
  return asn1::tlv(tag, whole->value);
}

// {"name": {fields}}; the name alone also stands for no fields
struct Command {
  std::string name;
  Json fields = Json::object();
};
Coded<Command> command_of(const Json& json) {
  if (json.is_string()) return Command{json.get<std::string>(), Json::object()};
  if (!json.is_object() || json.size() != 1) return wrong("each command is one object with one member");
  const auto at = json.begin();
  if (!at->is_object() && !at->is_null()) return wrong(at.key() + " needs an object");
  return Command{at.key(), at->is_null() ? Json::object() : *at};
}

}  // namespace

Coded<Bytes> encode_psmo(const Json& json) {
  const auto command = command_of(json);
  if (!command) return wrong(command.error());
  const Json& fields = command->fields;
  if (command->name == "enable") return with_iccid(0xA3, fields, flag(fields, {"rollback", "rollbackFlag"}));
  if (command->name == "disable") return with_iccid(0xA4, fields);
  if (command->name == "delete") return with_iccid(0xA5, fields);
  if (command->name == "listProfileInfo") return list_profile_info(fields);
  if (command->name == "getRAT") return asn1::tlv(0xA6, {});
  if (command->name == "configureImmediateEnable" || command->name == "configureAutoEnable") return immediate_enable(fields);
  if (command->name == "setFallbackAttribute") return with_iccid(0xA8, fields);
  if (command->name == "unsetFallbackAttribute") return asn1::tlv(0xA9, {});
  if (command->name == "setDefaultDpAddress") {
    const std::string address = text(fields, {"defaultDpAddress", "smdpAddress"});
    if (address.size() > 128) return wrong("defaultDpAddress has at most 128 octets");
    return asn1::tlv(0xBF65, asn1::tlv(0x80, text_view(address)));
  }
  return wrong("unknown PSMO " + command->name);
}

Coded<Bytes> encode_eco(const Json& json) {
  const auto command = command_of(json);
  if (!command) return wrong(command.error());
  if (command->name == "addEim") return with_configuration(0xA8, command->fields);
  if (command->name == "updateEim") return with_configuration(0xAA, command->fields);
  if (command->name == "listEim") return asn1::tlv(0xAB, {});
  if (command->name == "deleteEim") {
    const std::string id = text(command->fields, {"eimId"});
    if (id.empty() || id.size() > 128) return wrong("eimId is missing or longer than 128 octets");
    return asn1::tlv(0xA9, asn1::tlv(0x80, text_view(id)));
  }
  return wrong("unknown eCO " + command->name);
}

Coded<Bytes> encode_commands(Facility facility, const Json& order) {
  const char* name = facility == Facility::eco ? "eco" : "psmo";
  const auto list = order.is_object() ? order.find(name) : order.end();
  if (list == order.end() || !list->is_array() || list->empty()) return wrong(std::string("the order needs a list under \"") + name + "\"");
  if (list->size() > kMostCommands) return wrong("a package holds at most " + std::to_string(kMostCommands) + " commands");
  Bytes out;
  for (const Json& command : *list) {
    const auto octets = facility == Facility::eco ? encode_eco(command) : encode_psmo(command);
    if (!octets) return octets;
    append(out, *octets);
  }
  if (out.size() > kMostOctets) return wrong("the package is too large");
  return out;
}

Coded<DataRequest> read_data_request(const Json& order) {
  const auto at = order.is_object() ? order.find("edr") : order.end();
  if (at == order.end() || !at->is_object()) return wrong("the order needs an object under \"edr\"");
  DataRequest out;
  const auto tags = from_hex(text(*at, {"tagList"}));
  if (!tags || tags->empty() || tags->size() > 64) return wrong("tagList is missing or not hexadecimal");
  out.tag_list = *tags;
  if (const std::string id = text(*at, {"euiccCiPKId", "euiccCiPKIdentifierToBeUsed"}); !id.empty()) {
    const auto octets = from_hex(id);
    if (!octets) return wrong("euiccCiPKId is not hexadecimal");
    out.ci_key_id = *octets;
  }
  if (const auto sequence = at->find("notificationSeqNumber"); sequence != at->end() && sequence->is_number_unsigned()) {
    out.notification_search = asn1::tlv(0x80, asn1::integer_content(sequence->get<std::uint64_t>()));
  }
  if (const auto sequence = at->find("resultSeqNumber"); sequence != at->end() && sequence->is_number_unsigned()) {
    out.result_search = asn1::tlv(0x80, asn1::integer_content(sequence->get<std::uint64_t>()));
  }
  return out;
}

Coded<DownloadOrder> read_download(const Json& whole) {
  if (!whole.is_object()) return wrong("the order is no object");
  const auto at = whole.find("download");
  const Json& order = at != whole.end() && at->is_object() ? *at : whole;
  DownloadOrder out;
  out.activation_code = text(order, {"activationCode"});
  if (out.activation_code.starts_with("LPA:")) out.activation_code.erase(0, 4);
  out.trigger.default_smdp = flag(order, {"defaultSmdp", "contactDefaultSmdp"});
  if (const auto smds = order.find("smds"); smds != order.end()) {
    out.trigger.smds = true;
    if (smds->is_string()) out.trigger.smds_address = smds->get<std::string>();
  }
  const int ways = (out.activation_code.empty() ? 0 : 1) + (out.trigger.default_smdp ? 1 : 0) + (out.trigger.smds ? 1 : 0);
  if (ways != 1) return wrong("a download needs one of activationCode, defaultSmdp and smds");
  if (!out.activation_code.empty() && !parse_activation_code(out.activation_code)) return wrong("activationCode is none (1$address$matchingId)");
  const bool keep = flag(order, {"keepData", "indirect"});
  if (keep && out.activation_code.empty()) return wrong("only an activation code can be kept by the eIM");
  if (!keep) out.trigger.activation_code = out.activation_code;
  out.enable = flag(order, {"enable"});
  out.rollback = flag(order, {"rollback"});
  return out;
}

namespace {

Coded<void> check_parameters(const Json& order) {
  const auto list = order.is_object() ? order.find("euicc") : order.end();
  if (list == order.end() || !list->is_array() || list->empty()) return wrong("the order needs a list under \"euicc\"");
  for (const Json& parameter : *list) {
    if (!parameter.is_object() || parameter.size() != 1) return wrong("each parameter is one object with one member");
    const auto at = parameter.begin();
    const std::string& name = at.key();
    const bool number = at->is_number_integer() && *at >= 0;
    if (name == "counterValue") {
      if (!number || *at > kMostCounter) return wrong("counterValue is a number up to 8388607");
    } else if (name == "associationToken") {
      if (!number) return wrong("associationToken is a number");
    } else if (name == "consumerEuicc") {
      if (!at->is_boolean()) return wrong("consumerEuicc is true or false");
    } else if (name == "group") {
      if (!at->is_string() || at->get_ref<const std::string&>().size() > 64) return wrong("group is a name of at most 64 octets");
    } else if (name == "signAlgo") {
      if (*at != "prime256v1" && *at != "brainpoolP256r1") return wrong("signAlgo is prime256v1 or brainpoolP256r1");
    } else if (name == "signPubKey") {
      const auto point = at->is_string() ? from_hex(at->get_ref<const std::string&>()) : std::nullopt;
      if (!point || point->size() != 65) return wrong("signPubKey is a point of 65 octets in hexadecimal");
    } else {
      return wrong("unknown parameter " + name);
    }
  }
  return {};
}

}  // namespace

Coded<void> check_order(Facility facility, const Json& order) {
  if (facility == Facility::euicc) return check_parameters(order);
  std::string why;
  if (facility == Facility::download) {
    if (const auto read = read_download(order); !read) why = read.error();
  } else if (facility == Facility::edr) {
    if (const auto read = read_data_request(order); !read) why = read.error();
  } else if (const auto coded = encode_commands(facility, order); !coded) {
    why = coded.error();
  }
  if (!why.empty()) return wrong(why);
  return {};
}

}  // namespace simurgh::eim
