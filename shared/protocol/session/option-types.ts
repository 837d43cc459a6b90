import { CIPHERS, type Cipher } from "../seal/aead.ts";
import { bytes, milliseconds } from "../units.ts";
import { LINK_INDEX_LIMIT } from "../wire/datagram-header.ts";
import { CLASS_LIMIT } from "../wire/frame-header.ts";
import { converted, integer, network, opaque, rate, text } from "./codecs.ts";
import { allowance, lineOverhead, lineUse } from "./line-codecs.ts";
import { type Codec, ownOption, standardOption } from "./option.ts";

/** The size of a freshness token. */
export const TOKEN_SIZE = 12;
/** Limits in bytes of UTF-8: of names, and of the software's version. */
export const NAME_LIMIT = 64;
export const VERSION_LIMIT = 32;

const UINT16_MAX = 0xffff;
const UINT32_MAX = 0xffffffff;
const IP4_SIZE = 4;
const IP6_SIZE = 16;
const CIPHER_LIMIT = 16;
// RFC 1990 §5.1.3: a class and up to 20 bytes of address.
const ENDPOINT_DISCRIMINATOR_MAX = 21;
// RFC 2686: long sequence numbers with classes.
const LONG_FORMAT_WITH_CLASSES = 2;

// LCP: RFC 1990 §5.1.1 and §5.1.3, RFC 2125 §2.1, RFC 2686.
const uint16Bytes = converted(integer(2, 1, UINT16_MAX), bytes, Number);
export const MRRU = standardOption(17, uint16Bytes);
export const ENDPOINT_DISCRIMINATOR = standardOption(19, opaque(1, ENDPOINT_DISCRIMINATOR_MAX));
export const LINK_DISCRIMINATOR = standardOption(23, integer(2, 0, UINT16_MAX));
export const HEADER_FORMAT = standardOption(27, headerFormat());

// LCP, our own.
export const LINK_INDEX = ownOption(1, integer(3, 1, LINK_INDEX_LIMIT - 1));
export const CLIENT_NAME = ownOption(2, text(NAME_LIMIT));
export const LINK_NAME = ownOption(3, text(NAME_LIMIT));
export const CIPHER_LIST = ownOption(4, cipherList());
export const SEND_RATE = ownOption(5, rate);
export const RECEIVE_RATE = ownOption(6, rate);
export const KEEPALIVE = ownOption(7, converted(integer(4, 1, UINT32_MAX), milliseconds, Number));
export const LINE_MTU = ownOption(8, uint16Bytes);
export const TUNNEL_MTU = ownOption(9, uint16Bytes);
export const SOFTWARE_VERSION = ownOption(10, text(VERSION_LIMIT));
export const FRESHNESS_TOKEN = ownOption(11, opaque(TOKEN_SIZE, TOKEN_SIZE));
export const DOWNLOAD_MINIMUM = ownOption(12, rate);
export const LINE_OVERHEAD = ownOption(13, lineOverhead);
export const LINE_USE = ownOption(14, lineUse);
export const ALLOWANCE = ownOption(15, allowance);

// IPCP: RFC 1332 §3.3, RFC 1877 §1.1 and §1.3; and our own. A prefix length belongs to the address in its packet.
export const IP4_ADDRESS = standardOption(3, opaque(IP4_SIZE, IP4_SIZE));
export const PRIMARY_DNS = standardOption(129, opaque(IP4_SIZE, IP4_SIZE));
export const SECONDARY_DNS = standardOption(131, opaque(IP4_SIZE, IP4_SIZE));
export const IP4_PREFIX_LENGTH = ownOption(16, integer(1, 0, IP4_SIZE * 8));
export const IP4_ROUTE = ownOption(17, network(IP4_SIZE));

// IPV6CP: RFC 5072 knows interface identifiers only, so whole addresses are our own.
export const IP6_ADDRESS = ownOption(18, opaque(IP6_SIZE, IP6_SIZE));
export const IP6_PREFIX_LENGTH = ownOption(16, integer(1, 0, IP6_SIZE * 8));
export const IP6_ROUTE = ownOption(17, network(IP6_SIZE));
export const IP6_DNS = ownOption(19, opaque(IP6_SIZE, IP6_SIZE));

// The number of classes N: their numbers are 0 to N - 1.
function headerFormat(): Codec<number> {
  const classes = integer(1, 1, CLASS_LIMIT);
  return {
    read: (value) => (value[0] === LONG_FORMAT_WITH_CLASSES ? classes.read(value.subarray(1)) : undefined),
    write: (value) => Uint8Array.of(LONG_FORMAT_WITH_CLASSES, ...classes.write(value)),
  };
}

// One byte a cipher, the preferred one first. Numbers of ciphers that are not known here are passed over.
function cipherList(): Codec<readonly Cipher[]> {
  return {
    read: (value) => {
      if (value.length === 0 || value.length > CIPHER_LIMIT) return undefined;
      return [...new Set(value)].map(cipherOf).filter((cipher) => cipher !== undefined);
    },
    write: (ciphers) => {
      if (ciphers.length === 0) throw new RangeError("no cipher");
      return Uint8Array.from(ciphers, (cipher) => CIPHERS[cipher]);
    },
  };
}

function cipherOf(number: number): Cipher | undefined {
  if (number === CIPHERS["aes-256-gcm"]) return "aes-256-gcm";
  return number === CIPHERS["chacha20-poly1305"] ? "chacha20-poly1305" : undefined;
}
