// What pcscd calls: the IFD handler interface, version 3.0 (ifdhandler.h). The functions find the reader and the slot that a Lun names
// (reader in the upper half, slot in the lower) and move bytes. Nothing is thrown across this border.
extern "C" {
#include <PCSC/ifdhandler.h>
#include <PCSC/reader.h>

// pcscd's own log, when this is loaded by pcscd.
void log_msg(int priority, const char* format, ...) __attribute__((weak, format(printf, 2, 3)));
}

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "pcsc/atr.h"
#include "pcsc/ifd/device.h"
#include "pcsc/ifd/hub.h"
#include "pcsc/reader_facts.h"

namespace simurgh::pcsc::ifd {

namespace {

constexpr int kLogInfo = 1, kLogError = 2;  // PCSC_LOG_INFO, PCSC_LOG_ERROR of pcscd's debuglog.h

void log(int priority, const std::string& sentence) {
  if (log_msg != nullptr) log_msg(priority, "simurgh: %s", sentence.c_str());
}

// The readers that pcscd has opened, by the upper half of their Luns. A slot's functions hold the hub they work with, so that closing a
// channel never takes it away under them.
class Readers {
 public:
  static Readers& all() {
    static Readers readers;
    return readers;
  }

  RESPONSECODE open(DWORD lun, const Device& device) {
    const std::scoped_lock lock(lock_);
    auto& reader = readers_[reader_of(lun)];
    if (!reader.hub) {
      prepare_folder(device.socket_path);
      reader.hub = std::make_shared<Hub>(Hub::Options{
          .socket_path = device.socket_path, .slots = device.slots, .log = [](const std::string& what) { log(kLogInfo, what); }});
    }
    if (slot_of(lun) >= reader.hub->slots()) return IFD_NO_SUCH_DEVICE;
    reader.open_slots |= 1U << slot_of(lun);
    return IFD_SUCCESS;
  }

  RESPONSECODE close(DWORD lun) {
    std::shared_ptr<Hub> last;
    const std::scoped_lock lock(lock_);
    const auto it = readers_.find(reader_of(lun));
    if (it == readers_.end() || slot_of(lun) >= kMaxSlots) return IFD_COMMUNICATION_ERROR;
    it->second.open_slots &= ~(1U << slot_of(lun));
    if (it->second.open_slots == 0) {
      last = std::move(it->second.hub);
      readers_.erase(it);
    }
    return IFD_SUCCESS;
  }

  [[nodiscard]] std::shared_ptr<Hub> find(DWORD lun) {
    const std::scoped_lock lock(lock_);
    const auto it = readers_.find(reader_of(lun));
    if (it == readers_.end() || !it->second.hub || slot_of(lun) >= it->second.hub->slots()) return nullptr;
    return it->second.hub;
  }

  static unsigned reader_of(DWORD lun) { return static_cast<unsigned>(lun >> 16 & 0xFFFF); }
  static unsigned slot_of(DWORD lun) { return static_cast<unsigned>(lun & 0xFFFF); }

 private:
  struct Reader {
    std::shared_ptr<Hub> hub;
    unsigned open_slots = 0;
  };
  std::mutex lock_;
  std::map<unsigned, Reader> readers_;
};

// Runs the body with the hub and slot of a Lun; whatever it throws becomes a code.
template <class Body>
RESPONSECODE with_slot(DWORD lun, Body&& body) noexcept {
  try {
    const auto hub = Readers::all().find(lun);
    if (!hub) return IFD_NO_SUCH_DEVICE;
    return body(*hub, Readers::slot_of(lun));
  } catch (const std::exception&) {
    return IFD_COMMUNICATION_ERROR;
  }
}

RESPONSECODE code(Hub::Trouble trouble) { return trouble == Hub::Trouble::no_card ? IFD_ICC_NOT_PRESENT : IFD_COMMUNICATION_ERROR; }

RESPONSECODE open_device(DWORD lun, const char* name) noexcept {
  try {
    const auto device = parse_device(name);
    if (!device) {
      log(kLogError,
          std::string("DEVICENAME \"") + name + "\" is not \"/path/of/socket:slots=1...16\"; either part may be missing, not the colon.");
      return IFD_NO_SUCH_DEVICE;
    }
    return Readers::all().open(lun, *device);
  } catch (const std::exception& wrong) {
    (void)Readers::all().close(lun);
    log(kLogError, wrong.what());
    return IFD_COMMUNICATION_ERROR;
  }
}

// A value for pcscd's buffer; `*length` is its room and becomes the value's length.
RESPONSECODE give(const void* value, std::size_t size, PDWORD length, PUCHAR out) {
  if (*length < size) return IFD_ERROR_INSUFFICIENT_BUFFER;
  if (size != 0) std::memcpy(out, value, size);
  *length = size;
  return IFD_SUCCESS;
}

RESPONSECODE give_octet(unsigned value, PDWORD length, PUCHAR out) {
  const auto octet = static_cast<std::uint8_t>(value);
  return give(&octet, 1, length, out);
}

// pcscd's thread for a slot sleeps in the first and is woken by the second.
RESPONSECODE wait_for_change(DWORD lun, int milliseconds) {
  return with_slot(lun, [&](Hub& hub, unsigned slot) {
    hub.wait_for_change(slot, std::chrono::milliseconds(std::max(0, milliseconds)));
    return IFD_SUCCESS;
  });
}

RESPONSECODE wake(DWORD lun) {
  return with_slot(lun, [](Hub& hub, unsigned slot) {
    hub.wake(slot);
    return IFD_SUCCESS;
  });
}

}  // namespace

}  // namespace simurgh::pcsc::ifd

using namespace simurgh;
using namespace simurgh::pcsc::ifd;

extern "C" {

RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName) { return open_device(Lun, DeviceName == nullptr ? "" : DeviceName); }

RESPONSECODE IFDHCreateChannel(DWORD Lun, DWORD) { return open_device(Lun, ""); }

RESPONSECODE IFDHCloseChannel(DWORD Lun) {
  try {
    return Readers::all().close(Lun);
  } catch (const std::exception&) {
    return IFD_COMMUNICATION_ERROR;
  }
}

RESPONSECODE IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value) {
  if (Length == nullptr || Value == nullptr) return IFD_COMMUNICATION_ERROR;
  return with_slot(Lun, [&](Hub& hub, unsigned slot) -> RESPONSECODE {
    switch (Tag) {
      case TAG_IFD_ATR: {
        const Bytes atr = hub.atr(slot);
        return give(atr.data(), atr.size(), Length, Value);
      }
      case TAG_IFD_SLOTS_NUMBER:
        return give_octet(hub.slots(), Length, Value);
      case TAG_IFD_SIMULTANEOUS_ACCESS:
        return give_octet(kMaxSlots, Length, Value);
      case TAG_IFD_THREAD_SAFE:
      case TAG_IFD_SLOT_THREAD_SAFE:
        return give_octet(1, Length, Value);
      case TAG_IFD_POLLING_THREAD_KILLABLE:
        return give_octet(0, Length, Value);
      case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT: {
        RESPONSECODE (*const function)(DWORD, int) = wait_for_change;
        return give(&function, sizeof function, Length, Value);
      }
      case TAG_IFD_STOP_POLLING_THREAD: {
        RESPONSECODE (*const function)(DWORD) = wake;
        return give(&function, sizeof function, Length, Value);
      }
      default:
        break;
    }
    const auto value = pcsc::attribute(static_cast<std::uint32_t>(Tag), {.type = "Simurgh IFD",
                                                                         .name = hub.name(slot),
                                                                         .unit = slot,
                                                                         .protocol = 0,
                                                                         .present = hub.present(slot),
                                                                         .powered = hub.powered(slot),
                                                                         .atr = hub.atr(slot)});
    if (!value) return IFD_ERROR_TAG;
    return give(value->data(), value->size(), Length, Value);
  });
}

RESPONSECODE IFDHSetCapabilities(DWORD Lun, DWORD, DWORD, PUCHAR) {
  return with_slot(Lun, [](Hub&, unsigned) { return IFD_ERROR_TAG; });
}

RESPONSECODE IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR, UCHAR, UCHAR, UCHAR) {
  // A socket has no speed to negotiate; only what the ATR offers can be chosen.
  return with_slot(Lun, [&](Hub& hub, unsigned slot) -> RESPONSECODE {
    if (!hub.present(slot)) return IFD_ICC_NOT_PRESENT;
    const auto offered = pcsc::offered_protocols(hub.atr(slot));
    const bool possible = (Protocol == SCARD_PROTOCOL_T0 && offered.t0) || (Protocol == SCARD_PROTOCOL_T1 && offered.t1);
    return possible ? IFD_SUCCESS : IFD_PROTOCOL_NOT_SUPPORTED;
  });
}

RESPONSECODE IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength) {
  if (Atr == nullptr || AtrLength == nullptr) return IFD_COMMUNICATION_ERROR;
  *AtrLength = 0;  // pcscd's buffer holds MAX_ATR_SIZE octets, whatever the length says before
  return with_slot(Lun, [&](Hub& hub, unsigned slot) -> RESPONSECODE {
    if (Action == IFD_POWER_DOWN) {
      const auto done = hub.power_off(slot);
      return done ? IFD_SUCCESS : code(done.error());
    }
    if (Action != IFD_POWER_UP && Action != IFD_RESET) return IFD_NOT_SUPPORTED;
    // A reset of a card without power is a power-up (ifdhandler.h).
    const auto atr = Action == IFD_RESET && hub.powered(slot) ? hub.reset(slot) : hub.power_on(slot);
    if (!atr) return code(atr.error());
    if (atr->empty()) return IFD_ERROR_POWER_ACTION;
    *AtrLength = MAX_ATR_SIZE;
    return give(atr->data(), atr->size(), AtrLength, Atr);
  });
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer, PDWORD RxLength,
                               PSCARD_IO_HEADER RecvPci) {
  if (RxBuffer == nullptr || RxLength == nullptr) return IFD_COMMUNICATION_ERROR;
  DWORD room = *RxLength;
  *RxLength = 0;
  if (TxBuffer == nullptr || TxLength == 0 || TxLength > kMaxApdu) return IFD_NOT_SUPPORTED;
  return with_slot(Lun, [&](Hub& hub, unsigned slot) -> RESPONSECODE {
    const auto response = hub.transmit(slot, ByteView(TxBuffer, TxLength));
    if (!response) return code(response.error());
    if (response->empty()) return IFD_RESPONSE_TIMEOUT;
    const RESPONSECODE given = give(response->data(), response->size(), &room, RxBuffer);
    if (given != IFD_SUCCESS) return given;
    *RxLength = room;
    if (RecvPci != nullptr) *RecvPci = {SendPci.Protocol, sizeof(SCARD_IO_HEADER)};
    return IFD_SUCCESS;
  });
}

RESPONSECODE IFDHICCPresence(DWORD Lun) {
  return with_slot(Lun, [](Hub& hub, unsigned slot) { return hub.present(slot) ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT; });
}

RESPONSECODE IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR, DWORD, PUCHAR RxBuffer, DWORD RxLength, LPDWORD pdwBytesReturned) {
  if (pdwBytesReturned == nullptr) return IFD_COMMUNICATION_ERROR;
  *pdwBytesReturned = 0;
  return with_slot(Lun, [&](Hub&, unsigned) -> RESPONSECODE {
    const auto output = pcsc::control_output(static_cast<std::uint32_t>(dwControlCode));
    if (!output) return IFD_ERROR_NOT_SUPPORTED;
    if (RxBuffer == nullptr) return IFD_ERROR_INSUFFICIENT_BUFFER;
    DWORD length = RxLength;
    const RESPONSECODE given = give(output->data(), output->size(), &length, RxBuffer);
    if (given == IFD_SUCCESS) *pdwBytesReturned = length;
    return given;
  });
}

}  // extern "C"
