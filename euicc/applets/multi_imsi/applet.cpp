#include "euicc/applets/multi_imsi/applet.h"

#include "euicc/applets/multi_imsi/session.h"

namespace simurgh::multi_imsi {

using namespace simurgh::literals;

const Bytes& package_aid() {
  static const Bytes kAid = "F053494D555247484D49"_hex;
  return kAid;
}
const Bytes& class_aid() {
  static const Bytes kAid = "F053494D555247484D4901"_hex;
  return kAid;
}
const Bytes& instance_aid() {
  static const Bytes kAid = "F053494D555247484D4902"_hex;
  return kAid;
}
const Bytes& default_tar() {
  static const Bytes kTar = "4D4901"_hex;
  return kTar;
}

card::AppletRow row() {
  card::AppletRow out;
  out.class_aid = class_aid();
  out.name = "multi-IMSI";
  out.priority = 1;
  out.make = [](const card::CardServices& services, const gp::Application* instance) { return std::make_unique<Run>(services, *instance); };
  out.hooks.reset = [](const card::CardServices& services, const gp::Application& instance) { Instance(services, instance).reset(); };
  out.hooks.remote = [](const card::CardServices& services, const gp::Application& instance, const card::RemoteData& data) {
    return Instance(services, instance).remote(data);
  };
  out.hooks.data = [](const card::CardServices& services, const gp::Application* instance, std::uint16_t tag) {
    return Instance(services, *instance).data(tag);
  };
  return out;
}

}  // namespace simurgh::multi_imsi
