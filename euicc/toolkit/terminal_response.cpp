#include "euicc/toolkit/terminal_response.h"

#include "euicc/toolkit/comprehension.h"

namespace simurgh::toolkit {

std::optional<ByteView> TerminalResponse::find(std::uint16_t tag) const { return find_object(objects, tag); }

std::optional<TerminalResponse> read_terminal_response(ByteView data) {
  const auto objects = read_objects(data);
  if (!objects) return std::nullopt;
  std::optional<ByteView> details, result;
  for (const Object& object : *objects) {
    if (object.tag == tag::command_details && !details) details = object.value;
    if (object.tag == tag::result && !result) result = object.value;
  }
  if (!details || details->size() != 3 || !result || result->empty()) return std::nullopt;
  return TerminalResponse{.number = (*details)[0], .type = (*details)[1], .qualifier = (*details)[2], .general = (*result)[0],
                          .additional = to_bytes(result->subspan(1)), .objects = to_bytes(data)};
}

}  // namespace simurgh::toolkit
