// A card is one SQLite file: copy it, mail it, diff it, open it with any tool. Mode 0600, one owner at a time.
//
//   application_id 0x53494D55 ("SIMU"), user_version = format version
//   cell(space TEXT, owner INTEGER, idx INTEGER, value BLOB)   one row per cell, see state::Space
//   about(name TEXT, value TEXT)                               which program and version wrote the file
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "euicc/state/store.h"

namespace simurgh::state {

// What went wrong with a card file; the sentence says what to try.
class CardFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class SqliteStore final : public StateStore {
 public:
  static constexpr int kFormatVersion = 1;

  // A new file with these cells. Throws CardFileError when the path exists or cannot be written. Nothing is left behind on failure.
  static std::unique_ptr<SqliteStore> create(const std::string& path, const std::map<Key, Cell>& cells);
  // Opens, locks and, where the format is older, migrates. Throws CardFileError: no such file, not a card, written by a newer
  // version (named), in use by another process, damaged.
  static std::unique_ptr<SqliteStore> open(const std::string& path);
  // The same without the lock and without writing, for inspection of a card in use.
  static std::unique_ptr<SqliteStore> open_read_only(const std::string& path);

  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  [[nodiscard]] std::expected<std::map<Key, Cell>, StoreError> load() override;
  [[nodiscard]] std::expected<void, StoreError> commit(const std::vector<Change>& changes) override;

 private:
  struct Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace simurgh::state
