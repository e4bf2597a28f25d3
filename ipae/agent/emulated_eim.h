// An eIM's configuration data as an emulated card checks and changes them.
#pragma once

#include <initializer_list>
#include <optional>

#include "euicc/crypto/ec.h"
#include "ipae/es10/es10b_iot.h"

namespace simurgh::ipae::emulated {

// The key that its packages are signed with; nothing when there is none on a supported curve.
[[nodiscard]] std::optional<crypto::EcPublicKey> key_of(const es10b::EimEntry& entry);
// Code for an entry whose members cannot be added, whatever the card.
[[nodiscard]] std::optional<unsigned> problem_of(const es10b::EimEntry& entry);
[[nodiscard]] Bytes without(ByteView members, std::initializer_list<std::uint32_t> tags);
// Members of `update` in place of those of `members`, in the order of their tags.
[[nodiscard]] Bytes merged(ByteView members, ByteView update);

}  // namespace simurgh::ipae::emulated
