"""HTTP messages as octets that somebody sent: where they end, what they are made of, what it means.

Nothing is refused here. What breaks the rules is kept as it is and named.
"""

from michinori.server.messages.anatomy import Field, Head, dechunked, line_ends
from michinori.server.messages.extent import AnswerExtent, Kind, MessageExtent, RequestExtent

__all__ = [
    "AnswerExtent",
    "Field",
    "Head",
    "Kind",
    "MessageExtent",
    "RequestExtent",
    "dechunked",
    "line_ends",
]
