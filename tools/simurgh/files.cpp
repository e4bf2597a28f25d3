#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "tools/simurgh/command.h"

namespace simurgh::tool {

std::string read_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) throw Failure(Exit::local, path + " is a folder, a file is needed");
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Failure(Exit::local, "cannot read " + path + " (" + std::strerror(errno) + ")");
  std::string out{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) throw Failure(Exit::local, "cannot read " + path);
  return out;
}

void write_file(const std::string& path, const std::string& content, unsigned mode) {
  const std::string temporary = path + ".new" + std::to_string(::getpid());
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (file < 0) throw Failure(Exit::local, "cannot write " + path + " (" + std::strerror(errno) + ")");
  std::size_t done = 0;
  bool good = true;
  while (good && done < content.size()) {
    const ssize_t wrote = ::write(file, content.data() + done, content.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    good = wrote > 0;
    if (good) done += static_cast<std::size_t>(wrote);
  }
  good = good && ::fsync(file) == 0;
  good = ::close(file) == 0 && good;
  if (!good || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string reason = std::strerror(errno);
    ::unlink(temporary.c_str());
    throw Failure(Exit::local, "cannot write " + path + " (" + reason + ")");
  }
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (const int dir = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); dir >= 0) {
    ::fsync(dir);
    ::close(dir);
  }
}

}  // namespace simurgh::tool
