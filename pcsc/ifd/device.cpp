#include "pcsc/ifd/device.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace simurgh::pcsc::ifd {

namespace fs = std::filesystem;

std::string socket_path() {
  const char* const named = ::secure_getenv(kSocketVariable);
  return named != nullptr && *named != '\0' ? named : kDefaultSocket;
}

std::optional<Device> parse_device(std::string_view name) {
  constexpr std::string_view kSlots = "slots=";
  Device out;
  const std::size_t colon = name.rfind(':');
  const std::string_view path = name.substr(0, colon);
  if (!path.empty() && path.front() != '/') return std::nullopt;
  out.socket_path = path.empty() ? socket_path() : std::string(path);
  if (colon == std::string_view::npos || colon + 1 == name.size()) return out;
  std::string_view option = name.substr(colon + 1);
  if (!option.starts_with(kSlots)) return std::nullopt;
  option.remove_prefix(kSlots.size());
  const char* const end = option.data() + option.size();
  const auto parsed = std::from_chars(option.data(), end, out.slots);
  if (parsed.ec != std::errc() || parsed.ptr != end || out.slots == 0 || out.slots > kMaxSlots) return std::nullopt;
  return out;
}

void prepare_folder(const std::string& socket_path) {
  const fs::path folder = fs::path(socket_path).parent_path();
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) {
    throw std::invalid_argument("The folder " + folder.string() + " cannot be made. Make it, or name another in DEVICENAME.");
  }
  struct stat there {};
  const bool ours = ::stat(folder.c_str(), &there) == 0 && S_ISDIR(there.st_mode) && (there.st_uid == ::geteuid() || there.st_uid == 0);
  const bool open_to_others = (there.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (there.st_mode & S_ISVTX) == 0;
  if (!ours || open_to_others) {
    throw std::invalid_argument("The folder " + folder.string() +
                                " belongs to others or can be written by them. Name one that is safe in DEVICENAME.");
  }
}

}  // namespace simurgh::pcsc::ifd
