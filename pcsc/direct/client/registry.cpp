#include "pcsc/direct/client/registry.h"

#include <pthread.h>

namespace simurgh::pcsc::direct {

// Never destroyed: programs call SCard functions from their own exit handlers.
Registry& Registry::instance() {
  static Registry* const the = [] {
    auto* made = new Registry;
    ::pthread_atfork(&Registry::before_fork, &Registry::after_fork_in_parent, &Registry::after_fork_in_child);
    return made;
  }();
  return *the;
}

SCARDCONTEXT Registry::add(ContextPtr context) {
  const std::lock_guard lock(lock_);
  for (;;) {
    const auto id = static_cast<SCARDCONTEXT>(random_() & 0x7FFFFFFF);  // 31 bits, never 0: some programs keep it in an int
    if (id != 0 && contexts_.try_emplace(id, context).second) return id;
  }
}

ContextPtr Registry::context(SCARDCONTEXT id) {
  const std::lock_guard lock(lock_);
  const auto found = contexts_.find(id);
  return found == contexts_.end() ? nullptr : found->second;
}

ContextPtr Registry::take(SCARDCONTEXT id) {
  const std::lock_guard lock(lock_);
  const auto found = contexts_.find(id);
  if (found == contexts_.end()) return nullptr;
  ContextPtr context = std::move(found->second);
  contexts_.erase(found);
  std::erase_if(cards_, [&](const auto& entry) { return entry.second == context; });
  return context;
}

void Registry::add_card(SCARDHANDLE card, const ContextPtr& context) {
  const std::lock_guard lock(lock_);
  cards_.insert_or_assign(card, context);
}

ContextPtr Registry::context_of(SCARDHANDLE card) {
  const std::lock_guard lock(lock_);
  const auto found = cards_.find(card);
  return found == cards_.end() ? nullptr : found->second;
}

void Registry::remove_card(SCARDHANDLE card) {
  const std::lock_guard lock(lock_);
  cards_.erase(card);
}

void Registry::before_fork() { instance().lock_.lock(); }
void Registry::after_fork_in_parent() { instance().lock_.unlock(); }

void Registry::after_fork_in_child() {
  Registry& self = instance();
  // The child's copies of the sockets would keep a connection, and a transaction, alive after the parent's death. The contexts themselves
  // stay allocated: a thread that does not exist here may hold their locks.
  for (auto& [id, context] : self.contexts_) {
    context->channel->abandon();
    new ContextPtr(std::move(context));
  }
  self.contexts_.clear();
  self.cards_.clear();
  self.lock_.unlock();
}

}  // namespace simurgh::pcsc::direct
