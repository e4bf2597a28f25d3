// The contexts and card handles of this process.
#pragma once

#include <PCSC/winscard.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <unordered_map>

#include "pcsc/direct/client/channel.h"

namespace simurgh::pcsc::direct {

struct Context {
  explicit Context(std::unique_ptr<Channel> opened) : channel(std::move(opened)) {}

  const std::unique_ptr<Channel> channel;
  std::mutex calls;                       // one request at a time, also between threads
  std::atomic<std::uint32_t> cancels{0};  // SCardCancel counts here; a wait ends when the number changes
  std::atomic<bool> released{false};
};
using ContextPtr = std::shared_ptr<Context>;

// Process-wide, as the C interface has it. A forked child starts with none of its parent's contexts: their connections are one
// conversation each, which the parent goes on with.
class Registry {
 public:
  static Registry& instance();

  SCARDCONTEXT add(ContextPtr context);
  [[nodiscard]] ContextPtr context(SCARDCONTEXT id);
  [[nodiscard]] ContextPtr take(SCARDCONTEXT id);  // and its handles

  void add_card(SCARDHANDLE card, const ContextPtr& context);
  [[nodiscard]] ContextPtr context_of(SCARDHANDLE card);
  void remove_card(SCARDHANDLE card);

 private:
  Registry() = default;
  static void before_fork();
  static void after_fork_in_parent();
  static void after_fork_in_child();

  std::mutex lock_;
  std::unordered_map<SCARDCONTEXT, ContextPtr> contexts_;
  std::unordered_map<SCARDHANDLE, ContextPtr> cards_;
  std::random_device random_;
};

}  // namespace simurgh::pcsc::direct
