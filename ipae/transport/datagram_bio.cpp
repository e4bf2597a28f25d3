#include "ipae/transport/datagram_bio.h"

#include <algorithm>
#include <new>

namespace simurgh::ipae {
namespace {

// OpenSSL before 3.2 names its timer to the BIO by pointer and compares it with the wall clock. Later ones hand out a copy, so there the
// wall clock decides alone.
bool timer_is_reachable() { return OpenSSL_version_num() < 0x30200000UL; }

// Where the caller decides, the wall clock must never come first.
unsigned timer_of(SSL* /*ssl*/, unsigned last) {
  constexpr unsigned kHour = 3'600'000'000U, kSecond = 1'000'000U, kMinute = 60 * kSecond;
  if (timer_is_reachable()) return kHour;
  return last == 0 ? kSecond : std::min(last * 2, kMinute);
}

}  // namespace

DatagramBio::DatagramBio() : method_(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "datagrams")) {
  if (method_ == nullptr) throw std::bad_alloc();
  BIO_meth_set_write(method_, write);
  BIO_meth_set_read(method_, read);
  BIO_meth_set_ctrl(method_, control);
  BIO_meth_set_create(method_, create);
}

DatagramBio::~DatagramBio() { BIO_meth_free(method_); }

void DatagramBio::install(SSL* ssl) {
  BIO* bio = BIO_new(method_);
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  in_.clear();
  out_.clear();
  timer_ = nullptr;
  SSL_set_bio(ssl, bio, bio);
  DTLS_set_timer_cb(ssl, timer_of);
}

void DatagramBio::feed(ByteView datagram) {
  if (!datagram.empty() && in_.size() < kWaiting) in_.push_back(to_bytes(datagram));
}

std::optional<Bytes> DatagramBio::take() {
  if (out_.empty()) return std::nullopt;
  Bytes out = std::move(out_.front());
  out_.pop_front();
  return out;
}

bool DatagramBio::expire(SSL* ssl) {
  if (timer_ != nullptr && (timer_->tv_sec != 0 || timer_->tv_usec != 0)) *timer_ = {0, 1};
  return DTLSv1_handle_timeout(ssl) == 1;
}

int DatagramBio::write(BIO* bio, const char* octets, int size) {
  auto& self = *static_cast<DatagramBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  const auto* at = reinterpret_cast<const std::uint8_t*>(octets);
  self.out_.emplace_back(at, at + size);
  return size;
}

// What does not fit into `size` is lost, as with a socket.
int DatagramBio::read(BIO* bio, char* octets, int size) {
  auto& self = *static_cast<DatagramBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (self.in_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const Bytes datagram = std::move(self.in_.front());
  self.in_.pop_front();
  const std::size_t count = std::min(datagram.size(), static_cast<std::size_t>(std::max(size, 0)));
  std::copy_n(datagram.begin(), count, octets);
  return static_cast<int>(count);
}

long DatagramBio::control(BIO* bio, int command, long /*number*/, void* pointer) {
  auto& self = *static_cast<DatagramBio*>(BIO_get_data(bio));
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
      if (timer_is_reachable()) self.timer_ = static_cast<timeval*>(pointer);
      return 1;
    case BIO_CTRL_DGRAM_GET_MTU_OVERHEAD:
      return 48;  // IPv6 and UDP
    default:
      return 0;
  }
}

int DatagramBio::create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

}  // namespace simurgh::ipae
