"""A modem in python-pyscard, as far as an assistant in a card needs one: TERMINAL PROFILE, FETCH, TERMINAL RESPONSE, BIP over real sockets and
timers that expire at once. Ends when the card has closed a channel it received octets by, and prints what went through."""
import select
import socket
import sys

from smartcard.System import readers

connection = readers()[0].createConnection()
connection.connect()
channel, stored, received, up, down, timers = None, b"", b"", 0, 0, []


def transmit(command):
    data, sw1, sw2 = connection.transmit(list(command))
    return bytes(data), sw1, sw2


def send(ins, data):
    return transmit(bytes([0x80, ins, 0, 0, len(data)]) + data)


def objects(octets):
    out, at = [], 0
    while at < len(octets):
        tag, length, at = octets[at] & 0x7F, octets[at + 1], at + 2
        if length == 0x81:
            length, at = octets[at], at + 1
        out.append((tag, octets[at : at + length]))
        at += length
    return out


def tlv(tag, value):
    return bytes([tag]) + (bytes([0x81]) if len(value) > 127 else b"") + bytes([len(value)]) + value


def perform(command):
    """The result and the objects of the TERMINAL RESPONSE."""
    global channel, stored, received, up, down
    parts = objects(command)
    details, find = parts[0][1], dict(parts)
    kind, how = details[1], details[2]
    if kind == 0x26:  # PROVIDE LOCAL INFORMATION
        known = {0x00: tlv(0x13, bytes.fromhex("00F11000010000001F")), 0x01: tlv(0x14, bytes.fromhex("0A94990100460000"))}
        return (b"\x00", known[how]) if how in known else (b"\x30", b"")
    if kind == 0x27 and how == 0:  # TIMER MANAGEMENT, start
        timers.append(find[0x24])
        return b"\x00", tlv(0x24, find[0x24])
    if kind == 0x40:  # OPEN CHANNEL: TCP client of an IPv4 address
        address, port = [value for tag, value in parts if tag == 0x3E][-1], int.from_bytes(find[0x3C][1:], "big")
        channel = socket.create_connection((socket.inet_ntoa(address[1:]), port))
        return b"\x00", tlv(0x38, b"\x81\x00") + tlv(0x35, find[0x35]) + tlv(0x39, find[0x39])
    if kind == 0x41:  # CLOSE CHANNEL
        channel.close()
        channel = None
    if kind == 0x43:  # SEND DATA
        stored += find[0x36]
        if how & 1:
            channel.sendall(stored)
            up, stored = up + len(stored), b""
        return b"\x00", tlv(0x37, b"\xFF")
    if kind == 0x42:  # RECEIVE DATA
        piece, received = received[: find[0x37][0]], received[find[0x37][0] :]
        return b"\x00", tlv(0x36, piece) + tlv(0x37, bytes([min(255, len(received))]))
    return b"\x00", b""


_, sw1, sw2 = send(0x10, b"\xFF" * 33)
while not (channel is None and down):
    if sw1 == 0x91:
        command, _, _ = transmit(bytes([0x80, 0x12, 0, 0, sw2]))
        body = command[3:] if command[1] == 0x81 else command[2:]
        result, more = perform(body)
        details = objects(body)[0][1]
        _, sw1, sw2 = send(0x14, tlv(0x81, details) + bytes.fromhex("82028281") + tlv(0x83, result) + more)
    elif channel and not received and select.select([channel], [], [], 20)[0]:
        received = channel.recv(1400)
        down += len(received)
        if not received:
            sys.exit("the server hung up")
        event = bytes.fromhex("99010982028281") + tlv(0xB8, b"\x81\x00") + tlv(0xB7, bytes([min(255, len(received))]))
        _, sw1, sw2 = send(0xC2, tlv(0xD6, event))
    elif timers:
        _, sw1, sw2 = send(0xC2, tlv(0xD7, bytes.fromhex("82028281") + tlv(0xA4, timers.pop(0)) + bytes.fromhex("A503000000")))
    else:
        sys.exit("the card has stopped asking")
print("octets up", up, "down", down)
