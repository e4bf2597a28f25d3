// SMS-PP download (3GPP TS 31.111 7.1.1): the D1 envelope, the SMS-DELIVER TPDU in it (TS 23.040 9.2.2.1), and messages that came in parts.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "asn1/bytes.h"
#include "euicc/apdu/command.h"

namespace simurgh::ota {

// One part of a concatenated message (TS 23.040 9.2.3.24.1 and .8).
struct Part {
  std::uint16_t reference = 0;
  std::uint8_t total = 1, number = 1;  // number 1..total
  bool wide_reference = false;         // 16 bits
};

struct Deliver {
  Bytes originator;             // TP-OA as it stands: digits, type of address, semi-octets
  std::uint8_t protocol = 0;    // TP-PID
  std::uint8_t coding = 0;      // TP-DCS
  bool command_packet = false;  // information element 70, TS 31.115 4.1
  std::optional<Part> part;
  std::optional<std::uint16_t> port;  // destination of application port addressing (TS 23.040 9.2.3.24.3 and .4)
  Bytes data;  // user data behind its header

  // PID 7F and class 2: for the card, not for the terminal (TS 31.111 7.1.1.1).
  [[nodiscard]] bool for_the_card() const noexcept;
};

// Nothing when the octets are no SMS-DELIVER.
[[nodiscard]] std::optional<Deliver> parse_deliver(ByteView tpdu);

struct DataDownload {
  Bytes service_centre;  // content of the address object, empty when absent
  Bytes tpdu;
  Deliver message;
};

// Content of D1. 6A80: an object is missing or malformed.
[[nodiscard]] apdu::Result<DataDownload> parse_data_download(ByteView content);

// A message whose parts are all there.
struct Message {
  Bytes originator, service_centre;
  bool command_packet = false;
  Bytes data;
};

// Volatile. Bounded: the oldest incomplete message goes when another begins.
class Reassembly {
 public:
  static constexpr std::size_t kInFlight = 4;
  // The whole message when this part was the last one missing. A part that came twice changes nothing; one that contradicts an earlier part
  // starts its message anew.
  [[nodiscard]] std::optional<Message> add(DataDownload download);
  void clear() noexcept { open_.clear(); }

 private:
  struct Open {
    Bytes originator;
    Part first;  // reference, total and width
    bool command_packet = false;
    std::map<std::uint8_t, Bytes> parts;
  };
  std::deque<Open> open_;
};

}  // namespace simurgh::ota
