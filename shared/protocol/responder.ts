import { DROP } from "./drop-reason.ts";
import type { HandshakeReceiver, Origin } from "./inbound.ts";
import type { RateLimits } from "./link/configured-rate.ts";
import type { LinkParts } from "./link/link-parts.ts";
import type { MemberLink } from "./link/member-link.ts";
import type { Cipher } from "./seal/aead.ts";
import type { HandshakeCrypto } from "./session/handshake-crypto.ts";
import { type InitiationTarget, readTarget } from "./session/handshake-datagram.ts";
import { keyIdText, type SecretKey } from "./session/key-id.ts";
import type { AcceptedLink } from "./session/link-answer.ts";
import type { LinkEnd } from "./session/link-end.ts";
import type { LinkOffer } from "./session/link-offer.ts";
import { type ReceivedInitiation, readInitiation } from "./session/received-initiation.ts";
import type { RefusedLink } from "./session/refusal.ts";
import { RoundShare } from "./session/round-share.ts";
import { TokenBucket } from "./session/token-bucket.ts";
import { limitsTold, maximumOf } from "./session/told-rates.ts";
import type { Tunnel } from "./tunnel.ts";
import type { TunnelHost } from "./tunnel-host.ts";
import { bytes, type Milliseconds } from "./units.ts";
import { DATAGRAM_TYPES } from "./wire/datagram-header.ts";

// Checking the seal of an initiation costs some hashes. Its key id stands in clear, so that anybody may make this work.
const SEALS = { perSecond: 2000, atOnce: 4000 };

// An initiation that was sealed under a secret costs two Diffie-Hellman operations, and may still be a replayed one. Beyond
// its pace those of one secret wait for their repetition; those of others do not.
const INITIATIONS = { perSecond: 100, atOnce: 400 };

// Packets wait for what a round spends on handshakes: about 0.25 ms for a seal and 1 ms for an answer. What a flood brings
// beyond that is dropped at no cost, and repeated by its client.
const SEALS_PER_ROUND = 32;
const ANSWERS_PER_ROUND = 8;

// A home has a few lines. One client must not take the links of all others.
const LINKS_PER_BUNDLE = 64;

/** Which bundle a link joins, and what its client is given. */
export type Admission =
  | {
      readonly kind: "admitted";
      readonly tunnel: Tunnel;
      readonly terms: Pick<AcceptedLink, "ip4" | "ip6" | "serverIp4" | "serverIp6" | "dns" | "routes" | "tunnelMtu">;
      /** The limits of the rates of this link, within what the offer tells; what it tells when undefined. */
      readonly sendLimits: RateLimits | undefined;
      readonly receiveLimits: RateLimits | undefined;
    }
  | RefusedLink;

/** Knows the secrets and decides who may join; `Owner` is whatever stands behind a secret. */
export interface Reception<Owner> {
  /** Whose secret has this id. */
  find(keyId: string): { readonly secret: SecretKey; readonly owner: Owner } | undefined;
  /** Whether the owner's link may join, and where. The offer may still be a replayed one. */
  admit(owner: Owner, offer: LinkOffer, now: Milliseconds): Admission;
}

/** Who this end is, the same on every link. */
export type ResponderOptions<Owner> = {
  readonly host: TunnelHost;
  readonly crypto: HandshakeCrypto;
  readonly reception: Reception<Owner>;
  /** The ciphers that this end has, the preferred first. */
  readonly ciphers: readonly Cipher[];
  /** What the device takes: the largest IP packet for a link, before its path is known. */
  readonly lineMtu: number;
  /** As `KeepaliveOptions.deadAfter`. */
  readonly deadAfter: Milliseconds | undefined;
  readonly version: string;
  /** Whether this worker of several takes an initiation; every one when left out. */
  readonly isOurs?: (target: InitiationTarget) => boolean;
};

/** The answering end of all bundles of a process: lets the links of known clients in, and answers nothing to strangers. */
export class Responder<Owner> implements HandshakeReceiver {
  readonly #options: ResponderOptions<Owner>;
  readonly #seals = new TokenBucket(SEALS);
  readonly #sealsOfRound = new RoundShare(SEALS_PER_ROUND);
  readonly #answersOfRound = new RoundShare(ANSWERS_PER_ROUND);
  readonly #initiations = new Map<string, TokenBucket>();

  constructor(options: ResponderOptions<Owner>) {
    this.#options = options;
  }

  handleHandshake(type: number, datagram: Uint8Array, origin: Origin, now: Milliseconds): void {
    const { host, crypto, reception, isOurs = () => true } = this.#options;
    if (type !== DATAGRAM_TYPES.initiation) return host.drops.count(DROP.unknownType);
    const target = readTarget(datagram);
    if (typeof target === "number") return host.drops.count(target);
    const key = keyIdText(target.keyId);
    const found = reception.find(key);
    if (found === undefined) return host.drops.count(DROP.unknownKey);
    if (!isOurs(target)) return host.drops.count(DROP.wrongWorker);
    if (!this.#sealsOfRound.take(now) || !this.#seals.take(now)) return host.drops.count(DROP.handshakeLimit);
    const initiation = readInitiation(crypto, found.secret, datagram);
    if (typeof initiation === "number") return host.drops.count(initiation);
    if (!this.#mayAnswer(key, now) || !this.#answersOfRound.take(now)) return host.drops.count(DROP.handshakeLimit);
    const admission = reception.admit(found.owner, initiation.offer, now);
    if (admission.kind === "refused") this.#refuse(initiation, admission, origin);
    else this.#accept(initiation, admission, origin, now);
  }

  #refuse(initiation: ReceivedInitiation, refusal: RefusedLink, origin: Origin): void {
    const { host } = this.#options;
    host.drops.count(DROP.handshakeRefused);
    const response = initiation.respond(refusal);
    if (typeof response !== "number") host.sendRaw(origin.outlet, response.datagram, origin.addressOffset);
  }

  #accept(
    initiation: ReceivedInitiation,
    admission: Admission & { readonly kind: "admitted" },
    origin: Origin,
    now: Milliseconds,
  ): void {
    const { host, ciphers } = this.#options;
    const { tunnel } = admission;
    const { offer } = initiation;
    host.touch(tunnel);
    const cipher = ciphers.find((candidate) => offer.ciphers.includes(candidate));
    if (cipher === undefined) {
      return this.#refuse(
        initiation,
        { kind: "refused", reason: "no-common-cipher", text: "no common cipher" },
        origin,
      );
    }
    const parts = this.#link(tunnel, admission, offer, origin, now);
    if (parts === undefined) {
      return this.#refuse(initiation, { kind: "refused", reason: "too-many-links", text: "too many links" }, origin);
    }
    const { link, sessions } = parts;
    const known = sessions.responseTo(initiation.ephemeral);
    if (known === "proven") return host.drops.count(DROP.replayed);
    if (known !== undefined) return host.sendRaw(origin.outlet, known, origin.addressOffset);
    const localIndex = host.reserveIndex(tunnel, link);
    const token = sessions.tokenInAnswerTo(offer.token);
    const answer = { ...this.#end(tunnel, link, localIndex, offer), ...admission.terms, cipher, token };
    const response = initiation.respond({ kind: "accepted", ...answer });
    if (typeof response === "number" || response.keys === undefined) {
      host.releaseIndex(localIndex);
      if (typeof response === "number") host.drops.count(response);
      else host.sendRaw(origin.outlet, response.datagram, origin.addressOffset);
      return;
    }
    const classes = Math.min(offer.classes, tunnel.options.classes);
    const peer = { mrru: offer.mrru, classes, allowance: offer.allowance };
    const agreement = { localIndex, remoteIndex: offer.linkIndex, cipher, keys: response.keys, peer };
    const offered = { ephemeral: initiation.ephemeral, token: offer.token };
    sessions.agreeAsResponder(agreement, offered, response.datagram, now);
    tunnel.apply(link, { kind: "session agreed" }, now);
    host.sendRaw(origin.outlet, response.datagram, origin.addressOffset);
  }

  /** The bundle's link with the offer's discriminator (RFC 2125 §2.1), made when there is none. */
  #link(
    tunnel: Tunnel,
    admission: Admission & { readonly kind: "admitted" },
    offer: LinkOffer,
    origin: Origin,
    now: Milliseconds,
  ): LinkParts | undefined {
    const known = tunnel.links.find(({ options }) => options.discriminator === offer.linkDiscriminator);
    if (known !== undefined) return tunnel.parts(known);
    const { host, lineMtu, deadAfter } = this.#options;
    if (!host.hasRoomForLink || tunnel.links.length >= LINKS_PER_BUNDLE) return undefined;
    const parts = tunnel.addLink(
      {
        name: offer.linkName,
        discriminator: offer.linkDiscriminator,
        sendLimits: admission.sendLimits ?? limitsTold(offer.receiveRate, offer.line.downloadMinimum),
        receiveLimits: admission.receiveLimits ?? limitsTold(offer.sendRate),
        mtu: Math.min(lineMtu, offer.lineMtu ?? lineMtu),
        keepalive: { interval: offer.keepalive, asksWhenIdle: false, deadAfter },
        line: offer.line,
      },
      now,
    );
    parts.link.setAllowance(offer.allowance, now);
    parts.link.outlet = origin.outlet;
    tunnel.setAddress(parts.link, origin.addressOffset);
    return parts;
  }

  #end(tunnel: Tunnel, link: MemberLink, linkIndex: number, offer: LinkOffer): LinkEnd {
    return {
      linkIndex,
      endpointDiscriminator: tunnel.options.endpointDiscriminator,
      mrru: bytes(tunnel.options.mrru),
      classes: tunnel.options.classes,
      sendRate: maximumOf(link.options.sendLimits),
      receiveRate: maximumOf(link.options.receiveLimits),
      keepalive: offer.keepalive,
      version: this.#options.version,
    };
  }

  #mayAnswer(key: string, now: Milliseconds): boolean {
    let allowance = this.#initiations.get(key);
    if (allowance === undefined) {
      allowance = new TokenBucket(INITIATIONS);
      this.#initiations.set(key, allowance);
    }
    return allowance.take(now);
  }
}
