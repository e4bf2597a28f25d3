// Remote file management (ETSI TS 102 226 6): file system commands with file pointers of their own and rights of an access domain.
#pragma once

#include "euicc/gp/registry.h"
#include "euicc/uicc/uicc.h"

namespace simurgh::ota {

// What an access domain grants (TS 102 226 8.2.1.3.2.5): 00 all but NEVER, FF nothing, 02 the key references of a bit list: octet 1 stands
// for 01 to 08, octet 2 for 81 to 88, octet 3 for 0A to 0E, octet 4 for 8A to 8E, bit 1 first. Others grant what needs no key.
[[nodiscard]] bool access_domain_grants(ByteView domain, std::uint8_t key_reference) noexcept;

// One session of an RFM instance: starts at the MF, or at the ADF that the instance is for.
class FileSession final : private uicc::Rights {
 public:
  FileSession(gp::RfmInstance instance, uicc::Uicc& uicc, state::Transaction& txn, crypto::Rng& rng);
  // 6D00 for what is no command of remote file management.
  [[nodiscard]] apdu::Answer execute(const apdu::Command& command);
  [[nodiscard]] static bool outgoing(const apdu::Command& header) noexcept;
  [[nodiscard]] static bool data_waits(const apdu::Command& command) noexcept;

 private:
  [[nodiscard]] bool grants(uicc::NodeId directory, std::uint8_t key_reference) const override;

  gp::RfmInstance instance_;
  uicc::Uicc& uicc_;
  state::Transaction& txn_;
  crypto::Rng& rng_;
  uicc::Channel channel_;
  uicc::NodeId adf_ = uicc::kNoNode;
  bool administrative_ = false;
};

}  // namespace simurgh::ota
