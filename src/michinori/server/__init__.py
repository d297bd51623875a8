"""The web server: files, CGI, WSGI and ASGI applications, access control, TLS; plain asyncio on any loop."""
