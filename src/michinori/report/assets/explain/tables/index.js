// All headers, by the key of their layer.
import { arp } from "./arp.js";
import { data } from "./data.js";
import { dns } from "./dns.js";
import { ethernet, physical } from "./ethernet.js";
import { http } from "./http.js";
import { icmp } from "./icmp.js";
import { ipv4 } from "./ipv4.js";
import { tcp } from "./tcp.js";
import { tls } from "./tls.js";
import { udp } from "./udp.js";

export const HEADERS = { phy: physical, eth: ethernet, arp, ip: ipv4, icmp, udp, tcp, dns, http, tls, data };
