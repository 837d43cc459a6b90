#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace dgram {

enum class Cipher { aes256Gcm, chacha20Poly1305 };

constexpr size_t KEY_LENGTH = 32;
constexpr size_t ASSOCIATED_LENGTH = 8;
constexpr size_t TAG_LENGTH = 16;
constexpr size_t SEAL_OVERHEAD = ASSOCIATED_LENGTH + TAG_LENGTH;

// One key, scheduled once; every datagram only sets its nonce. OpenSSL wipes the key when the context goes.
class CipherContext {
 public:
  // Null when OpenSSL refuses, which a FIPS provider does for ChaCha20-Poly1305.
  static std::unique_ptr<CipherContext> create(Cipher cipher, const uint8_t* key);
  ~CipherContext();
  CipherContext(const CipherContext&) = delete;
  CipherContext& operator=(const CipherContext&) = delete;

  // Completes a datagram that holds 8 bytes of associated data and `frontLength` bytes of text: seals these in place,
  // appends `rest` sealed, then the tag. `rest` must not overlap what is written.
  bool seal(uint64_t nonce, uint8_t* datagram, size_t frontLength, const uint8_t* rest, size_t restLength);

  // Opens a datagram of at least SEAL_OVERHEAD bytes in place. On a wrong tag its text becomes zeros.
  bool open(uint64_t nonce, uint8_t* datagram, size_t datagramLength);

 private:
  CipherContext(Cipher cipher, EVP_CIPHER_CTX* context) : cipher_(cipher), context_(context) {}
  bool start(uint64_t nonce, const uint8_t* associated, bool isSealing);
  bool update(uint8_t* to, const uint8_t* from, size_t length);

  Cipher cipher_;
  EVP_CIPHER_CTX* context_;
};

}  // namespace dgram
