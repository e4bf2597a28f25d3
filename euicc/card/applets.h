// Native toolkit applications of a card: which there are, and how one is made. A profile's package decides which of its instances exist
// (PE-Application with a class AID of this table); applications of the card itself are on every card that is given them.
#pragma once

#include <functional>
#include <optional>
#include <memory>
#include <string>
#include <vector>

#include "euicc/apdu/command.h"
#include "euicc/card/platform.h"
#include "euicc/crypto/rng.h"
#include "euicc/gp/registry.h"
#include "euicc/state/transaction.h"
#include "euicc/toolkit/application.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::card {

// What an application may touch of its card while it runs. Changes belong to the APDU that woke it. Lives as long as the application.
struct CardServices {
  uicc::Uicc& uicc;
  state::Transaction& txn;
  crypto::Rng& rng;
  std::function<apdu::Answer(ByteView)> es10;                // one ES10 request to the ISD-R; never refused because of who asks
  std::function<bool()> ipae_in_charge;                      // SGP.32 v1.2 3.8: the card's own assistant is the active one
  std::function<void(toolkit::ProactiveCommand)> request;    // a REFRESH or another command of the card, without waiting for its response
  Platform& platform;                                        // holds, service and facts, shared by the applications
  std::function<bool()> switch_pending;                      // a profile switch waits for its REFRESH
  std::function<void(const std::string&)> note;              // a sentence for the trace; no secrets
  std::uint32_t owner = 0;                                   // number of the enabled profile's cells
  ByteView eid{};
};

// EF.IMSI of the USIM, empty without one: the identity in use, and whose subscription pays.
[[nodiscard]] Bytes imsi_in_use(const CardServices& services);

// What came in a secured packet (TS 102 225).
struct RemoteData {
  ByteView data;
  bool integrity = false;   // a cryptographic checksum protected it
  ByteView key_encryption;  // KIK of the key set, empty without one
};

struct AppletRow {
  Bytes class_aid;            // empty: an application of the card
  std::string name;
  std::uint8_t priority = 8;  // lower goes first
  // `instance` is null for an application of the card.
  std::function<std::unique_ptr<toolkit::Application>(const CardServices&, const gp::Application* instance)> make;
  // What a native application does without running, all of it optional. Changes belong to the APDU or the reset that brings it about.
  struct Hooks {
    // The card is reset, the terminal has not begun.
    std::function<void(const CardServices&, const gp::Application&)> reset;
    // A secured packet for a TAR of the instance; the response data. Absent: the TAR is unknown.
    std::function<Bytes(const CardServices&, const gp::Application&, const RemoteData&)> remote;
    // GET DATA while the instance is selected, or the ISD-R where `instance` is null: an application of the card. Nothing: no such object.
    std::function<std::optional<Bytes>(const CardServices&, const gp::Application* instance, std::uint16_t tag)> data;
  } hooks{};
  // Load file that content management shows it in and installs it from; empty: only load files of the profile's package have the class.
  Bytes package_aid{};
};

class Applets {
 public:
  void add(AppletRow row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] const std::vector<AppletRow>& rows() const noexcept { return rows_; }
  [[nodiscard]] const AppletRow* find(ByteView class_aid) const noexcept;

 private:
  std::vector<AppletRow> rows_;
};

}  // namespace simurgh::card
