import { DROP } from "./drop-reason.ts";
import type { HandshakeReceiver, Origin } from "./inbound.ts";
import { LinkDialer } from "./link/link-dialer.ts";
import type { MemberLink, MemberLinkOptions } from "./link/member-link.ts";
import type { Cipher } from "./seal/aead.ts";
import type { InnerAddress } from "./session/codecs.ts";
import type { HandshakeCrypto } from "./session/handshake-crypto.ts";
import type { SecretKey } from "./session/key-id.ts";
import type { AcceptedLink } from "./session/link-answer.ts";
import type { LinkOffer } from "./session/link-offer.ts";
import { limitsTold, maximumOf, strictest } from "./session/told-rates.ts";
import type { Tunnel } from "./tunnel.ts";
import type { TunnelHost } from "./tunnel-host.ts";
import { bytes, type Milliseconds } from "./units.ts";
import { DATAGRAM_TYPES, receiverLinkIndex } from "./wire/datagram-header.ts";

/** Who this end is and what it wants, the same on every link. */
export type InitiatorOptions = {
  readonly host: TunnelHost;
  readonly tunnel: Tunnel;
  readonly crypto: HandshakeCrypto;
  readonly secret: SecretKey;
  readonly clientName: string;
  readonly ciphers: readonly Cipher[];
  /** The addresses inside the tunnel that are wanted, if they are to be certain ones. */
  readonly ip4: InnerAddress | undefined;
  readonly ip6: InnerAddress | undefined;
  readonly keepalive: Milliseconds;
  /** As `KeepaliveOptions.deadAfter`. */
  readonly deadAfter: Milliseconds | undefined;
  readonly version: string;
};

/** The initiating end of a bundle: opens every link, and takes what the responder answers. */
export class Initiator implements HandshakeReceiver {
  readonly #options: InitiatorOptions;
  #peerDiscriminator: Uint8Array | undefined;
  #lastAnswer: AcceptedLink | undefined;

  constructor(options: InitiatorOptions) {
    this.#options = options;
  }

  /** Adds a link that is dialled as soon as it has an uplink. */
  addLink(
    options: Omit<MemberLinkOptions, "ordinal" | "addressOffset" | "keepalive">,
    now: Milliseconds,
  ): MemberLink {
    const { host, tunnel, crypto, secret, keepalive, deadAfter } = this.#options;
    const parts = tunnel.addLink(
      { ...options, keepalive: { interval: keepalive, asksWhenIdle: true, deadAfter } },
      now,
    );
    const { link } = parts;
    parts.dialer = new LinkDialer(link, parts.sessions, {
      crypto,
      secret,
      offer: () => this.#offer(link),
      reserveIndex: () => host.reserveIndex(tunnel, link),
      releaseIndex: (linkIndex) => host.releaseIndex(linkIndex),
      send: (datagram) => {
        if (link.outlet !== undefined) host.sendRaw(link.outlet, datagram, link.addressOffset);
      },
    });
    host.touch(tunnel);
    return link;
  }

  handleHandshake(type: number, datagram: Uint8Array, _origin: Origin, now: Milliseconds): void {
    const { host, tunnel } = this.#options;
    const [high = 0, middle = 0, low = 0] = datagram.subarray(1);
    const reach = host.awaiting(receiverLinkIndex((high << 16) | (middle << 8) | low));
    const parts = reach === undefined ? undefined : tunnel.parts(reach.link);
    if (type !== DATAGRAM_TYPES.response || parts?.dialer === undefined) {
      host.drops.count(type === DATAGRAM_TYPES.response ? DROP.unknownLink : DROP.unknownType);
      return;
    }
    const { link } = parts;
    const outcome = parts.dialer.handleResponse(datagram, now);
    host.touch(tunnel);
    switch (outcome.kind) {
      case "dropped":
        tunnel.drops.count(outcome.reason);
        return;
      case "refused":
        tunnel.drops.count(DROP.handshakeRefused);
        tunnel.apply(link, { kind: "refused", text: outcome.refusal.text }, now);
        return;
      case "accepted":
        this.#accept(link, outcome.answer, now);
        parts.control.prove(now);
    }
  }

  #accept(link: MemberLink, answer: AcceptedLink, now: Milliseconds): void {
    const { tunnel } = this.#options;
    const known = this.#peerDiscriminator;
    const isSameBundle = known === undefined || isEqual(known, answer.endpointDiscriminator);
    this.#peerDiscriminator = answer.endpointDiscriminator;
    if (!isSameBundle) tunnel.restart(link, now);
    this.#lastAnswer = answer;
    if (link.association !== undefined) tunnel.outbound.setPeerLimits(link.association.peer);
    link.setRateLimits(strictest(link.options.sendLimits, limitsTold(answer.receiveRate)), now);
    link.receiveRate = answer.sendRate;
    tunnel.emit({ kind: "agreed", link, answer });
    tunnel.apply(link, { kind: "answer" }, now);
  }

  #offer(link: MemberLink): Omit<LinkOffer, "linkIndex" | "token"> {
    const { tunnel, clientName, ciphers, ip4, ip6, keepalive, version } = this.#options;
    const { name, discriminator, sendLimits, receiveLimits, mtu } = link.options;
    return {
      endpointDiscriminator: tunnel.options.endpointDiscriminator,
      mrru: bytes(tunnel.options.mrru),
      classes: tunnel.options.classes,
      sendRate: maximumOf(sendLimits),
      receiveRate: maximumOf(receiveLimits),
      keepalive,
      version,
      clientName,
      linkName: name,
      linkDiscriminator: discriminator,
      ciphers,
      // After a server's restart the addresses are asked for again that everything here is set up with.
      ip4: ip4 ?? this.#lastAnswer?.ip4,
      ip6: ip6 ?? this.#lastAnswer?.ip6,
      lineMtu: bytes(mtu),
      line: link.line,
      allowance: link.allowance,
      tunnelMtu: undefined,
    };
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
