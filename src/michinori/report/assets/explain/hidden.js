// @ts-check
// What the examination hides: the fields that its questions ask for, by key.

export const HIDDEN_FIELDS = new Set([
  "eth.dst", "arp.dst.proto_ipv4", "arp.src.hw_mac", "ip.ttl", "ip.src", "ip.dst", "ip.checksum", "ip.frag_offset", "ip.len",
  "icmp.mtu", "udp.srcport", "udp.dstport", "tcp.srcport", "tcp.seq_raw", "tcp.ack_raw", "tcp.flags", "tcp.window_size_value",
  "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr", "tcp.options.sack_le",
  "tcp.options.sack_re", "dns.flags.recdesired", "dns.flags", "dns.a", "dns.resp.ttl", "http.response.code", "http.response.first",
]);

/** In place of what is hidden. */
export const MASK = "？？？";
