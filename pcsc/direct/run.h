// Starts a PC/SC program so that it finds our readers instead of pcscd's.
#pragma once

#include <string>
#include <vector>

namespace simurgh::pcsc::direct {

struct Command {
  std::string program;  // a path, or a name to look for in PATH
  std::vector<std::string> arguments;
  std::string socket_path;     // of a Server
  std::string library_folder;  // holds our libpcsclite.so.1
  // Descriptors that become the program's output and error output; -1: those of this process.
  int output = -1;
  int error = -1;
};

// Environment entries ("NAME=value") of this process with the two changes that redirect a PC/SC program: our folder first in
// LD_LIBRARY_PATH, which also serves programs that open "libpcsclite.so.1" at run time, and the server's socket.
[[nodiscard]] std::vector<std::string> redirected_environment(const std::string& socket_path, const std::string& library_folder);

// Runs it to its end. Returns its exit status as a shell tells it: 128 + n after signal n. The program gets default signal handling
// whatever this process does with signals. Throws std::system_error when it cannot be started.
[[nodiscard]] int run(const Command& command);

}  // namespace simurgh::pcsc::direct
