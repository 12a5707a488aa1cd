"""datagrams: UDP at a rate, with sendmmsg(2), which Python does not have: 64 datagrams a call, so that the sender is not
what is measured."""
import ctypes
import os
import socket
import time

BATCH = 64


class _Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]


class _Header(ctypes.Structure):
    """struct msghdr of 64-bit Linux."""
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint32), ("vectors", ctypes.POINTER(_Vector)),
                ("n_vectors", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class _Message(ctypes.Structure):
    """struct mmsghdr."""
    _fields_ = [("header", _Header), ("sent", ctypes.c_uint)]


_libc = ctypes.CDLL(None, use_errno=True)


def _prepare(datagrams):
    """Everything sendmmsg() needs, in memory that stays with what is returned."""
    bytes_ = [ctypes.create_string_buffer(d, len(d)) for d in datagrams]
    vectors = (_Vector * len(bytes_))(*((ctypes.addressof(b), len(b)) for b in bytes_))
    messages = (_Message * len(bytes_))()
    for k in range(len(bytes_)):
        messages[k].header.vectors = ctypes.pointer(vectors[k])
        messages[k].header.n_vectors = 1
    return messages, vectors, bytes_


def send(address, datagrams, rate=None):
    """Sends each of @datagrams, @rate a second or as fast as it goes. Return: how many a second it were."""
    messages, *alive = _prepare(datagrams)
    size = ctypes.sizeof(_Message)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(address)
        begin = time.perf_counter()
        at = 0
        while at < len(datagrams):
            if rate:
                time.sleep(max(0, begin + at / rate - time.perf_counter()))
            n = _libc.sendmmsg(s.fileno(), ctypes.byref(messages, at * size), min(BATCH, len(datagrams) - at), 0)
            if n < 0:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            at += n
        took = time.perf_counter() - begin
    assert alive
    return len(datagrams) / took


def numbered(n, size):
    """@n lines of @size bytes, each with its number."""
    head = b"<86>1 2026-03-01T12:00:00Z h1 sshd 42 - - message %d "
    return [(head % k).ljust(size, b"x") for k in range(n)]
