// All headers, by the key of their layer.
import { arp } from "./arp.js";
import { data } from "./data.js";
import { dns } from "./dns.js";
import { ethernet, physical } from "./ethernet.js";
import { http } from "./http.js";
import { icmp } from "./icmp.js";
import { icmpv6 } from "./icmpv6.js";
import { ah, esp } from "./ipsec.js";
import { ipv4 } from "./ipv4.js";
import { destinationOptions, fragment, hopByHop, ipv6, routing } from "./ipv6.js";
import { tcp } from "./tcp.js";
import { tls } from "./tls.js";
import { udp } from "./udp.js";
import { vlan } from "./vlan.js";

export const HEADERS = {
  phy: physical, eth: ethernet, vlan, arp, ip: ipv4, icmp, ipv6, "ipv6.hopopts": hopByHop, "ipv6.routing": routing, "ipv6.fraghdr": fragment, "ipv6.dstopts": destinationOptions,
  ah, esp, icmpv6, udp, tcp, dns, http, tls, data,
};
