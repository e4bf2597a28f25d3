#include "tools/simurgh/card_file.h"

#include "euicc/state/sqlite_store.h"
#include "tools/simurgh/card_applets.h"
#include "tools/simurgh/command.h"
#include "tools/simurgh/recording.h"

namespace simurgh::tool {

struct CardFile::Impl {
  std::unique_ptr<state::SqliteStore> store;
  std::unique_ptr<crypto::Rng> rng = crypto::system_rng();
  std::unique_ptr<TeeTrace> trace;
  card::Applets applets = card_applets();
  std::unique_ptr<card::Card> card;
};

CardFile::CardFile(const std::string& path, card::TraceSink* trace) : impl_(std::make_unique<Impl>()) {
  try {
    impl_->store = state::SqliteStore::open(path);
    impl_->trace = std::make_unique<TeeTrace>(trace, recording());
    const bool silent = trace == nullptr && recording() == nullptr;
    impl_->card = std::make_unique<card::Card>(*impl_->store, *impl_->rng, silent ? nullptr : impl_->trace.get(), nullptr, &impl_->applets);
  } catch (const std::runtime_error& failure) {
    const std::string what = failure.what();
    throw Failure(Exit::local, what.starts_with(path) ? what : path + ": " + what);
  }
}

CardFile::~CardFile() = default;
card::Card& CardFile::card() noexcept { return *impl_->card; }

namespace {

class FilePort final : public ResettablePort {
 public:
  explicit FilePort(const std::string& path) : file_(path) { file_.card().power_on(); }
  std::expected<Bytes, ipae::PortError> transmit(ByteView apdu) override { return file_.card().transmit(apdu); }
  std::expected<Bytes, ipae::PortError> reset() override {
    file_.card().power_off();
    return file_.card().power_on();
  }

 private:
  CardFile file_;
};

class FileSlot final : public pcsc::CardSlot {
 public:
  FileSlot(const std::string& path, card::TraceSink* trace) : file_(path, trace) {}
  Bytes power_on() override { return file_.card().power_on(); }
  Bytes reset() override { return file_.card().reset(); }
  void power_off() override { file_.card().power_off(); }
  Bytes transmit(ByteView apdu) override { return file_.card().transmit(apdu); }
  Bytes atr() const override { return file_.card().atr(); }

 private:
  mutable CardFile file_;
};

}  // namespace

std::unique_ptr<ResettablePort> open_card_file(const std::string& path) { return std::make_unique<FilePort>(path); }

std::unique_ptr<pcsc::CardSlot> open_card_slot(const std::string& path, card::TraceSink* trace) {
  return std::make_unique<FileSlot>(path, trace);
}

}  // namespace simurgh::tool
