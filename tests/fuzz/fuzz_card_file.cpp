// Any octets as a card file: refused in words, or opened as a card that powers on, answers, and can be written and opened again.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "euicc/card/card.h"
#include "euicc/state/sqlite_store.h"
#include "tests/fuzz/require.h"

using namespace simurgh;

namespace {

// A folder in memory where there is one: a fuzzer writes ten thousand files.
const std::string& folder() {
  static const std::string kFolder = [] {
    std::string pattern = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/simurgh-fuzz-XXXXXX" : "/tmp/simurgh-fuzz-XXXXXX";
    FUZZ_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    return pattern;
  }();
  static const struct Cleaner {
    ~Cleaner() {
      for (const char* suffix : {"/card", "/card-journal", "/card-wal", "/card-shm"}) ::unlink((kFolder + suffix).c_str());
      ::rmdir(kFolder.c_str());
    }
  } kCleaner;
  return kFolder;
}

bool write_file(const std::string& path, const std::uint8_t* data, std::size_t size) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool good = ::write(file, data, size) == static_cast<ssize_t>(size);
  ::close(file);
  return good;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = folder() + "/card";
  ::unlink((path + "-journal").c_str());
  FUZZ_REQUIRE(write_file(path, data, size));
  try {
    const auto store = state::SqliteStore::open(path);
    const auto rng = crypto::seeded_rng(1);
    card::Card card(*store, *rng);
    (void)card.power_on();
    for (const char* apdu : {"00A40004023F00", "00A40004022FE2", "00B000000A", "00A4040010A0000005591010FFFFFFFF8900000100", "80E2910003BF2D00",
                             "80E2910003BF2E00", "80F2000000"}) {
      FUZZ_REQUIRE(card.transmit(*from_hex(apdu)).size() >= 2);
    }
    // What could be read can be written.
    (void)store->commit({{{state::Space::card, 0, 0xFFFFFF}, std::make_shared<const Bytes>(Bytes{1})}});
  } catch (const std::exception& refusal) {
    FUZZ_REQUIRE(refusal.what()[0] != '\0');
  }
  return 0;
}
