// The receiver of a bound profile package (SGP.22 v2.5 2.5.4, 5.7.6): a stream cut anywhere. Every failure ends in a signed error result.
#pragma once

#include <memory>
#include <optional>

#include "euicc/crypto/rng.h"
#include "euicc/profile/package.h"
#include "euicc/rsp/bsp.h"
#include "euicc/rsp/metadata.h"
#include "euicc/rsp/notifications.h"
#include "euicc/rsp/one_time_keys.h"

namespace simurgh::rsp {

// What PrepareDownload left for the load.
struct LoadContext {
  ResultContext result;
  crypto::EcPublicKey smdp_key;  // of CERT.DPpb
  OneTimeKey one_time_key;
};

class BoundPackage {
 public:
  explicit BoundPackage(LoadContext context);

  // The next slice. Nothing: it was taken, more is expected. A value: BF37, the load is over, whether it succeeded or not.
  // Everything it stages belongs into the same commit as the answer.
  [[nodiscard]] std::optional<Bytes> feed(ByteView slice, state::Transaction& txn, const ecasd::Ecasd& ecasd);
  // Between two elements: a command that is none of the package's own may be answered without disturbing the load.
  [[nodiscard]] bool at_boundary() const noexcept { return buffer_.empty(); }
  // Number of the profile it has made.
  [[nodiscard]] std::optional<std::uint32_t> installed() const noexcept { return installed_; }
  // Why it failed, for the trace; empty otherwise.
  [[nodiscard]] const char* why() const noexcept { return why_; }
  // Ends an unfinished load: the interruption result when ConfigureISDP was executed, else nothing.
  void interrupt(state::Transaction& txn, const ecasd::Ecasd& ecasd);
  // Ends it because the session was cancelled: the signed cancellation says so, there is no result. The one-time key stays for a later try
  // when the user only wants to wait.
  void cancel(state::Transaction& txn, bool keep_one_time_key);

 private:
  struct Failure {
    ErrorReason reason;
    const char* why;
  };
  using Step = std::optional<Failure>;
  enum class Stage : std::uint8_t { outer, secure_channel, part_header, configure, metadata, replace, elements, done };

  [[nodiscard]] Step advance(state::Transaction& txn, const ecasd::Ecasd& ecasd);
  [[nodiscard]] Step initialise_secure_channel(ByteView value, const ecasd::Ecasd& ecasd);
  [[nodiscard]] Step open_part(std::uint32_t tag, std::size_t length);
  [[nodiscard]] Step protected_element(std::uint32_t tag, ByteView raw, ByteView value, state::Transaction& txn, const ecasd::Ecasd& ecasd);
  [[nodiscard]] Step close_part(state::Transaction& txn, const ecasd::Ecasd& ecasd);
  [[nodiscard]] Step configure_isdp(ByteView plain, state::Transaction& txn, const ecasd::Ecasd& ecasd);
  [[nodiscard]] Step replace_session_keys(ByteView plain);
  [[nodiscard]] Step load_elements(ByteView plain);
  [[nodiscard]] Step install(state::Transaction& txn, const ecasd::Ecasd& ecasd);
  [[nodiscard]] BppCommand due() const noexcept;
  void write_journal(state::Transaction& txn, BppCommand next) const;

  LoadContext context_;
  Stage stage_ = Stage::outer;
  Bytes buffer_;
  std::size_t total_left_ = 0;  // octets of BF36 not consumed yet
  std::size_t part_left_ = 0;   // of the current A0..A3
  Bsp bsp_;
  unsigned next_part_ = 0;       // 0 A0, 1 A1, 2 A2 or A3, 3 A3
  bool isdp_configured_ = false, keys_replaced_ = false;
  Bytes dp_proprietary_, metadata_octets_;
  std::optional<profile::Metadata> metadata_;
  std::unique_ptr<profile::PackageInterpreter> interpreter_;
  Bytes sima_response_, finished_;
  const char* why_ = "";
  std::optional<std::uint32_t> installed_;
};

// Octets of profiles that this card can still take.
[[nodiscard]] std::size_t free_memory(const state::Transaction& txn, const ecasd::Ecasd& ecasd);

// A load that was interrupted after ConfigureISDP left a journal: turns it into its signed result and forgets the one-time key
// (SGP.22 v2.5 2.5.6). Nothing happens without a journal.
void settle_interrupted_load(state::Transaction& txn, const ecasd::Ecasd& ecasd);

}  // namespace simurgh::rsp
