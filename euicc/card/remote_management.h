// SMS-PP download on the card: messages put together, SCP80 received, and the applications behind the TARs.
#pragma once

#include "euicc/card/core.h"

namespace simurgh::card {

// A secured message is received and answered; one that is not for the card or not secured is none of this function's: nothing.
// `content`: of the D1 envelope.
[[nodiscard]] std::optional<apdu::Answer> sms_pp_download(Core& core, ByteView content);

}  // namespace simurgh::card
