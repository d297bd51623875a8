"""One machine sends text, the other counts it: what many tests of whole worlds do over their lines."""

from __future__ import annotations

import asyncio

from michinori import World


def send_counted(world: World, octets: int, *, limit: str = "1h") -> int:
    """``client`` sends so many octets to ``server`` and ends; gives how many the server says have come."""

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(str(len(await reader.read(-1))).encode())
        writer.close()

    async def serve() -> None:
        async with await asyncio.start_server(count, port=7) as listener:
            await listener.serve_forever()

    async def send() -> int:
        reader, writer = await asyncio.open_connection("server", 7)
        writer.write(bytes(octets))
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        return int(answer)

    world.machine("server").spawn(serve())
    return world.run(send(), on="client", limit=limit)
