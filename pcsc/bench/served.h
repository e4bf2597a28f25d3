// A card served by a thread of its own while another measures.
#pragma once

#include <sys/eventfd.h>

#include <functional>
#include <string>
#include <thread>

#include "pcsc/unique_fd.h"

namespace simurgh::pcsc {

// The function serves until the descriptor it gets becomes readable. Ends before what it serves does.
class Served {
 public:
  explicit Served(std::function<void(int stop_fd)> serve)
      : stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this, serve = std::move(serve)] {
          try {
            serve(stop_.get());
          } catch (const std::exception& wrong) {
            // The measuring thread says that no reader shows the card; the sentence here says why.
            failure_ = wrong.what();
          }
        }) {}
  ~Served() { (void)end(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  // What the function threw, or nothing.
  std::string end() {
    if (thread_.joinable()) {
      (void)::eventfd_write(stop_.get(), 1);
      thread_.join();
    }
    return failure_;
  }

 private:
  UniqueFd stop_;
  std::string failure_;
  std::thread thread_;
};

}  // namespace simurgh::pcsc
