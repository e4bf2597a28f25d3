// Where the handler listens and how many slots it has: the DEVICENAME of reader.conf.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace simurgh::pcsc::ifd {

inline constexpr const char* kDefaultSocket = "/run/simurgh/ifd.socket";
// Names another socket, for the handler (when DEVICENAME has no path) and for card processes.
inline constexpr const char* kSocketVariable = "SIMURGH_IFD_SOCKET";
// PCSCLITE_MAX_READERS_CONTEXTS: all the readers one pcscd can have.
inline constexpr unsigned kMaxSlots = 16;
inline constexpr unsigned kDefaultSlots = 8;

struct Device {
  std::string socket_path;
  unsigned slots = kDefaultSlots;
};

// "PATH:slots=N" with either part left out; pcscd wants the colon, since it looks for a file of a name without one. Nothing: not such a
// name.
[[nodiscard]] std::optional<Device> parse_device(std::string_view name);

// What the environment says, or the default. A set-user-ID program trusts no environment.
[[nodiscard]] std::string socket_path();

// Makes the folder of the socket when it is not there (mode 0755) and refuses one that others can write to: they could put a socket of
// theirs in its place. Throws std::invalid_argument with a sentence, std::filesystem::filesystem_error.
void prepare_folder(const std::string& socket_path);

}  // namespace simurgh::pcsc::ifd
