// eUICCMemoryReset of an IoT card (SGP.32 v1.2 5.9; v1.0 as BF34). Policy rules do not hold here.
#include "asn1/tlv.h"
#include "euicc/iot/associations.h"
#include "euicc/iot/cells.h"
#include "euicc/iot/emergency.h"
#include "euicc/iot/results.h"
#include "euicc/iot/rollback.h"
#include "euicc/isdr/es10_table.h"
#include "euicc/isdr/session.h"

namespace simurgh::isdr::es10b {
namespace {

using profile::ProfileClass;
using profile::ProfileEntry;

struct Options {
  bool operational = false, field_test = false, address = false, factory_test = false, provisioning = false, eims = false, immediate = false;
};

enum class Reset : std::uint8_t { ok = 0, nothing_to_delete = 1, not_supported = 2, cat_busy = 5, ecall_active = 104, undefined = 127 };

struct Results {
  Reset profiles = Reset::ok;
  std::optional<Reset> eims, immediate;
};

std::optional<std::uint64_t> read_options(ByteView content) {
  const auto options = asn1::TlvReader(content).required(0x82);
  const auto bits = options ? asn1::named_bits(*options) : std::unexpected(asn1::ParseError{"", 0});
  return bits ? std::optional(*bits) : std::nullopt;
}

// Counters, tokens and waiting results go with the associations; the counter that tokens come from goes on.
Reset reset_eims(Context& context) {
  if (!context.ecasd.capabilities.iot->eim_reset) return Reset::not_supported;
  iot::Associations associations(context.txn, context.ecasd);
  const auto all = associations.all();
  for (const iot::Eim& eim : all) {
    iot::remove_results_of(context.txn, eim.id);
    associations.remove(eim);
  }
  if (all.empty()) return Reset::nothing_to_delete;
  iot::clear_rollback(context.txn);
  return Reset::ok;
}

Reset reset_profiles(Context& context, const Options& options, bool others) {
  const auto authorisation = iot::rollback_authorisation(context.txn);
  const bool deleted = delete_profiles(context, [&](const ProfileEntry& entry) {
    switch (entry.metadata.profile_class) {
      case ProfileClass::operational: return options.operational;
      case ProfileClass::provisioning: return options.provisioning;
      case ProfileClass::test: return entry.factory ? options.factory_test : options.field_test;
    }
    return false;
  });
  if (authorisation && !iot::profile_numbered(context.txn, authorisation->former)) iot::clear_rollback(context.txn);
  if (deleted) end_load(context);
  if (options.address) context.txn.erase(rsp::kDefaultDpAddress);
  const bool asked = options.operational || options.provisioning || options.factory_test || options.field_test;
  const bool done = deleted || options.address || (!asked && others);
  return done ? Reset::ok : Reset::nothing_to_delete;
}

Results reset(Context& context, const Options& options) {
  Results out;
  const auto all = [&](Reset code) {
    out.profiles = code;
    if (options.eims) out.eims = Reset::undefined;
    if (options.immediate) out.immediate = Reset::undefined;
    return out;
  };
  if (iot::emergency_active(context.txn)) return all(Reset::ecall_active);
  if (iot_context(context).busy || rsp::switch_pending(context.txn)) return all(Reset::cat_busy);
  if (options.eims) out.eims = reset_eims(context);
  if (options.immediate) {
    const bool supported = context.ecasd.capabilities.iot->immediate_enable_reset;
    if (supported) context.txn.erase(iot::kImmediateEnable);
    out.immediate = supported ? Reset::ok : Reset::nothing_to_delete;  // 1 is resetIECNotSupported here
  }
  out.profiles = reset_profiles(context, options, out.eims == Reset::ok || out.immediate == Reset::ok);
  return out;
}

}  // namespace

apdu::Answer iot_memory_reset(Context& context, ByteView, ByteView content) {
  const auto bits = read_options(content);
  if (!bits) return malformed("eUICCMemoryReset cannot be read");
  const auto asked = [&](unsigned bit) { return (*bits >> bit & 1) != 0; };
  const Results done = reset(context, {.operational = asked(0),
                                       .field_test = asked(1),
                                       .address = asked(2),
                                       .factory_test = asked(3),
                                       .provisioning = asked(4),
                                       .eims = asked(5),
                                       .immediate = asked(6)});
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF64);
    out.put_byte(0x80, static_cast<std::uint8_t>(done.profiles));
    if (done.eims) out.put_byte(0x81, static_cast<std::uint8_t>(*done.eims));
    if (done.immediate) out.put_byte(0x82, static_cast<std::uint8_t>(*done.immediate));
  }
  return apdu::with_data(out.take());
}

// Two more bits than SGP.22, and the result with its universal tag.
apdu::Answer iot_memory_reset_v10(Context& context, ByteView, ByteView content) {
  const auto bits = read_options(content);
  if (!bits) return malformed("eUICCMemoryReset cannot be read");
  const auto asked = [&](unsigned bit) { return (*bits >> bit & 1) != 0; };
  const Results done =
      reset(context, {.operational = asked(0), .field_test = asked(1), .address = asked(2), .eims = asked(3), .immediate = asked(4)});
  Reset code = done.profiles;
  if (code == Reset::nothing_to_delete && (done.eims == Reset::ok || done.immediate == Reset::ok)) code = Reset::ok;
  asn1::TlvWriter out;
  {
    const auto scope = out.open(0xBF34);
    out.put_byte(0x02, static_cast<std::uint8_t>(code));
  }
  return apdu::with_data(out.take());
}

}  // namespace simurgh::isdr::es10b
