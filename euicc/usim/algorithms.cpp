#include "euicc/usim/algorithms.h"

#include <stdexcept>

#include "euicc/crypto/symmetric.h"

namespace simurgh::usim {
namespace {

using crypto::Block;
using crypto::SecretBytes;

Block block(ByteView view) {
  if (view.size() != 16) throw std::invalid_argument("AKA input size");
  Block out{};
  std::copy(view.begin(), view.end(), out.begin());
  return out;
}

Block operator^(const Block& a, const Block& b) {
  Block out{};
  for (std::size_t i = 0; i < 16; ++i) out[i] = a[i] ^ b[i];
  return out;
}

// Cyclic left rotation by any number of bits.
Block rotate(const Block& in, unsigned bits) {
  Block out{};
  const unsigned whole = bits / 8;
  const unsigned rest = bits % 8;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned high = in[(i + whole) % 16];
    const unsigned low = in[(i + whole + 1) % 16];
    out[i] = static_cast<std::uint8_t>((high << rest | low >> (8 - rest)) & 0xFF);
  }
  return out;
}

SecretBytes secret(ByteView view) { return SecretBytes(view); }

ByteView part(const Block& in, std::size_t offset, std::size_t size) { return ByteView(in).subspan(offset, size); }

class Milenage final : public AuthFunctions {
 public:
  explicit Milenage(const AkaParameters& parameters)
      : cipher_(parameters.key.expose()), opc_(block(parameters.opc.expose())), parameters_(parameters) {}
  ~Milenage() override { crypto::cleanse(opc_); }

  [[nodiscard]] Bytes f1(ByteView rand, ByteView sqn, ByteView amf) const override { return to_bytes(part(out1(rand, sqn, amf), 0, 8)); }
  [[nodiscard]] Bytes f1_star(ByteView rand, ByteView sqn, ByteView amf) const override {
    return to_bytes(part(out1(rand, sqn, amf), 8, 8));
  }

  [[nodiscard]] Keys f2345(ByteView rand) const override {
    const Block temp = cipher_.encrypt(block(rand) ^ opc_);
    const Block out2 = out(temp, 1);
    return {.res = secret(part(out2, 8, 8)), .ck = secret(out(temp, 2)), .ik = secret(out(temp, 3)), .ak = secret(part(out2, 0, 6))};
  }

  [[nodiscard]] Bytes f5_star(ByteView rand) const override {
    const Block temp = cipher_.encrypt(block(rand) ^ opc_);
    return to_bytes(part(out(temp, 4), 0, 6));
  }

 private:
  [[nodiscard]] Block constant(std::size_t n) const { return block(ByteView(parameters_.xoring).subspan(16 * n, 16)); }
  [[nodiscard]] Block out(const Block& temp, std::size_t n) const {
    return cipher_.encrypt(rotate(temp ^ opc_, parameters_.rotation[n]) ^ constant(n)) ^ opc_;
  }
  [[nodiscard]] Block out1(ByteView rand, ByteView sqn, ByteView amf) const {
    const Block in1 = block(concat({sqn, amf, sqn, amf}));
    const Block temp = cipher_.encrypt(block(rand) ^ opc_);
    return cipher_.encrypt(temp ^ rotate(in1 ^ opc_, parameters_.rotation[0]) ^ constant(0)) ^ opc_;
  }

  crypto::AesEncryptor cipher_;
  Block opc_;
  const AkaParameters& parameters_;
};

std::size_t res_size(const AkaParameters& parameters, std::size_t most) {
  const std::size_t size = std::size_t{4} << (parameters.algorithm_options & 0x03);
  return std::min(size, most);
}

class XorTest final : public AuthFunctions {
 public:
  explicit XorTest(const AkaParameters& parameters) : key_(block(parameters.key.expose())), res_size_(res_size(parameters, 16)) {}
  ~XorTest() override { crypto::cleanse(key_); }

  [[nodiscard]] Bytes f1(ByteView rand, ByteView sqn, ByteView amf) const override {
    if (sqn.size() != 6 || amf.size() != 2) throw std::invalid_argument("AKA input size");
    const Block xdout = block(rand) ^ key_;
    const Bytes cdout = concat({sqn, amf});
    Bytes mac(8);
    for (std::size_t i = 0; i < 8; ++i) mac[i] = xdout[i] ^ cdout[i];
    return mac;
  }
  [[nodiscard]] Bytes f1_star(ByteView rand, ByteView sqn, ByteView amf) const override { return f1(rand, sqn, amf); }
  [[nodiscard]] Keys f2345(ByteView rand) const override {
    const Block xdout = block(rand) ^ key_;
    return {.res = secret(part(xdout, 0, res_size_)),
            .ck = secret(rotate(xdout, 8)),
            .ik = secret(rotate(xdout, 16)),
            .ak = secret(part(xdout, 3, 6))};
  }
  [[nodiscard]] Bytes f5_star(ByteView rand) const override { return to_bytes(part(block(rand) ^ key_, 3, 6)); }

 private:
  Block key_;
  std::size_t res_size_;
};

}  // namespace

AkaParameters AkaParameters::clone() const {
  return {.algorithm = algorithm,
          .algorithm_options = algorithm_options,
          .key = key.clone(),
          .opc = opc.clone(),
          .rotation = rotation,
          .xoring = xoring,
          .auth_counter_max = auth_counter_max,
          .keccak_iterations = keccak_iterations,
          .sqn_options = sqn_options,
          .sqn_delta = sqn_delta,
          .sqn_age_limit = sqn_age_limit};
}

bool AkaParameters::well_formed() const noexcept {
  switch (algorithm) {
    case Algorithm::milenage:
      return key.size() == 16 && opc.size() == 16;
    case Algorithm::tuak:
      return (key.size() == 16 || key.size() == 32) && opc.size() == 32 && keccak_iterations >= 1;
    case Algorithm::usim_test:
      return key.size() == 16;
  }
  return false;
}

std::unique_ptr<AuthFunctions> functions(const AkaParameters& parameters) {
  switch (parameters.algorithm) {
    case Algorithm::milenage:
      return std::make_unique<Milenage>(parameters);
    case Algorithm::tuak:
      return std::make_unique<Tuak>(parameters.key.expose(), parameters.opc.expose(), parameters.keccak_iterations,
                                    TuakSizes{.mac = 8, .res = res_size(parameters, 32), .ck = 16, .ik = 16});
    case Algorithm::usim_test:
      return std::make_unique<XorTest>(parameters);
  }
  throw std::invalid_argument("unknown authentication algorithm");
}

SecretBytes milenage_opc(ByteView key, ByteView op) {
  Block out = crypto::aes_ecb_encrypt(key, op) ^ block(op);
  SecretBytes opc{ByteView(out)};
  crypto::cleanse(out);
  return opc;
}

}  // namespace simurgh::usim
