#include "tools/simurgh/recording.h"

#include <memory>
#include <stdexcept>

#include "tools/simurgh/command.h"

namespace simurgh::tool {
namespace {

std::unique_ptr<trace::Recorder>& the_recorder() {
  static std::unique_ptr<trace::Recorder> recorder;
  return recorder;
}

}  // namespace

trace::Recorder* recording() noexcept { return the_recorder().get(); }

void start_recording(const std::vector<std::string>& targets, bool reveal_secrets) {
  auto recorder = std::make_unique<trace::Recorder>(reveal_secrets);
  for (const std::string& target : targets) {
    try {
      recorder->add(trace::open_format(target));
    } catch (const std::runtime_error& failure) {
      throw Failure(Exit::usage, failure.what());
    }
  }
  the_recorder() = std::move(recorder);
}

void TeeTrace::power(const char* event) {
  if (first_ != nullptr) first_->power(event);
  if (second_ != nullptr) second_->power(event);
}

void TeeTrace::exchange(ByteView command, ByteView response) {
  if (first_ != nullptr) first_->exchange(command, response);
  if (second_ != nullptr) second_->exchange(command, response);
}

void TeeTrace::note(const char* why) {
  if (first_ != nullptr) first_->note(why);
  if (second_ != nullptr) second_->note(why);
}

}  // namespace simurgh::tool
