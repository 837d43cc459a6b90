import { GENERAL_KEYS } from "../shared/config/general-keys.ts";
import { keyWithDefault, optionalKey } from "../shared/config/key.ts";
import * as kinds from "../shared/config/kinds.ts";

/** The keys of a client's [general] section. */
export const CLIENT_GENERAL_KEYS = {
  ...GENERAL_KEYS,
  name: optionalKey(kinds.name, "Which client this is, for the server; the host name when left out."),
  remotehost: optionalKey(kinds.host, "The server's host name or address; a link may have its own."),
  remoteport: keyWithDefault(kinds.port, "5080", "The server's UDP port; a link may have its own."),
  loss_tolerance: keyWithDefault(kinds.lossTolerance, "no", "The loss above which a link is spared, in percent."),
  latency_tolerance: keyWithDefault(kinds.latencyTolerance, "no", "The delay above which a link is spared, in ms."),
  default_route: keyWithDefault(kinds.yesNo, "no", "Whether everything goes through the tunnel."),
  routes: optionalKey(kinds.networks, "Networks that are reached through the tunnel."),
  dns: keyWithDefault(kinds.clientDns, "no", "Name servers to use while the tunnel is up: yes takes the server's."),
  ip4: optionalKey(kinds.prefix4, "The tunnel's own IPv4 address; from the server's pool when left out."),
  ip6: optionalKey(kinds.prefix6, "The tunnel's own IPv6 address; from the server's pool when left out."),
} as const;

/** The keys of a client's link section; the section's name is the link's. */
export const CLIENT_LINK_KEYS = {
  enabled: keyWithDefault(kinds.yesNo, "yes", "Whether the link is used at all."),
  binddev: optionalKey(kinds.interfaceName, "The network device of this uplink."),
  bindhost: optionalKey(kinds.address, "The local address to send from."),
  bindport: optionalKey(kinds.port, "The local UDP port; the kernel's choice when left out."),
  gateway: optionalKey(kinds.address, "The uplink's router; found from the kernel's routes when left out."),
  table: optionalKey(kinds.table, "A routing table of yours that this link goes by; bindfib means the same."),
  fwmark: optionalKey(kinds.mark, "A firewall mark of yours that this link's packets bear."),
  remotehost: optionalKey(kinds.host, "The server's address on this link; that of [general] when left out."),
  remoteport: optionalKey(kinds.port, "The server's port on this link; that of [general] when left out."),
  bandwidth_upload: keyWithDefault(kinds.rateLimits, "auto", "What the line carries from here; auto: it is found."),
  bandwidth_download: keyWithDefault(kinds.rateLimits, "auto", "What the line carries to here; auto: it is found."),
  overhead: keyWithDefault(kinds.overhead, "none", "What the line adds to each IP packet."),
  priority: keyWithDefault(
    kinds.priority,
    "1",
    "The link's tier: a higher one is used when the lower ones are full.",
  ),
  fallback_only: keyWithDefault(kinds.yesNo, "no", "Whether the link is used only while no other is up."),
  loss_tolerance: optionalKey(kinds.lossTolerance, "As in [general], for this link."),
  latency_tolerance: optionalKey(kinds.latencyTolerance, "As in [general], for this link."),
  quota: optionalKey(kinds.quota, "What the line may carry in a month, both ways together."),
  quota_reset: keyWithDefault(kinds.resetDay, "1", "The day of the month on which the quota starts anew."),
  quota_action: keyWithDefault(kinds.quotaAction, "fallback", "What becomes of the link when its quota is used up."),
  mtu: optionalKey(kinds.lineMtu, "The line's MTU with the IP header; the device's when left out."),
} as const;
