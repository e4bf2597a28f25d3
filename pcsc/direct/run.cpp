#include "pcsc/direct/run.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "pcsc/direct/wire.h"

namespace simurgh::pcsc::direct {

namespace {

void check(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

// The C structures of posix_spawn with an owner.
struct SpawnSettings {
  SpawnSettings() {
    check(::posix_spawnattr_init(&attributes), "preparing a process");
    check(::posix_spawn_file_actions_init(&files), "preparing a process");
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void default_signals() {
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    check(::posix_spawnattr_setsigmask(&attributes, &none), "preparing a process");
    check(::posix_spawnattr_setsigdefault(&attributes, &all), "preparing a process");
    check(::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF), "preparing a process");
  }
  void redirect(int from, int to) {
    if (from >= 0) check(::posix_spawn_file_actions_adddup2(&files, from, to), "preparing a process");
  }

  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::vector<std::string> redirected_environment(const std::string& socket_path, const std::string& library_folder) {
  constexpr std::string_view kPath = "LD_LIBRARY_PATH=";
  const std::string socket_entry = std::string(kSocketVariable) + "=";
  std::string path_entry = std::string(kPath) + std::filesystem::absolute(library_folder).string();
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (text.starts_with(kPath)) {
      if (text.size() > kPath.size()) path_entry.append(":").append(text.substr(kPath.size()));
    } else if (!text.starts_with(socket_entry)) {
      out.emplace_back(text);
    }
  }
  out.push_back(std::move(path_entry));
  out.push_back(socket_entry + std::filesystem::absolute(socket_path).string());
  return out;
}

int run(const Command& command) {
  std::vector<std::string> words{command.program};
  words.insert(words.end(), command.arguments.begin(), command.arguments.end());
  std::vector<std::string> environment = redirected_environment(command.socket_path, command.library_folder);
  SpawnSettings settings;
  settings.default_signals();
  settings.redirect(command.output, STDOUT_FILENO);
  settings.redirect(command.error, STDERR_FILENO);
  pid_t child = 0;
  check(::posix_spawnp(&child, command.program.c_str(), &settings.files, &settings.attributes, pointers(words).data(),
                       pointers(environment).data()),
        "starting " + command.program);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) check(errno, "waiting for " + command.program);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace simurgh::pcsc::direct
