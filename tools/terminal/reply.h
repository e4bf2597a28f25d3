// The body of a TERMINAL RESPONSE: result and what goes with it (TS 102 223 6.8, 8.12).
#pragma once

#include <cstdint>

#include "asn1/bytes.h"

namespace simurgh::terminal {

namespace result {
inline constexpr std::uint8_t kDone = 0x00, kMissingInformation = 0x02, kMoreFilesRead = 0x03, kLimitedService = 0x06, kModified = 0x07, kNoResponse = 0x12, kTerminalUnable = 0x20,
                              kNetworkUnable = 0x21, kRefused = 0x22, kTimerContradiction = 0x24, kBeyondCapabilities = 0x30, kTypeUnknown = 0x31,
                              kNotUnderstood = 0x32, kNumberUnknown = 0x33, kSmsFailed = 0x35, kValuesMissing = 0x36, kBipError = 0x3A;
}
namespace unable {  // additional information of kTerminalUnable
inline constexpr std::uint8_t kNoCause = 0x00, kScreenBusy = 0x01, kBusyOnCall = 0x02, kNoService = 0x04, kNotInSpeechCall = 0x07;
}
namespace bip {  // additional information of kBipError
inline constexpr std::uint8_t kNoCause = 0x00, kNoChannel = 0x01, kChannelClosed = 0x02, kChannelIdInvalid = 0x03, kBufferTooSmall = 0x04,
                              kTransportLevel = 0x06, kNotReachable = 0x07;
}

struct Reply {
  std::uint8_t general = result::kDone;
  Bytes additional = {};  // of the result
  Bytes objects = {};     // COMPREHENSION-TLVs behind the result
};

}  // namespace simurgh::terminal
