#include <openssl/pem.h>

#include <string_view>

#include "euicc/crypto/openssl_handles.h"
#include "euicc/crypto/x509.h"

namespace simurgh::crypto {

std::optional<Certificate> certificate_from_file_bytes(ByteView pem_or_der) {
  const QuietErrors quiet;
  if (pem_or_der.empty() || pem_or_der.size() > 65536) return std::nullopt;
  const Bio bio(BIO_new_mem_buf(pem_or_der.data(), static_cast<int>(pem_or_der.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) return parse_certificate(pem_or_der);
  const bool certificate = std::string_view(name) == PEM_STRING_X509;
  const Bytes der(data, data + size);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return certificate ? parse_certificate(der) : std::nullopt;
}

Bytes to_pem(const Certificate& cert) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), PEM_STRING_X509, "", cert.der.data(), static_cast<long>(cert.der.size()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return to_bytes(text_view({data, static_cast<std::size_t>(size)}));
}

}  // namespace simurgh::crypto
