import { GENERAL_KEYS } from "../shared/config/general-keys.ts";
import { keyWithDefault, optionalKey } from "../shared/config/key.ts";
import * as kinds from "../shared/config/kinds.ts";

/** The keys of a server's [general] section. */
export const SERVER_GENERAL_KEYS = {
  ...GENERAL_KEYS,
  bindhost: keyWithDefault(kinds.addresses, "::", "The local addresses to listen on; :: means IPv4 too."),
  bindport: keyWithDefault(kinds.port, "5080", "The local UDP port, one for all clients and links."),
  ip4: keyWithDefault(
    kinds.prefix4,
    "10.44.43.1/24",
    "The server's IPv4 address in the tunnel, and the clients' pool.",
  ),
  ip6: optionalKey(kinds.prefix6, "The server's IPv6 address in the tunnel, and the clients' pool."),
  nat: keyWithDefault(kinds.yesNo, "yes", "Whether clients reach the internet by the server's own address."),
  nat_interface: optionalKey(
    kinds.interfaceName,
    "The way to the internet; that of the default route when left out.",
  ),
  client_to_client: keyWithDefault(kinds.yesNo, "no", "Whether clients may reach each other."),
  dns: optionalKey(kinds.addresses, "Name servers for clients that say dns = yes."),
  mss_clamp: keyWithDefault(kinds.yesNo, "yes", "Whether TCP segments are kept within a tunnel MTU below 1500."),
  max_clients: keyWithDefault(kinds.clientCount, "1000", "How many clients are served at a time."),
  workers: keyWithDefault(
    kinds.workers,
    "auto",
    "How many threads move packets, each for its clients; auto: one for two cores.",
  ),
} as const;

/** The keys of a [client NAME] section. */
export const SERVER_CLIENT_KEYS = {
  enabled: keyWithDefault(kinds.yesNo, "yes", "Whether this client is let in."),
  password: optionalKey(kinds.secret, "This client's own secret; that of [general] serves when left out."),
  password_file: optionalKey(kinds.secretFile, "A file that holds the secret instead; from this file's directory."),
  ip4: optionalKey(kinds.address4, "This client's IPv4 address; one of the pool when left out."),
  ip6: optionalKey(kinds.address6, "This client's IPv6 address; one of the pool when left out."),
  routes: optionalKey(kinds.networks, "Networks behind this client: sent to it, and let in from it."),
} as const;

/** The keys of [LINK], for that link of every client, and of [client NAME link LINK], for that of one. */
export const SERVER_LINK_KEYS = {
  bandwidth_download: optionalKey(kinds.rateLimits, "A limit of our sending rate, beside what the client tells."),
  bandwidth_upload: optionalKey(kinds.rateLimits, "A limit of the client's sending rate, beside its own."),
} as const;
