// The profiles on a card: identity, RSP metadata and life-cycle state of each ISD-P (SGP.22 2.4.5, 3.2). One cell per profile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/state/transaction.h"

namespace simurgh::profile {

enum class ProfileState : std::uint8_t { disabled = 0, enabled = 1 };
enum class ProfileClass : std::uint8_t { test = 0, provisioning = 1, operational = 2 };

struct NotificationConfig {
  std::uint64_t events = 0;  // named bits: install 0, enable 1, disable 2, delete 3
  std::string address;
};

struct ProfileOwner {
  Bytes mcc_mnc;  // 3 octets, TS 24.008 coding
  std::optional<Bytes> gid1, gid2;
};

// StoreMetadata (SGP.22 5.5.3), fields that a card keeps.
struct Metadata {
  Bytes iccid;  // 10 octets, nibble-swapped, as in 5A
  std::string service_provider_name, profile_name;
  std::optional<std::uint8_t> icon_type;
  Bytes icon;
  ProfileClass profile_class = ProfileClass::operational;
  std::vector<NotificationConfig> notifications;
  std::optional<ProfileOwner> owner;
  std::optional<std::uint64_t> ppr;  // named bits
  Bytes service_specific;            // content of BF22, empty when absent
  // SGP.32 v1.2 2.11; nothing when absent
  std::optional<bool> ecall_indication;  // an Emergency Profile
  std::optional<bool> fallback_allowed;  // its owner permits the fallback attribute
};

struct ProfileEntry {
  std::uint32_t number = 0;  // owner of the profile's cells; also the ISD-P counter: AID = ...8900 00 10+number 00
  Bytes aid;                 // ISD-P AID, 16 octets
  ProfileState state = ProfileState::disabled;
  Metadata metadata;
  std::string nickname;
  Bytes dp_proprietary;  // raw content of B8, empty when absent
  Bytes ci_key_id;       // the chain used at download
  bool factory = false;  // installed at personalisation: pre-installed test profiles survive a memory reset

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<ProfileEntry> decode(std::uint32_t number, ByteView encoded);
};

// AID of the ISD-P with this counter value (SGP.02 / SGP.22 annex): 00 00 10 + number.
[[nodiscard]] Bytes isdp_aid(std::uint32_t number);

// Reads and stages entries through the running transaction.
class Registry {
 public:
  explicit Registry(state::Transaction& txn) : txn_(txn) {}
  [[nodiscard]] std::vector<ProfileEntry> all() const;                       // ascending by number
  [[nodiscard]] std::optional<ProfileEntry> by_iccid(ByteView iccid) const;  // padded with FF to ten octets before comparing
  [[nodiscard]] std::optional<ProfileEntry> by_aid(ByteView aid) const;
  [[nodiscard]] std::optional<ProfileEntry> enabled() const;
  [[nodiscard]] std::uint32_t lowest_free_number() const;
  void save(const ProfileEntry& entry);
  // The entry, its image and every cell of the profile.
  void remove(std::uint32_t number);
  void save_image(std::uint32_t number, Bytes image);

 private:
  state::Transaction& txn_;
};

}  // namespace simurgh::profile
