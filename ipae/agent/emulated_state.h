// What an emulated IoT eUICC must not forget: one record, stored whole, so that a power cut leaves the former one or the new one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ipae/es10/es10b_iot.h"

namespace simurgh::ipae {

struct EmulatedState {
  struct Eim {
    Bytes members;  // of EimConfigurationData, without counter and token
    es10b::EimEntry entry;
    std::uint64_t counter = 0;
    std::optional<std::uint64_t> token;
  };
  // A package whose commands run. Found at a start, it was interrupted.
  struct Running {
    std::string eim_id;
    std::uint64_t counter = 0;
    Bytes transaction_id;  // empty: the package had none
    Bytes list;            // results so far
  };
  struct Rollback {
    Bytes former;  // ICCID
    std::string eim_id;
    std::uint64_t counter = 0, sequence = 0;
    Bytes transaction_id;
    std::vector<std::uint64_t> notifications;  // of the switch that would be undone
  };
  // Metadata of SGP.32 about a profile, which a consumer eUICC does not show.
  struct Mark {
    Bytes iccid;
    bool fallback_allowed = false, ecall = false;
  };
  struct ImmediateEnable {
    bool on = false;
    Bytes smdp_oid;  // content octets; empty: any
    std::string smdp_address;
  };
  struct Certificates {
    Bytes eum, euicc;  // as they arrived
  };
  // Far above the numbers that the card itself gives to its notifications.
  static constexpr std::uint64_t kFirstSequence = 1'000'000;

  std::vector<Eim> eims;
  std::map<std::uint64_t, Bytes> results;  // BF51 by sequence number
  std::uint64_t next_token = 1, next_sequence = kFirstSequence;
  std::optional<Running> running;
  std::optional<Rollback> rollback;
  std::vector<Mark> marks;
  Bytes fallback;                  // ICCID of the profile with the fallback attribute; empty: none has it
  Bytes return_target;             // ICCID that the fallback left; empty: no fallback is active
  std::optional<Bytes> emergency;  // an emergency profile is enabled: the ICCID that was before, empty when there was none
  ImmediateEnable immediate;
  std::optional<Certificates> certificates;

  [[nodiscard]] Eim* find(const std::string& eim_id);
  [[nodiscard]] Mark* mark_of(ByteView iccid);
  // The profile is gone.
  void forget_profile(ByteView iccid);

  [[nodiscard]] Bytes encode() const;
  // Octets that are no such record are a fresh one.
  [[nodiscard]] static EmulatedState decode(ByteView encoded);
};

}  // namespace simurgh::ipae
