// The card that `simurgh ipa` looks after, with what must not be forgotten about it; and what the command line says about both.
#pragma once

#include "ipae/agent/emulated_iot.h"
#include "tools/simurgh/command.h"
#include "tools/simurgh/ipa_host.h"

namespace simurgh::tool {

struct IpaOptions {
  CardChoice card;
  std::size_t block_size = 120;
  std::string state;
  bool emulate = false;
  // poll
  std::vector<std::string> authorities;
  IpaNetwork network;
  std::string binding = "auto", version = "auto";
  bool forever = false, direct = false, minimize = false, no_immediate = false;
  std::string imei, plmn;
  std::vector<std::string> probes;
  std::uint64_t proof = 300, proof_pause = 10, fallback_after = 0, return_after = 86400, interval = 3600, first = 0;
  unsigned fallback_polls = 5;
  unsigned answer = 120;
  // associate, transfer
  std::string file;
  bool yes = false;
  // emergency, immediate-enable, permit
  bool on = false, may_fall_back = false, is_emergency = false;
  std::string smdp, oid, iccid;
};

// The value, or the Failure that the command ends with.
template <typename T>
T need(ipae::PortResult<T>&& result) {
  if (result) return *std::move(result);
  throw Failure(result.error().sw != 0 ? Exit::refused : Exit::unreachable, result.error().what);
}

// The card, and an IoT eUICC on top of it when it is none.
class IpaHome {
 public:
  explicit IpaHome(const IpaOptions& options);
  [[nodiscard]] ipae::Es10Port& es10() { return emulated_ ? static_cast<ipae::Es10Port&>(*emulated_) : card_; }
  [[nodiscard]] ipae::EmulatedIot* emulated() noexcept { return emulated_.get(); }  // null: the card is an IoT eUICC
  [[nodiscard]] JournalFile& journal() noexcept { return *journal_; }
  // Cold reset, then the ISD-R again.
  [[nodiscard]] ipae::PortResult<void> restart() {
    if (emulated_) emulated_->restarted();
    return card_.restart();
  }

  Bytes eid;
  ipae::es10b::IotInfo iot;
  ipae::esipa::Version version = ipae::esipa::Version::v1_2;

 private:
  IpaCard card_;
  std::unique_ptr<JournalFile> journal_;
  std::unique_ptr<ipae::EmulatedIot> emulated_;
};

// What a file may hold: DER as it is, or in hexadecimal or base64.
[[nodiscard]] std::vector<Bytes> readings_of(const std::string& content);

void ipa_fallback(const IpaOptions& options, const Globals& globals);
void ipa_return(const IpaOptions& options, const Globals& globals);
void ipa_emergency(const IpaOptions& options, const Globals& globals);
void ipa_immediate(const IpaOptions& options, const Globals& globals);
void ipa_permit(const IpaOptions& options, const Globals& globals);
void ipa_poll(const IpaOptions& options, const Globals& globals);
// A TransferEimPackage that somebody brought, and the answer to be carried back.
void ipa_transfer(const IpaOptions& options, const Globals& globals);

}  // namespace simurgh::tool
