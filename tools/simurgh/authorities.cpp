#include "tools/simurgh/authorities.h"

#include <filesystem>

#include "euicc/crypto/x509.h"
#include "ipae/transport/trust.h"
#include "tools/simurgh/commands.h"

namespace simurgh::tool {

void add_authorities(const std::string& path, std::vector<Bytes>& out) {
  namespace fs = std::filesystem;
  std::error_code error;
  const std::size_t before = out.size();
  if (!fs::is_directory(path, error)) {
    for (Bytes& der : ipae::certificates_in(text_view(read_file(path)))) out.push_back(std::move(der));
  } else {
    for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
      const std::string extension = entry.path().extension().string();
      if (!entry.is_regular_file(error) || (extension != ".pem" && extension != ".der" && extension != ".crt" && extension != ".cer"))
        continue;
      for (const Bytes& der : ipae::certificates_in(text_view(read_file(entry.path().string())))) {
        const auto certificate = crypto::parse_certificate(der);
        if (certificate && certificate->is_ca && certificate->issuer == certificate->subject) out.push_back(der);
      }
    }
  }
  if (out.size() == before) throw Failure(Exit::local, path + " holds no certificate of an issuer (CI)");
}

}  // namespace simurgh::tool
