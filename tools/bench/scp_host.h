// The other side of SCP02 and SCP03: what an issuer's tool does at a card. For benchmarks, tests and fuzz targets.
#pragma once

#include "asn1/bytes.h"

namespace simurgh::bench {

class ScpHost {
 public:
  enum class Protocol : std::uint8_t { scp02, scp03 };
  ScpHost(Protocol protocol, std::uint8_t key_version, Bytes enc, Bytes mac, Bytes dek);

  // The command; 8 octets of challenge, 16 for S16 mode.
  [[nodiscard]] Bytes initialize_update(ByteView challenge);
  // From the response's data; DeskError when the card's cryptogram is wrong.
  [[nodiscard]] Bytes external_authenticate(ByteView response, std::uint8_t level, std::uint8_t channel = 0);
  // A plain command (header, Lc, data, no Le) in class 84 with its protection.
  [[nodiscard]] Bytes wrap(ByteView plain);
  // Plain response data; DeskError when the R-MAC is wrong.
  [[nodiscard]] Bytes unwrap(ByteView data, std::uint16_t sw);
  // A key or other sensitive data under the data encryption key; whole blocks.
  [[nodiscard]] Bytes protect(ByteView plain) const;

 private:
  [[nodiscard]] Bytes wrap02(std::uint8_t cla, ByteView header, Bytes data, bool encrypt);
  [[nodiscard]] Bytes wrap03(std::uint8_t cla, ByteView header, Bytes data, bool encrypt);

  Protocol protocol_;
  std::uint8_t version_;
  Bytes enc_, mac_, dek_;
  Bytes challenge_, s_enc_, s_mac_, s_rmac_, s_dek_;
  Bytes chain_, response_chain_, sent_;
  std::uint64_t counter_ = 0;
  std::size_t mac_size_ = 8;
  std::uint8_t level_ = 0, channel_ = 0;
};

}  // namespace simurgh::bench
