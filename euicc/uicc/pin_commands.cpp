// The PIN family, TS 102 221 9.4, 9.5, 11.1.9-11.1.13. A try is written to the store before the value is compared.
#include "euicc/uicc/uicc.h"

namespace simurgh::uicc {

using apdu::refuse;
using apdu::Sw;

namespace {

constexpr std::size_t kPinSize = 8;
constexpr std::uint8_t kUniversal = 0x11;

apdu::Result<std::size_t> addressed(const Context& context, const apdu::Command& command) {
  if (command.p2 == 0) return refuse(Sw::incorrect_p1p2, "key reference 00");
  const auto index = context.uicc.resolve_pin(context.channel.directory, command.p2);
  if (!index) return refuse(Sw::data_not_found, "no PIN with this reference here");
  return *index;
}

// Spends a try, compares, and gives the tries back on success. `value` is staged with the tries restored; the caller saves it.
apdu::Result<void> present(Context& context, std::size_t index, PinState& value, ByteView given) {
  if (value.tries == 0) return refuse(Sw::pin_blocked, "the PIN is blocked");
  --value.tries;
  context.uicc.save_pin(index, value, context.txn);
  if (!context.txn.commit()) return refuse(Sw::memory_failure, "the retry counter could not be stored");
  if (!crypto::equal_secret(value.value.expose(), given)) {
    context.uicc.set_verified(index, false);
    return refuse(apdu::tries_left(value.tries), "wrong PIN");
  }
  value.tries = context.uicc.pin(index).max_tries;
  return {};
}

}  // namespace

apdu::Answer verify_pin(Context& context, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "VERIFY P1");
  const auto index = addressed(context, command);
  if (!index) return std::unexpected(index.error());
  PinState value = context.uicc.pin_state(*index, context.txn);
  if (command.data.empty()) return refuse(apdu::tries_left(value.tries), "retry counter asked for");
  if (command.data.size() != kPinSize) return refuse(Sw::wrong_length, "a PIN has eight octets");
  if (value.tries == 0) return refuse(Sw::pin_blocked, "the PIN is blocked");
  if (!value.enabled) return refuse(Sw::data_invalidated, "the PIN is disabled");
  if (const auto good = present(context, *index, value, command.data); !good) return std::unexpected(good.error());
  context.uicc.save_pin(*index, value, context.txn);
  context.uicc.set_verified(*index, true);
  return apdu::done();
}

apdu::Answer change_pin(Context& context, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "CHANGE PIN P1");
  const auto index = addressed(context, command);
  if (!index) return std::unexpected(index.error());
  if (command.data.size() != 2 * kPinSize) return refuse(Sw::wrong_length, "CHANGE PIN takes the old and the new value");
  PinState value = context.uicc.pin_state(*index, context.txn);
  if (value.tries == 0) return refuse(Sw::pin_blocked, "the PIN is blocked");
  if (!value.enabled) return refuse(Sw::data_invalidated, "the PIN is disabled");
  if (!context.uicc.pin(*index).changeable) return refuse(Sw::conditions_not_satisfied, "this PIN may not be changed");
  if (const auto good = present(context, *index, value, command.data.first(kPinSize)); !good) return std::unexpected(good.error());
  value.value = crypto::SecretBytes(command.data.subspan(kPinSize));
  context.uicc.save_pin(*index, value, context.txn);
  context.uicc.set_verified(*index, true);
  return apdu::done();
}

apdu::Answer disable_pin(Context& context, const apdu::Command& command) {
  // P1 = 00, or 80 | reference of the PIN that takes its place: only the universal PIN can (TS 102 221 9.4.2).
  const bool replace = (command.p1 & 0x80) != 0;
  if (command.p1 != 0 && (!replace || (command.p1 & 0x1F) != kUniversal || (command.p1 & 0x60) != 0)) {
    return refuse(Sw::incorrect_p1p2, "DISABLE PIN P1");
  }
  const auto index = addressed(context, command);
  if (!index) return std::unexpected(index.error());
  if (command.data.size() != kPinSize) return refuse(Sw::wrong_length, "a PIN has eight octets");
  if (replace && !context.uicc.resolve_pin(kMf, kUniversal)) return refuse(Sw::data_not_found, "there is no universal PIN");
  PinState value = context.uicc.pin_state(*index, context.txn);
  if (value.tries == 0) return refuse(Sw::pin_blocked, "the PIN is blocked");
  if (!value.enabled || !context.uicc.pin(*index).can_be_disabled) return refuse(Sw::conditions_not_satisfied, "the PIN cannot be disabled now");
  if (const auto good = present(context, *index, value, command.data); !good) return std::unexpected(good.error());
  value.enabled = false;
  value.replaced = replace;
  context.uicc.save_pin(*index, value, context.txn);
  context.uicc.set_verified(*index, true);
  return apdu::done();
}

apdu::Answer enable_pin(Context& context, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "ENABLE PIN P1");
  const auto index = addressed(context, command);
  if (!index) return std::unexpected(index.error());
  if (command.data.size() != kPinSize) return refuse(Sw::wrong_length, "a PIN has eight octets");
  PinState value = context.uicc.pin_state(*index, context.txn);
  if (value.tries == 0) return refuse(Sw::pin_blocked, "the PIN is blocked");
  if (value.enabled || !context.uicc.pin(*index).can_be_disabled) return refuse(Sw::conditions_not_satisfied, "the PIN cannot be enabled now");
  if (const auto good = present(context, *index, value, command.data); !good) return std::unexpected(good.error());
  value.enabled = true;
  value.replaced = false;
  context.uicc.save_pin(*index, value, context.txn);
  context.uicc.set_verified(*index, true);
  return apdu::done();
}

apdu::Answer unblock_pin(Context& context, const apdu::Command& command) {
  if (command.p1 != 0) return refuse(Sw::incorrect_p1p2, "UNBLOCK PIN P1");
  const auto index = addressed(context, command);
  if (!index) return std::unexpected(index.error());
  const std::uint8_t reference = context.uicc.pin(*index).puk;
  const auto puk_index = reference == 0 ? std::nullopt : context.uicc.find_puk(reference);
  if (!puk_index) return refuse(Sw::data_not_found, "this PIN has no PUK");
  PinState puk = context.uicc.puk_state(*puk_index, context.txn);
  if (command.data.empty()) return refuse(apdu::tries_left(puk.tries), "retry counter asked for");
  if (command.data.size() != 2 * kPinSize) return refuse(Sw::wrong_length, "UNBLOCK PIN takes the PUK and the new PIN");
  if (puk.tries == 0) return refuse(Sw::pin_blocked, "the PUK is blocked");
  --puk.tries;
  context.uicc.save_puk(*puk_index, puk, context.txn);
  if (!context.txn.commit()) return refuse(Sw::memory_failure, "the retry counter could not be stored");
  if (!crypto::equal_secret(puk.value.expose(), command.data.first(kPinSize))) return refuse(apdu::tries_left(puk.tries), "wrong PUK");
  puk.tries = context.uicc.puk_maximum(*puk_index);
  context.uicc.save_puk(*puk_index, puk, context.txn);
  PinState value = context.uicc.pin_state(*index, context.txn);
  value.value = crypto::SecretBytes(command.data.subspan(kPinSize));
  value.tries = context.uicc.pin(*index).max_tries;
  value.enabled = true;
  value.replaced = false;
  context.uicc.save_pin(*index, value, context.txn);
  context.uicc.set_verified(*index, true);
  return apdu::done();
}

}  // namespace simurgh::uicc
