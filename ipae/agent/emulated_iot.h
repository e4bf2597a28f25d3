// The IoT functions of ES10b on top of a consumer eUICC: eIMs, counters and results are kept here, PSMOs are done by ES10c. SGP.32 v1.2 5.9, 5.13.
//
// emulated_iot.cpp knows eIMs and results, emulated_package.cpp runs packages, emulated_switch.cpp changes profiles without one,
// emulated_view.cpp shows card and profiles as an IoT eUICC does and notices what a download says about the new profile.
//
// The eIM's signature is checked as a card would. Results carry a signature of zeros, since no key of the card signs them: an eIM has to be
// told that this one is a consumer eUICC. What cannot be had: connectivity parameters (1, not available), an IPAe (1, not supported), and the
// certificates of a card that has shown them to nobody yet (127).
//
// A command of a package and the record of it are two steps here. Cut between them, the package ends with processingTerminated interruption (3)
// at the next start, and its counter is used up.
#pragma once

#include "ipae/agent/emulated_state.h"
#include "ipae/agent/journal.h"
#include "ipae/es10/es10b.h"
#include "ipae/es10/es10c.h"
#include "ipae/es10/ports.h"

namespace simurgh::ipae {

inline constexpr unsigned kEmulationRecord = 3;  // of JournalPort

class EmulatedIot final : public Es10Port {
 public:
  // Card and journal outlive it.
  EmulatedIot(Es10Port& card, JournalPort& journal);
  [[nodiscard]] PortResult<Bytes> request(ByteView command) override;
  // The card was reset: what holds within one power cycle is over.
  void restarted();
  // What the metadata of a profile that is on the card already do not say. False: there is no such profile.
  [[nodiscard]] bool permit(ByteView iccid, bool fallback_allowed, bool ecall);

 private:
  using Eim = EmulatedState::Eim;
  // A package while its commands run.
  struct Run {
    std::string eim_id;
    Bytes list;  // elements of the result
    bool done = false;
    bool enabled = false, changed = false;  // changed: lists of profiles are not to be had any more
    Bytes disabled;                         // ICCID
    bool deleted_itself = false;
    std::optional<EmulatedState::Rollback> rollback;
    std::uint64_t former_counter = 0;
    std::optional<std::uint64_t> counter;  // that updateEim gives to the one who asks
  };
  // The download that runs, or ended in this power cycle.
  struct Installed {
    Bytes iccid, smdp_oid;
    std::string smdp_address;
  };

  void save() { journal_.store(kEmulationRecord, state_.encode()); }

  // eIMs and results
  [[nodiscard]] bool knows_issuer(ByteView ci_key_id);  // one the card signs under; an empty id leaves the choice to the card
  // Code of AddInitialEim and addEim for an entry that cannot be added.
  [[nodiscard]] std::optional<unsigned> problem_with(const es10b::EimEntry& entry);
  Bytes add(const es10b::EimEntry& entry);  // 84 token, or empty
  [[nodiscard]] Bytes configuration(ByteView request) const;
  [[nodiscard]] Bytes add_initial(ByteView request);
  Bytes store_result(const std::string& eim_id, std::uint64_t counter, ByteView transaction_id, ByteView list);
  [[nodiscard]] PortResult<Bytes> retrieve(ByteView request);
  [[nodiscard]] PortResult<Bytes> remove(ByteView request);
  [[nodiscard]] PortResult<Bytes> memory_reset(ByteView request);
  [[nodiscard]] PortResult<Bytes> set_default_dp_address(ByteView request);
  [[nodiscard]] unsigned code_of(ByteView request);

  // packages
  void end_interrupted();
  [[nodiscard]] PortResult<Bytes> load_package(ByteView bf51);
  void run_psmo(const asn1::Tlv& command, Run& run);
  void run_eco(const asn1::Tlv& command, Run& run);
  void enable(const asn1::Tlv& command, Run& run);
  void disable(const asn1::Tlv& command, Run& run);
  void remove_profile(const asn1::Tlv& command, Run& run);
  void list_profiles(const asn1::Tlv& command, Run& run);
  void set_fallback_attribute(const asn1::Tlv& command, Run& run);
  void unset_fallback_attribute(const asn1::Tlv& command, Run& run);
  void add_eim(const asn1::Tlv& command, Run& run);
  void delete_eim(const asn1::Tlv& command, Run& run);
  void update_eim(const asn1::Tlv& command, Run& run);
  void list_eims(Run& run);

  // switches
  [[nodiscard]] PortResult<Bytes> roll_back(ByteView request);
  [[nodiscard]] PortResult<Bytes> execute_fallback(ByteView request);
  [[nodiscard]] PortResult<Bytes> return_from_fallback(ByteView request);
  [[nodiscard]] PortResult<Bytes> enable_emergency(ByteView request);
  [[nodiscard]] PortResult<Bytes> disable_emergency(ByteView request);
  [[nodiscard]] PortResult<Bytes> immediate_enable(ByteView request);
  // Content of BF59 or of the PSMO. False: it cannot be read.
  [[nodiscard]] bool configure_immediate_enable(ByteView content);
  [[nodiscard]] bool emergency_active();

  // the card's profiles
  [[nodiscard]] PortResult<std::vector<ProfileInfo>> profiles();
  [[nodiscard]] std::optional<ProfileInfo> profile(ByteView iccid);
  [[nodiscard]] Bytes enabled_iccid();
  [[nodiscard]] std::optional<ProfileInfo> emergency_profile();
  // Forgets what is known of profiles that are gone.
  void prune();
  [[nodiscard]] std::vector<std::uint64_t> notifications();
  // Those of a switch since `before`.
  [[nodiscard]] std::vector<std::uint64_t> switch_notifications(const std::vector<std::uint64_t>& before);

  // the view
  [[nodiscard]] PortResult<Bytes> profiles_info(ByteView request);
  [[nodiscard]] PortResult<Bytes> euicc_info2(ByteView request);
  [[nodiscard]] PortResult<Bytes> get_certs(ByteView request);
  void notice(ByteView command, ByteView answer);
  void notice_installation(ByteView bf37);

  Es10Port& card_;
  JournalPort& journal_;
  EmulatedState state_;
  std::string dp_address_;  // of the server the card authenticated last
  Bytes metadata_;          // StoreMetadata of the bound package that is loaded
  std::optional<Installed> installed_;
};

}  // namespace simurgh::ipae
