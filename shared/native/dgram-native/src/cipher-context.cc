#include "cipher-context.h"

#include <openssl/err.h>

#include <cstring>
#include <new>

namespace dgram {

namespace {

constexpr size_t NONCE_LENGTH = 12;

// 32 zero bits and the packet number: big endian for AES-256-GCM, little endian for ChaCha20-Poly1305 (Noise §12).
void writeNonce(Cipher cipher, uint64_t number, uint8_t* nonce) {
  const bool isBigEndian = cipher == Cipher::aes256Gcm;
  const bool isSwapped = isBigEndian == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
  const uint64_t ordered = isSwapped ? __builtin_bswap64(number) : number;
  std::memset(nonce, 0, NONCE_LENGTH - sizeof ordered);
  std::memcpy(nonce + NONCE_LENGTH - sizeof ordered, &ordered, sizeof ordered);
}

}  // namespace

std::unique_ptr<CipherContext> CipherContext::create(Cipher cipher, const uint8_t* key) {
  const EVP_CIPHER* algorithm = cipher == Cipher::aes256Gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  if (context == nullptr) return nullptr;
  std::unique_ptr<CipherContext> created(new (std::nothrow) CipherContext(cipher, context));
  if (created == nullptr) {
    EVP_CIPHER_CTX_free(context);
  } else if (EVP_EncryptInit_ex(context, algorithm, nullptr, key, nullptr) != 1) {
    ERR_clear_error();
    created = nullptr;
  }
  return created;
}

CipherContext::~CipherContext() { EVP_CIPHER_CTX_free(context_); }

bool CipherContext::seal(uint64_t nonce, uint8_t* datagram, size_t frontLength, const uint8_t* rest,
                         size_t restLength) {
  uint8_t* text = datagram + ASSOCIATED_LENGTH;
  uint8_t* tag = text + frontLength + restLength;
  int written = 0;
  const bool isSealed = start(nonce, datagram, true) && update(text, text, frontLength) &&
                        update(text + frontLength, rest, restLength) &&
                        EVP_CipherFinal_ex(context_, tag, &written) == 1 &&
                        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, TAG_LENGTH, tag) == 1;
  if (!isSealed) ERR_clear_error();
  return isSealed;
}

bool CipherContext::open(uint64_t nonce, uint8_t* datagram, size_t datagramLength) {
  uint8_t* text = datagram + ASSOCIATED_LENGTH;
  const size_t length = datagramLength - SEAL_OVERHEAD;
  int written = 0;
  const bool isOpened = start(nonce, datagram, false) && update(text, text, length) &&
                        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, TAG_LENGTH, text + length) == 1 &&
                        EVP_CipherFinal_ex(context_, text + length, &written) == 1;
  if (!isOpened) {
    std::memset(text, 0, length);
    ERR_clear_error();
  }
  return isOpened;
}

bool CipherContext::start(uint64_t number, const uint8_t* associated, bool isSealing) {
  uint8_t nonce[NONCE_LENGTH];
  writeNonce(cipher_, number, nonce);
  int written = 0;
  return EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, nonce, isSealing ? 1 : 0) == 1 &&
         EVP_CipherUpdate(context_, nullptr, &written, associated, ASSOCIATED_LENGTH) == 1;
}

bool CipherContext::update(uint8_t* to, const uint8_t* from, size_t length) {
  int written = 0;
  return length == 0 || EVP_CipherUpdate(context_, to, &written, from, static_cast<int>(length)) == 1;
}

}  // namespace dgram
