#include "euicc/card/card.h"

#include <mutex>
#include <unordered_map>

#include "euicc/card/core.h"

namespace simurgh::card {

struct ImageCache::Impl {
  struct Entry {
    std::weak_ptr<const Bytes> encoded;  // guards against a new cell at an old address
    std::weak_ptr<const profile::ProfileImage> image;
  };
  std::mutex mutex;  // cards of a fleet may run on several threads
  std::unordered_map<const Bytes*, Entry> entries;
};

ImageCache::ImageCache() : impl_(std::make_unique<Impl>()) {}
ImageCache::~ImageCache() = default;

profile::ImagePtr ImageCache::get(const state::Cell& encoded) {
  const std::scoped_lock lock(impl_->mutex);
  Impl::Entry& entry = impl_->entries[encoded.get()];
  if (entry.encoded.lock() == encoded) {
    if (profile::ImagePtr known = entry.image.lock()) return known;
  }
  auto decoded = profile::ProfileImage::decode(*encoded);
  if (!decoded) return nullptr;
  auto image = std::make_shared<const profile::ProfileImage>(*std::move(decoded));
  entry = {encoded, image};
  return image;
}

struct Card::Impl {
  Core core;
};

Card::Card(state::StateStore& store, crypto::Rng& rng, TraceSink* trace, ImageCache* images, const Applets* applets)
    : impl_(new Impl{.core = {store, rng, trace, images, applets}}) {}
Card::~Card() = default;

Bytes Card::power_on() {
  Core& core = impl_->core;
  if (core.trace != nullptr) core.trace->power("power on");
  core.powered = true;
  core.restart();
  return core.atr;
}

Bytes Card::reset() {
  Core& core = impl_->core;
  if (core.trace != nullptr) core.trace->power("reset");
  core.powered = true;
  core.restart();
  return core.atr;
}

void Card::power_off() noexcept {
  Core& core = impl_->core;
  if (core.powered && core.trace != nullptr) core.trace->power("power off");
  core.powered = false;
}

bool Card::powered() const noexcept { return impl_->core.powered; }
const Bytes& Card::atr() const noexcept { return impl_->core.atr; }

Bytes Card::transmit(ByteView command_apdu) {
  Bytes response = impl_->core.transmit(command_apdu);
  if (impl_->core.trace != nullptr) impl_->core.trace->exchange(command_apdu, response);
  return response;
}

}  // namespace simurgh::card
