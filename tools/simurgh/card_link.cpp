#include "tools/simurgh/card_link.h"

#include "tools/simurgh/card_file.h"
#include "tools/simurgh/pcsc_port.h"

namespace simurgh::tool {
namespace {

class FileLink final : public terminal::Link {
 public:
  explicit FileLink(const std::string& path) : file_(path) { file_.card().power_on(); }
  Bytes transmit(ByteView command) override { return file_.card().transmit(command); }
  Bytes reset() override { return file_.card().powered() ? file_.card().reset() : file_.card().power_on(); }
  void power_off() override { file_.card().power_off(); }

 private:
  CardFile file_;
};

class ReaderLink final : public terminal::Link {
 public:
  explicit ReaderLink(const std::string& name) : port_(open_reader(name)) {}
  Bytes transmit(ByteView command) override { return value(port_->transmit(command)); }
  Bytes reset() override { return value(port_->reset()); }

 private:
  static Bytes value(std::expected<Bytes, ipae::PortError> answer) {
    if (!answer) throw terminal::LinkError(answer.error().what);
    return *std::move(answer);
  }

  std::unique_ptr<ResettablePort> port_;
};

}  // namespace

std::unique_ptr<terminal::Link> open_link(const CardChoice& choice) {
  if (choice.card.empty()) return std::make_unique<ReaderLink>(choice.reader);
  return std::make_unique<FileLink>(choice.card);
}

}  // namespace simurgh::tool
