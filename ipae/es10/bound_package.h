// How a bound profile package is cut for the card while it arrives. SGP.22 v2.5 2.5.5, 3.1.3.3.
#pragma once

#include <deque>

#include "asn1/tlv.h"

namespace simurgh::ipae {

// BF36 { BF23, A0, A1, [A2], A3 } and nothing else; every element in A1 and A3 whole. Holds what is not complete yet, and no more.
class BoundPackageReader {
 public:
  // Of one element; SGP.22 has 1020, servers up to 1036. And of everything up to the end of StoreMetadata.
  static constexpr std::size_t kLongest = 4096, kLongestFront = 16 * 1024;

  // Octets in pieces cut anywhere; after an error no more of them.
  [[nodiscard]] asn1::Parsed<void> feed(ByteView octets);
  // The next ES10 command; nothing: more octets are needed. The first comes when StoreMetadata is complete, so that the metadata can be looked at before
  // the card gets anything. The last comes by end(): until then it is not known that nothing follows it, and with it the card installs.
  [[nodiscard]] std::optional<Bytes> next();
  // The package has ended; every other command has been taken.
  [[nodiscard]] asn1::Parsed<Bytes> end();

  [[nodiscard]] bool metadata_complete() const noexcept { return stage_ > Stage::metadata; }
  // Plaintext of the 88 TLVs without their MACs, concatenated: the BF25 that the card will store. Not verified here.
  [[nodiscard]] const Bytes& metadata() const noexcept { return metadata_; }
  [[nodiscard]] const Bytes& transaction_id() const noexcept { return transaction_id_; }  // of InitialiseSecureChannel
  [[nodiscard]] std::size_t total() const noexcept { return total_; }                     // octets of the whole package

 private:
  enum class Stage : std::uint8_t { outer, secure_channel, configure, metadata_head, metadata, elements_head, elements, done };
  [[nodiscard]] asn1::Parsed<void> take_head(const asn1::TlvHead& head);
  [[nodiscard]] asn1::Parsed<void> take_element(const asn1::TlvHead& head, ByteView raw);
  void close_part();

  Stage stage_ = Stage::outer;
  std::size_t total_ = 0;
  std::size_t left_ = 0, part_left_ = 0;  // octets of BF36 and of A1 or A3 that have not been cut yet
  bool keys_replaced_ = false;
  Bytes held_;               // cut off
  Bytes outer_;              // tag and length of BF36, which go with BF23
  std::deque<Bytes> ready_;  // commands
  std::size_t front_ = 0;    // octets of them before the metadata were complete
  Bytes metadata_, transaction_id_;
};

}  // namespace simurgh::ipae
