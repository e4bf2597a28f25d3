// Error codes in words.
#include <PCSC/winscard.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace {

struct Row {
  LONG code;
  const char* text;
};

constexpr auto kTexts = std::to_array<Row>({
    {SCARD_S_SUCCESS, "Done."},
    {SCARD_F_INTERNAL_ERROR, "Internal error of the smart card service."},
    {SCARD_E_CANCELLED, "Cancelled."},
    {SCARD_E_INVALID_HANDLE, "Invalid handle."},
    {SCARD_E_INVALID_PARAMETER, "Invalid parameter."},
    {SCARD_E_INVALID_TARGET, "Invalid target."},
    {SCARD_E_NO_MEMORY, "Out of memory."},
    {SCARD_F_WAITED_TOO_LONG, "Waited too long."},
    {SCARD_E_INSUFFICIENT_BUFFER, "The buffer is too small."},
    {SCARD_E_UNKNOWN_READER, "Unknown reader."},
    {SCARD_E_TIMEOUT, "Time is over."},
    {SCARD_E_SHARING_VIOLATION, "Another connection uses the card."},
    {SCARD_E_NO_SMARTCARD, "No card in the reader."},
    {SCARD_E_UNKNOWN_CARD, "Unknown card."},
    {SCARD_E_CANT_DISPOSE, "The card cannot be left in that way."},
    {SCARD_E_PROTO_MISMATCH, "The card does not use that protocol."},
    {SCARD_E_NOT_READY, "Not ready."},
    {SCARD_E_INVALID_VALUE, "Invalid value."},
    {SCARD_E_SYSTEM_CANCELLED, "Cancelled by the system."},
    {SCARD_F_COMM_ERROR, "Communication with the smart card service failed."},
    {SCARD_F_UNKNOWN_ERROR, "Unknown internal error."},
    {SCARD_E_INVALID_ATR, "Invalid ATR."},
    {SCARD_E_NOT_TRANSACTED, "The transaction or the exchange with the card failed."},
    {SCARD_E_READER_UNAVAILABLE, "The reader is not available."},
    {SCARD_P_SHUTDOWN, "The service is stopping."},
    {SCARD_E_PCI_TOO_SMALL, "The protocol control information is too small."},
    {SCARD_E_READER_UNSUPPORTED, "The reader is not supported."},
    {SCARD_E_DUPLICATE_READER, "The reader exists already."},
    {SCARD_E_CARD_UNSUPPORTED, "The card is not supported."},
    {SCARD_E_NO_SERVICE, "No smart card service."},
    {SCARD_E_SERVICE_STOPPED, "The smart card service was stopped."},
    {SCARD_E_UNSUPPORTED_FEATURE, "Not supported."},
    {SCARD_E_NO_READERS_AVAILABLE, "No reader."},
    {SCARD_E_COMM_DATA_LOST, "Data was lost on the way to the card."},
    {SCARD_E_SERVER_TOO_BUSY, "The smart card service is too busy."},
    {SCARD_W_UNSUPPORTED_CARD, "The card is not supported."},
    {SCARD_W_UNRESPONSIVE_CARD, "The card does not answer."},
    {SCARD_W_UNPOWERED_CARD, "The card has no power."},
    {SCARD_W_RESET_CARD, "The card was reset."},
    {SCARD_W_REMOVED_CARD, "The card was removed."},
    {SCARD_W_SECURITY_VIOLATION, "Access denied."},
});

}  // namespace

// The text for an unknown code lives until the same thread asks again, as with pcsc-lite.
extern "C" const char* pcsc_stringify_error(const LONG code) {
  const auto found = std::ranges::find(kTexts, code & 0xFFFFFFFF, &Row::code);
  if (found != kTexts.end()) return found->text;
  thread_local char unknown[40];
  std::snprintf(unknown, sizeof unknown, "Unknown error: 0x%08lX", static_cast<unsigned long>(code & 0xFFFFFFFF));
  return unknown;
}
