// The functions of winscard.h, answered by a private card server instead of pcscd. Behaviour and error codes:
// pcsc/direct/resource_manager.h.
#include <PCSC/winscard.h>

#include <cstdlib>
#include <string>
#include <string_view>

#include "pcsc/direct/client/calls.h"

using namespace simurgh;
using namespace simurgh::pcsc::direct;

namespace {

ByteView bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// Runs `body(context)` for a card handle of this process.
template <class Body>
LONG with_card(SCARDHANDLE card, Body&& body) noexcept {
  return guarded([&]() -> LONG {
    const ContextPtr context = card == 0 ? nullptr : Registry::instance().context_of(card);
    return context ? body(*context) : SCARD_E_INVALID_HANDLE;
  });
}

template <class Body>
LONG with_context(SCARDCONTEXT id, Body&& body) noexcept {
  return guarded([&]() -> LONG {
    const ContextPtr context = Registry::instance().context(id);
    return context ? body(context) : SCARD_E_INVALID_HANDLE;
  });
}

}  // namespace

extern "C" {

const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardRawPci = {SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST)};

LONG SCardEstablishContext(DWORD dwScope, LPCVOID, LPCVOID, LPSCARDCONTEXT phContext) {
  return guarded([&]() -> LONG {
    if (phContext == nullptr) return SCARD_E_INVALID_PARAMETER;
    *phContext = 0;
    if (dwScope > SCARD_SCOPE_GLOBAL) return SCARD_E_INVALID_VALUE;
    const char* path = ::secure_getenv(kSocketVariable);
    auto channel = path == nullptr ? nullptr : Channel::open(path);
    if (!channel) return SCARD_E_NO_SERVICE;
    *phContext = Registry::instance().add(std::make_shared<Context>(std::move(channel)));
    return SCARD_S_SUCCESS;
  });
}

LONG SCardReleaseContext(SCARDCONTEXT hContext) {
  return guarded([&]() -> LONG {
    const ContextPtr context = Registry::instance().take(hContext);
    if (!context) return SCARD_E_INVALID_HANDLE;
    const LONG result = call(*context, request_for(Op::release));
    context->released.store(true);
    context->channel->wake();
    return result;
  });
}

LONG SCardIsValidContext(SCARDCONTEXT hContext) {
  return with_context(hContext, [](const ContextPtr&) -> LONG { return SCARD_S_SUCCESS; });
}

LONG SCardConnect(SCARDCONTEXT hContext, LPCSTR szReader, DWORD dwShareMode, DWORD dwPreferredProtocols, LPSCARDHANDLE phCard,
                  LPDWORD pdwActiveProtocol) {
  if (phCard == nullptr || pdwActiveProtocol == nullptr) return SCARD_E_INVALID_PARAMETER;
  *phCard = 0;
  if (szReader == nullptr) return SCARD_E_UNKNOWN_READER;
  const std::string_view name(szReader);
  if (name.size() > MAX_READERNAME) return SCARD_E_INVALID_VALUE;
  return with_context(hContext, [&](const ContextPtr& context) {
    Request request = request_for(Op::connect);
    request.a = narrow(dwShareMode);
    request.b = narrow(dwPreferredProtocols);
    return call(*context, request, bytes_of(name), Blocking::always, [&](const Response& response, ByteView) {
      if (response.result == SCARD_S_SUCCESS) {
        Registry::instance().add_card(static_cast<SCARDHANDLE>(response.a), context);
        *phCard = static_cast<SCARDHANDLE>(response.a);
        *pdwActiveProtocol = response.b;
      }
      return result_of(response);
    });
  });
}

LONG SCardReconnect(SCARDHANDLE hCard, DWORD dwShareMode, DWORD dwPreferredProtocols, DWORD dwInitialization, LPDWORD pdwActiveProtocol) {
  if (pdwActiveProtocol == nullptr) return SCARD_E_INVALID_PARAMETER;
  return with_card(hCard, [&](Context& context) {
    Request request = request_for(Op::reconnect, hCard);
    request.a = narrow(dwShareMode);
    request.b = narrow(dwPreferredProtocols);
    request.c = narrow(dwInitialization);
    return call(context, request, {}, Blocking::unless_disabled, [&](const Response& response, ByteView) {
      if (response.result == SCARD_S_SUCCESS) *pdwActiveProtocol = response.b;
      return result_of(response);
    });
  });
}

LONG SCardDisconnect(SCARDHANDLE hCard, DWORD dwDisposition) {
  return with_card(hCard, [&](Context& context) {
    Request request = request_for(Op::disconnect, hCard);
    request.a = narrow(dwDisposition);
    const LONG result = call(context, request, Blocking::always);
    if (result == SCARD_S_SUCCESS) Registry::instance().remove_card(hCard);
    return result;
  });
}

LONG SCardBeginTransaction(SCARDHANDLE hCard) {
  return with_card(hCard, [&](Context& context) { return call(context, request_for(Op::begin, hCard), Blocking::always); });
}

LONG SCardEndTransaction(SCARDHANDLE hCard, DWORD dwDisposition) {
  return with_card(hCard, [&](Context& context) {
    Request request = request_for(Op::end, hCard);
    request.a = narrow(dwDisposition);
    return call(context, request);
  });
}

LONG SCardStatus(SCARDHANDLE hCard, LPSTR szReaderName, LPDWORD pcchReaderLen, LPDWORD pdwState, LPDWORD pdwProtocol, LPBYTE pbAtr,
                 LPDWORD pcbAtrLen) {
  DWORD no_name = 0, no_atr = 0;
  LPDWORD const name_length = pcchReaderLen != nullptr ? pcchReaderLen : &no_name;
  LPDWORD const atr_length = pcbAtrLen != nullptr ? pcbAtrLen : &no_atr;
  const DWORD name_room = *name_length, atr_room = *atr_length;
  *name_length = *atr_length = 0;
  if (pdwState != nullptr) *pdwState = 0;
  if (pdwProtocol != nullptr) *pdwProtocol = 0;
  return with_card(hCard, [&](Context& context) {
    return call(context, request_for(Op::status, hCard), {}, Blocking::unless_disabled,
                [&](const Response& response, ByteView payload) -> LONG {
                  if (response.result != SCARD_S_SUCCESS) return result_of(response);
                  const auto readers = read_readers(payload);
                  if (!readers || readers->size() != 1) return SCARD_F_COMM_ERROR;
                  const ReaderView& reader = readers->front();
                  if (pdwState != nullptr) *pdwState = response.a;
                  if (pdwProtocol != nullptr) *pdwProtocol = response.b;
                  *name_length = name_room;
                  *atr_length = atr_room;
                  const LONG name = hand_out(bytes_of({reader.name.c_str(), reader.name.size() + 1}), szReaderName, name_length);
                  const LONG atr = hand_out(reader.atr, pbAtr, atr_length);
                  return name != SCARD_S_SUCCESS ? name : atr;
                });
  });
}

LONG SCardControl(SCARDHANDLE hCard, DWORD dwControlCode, LPCVOID pbSendBuffer, DWORD cbSendLength, LPVOID pbRecvBuffer, DWORD cbRecvLength,
                  LPDWORD lpBytesReturned) {
  if (lpBytesReturned != nullptr) *lpBytesReturned = 0;
  return with_card(hCard, [&](Context& context) -> LONG {
    if (cbSendLength > MAX_BUFFER_SIZE_EXTENDED) return SCARD_E_INSUFFICIENT_BUFFER;
    Request request = request_for(Op::control, hCard);
    request.a = narrow(dwControlCode);
    request.b = pbRecvBuffer == nullptr ? 0 : narrow(cbRecvLength);
    const ByteView input(static_cast<const std::uint8_t*>(pbSendBuffer), pbSendBuffer == nullptr ? 0 : cbSendLength);
    return call(context, request, input, Blocking::never, [&](const Response& response, ByteView payload) {
      if (lpBytesReturned != nullptr) *lpBytesReturned = response.a;
      if (response.result == SCARD_S_SUCCESS && !payload.empty()) std::memcpy(pbRecvBuffer, payload.data(), payload.size());
      return result_of(response);
    });
  });
}

LONG SCardTransmit(SCARDHANDLE hCard, const SCARD_IO_REQUEST* pioSendPci, LPCBYTE pbSendBuffer, DWORD cbSendLength,
                   SCARD_IO_REQUEST* pioRecvPci, LPBYTE pbRecvBuffer, LPDWORD pcbRecvLength) {
  if (pbSendBuffer == nullptr || pbRecvBuffer == nullptr || pcbRecvLength == nullptr || pioSendPci == nullptr)
    return SCARD_E_INVALID_PARAMETER;
  return with_card(hCard, [&](Context& context) -> LONG {
    if (cbSendLength > MAX_BUFFER_SIZE_EXTENDED) return SCARD_E_INSUFFICIENT_BUFFER;
    Request request = request_for(Op::transmit, hCard);
    request.a = narrow(pioSendPci->dwProtocol);
    request.b = narrow(*pcbRecvLength);
    return call(context, request, {pbSendBuffer, cbSendLength}, Blocking::unless_disabled, [&](const Response& response, ByteView payload) {
      *pcbRecvLength = response.a;
      if (response.result == SCARD_S_SUCCESS) {
        std::memcpy(pbRecvBuffer, payload.data(), payload.size());
        if (pioRecvPci != nullptr) *pioRecvPci = {response.b, sizeof(SCARD_IO_REQUEST)};
      }
      return result_of(response);
    });
  });
}

LONG SCardListReaders(SCARDCONTEXT hContext, LPCSTR, LPSTR mszReaders, LPDWORD pcchReaders) {
  if (pcchReaders == nullptr) return SCARD_E_INVALID_PARAMETER;
  return with_context(hContext, [&](const ContextPtr& context) {
    return call(*context, request_for(Op::readers), {}, Blocking::never, [&](const Response& response, ByteView payload) -> LONG {
      if (response.result != SCARD_S_SUCCESS) return result_of(response);
      const auto readers = read_readers(payload);
      if (!readers) return SCARD_F_COMM_ERROR;
      std::string names;
      for (const ReaderView& reader : *readers) names.append(reader.name).push_back('\0');
      names.push_back('\0');
      if (readers->empty()) {
        *pcchReaders = names.size();
        return SCARD_E_NO_READERS_AVAILABLE;
      }
      return hand_out(bytes_of(names), mszReaders, pcchReaders);
    });
  });
}

LONG SCardListReaderGroups(SCARDCONTEXT hContext, LPSTR mszGroups, LPDWORD pcchGroups) {
  if (pcchGroups == nullptr) return SCARD_E_INVALID_PARAMETER;
  return with_context(hContext, [&](const ContextPtr&) {
    static constexpr std::string_view kGroups("SCard$DefaultReaders\0", 22);  // a list with one entry: two terminators
    return hand_out(bytes_of(kGroups), mszGroups, pcchGroups);
  });
}

LONG SCardFreeMemory(SCARDCONTEXT hContext, LPCVOID pvMem) {
  return with_context(hContext, [&](const ContextPtr&) -> LONG {
    std::free(const_cast<void*>(pvMem));
    return SCARD_S_SUCCESS;
  });
}

LONG SCardCancel(SCARDCONTEXT hContext) {
  return with_context(hContext, [](const ContextPtr& context) -> LONG {
    context->cancels.fetch_add(1);
    context->channel->wake();
    return SCARD_S_SUCCESS;
  });
}

LONG SCardGetAttrib(SCARDHANDLE hCard, DWORD dwAttrId, LPBYTE pbAttr, LPDWORD pcbAttrLen) {
  if (pcbAttrLen == nullptr) return SCARD_E_INVALID_PARAMETER;
  return with_card(hCard, [&](Context& context) {
    Request request = request_for(Op::get_attrib, hCard);
    request.a = narrow(dwAttrId);
    return call(context, request, {}, Blocking::never, [&](const Response& response, ByteView payload) {
      return response.result == SCARD_S_SUCCESS ? hand_out(payload, pbAttr, pcbAttrLen) : result_of(response);
    });
  });
}

LONG SCardSetAttrib(SCARDHANDLE hCard, DWORD dwAttrId, LPCBYTE pbAttr, DWORD cbAttrLen) {
  if (pbAttr == nullptr || cbAttrLen == 0) return SCARD_E_INVALID_PARAMETER;
  return with_card(hCard, [&](Context& context) -> LONG {
    if (cbAttrLen > MAX_BUFFER_SIZE) return SCARD_E_INSUFFICIENT_BUFFER;
    Request request = request_for(Op::set_attrib, hCard);
    request.a = narrow(dwAttrId);
    return call(context, request, {pbAttr, cbAttrLen}, Blocking::never,
                [](const Response& response, ByteView) { return result_of(response); });
  });
}

}  // extern "C"
