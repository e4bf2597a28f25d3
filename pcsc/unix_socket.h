// Unix stream sockets that only one user may reach.
#pragma once

#include <string>

#include "pcsc/unique_fd.h"

namespace simurgh::pcsc {

// Listens on a path, mode 0600; a socket file that nobody listens on is replaced. Throws std::system_error, or std::invalid_argument with a
// sentence for a person (path too long, taken, or no socket).
[[nodiscard]] UniqueFd listen_on(const std::string& path);

// No descriptor and errno when nobody listens or it is not allowed. Throws std::invalid_argument when the path is too long,
// std::system_error when there is no socket to be had.
[[nodiscard]] UniqueFd connect_to(const std::string& path);

// Whether the other end is a process of our user or of root.
[[nodiscard]] bool is_same_user(int socket);

}  // namespace simurgh::pcsc
