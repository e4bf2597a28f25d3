#include "tools/smdp/activation_code.h"

#include <qrencode.h>

#include <memory>

namespace simurgh::smdp {

std::string activation_code(const std::string& address, const std::string& matching_id, bool confirmation_code) {
  return "LPA:1$" + address + "$" + matching_id + (confirmation_code ? "$$1" : "");
}

std::string qr_code(const std::string& text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(QRcode_encodeString(text.c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1), &QRcode_free);
  if (!code) return {};
  constexpr int kQuiet = 2;
  const auto dark = [&](int x, int y) {
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -kQuiet; y < code->width + kQuiet; y += 2) {
    for (int x = -kQuiet; x < code->width + kQuiet; ++x) {
      const bool upper = dark(x, y);
      const bool lower = dark(x, y + 1);
      out += upper && lower ? " " : upper ? "\u2584" : lower ? "\u2580" : "\u2588";
    }
    out += '\n';
  }
  return out;
}

}  // namespace simurgh::smdp
