#include "euicc/ota/response_packet.h"

namespace simurgh::ota {

Bytes build_response(const ResponseContent& content, const ResponseProtection& protection) {
  constexpr std::size_t kPlainHeader = 10;  // TAR, CNTR, PCNTR, status
  std::size_t check_length = 0;
  if (protection.checksum) check_length = protection.checksum->checksum_length;
  if (protection.redundancy) check_length = static_cast<std::size_t>(*protection.redundancy);
  Bytes data = content.data;
  std::size_t padding = 0;
  if (protection.cipher) {
    const std::size_t ciphered = kCounterSize + 2 + check_length + data.size();
    const std::size_t block = protection.cipher->block();
    padding = (block - ciphered % block) % block;
    data.resize(data.size() + padding, 0x00);
  }
  Bytes head = be_bytes(1 + kPlainHeader + check_length + data.size(), 2);
  head.push_back(static_cast<std::uint8_t>(kPlainHeader + check_length));
  append(head, content.tar);
  Bytes front = be_bytes(content.counter, kCounterSize);
  front.push_back(static_cast<std::uint8_t>(padding));
  front.push_back(static_cast<std::uint8_t>(content.status));

  Bytes check;
  if (protection.checksum) check = cryptographic_checksum(*protection.checksum, {kResponseHeader, head, front, data});
  if (protection.redundancy) check = redundancy_check(*protection.redundancy, {kResponseHeader, head, front, data});
  Bytes secret = concat({front, check, data});
  if (protection.cipher) secret = encipher(*protection.cipher, secret);
  return concat({kResponseHeader, head, secret});
}

}  // namespace simurgh::ota
