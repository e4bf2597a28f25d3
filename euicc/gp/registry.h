// What a profile's package says of GlobalPlatform objects: security domains with keys, RFM instances, load files, applications.
// GlobalPlatform 2.3 6.6, SAIP PE-SecurityDomain / PE-RFM / PE-Application. Immutable there; content.h keeps what changes later.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/crypto/secret.h"

namespace simurgh::gp {

struct KeyComponent {
  std::uint8_t type = 0;  // 80 DES, 85 PSK, 88 AES, A0.. RSA, B0.. ECC
  std::uint8_t mac_length = 8;
  crypto::SecretBytes value;
};

struct Key {
  std::uint8_t version = 0, identifier = 0;
  Bytes usage;           // key usage qualifier, 1 or 2 octets
  std::uint8_t access = 0;
  Bytes counter;         // empty: the protocol's default
  std::vector<KeyComponent> components;
};

struct SecurityDomain {
  Bytes aid, package_aid, class_aid;
  Bytes extradited_to;          // AID, empty: associated with itself or with the MNO-SD
  Bytes privileges;             // 3 octets
  std::uint8_t life_cycle = 0x07;
  Bytes parameters_c9;          // content of C9
  Bytes uicc_toolkit;           // EA/80, empty when absent
  Bytes uicc_access, uicc_admin_access;
  std::vector<Bytes> tars;      // from the toolkit field, 3 octets each
  std::uint8_t minimum_security_level = 0;
  std::vector<Key> keys;
  std::vector<Bytes> personal_data;  // complete DGIs
  Bytes open_personal_data, cat_tp_parameters;
  std::vector<Bytes> objects;   // BER-TLV data objects that STORE DATA brought, complete
};

struct RfmInstance {
  Bytes aid;
  Bytes security_domain;        // AID, empty: the MNO-SD
  std::vector<Bytes> tars;
  std::uint8_t minimum_security_level = 0;
  Bytes access_domain, admin_access_domain;
  Bytes adf_aid, adf_access_domain, adf_admin_access_domain;  // empty without adfRFMAccess
};

struct LoadFile {
  Bytes aid, security_domain, hash;
  Bytes code;                   // C4 content; kept, never executed
  // Only in a changed registry, where `code` is empty:
  std::uint32_t code_size = 0;
  std::uint32_t code_cell = 0;  // number of the cell with the code, 0: the package has it
  std::vector<Bytes> modules;   // AIDs of its applets
};

struct Application {
  Bytes package_aid, class_aid, aid;
  Bytes security_domain;        // extradite SD AID, empty: the MNO-SD
  Bytes privileges;
  std::uint8_t life_cycle = 0x07;
  Bytes parameters_c9, system_parameters, uicc_toolkit, uicc_access, uicc_admin_access, control_reference;
  std::vector<Bytes> process_data;
};

struct Registry {
  std::uint8_t card_state = 0x0F;       // SECURED, GlobalPlatform 5.1
  std::vector<SecurityDomain> domains;  // the first is the MNO-SD whatever its AID
  std::vector<RfmInstance> rfm;
  std::vector<LoadFile> load_files;
  std::vector<Application> applications;

  // As the package says it, in the profile's image.
  [[nodiscard]] Bytes encode() const;
  // As commands left it: with life cycle, data objects and modules, without code.
  [[nodiscard]] Bytes encode_changed() const;
  [[nodiscard]] static std::optional<Registry> decode(ByteView encoded);
  [[nodiscard]] static std::optional<Registry> decode_changed(ByteView encoded);
};

}  // namespace simurgh::gp
