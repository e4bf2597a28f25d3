// The trace of this process: every card it opens, in a file or a reader, is recorded when --record was given.
#pragma once

#include <string>
#include <vector>

#include "tools/trace/recorder.h"

namespace simurgh::tool {

// Null when nothing is recorded.
[[nodiscard]] trace::Recorder* recording() noexcept;
// Once, before any card is opened. Throws Failure (usage, local).
void start_recording(const std::vector<std::string>& targets, bool reveal_secrets);

// Passes on to two sinks, either of which may be null.
class TeeTrace final : public card::TraceSink {
 public:
  TeeTrace(card::TraceSink* first, card::TraceSink* second) : first_(first), second_(second) {}
  void power(const char* event) override;
  void exchange(ByteView command, ByteView response) override;
  void note(const char* why) override;

 private:
  card::TraceSink *first_, *second_;
};

}  // namespace simurgh::tool
