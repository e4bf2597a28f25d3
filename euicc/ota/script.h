// Remote command scripts (ETSI TS 102 226 5): compact format, expanded format with definite and indefinite length, and their responses.
#pragma once

#include <cstdint>

#include "asn1/bytes.h"
#include "euicc/apdu/command.h"

namespace simurgh::ota {

// What executes the commands of one script. It settles each: a command's changes are stored, or gone when it answers a refusal.
class Application {
 public:
  virtual ~Application() = default;
  [[nodiscard]] virtual apdu::Answer execute(const apdu::Command& command) = 0;
  // P3 of this header counts what comes back, there is no command data.
  [[nodiscard]] virtual bool outgoing(const apdu::Command& header) const = 0;
  // Outgoing data of this command waits for GET RESPONSE, as at the terminal with T=0.
  [[nodiscard]] virtual bool data_waits(const apdu::Command& command) const = 0;
  // A proactive command of an immediate or error action (TS 102 226 5.2.1.2): COMPREHENSION-TLVs.
  virtual void proactive(ByteView comprehension_tlvs) = 0;
};

// Runs the secured data and gives the response data. Expanded when it begins with AA or AE, else compact.
[[nodiscard]] Bytes run_script(ByteView secured_data, Application& application);

}  // namespace simurgh::ota
