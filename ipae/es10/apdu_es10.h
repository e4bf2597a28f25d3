// ES10 over APDUs: what an assistant on a host does to reach the ISD-R (SGP.22 v2.5 5.7.2, ETSI TS 102 221 11.1.17-11.1.19).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "ipae/es10/ports.h"

namespace simurgh::ipae {

struct ApduEs10Options {
  std::size_t block_size = 120;        // octets of one STORE DATA, 6..255
  bool own_channel = true;             // open a logical channel; the basic one when the card has none to give
  std::vector<Bytes> isd_r_aids = {};  // tried in turn; empty: known_isd_r_aids()
  Bytes terminal_capability = {};      // data of TERMINAL CAPABILITY; empty: an LPAd without further properties
  bool answer_proactive = true;        // FETCH after 91xx and answer; off when a modem behind the port does it
};

struct ApduStats {
  std::size_t apdus = 0;
  std::size_t octets_out = 0, octets_in = 0;
};

// The standard's AID first, then those of vendors that multi-vendor LPAs know.
[[nodiscard]] const std::vector<Bytes>& known_isd_r_aids();

class ApduEs10Port final : public Es10Port {
 public:
  // TERMINAL CAPABILITY, MANAGE CHANNEL, SELECT ISD-R. The port must outlive the result.
  [[nodiscard]] static PortResult<std::unique_ptr<ApduEs10Port>> open(ApduPort& card, ApduEs10Options options = {});
  // Closes the channel; a card that has gone is not an error any more.
  ~ApduEs10Port() override;
  ApduEs10Port(const ApduEs10Port&) = delete;
  ApduEs10Port& operator=(const ApduEs10Port&) = delete;

  // The chain of STORE DATA and the answer collected through 61xx. More than 256 blocks is an error.
  [[nodiscard]] PortResult<Bytes> request(ByteView command) override;
  // After a REFRESH the channel is gone on most cards: a new one, ISD-R selected again.
  [[nodiscard]] PortResult<void> reopen();

  [[nodiscard]] unsigned channel() const noexcept { return channel_; }
  [[nodiscard]] const Bytes& isd_r_aid() const noexcept { return aid_; }
  [[nodiscard]] const Bytes& fci() const noexcept { return fci_; }
  // svn of the FCI (6F/E0/82), empty when the card does not tell.
  [[nodiscard]] Bytes svn() const;
  // A REFRESH was fetched and answered since the last call.
  [[nodiscard]] bool take_refreshed() noexcept;
  [[nodiscard]] const ApduStats& stats() const noexcept { return stats_; }

 private:
  struct Answer {
    Bytes data;
    std::uint16_t sw = 0;
  };

  ApduEs10Port(ApduPort& card, ApduEs10Options options);
  [[nodiscard]] PortResult<void> select();
  [[nodiscard]] PortResult<Answer> one(ByteView apdu);
  // Follows 61xx and 6Cxx.
  [[nodiscard]] PortResult<Answer> exchange(Bytes apdu);
  [[nodiscard]] PortResult<void> serve_proactive(std::uint16_t sw);
  void close_channel();
  [[nodiscard]] std::uint8_t interindustry_class() const noexcept;
  [[nodiscard]] std::uint8_t store_data_class() const noexcept;

  ApduPort& card_;
  ApduEs10Options options_;
  unsigned channel_ = 0;
  Bytes aid_, fci_;
  bool refreshed_ = false;
  ApduStats stats_;
};

}  // namespace simurgh::ipae
