#include "tools/simurgh/pcsc_port.h"

#include <reader.h>
#include <winscard.h>

#include <algorithm>
#include <iostream>

#include "tools/simurgh/command.h"
#include "tools/simurgh/recording.h"

namespace simurgh::tool {
namespace {

// Without the full stop, since advice may follow.
std::string reason(LONG code) {
  std::string text = pcsc_stringify_error(code);
  while (!text.empty() && text.back() == '.') text.pop_back();
  return text;
}

// The advice depends on what is missing.
Failure unreachable(const std::string& step, LONG code) {
  std::string advice;
  switch (code) {
    case SCARD_E_NO_SERVICE:
    case SCARD_E_SERVICE_STOPPED:
      advice = "; start pcscd, or use --card FILE";
      break;
    case SCARD_E_NO_SMARTCARD:
    case SCARD_W_REMOVED_CARD:
      advice = "; insert the card";
      break;
    case SCARD_E_SHARING_VIOLATION:
      advice = "; another program uses the card";
      break;
    case SCARD_W_UNRESPONSIVE_CARD:
      advice = "; check that the card is the right way round";
      break;
    default:
      break;
  }
  return Failure(Exit::unreachable, step + ": " + reason(code) + advice);
}

class Service {
 public:
  Service() {
    if (const LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context_); code != SCARD_S_SUCCESS) {
      throw unreachable("no PC/SC service", code);
    }
  }
  ~Service() { SCardReleaseContext(context_); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  [[nodiscard]] SCARDCONTEXT get() const noexcept { return context_; }

  [[nodiscard]] std::vector<Reader> readers() const {
    DWORD size = 0;
    LONG code = SCardListReaders(context_, nullptr, nullptr, &size);
    std::string names(size, '\0');
    if (code == SCARD_S_SUCCESS && size != 0) code = SCardListReaders(context_, nullptr, names.data(), &size);
    if (code == SCARD_E_NO_READERS_AVAILABLE || size == 0) return {};
    if (code != SCARD_S_SUCCESS) throw unreachable("the list of readers cannot be had", code);
    names.resize(size);
    std::vector<Reader> out;
    // A list of strings, each ended by a zero octet, the list by an empty one.
    for (std::size_t at = 0; at < names.size() && names[at] != '\0';) {
      const std::size_t end = std::min(names.find('\0', at), names.size());
      out.push_back({.name = names.substr(at, end - at), .card_name = {}, .card = false, .atr = {}});
      at = end + 1;
    }
    for (Reader& reader : out) {
      SCARD_READERSTATE state{};
      state.szReader = reader.name.c_str();
      state.dwCurrentState = SCARD_STATE_UNAWARE;
      if (SCardGetStatusChange(context_, 0, &state, 1) != SCARD_S_SUCCESS) continue;
      reader.card = (state.dwEventState & SCARD_STATE_PRESENT) != 0;
      reader.atr.assign(state.rgbAtr, state.rgbAtr + std::min<DWORD>(state.cbAtr, sizeof state.rgbAtr));
      if (reader.card) reader.card_name = card_name(reader.name);
    }
    return out;
  }

 private:
  // What the reader calls itself when that is not its name in the list: our IFD handler gives the name of its card. Empty otherwise, and when another
  // program has the reader for itself.
  [[nodiscard]] std::string card_name(const std::string& reader) const {
    SCARDHANDLE card = 0;
    DWORD protocol = 0;
    if (SCardConnect(context_, reader.c_str(), SCARD_SHARE_DIRECT, 0, &card, &protocol) != SCARD_S_SUCCESS) return {};
    std::string name(MAX_READERNAME, '\0');
    auto size = static_cast<DWORD>(name.size());
    const LONG code = SCardGetAttrib(card, SCARD_ATTR_DEVICE_FRIENDLY_NAME_A, reinterpret_cast<LPBYTE>(name.data()), &size);
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    name.resize(code == SCARD_S_SUCCESS ? std::min<std::size_t>(size, name.size()) : 0);
    name.resize(std::min(name.size(), name.find('\0')));
    return name == reader ? std::string() : name;
  }

  SCARDCONTEXT context_ = 0;
};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

bool contains(const std::string& text, const std::string& part) { return lower(text).find(lower(part)) != std::string::npos; }

std::string choose(const std::vector<Reader>& readers, const std::string& name) {
  std::vector<const Reader*> fitting;
  for (const Reader& reader : readers) {
    if (!name.empty() && reader.name == name) return name;
    if (name.empty() ? reader.card : contains(reader.name, name) || contains(reader.card_name, name)) fitting.push_back(&reader);
  }
  if (fitting.size() == 1) return fitting.front()->name;
  std::string known;
  for (const Reader& reader : readers) known += "\n  " + reader.name + (!reader.card ? " (empty)" : reader.card_name.empty() ? " (card present)" : " (" + reader.card_name + ")");
  if (readers.empty()) throw Failure(Exit::unreachable, "there is no reader; connect one, or use --card FILE");
  if (fitting.empty()) {
    throw Failure(Exit::unreachable, name.empty() ? "no reader holds a card; the readers are" + known
                                                  : "no reader is called '" + name + "'; there are" + known);
  }
  throw Failure(Exit::usage, "several readers fit; choose one with --reader NAME:" + known);
}

class ReaderPort final : public ResettablePort {
 public:
  explicit ReaderPort(const std::string& name) {
    const std::string chosen = choose(service_.readers(), name);
    DWORD protocol = 0;
    const LONG code = SCardConnect(service_.get(), chosen.c_str(), SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, &card_, &protocol);
    if (code != SCARD_S_SUCCESS) throw unreachable("the card in '" + chosen + "' does not answer", code);
    std::cerr << "Reader: " << chosen << '\n';
  }
  ~ReaderPort() override { SCardDisconnect(card_, SCARD_RESET_CARD); }
  ReaderPort(const ReaderPort&) = delete;
  ReaderPort& operator=(const ReaderPort&) = delete;

  std::expected<Bytes, ipae::PortError> transmit(ByteView apdu) override {
    Bytes response(MAX_BUFFER_SIZE_EXTENDED);
    auto size = static_cast<DWORD>(response.size());
    const LONG code = SCardTransmit(card_, SCARD_PCI_T0, apdu.data(), static_cast<DWORD>(apdu.size()), nullptr, response.data(), &size);
    if (code != SCARD_S_SUCCESS) return std::unexpected(ipae::PortError{"the reader lost the card: " + reason(code)});
    response.resize(size);
    if (recording() != nullptr) recording()->exchange(apdu, response);
    return response;
  }

  std::expected<Bytes, ipae::PortError> reset() override {
    DWORD protocol = 0;
    LONG code = SCardReconnect(card_, SCARD_SHARE_EXCLUSIVE, SCARD_PROTOCOL_T0, SCARD_RESET_CARD, &protocol);
    Bytes atr(MAX_ATR_SIZE);
    auto size = static_cast<DWORD>(atr.size());
    DWORD state = 0, name_size = 0;
    if (code == SCARD_S_SUCCESS) code = SCardStatus(card_, nullptr, &name_size, &state, &protocol, atr.data(), &size);
    if (code != SCARD_S_SUCCESS) return std::unexpected(ipae::PortError{"the reader cannot reset the card: " + reason(code)});
    atr.resize(size);
    if (recording() != nullptr) recording()->power("reset");
    return atr;
  }

 private:
  Service service_;
  SCARDHANDLE card_ = 0;
};

}  // namespace

std::shared_ptr<void> hold_service() {
  try {
    return std::make_shared<Service>();
  } catch (const Failure&) {
    return nullptr;
  }
}

std::vector<Reader> list_readers() { return Service().readers(); }

std::unique_ptr<ResettablePort> open_reader(const std::string& name) { return std::make_unique<ReaderPort>(name); }

}  // namespace simurgh::tool
