"""What is IPv4's alone: its way in, its way out, its way through, fragments, ICMP and ARP."""
