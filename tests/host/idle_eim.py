"""An eIM that has nothing to do: HTTPS with the certificate and key given, a line of its log for every question."""
import http.server
import ssl
import sys

certificate, key = sys.argv[1:3]


class Idle(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        question = self.rfile.read(int(self.headers["Content-Length"]))
        print(self.path, self.headers["Content-Type"], self.headers["User-Agent"], question.hex().upper(), flush=True)
        answer = bytes.fromhex("BF4F03020101")
        self.send_response(200)
        self.send_header("Content-Type", "application/x-gsma-rsp-asn1")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Idle)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
