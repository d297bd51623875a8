"""What is told of each row: facts drawn from the recorded events, and from nothing else."""

from __future__ import annotations

from typing import Final

from michinori.report.telling import applications, connections, packets
from michinori.report.telling.facts import Teller, Told

__all__ = ["TELLERS", "Told"]

TELLERS: Final[dict[str, Teller]] = {
    "B1": applications.address_bar,
    "B2": applications.url_parts,
    "B4": applications.request_message,
    "B5": applications.encryption,
    "B6": applications.name_resolution,
    "B7": connections.sockets,
    "B8": connections.copied_socket,
    "B9": connections.handshake,
    "B10": connections.send_buffer,
    "B11": connections.retransmission,
    "B12": connections.initial_sequence_number,
    "B13": connections.window,
    "B14": packets.ip_header,
    "B15": packets.mac_header,
    "B18": packets.router,
    "B19": packets.between,
    "B21": packets.ip_reception,
    "B22": connections.tcp_reception,
    "B23": applications.server_application,
    "B24": applications.drawing,
    "B25": connections.release,
    "B26": connections.chain_of_requests,
}
