#!/usr/bin/python3
"""late_dns.py ADDRESS MS: answer at port 53 of ADDRESS with what port 54 says,
so many milliseconds later, over UDP and TCP."""
import asyncio
import sys

ADDRESS, LATE = sys.argv[1], int(sys.argv[2]) / 1000


class Upstream(asyncio.DatagramProtocol):
    def __init__(self, front, client):
        self.front, self.client = front, client

    def datagram_received(self, data, addr):
        asyncio.get_running_loop().call_later(
            LATE, self.front.sendto, data, self.client)


class Front(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        asyncio.ensure_future(self.ask(data, addr))

    async def ask(self, data, addr):
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: Upstream(self.transport, addr),
            remote_addr=(ADDRESS, 54))
        transport.sendto(data)
        loop.call_later(LATE + 5, transport.close)


async def pump(reader, writer, late):
    while data := await reader.read(65536):
        await asyncio.sleep(late)
        writer.write(data)
    writer.close()


async def serve(reader, writer):
    up_reader, up_writer = await asyncio.open_connection(ADDRESS, 54)
    await asyncio.gather(pump(reader, up_writer, 0),
                         pump(up_reader, writer, LATE))


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Front, local_addr=(ADDRESS, 53))
    server = await asyncio.start_server(serve, ADDRESS, 53)
    await server.serve_forever()


asyncio.run(main())
