"""A python-pyscard script at the first reader that holds a card: ATR, the MF, and an EID over a logical channel. Prints what it read."""
import sys

from smartcard.Exceptions import NoCardException
from smartcard.System import readers

ISD_R = bytes.fromhex("A0000005591010FFFFFFFF8900000100")


def connect():
    for reader in readers():
        connection = reader.createConnection()
        try:
            connection.connect()
        except NoCardException:
            continue
        return reader, connection
    sys.exit("no reader holds a card")


def transmit(connection, hexadecimal):
    """T=0: data behind 61xx is fetched with GET RESPONSE on the same channel."""
    command = list(bytes.fromhex(hexadecimal))
    data, sw1, sw2 = connection.transmit(command)
    while sw1 == 0x61:
        more, sw1, sw2 = connection.transmit([command[0], 0xC0, 0, 0, sw2])
        data += more
    return bytes(data), sw1 << 8 | sw2


def expect(connection, hexadecimal):
    data, status = transmit(connection, hexadecimal)
    if status != 0x9000:
        sys.exit("%s is answered by %04X" % (hexadecimal, status))
    return data


reader, connection = connect()
print("reader", reader)
print("ATR", bytes(connection.getATR()).hex().upper())
if expect(connection, "00A40004023F00")[0] != 0x62:
    sys.exit("no FCP of the MF")
channel = expect(connection, "0070000001")[0]
expect(connection, "%02XA4040010%s" % (channel, ISD_R.hex()))
eid = expect(connection, "%02XE2910006BF3E035C015A" % (0x80 | channel))
print("EID", eid[5:21].hex())
expect(connection, "007080%02X00" % channel)
if transmit(connection, "00A40004020000")[1] != 0x6A82:
    sys.exit("a file that does not exist is found")
connection.disconnect()
