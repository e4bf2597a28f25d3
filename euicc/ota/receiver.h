// The receiving entity of SCP80 (ETSI TS 102 225 5, TS 31.115 4): from a command packet to the proof of receipt. Order of the checks: TAR,
// minimum security level, keys, deciphering, integrity, counter, padding; the counter is durable before anything is executed.
#pragma once

#include <optional>

#include "euicc/gp/registry.h"
#include "euicc/ota/response_packet.h"

namespace simurgh::ota {

// Whom a TAR means (TS 102 226 8.2.1.3.2.5, TS 101 220 annex D).
struct Destination {
  enum class Kind : std::uint8_t { domain, files, application } kind = Kind::domain;
  std::size_t index = 0;   // into the registry's domains, RFM instances or applications
  std::size_t domain = 0;  // the security domain whose keys protect it
  std::uint8_t minimum_security_level = 0;
  std::uint8_t key_version = 0;  // of the key whose checksum the packet carried, 0: it had none
};

// What the receiving entity needs of the card.
class Receiving {
 public:
  virtual ~Receiving() = default;
  [[nodiscard]] virtual std::optional<Destination> find(const Tar& tar) const = 0;
  // Key of a security domain: identifier 1 KIc, 2 KID; version 0 means the lowest one of SCP80 that the domain has. Null: none.
  [[nodiscard]] virtual const gp::Key* key(std::size_t domain, std::uint8_t version, std::uint8_t identifier) const = 0;
  // CNTR of a key version.
  [[nodiscard]] virtual std::uint64_t counter(std::size_t domain, std::uint8_t version) const = 0;
  // Durable when it returns true.
  [[nodiscard]] virtual bool save_counter(std::size_t domain, std::uint8_t version, std::uint64_t value) = 0;
  // Executes the secured data and gives the response data.
  [[nodiscard]] virtual Bytes execute(const Destination& destination, ByteView secured_data) = 0;
};

struct Received {
  Status status = Status::ok;
  bool by_submit = false;                // the sender wants the proof in a message of its own
  std::optional<ResponseContent> proof;  // absent when none is wanted
  ResponseProtection protection;
};

// Nothing when the octets are no command packet.
[[nodiscard]] std::optional<Received> receive(ByteView packet, Receiving& card);

}  // namespace simurgh::ota
