// An installed profile as its package built it. Stored as one cell; what changes later (bodies, PIN counters, SQN) has cells of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "asn1/bytes.h"
#include "euicc/gp/registry.h"
#include "euicc/uicc/file_tree.h"
#include "euicc/uicc/pin_table.h"
#include "euicc/usim/aka.h"

namespace simurgh::profile {

// Authentication parameters of one NAA.
struct AkaBinding {
  uicc::NodeId adf = uicc::kNoNode;
  usim::AkaParameters parameters;
  std::uint64_t initial_sqn[32] = {};  // SEQ values, one per IND
  std::uint16_t state_cell = 0;        // index of the aka cell; bindings that map onto another NAA share its cell
};

// CAVE and CDMA packet data secrets of a CSIM (PE-CDMAParameter); kept for a card that authenticates with them.
struct CdmaBinding {
  uicc::NodeId adf = uicc::kNoNode;
  crypto::SecretBytes a_key, ssd, hrpd, simple_ip, mobile_ip;
};

struct Header {
  std::uint8_t major = 0, minor = 0;
  std::string type;
  Bytes iccid;                 // 10 octets, digits not swapped, as in the header
  std::uint64_t services = 0;  // eUICC-Mandatory-services by position
  Bytes connectivity;          // connectivityParameters: how the profile's network is reached (SGP.32 GetConnectivityParameters)
};

struct ProfileImage {
  Header header;
  uicc::FileTree files;
  uicc::PinTable pins;
  std::vector<AkaBinding> aka;
  std::vector<CdmaBinding> cdma;
  gp::Registry gp;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static std::optional<ProfileImage> decode(ByteView encoded);
};

using ImagePtr = std::shared_ptr<const ProfileImage>;

}  // namespace simurgh::profile
