// The IoT functions of ES10b on top of a consumer eUICC: eIMs, counters and results are kept here, PSMOs are done by ES10c.
//
// The eIM's signature is checked as a card would. Results carry a signature of zeros, since no key of the card signs them: an eIM has to be
// told that this one is a consumer eUICC. Fallback, emergency profiles, immediate enabling and certificates are not there.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ipae/agent/journal.h"
#include "ipae/es10/es10b_iot.h"
#include "ipae/es10/ports.h"

namespace simurgh::ipae {

inline constexpr unsigned kEmulationRecord = 3;  // of JournalPort

class EmulatedIot final : public Es10Port {
 public:
  // Card and journal outlive it.
  EmulatedIot(Es10Port& card, JournalPort& journal);
  [[nodiscard]] PortResult<Bytes> request(ByteView command) override;

 private:
  struct Eim {
    Bytes members;  // of EimConfigurationData, without counter and token
    es10b::EimEntry entry;
    std::uint64_t counter = 0;
    std::optional<std::uint64_t> token;
  };
  struct Rollback {
    Bytes former;  // ICCID
    std::string eim_id;
    std::uint64_t counter = 0, sequence = 0;
    Bytes transaction_id;
  };
  struct Run {
    Eim* eim = nullptr;
    Bytes list;  // elements of the result
    bool changed = false, switched = false, deleted_itself = false, done = false;
    std::optional<Rollback> rollback;
    std::optional<std::uint64_t> counter;  // that updateEim gives to the one who asks
  };

  void load();
  void save();
  [[nodiscard]] Eim* find(const std::string& eim_id);
  [[nodiscard]] static std::optional<unsigned> problem_of(const es10b::EimEntry& entry);
  Bytes add(const es10b::EimEntry& entry);  // 84 token, or empty
  [[nodiscard]] Bytes configuration(ByteView request) const;
  [[nodiscard]] Bytes add_initial(ByteView request);
  [[nodiscard]] PortResult<Bytes> load_package(ByteView bf51);
  void run_psmo(const asn1::Tlv& command, Run& run);
  void run_eco(const asn1::Tlv& command, Run& run);
  void enable(const asn1::Tlv& command, Run& run);
  void finish(Run& run, std::uint32_t tag, unsigned code);
  [[nodiscard]] Bytes store_result(const std::string& eim_id, std::uint64_t counter, ByteView transaction_id, ByteView list);
  [[nodiscard]] PortResult<Bytes> roll_back();
  [[nodiscard]] PortResult<Bytes> retrieve(ByteView request);
  [[nodiscard]] PortResult<Bytes> remove(ByteView request);
  [[nodiscard]] PortResult<Bytes> memory_reset(ByteView request);
  [[nodiscard]] Bytes enabled_iccid();
  [[nodiscard]] unsigned code_of(ByteView request);

  Es10Port& card_;
  JournalPort& journal_;
  std::vector<Eim> eims_;
  std::map<std::uint64_t, Bytes> results_;
  std::uint64_t next_token_ = 1, next_sequence_;
  std::optional<Rollback> rollback_;
};

}  // namespace simurgh::ipae
