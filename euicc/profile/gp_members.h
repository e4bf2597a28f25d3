// Members that security domains, RFM instances and applications share.
#pragma once

#include "euicc/profile/session.h"

namespace simurgh::profile {

// ApplicationInstance: its members stand in a fixed order because three or four of them carry the same tag.
struct InstanceMembers {
  ByteView load_package, class_aid, aid, extradited_to;
  ByteView privileges, c9, system_parameters, toolkit, access, admin_access, control_reference;
  std::uint8_t life_cycle = 0x07;
  std::vector<Bytes> process_data;
};
[[nodiscard]] Outcome<InstanceMembers> read_instance(Session& session, const Element& element, ByteView content);

// Octet strings of a SEQUENCE OF OCTET STRING, charged to the profile's memory.
[[nodiscard]] Outcome<std::vector<Bytes>> octet_strings(Session& session, ByteView content);

// SIM/UICC toolkit application specific parameters (ETSI TS 102 226 8.2.1.3.2.1): level and TARs of SCP80 addressing.
struct ToolkitAddress {
  std::uint8_t minimum_security_level = 0;
  std::vector<Bytes> tars;
};
[[nodiscard]] Outcome<ToolkitAddress> read_toolkit(ByteView field);

// A security domain of this package by AID; an empty AID means the MNO-SD. Null: none.
[[nodiscard]] const gp::SecurityDomain* find_domain(const Session& session, ByteView aid);
// What hangs on a domain needs it personalised (SAIP: invalid-parameter, abort).
[[nodiscard]] Outcome<void> check_association(const Session& session, ByteView aid, ByteView at);
[[nodiscard]] bool aid_taken(const Session& session, ByteView aid);
[[nodiscard]] bool tar_taken(const Session& session, ByteView tar);

}  // namespace simurgh::profile
