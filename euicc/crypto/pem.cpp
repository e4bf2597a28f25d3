#include <openssl/pem.h>

#include <string_view>

#include "asn1/tlv.h"
#include "euicc/crypto/openssl_handles.h"
#include "euicc/crypto/x509.h"

namespace simurgh::crypto {

namespace {

// The octets of a PEM block; nothing when it has another label.
struct Unwrapped {
  bool pem = false;
  std::optional<Bytes> der;
};
Unwrapped unwrap(ByteView octets, std::string_view label) {
  const QuietErrors quiet;
  const Bio bio(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) return {};
  Unwrapped out{.pem = true, .der = {}};
  if (name == label) out.der = Bytes(data, data + size);
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return out;
}

bool plausible(ByteView octets) { return !octets.empty() && octets.size() <= 65536; }

}  // namespace

std::optional<Certificate> certificate_from_file_bytes(ByteView pem_or_der) {
  if (!plausible(pem_or_der)) return std::nullopt;
  const Unwrapped text = unwrap(pem_or_der, PEM_STRING_X509);
  if (!text.pem) return parse_certificate(pem_or_der);
  return text.der ? parse_certificate(*text.der) : std::nullopt;
}

std::optional<EcPublicKey> public_key_from_file_bytes(ByteView pem_or_der) {
  if (!plausible(pem_or_der)) return std::nullopt;
  const Unwrapped text = unwrap(pem_or_der, PEM_STRING_PUBLIC);
  if (text.pem && !text.der) return std::nullopt;
  const auto whole = asn1::read_only(text.pem ? ByteView(*text.der) : pem_or_der, 0x30, asn1::Lengths::der);
  return whole ? public_key_from_info(whole->value) : std::nullopt;
}

Bytes to_pem(const Certificate& cert) {
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio(bio.get(), PEM_STRING_X509, "", cert.der.data(), static_cast<long>(cert.der.size()));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return to_bytes(text_view({data, static_cast<std::size_t>(size)}));
}

}  // namespace simurgh::crypto
