/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Transport: what lies between a descriptor and the bytes that were meant: nothing (plain.c) or TLS (tls.c).
 *
 * Neither ever waits. A transport belongs to the lane's thread; the descriptor stays its owner's.
 */

#include <sys/types.h>

#include "base/defs.h"
#include "base/slice.h"

/** What a handshake waits for, or that there will be none: transport_refusal() says why. */
enum { TRANSPORT_E_WANTS_READ = 1, TRANSPORT_E_WANTS_WRITE, TRANSPORT_E_REFUSED };

struct transport;
struct transport_session; /* of TLS */

struct transport_ops {
    int (*handshake)(struct transport *t);
    ssize_t (*read)(struct transport *t, char *out, size_t n_max);
    ssize_t (*write)(struct transport *t, const char *bytes, size_t n);
    bool (*is_over)(const struct transport *t);
    const char *(*refusal)(const struct transport *t);
    void (*close)(struct transport *t);
};

struct transport {
    const struct transport_ops *ops;
    int fd;
    struct transport_session *session; /* plain: NULL */
    struct slice identity;             /* what the sender proved to be, once the handshake is done; else empty */
};

/** transport_plain() - the bytes as they come from @fd, without a handshake. */
struct transport transport_plain(int fd);

/** transport_handshake() - go on until it is done or must wait. Return: 0, TRANSPORT_E_…, or negative errno. */
static inline int
transport_handshake(struct transport *t)
{
    return t->ops->handshake(t);
}

/**
 * transport_read() - what has come, up to @n_max bytes, which are at least TRANSPORT_READ_LEAST
 *
 * Return: how many bytes; 0 at the end; -EAGAIN where there are none; -ECONNRESET where the stream broke off; another
 * negative errno.
 */
static inline ssize_t
transport_read(struct transport *t, char *out, size_t n_max)
{
    return t->ops->read(t, out, n_max);
}

/** transport_write() - send of @n bytes as many as there is room for. Return: how many, -EAGAIN, or negative errno. */
static inline ssize_t
transport_write(struct transport *t, const char *bytes, size_t n)
{
    return t->ops->write(t, bytes, n);
}

/** transport_is_over() - whether the end was seen behind the bytes read last; the descriptor will not tell of it again.
 */
static inline bool
transport_is_over(const struct transport *t)
{
    return t->ops->is_over(t);
}

/** transport_refusal() - why there is no handshake, with the sender's fingerprint where it showed a certificate. */
static inline const char *
transport_refusal(const struct transport *t)
{
    return t->ops->refusal(t);
}

/** transport_close() - say farewell and free what it has; the descriptor stays open. */
static inline void
transport_close(struct transport *t)
{
    if (t->ops != NULL)
        t->ops->close(t);
    *t = (struct transport){.fd = -1};
}

enum { TRANSPORT_READ_LEAST = 16 * 1024 }; /* a record of TLS: what is read of one is read to its end */
