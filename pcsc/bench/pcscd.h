// A pcscd of our own, for measurements and tests. The daemon's socket is a fixed place, so a machine has one at a time.
#pragma once

#include <sys/types.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace simurgh::pcsc {

class PcscdTrouble : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Looks through the processes.
[[nodiscard]] bool pcscd_runs();

// A sentence that says why a private pcscd cannot be started here, or nothing: not root, not installed, one runs already.
[[nodiscard]] std::string why_no_private_pcscd();

class Pcscd {
 public:
  // Makes the text of a reader.conf that may name files below folder().
  using Conf = std::function<std::string(const std::string& folder)>;
  // Starts pcscd in the foreground with this reader.conf and waits for its socket. Throws PcscdTrouble.
  explicit Pcscd(const Conf& reader_conf);
  // Ends the daemon and waits for its end.
  ~Pcscd();
  Pcscd(const Pcscd&) = delete;
  Pcscd& operator=(const Pcscd&) = delete;

  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }  // private, for the reader.conf and whatever the caller adds
  [[nodiscard]] bool alive();

 private:
  void end() noexcept;

  std::string folder_;
  pid_t pid_ = -1;
};

}  // namespace simurgh::pcsc
