/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "input/transport.h"

static int
plain_handshake(struct transport *t)
{
    (void)t;
    return 0;
}

static ssize_t
plain_read(struct transport *t, char *out, size_t n_max)
{
    ssize_t n = read(t->fd, out, n_max);

    return n < 0 ? -errno : n;
}

static ssize_t
plain_write(struct transport *t, const char *bytes, size_t n)
{
    ssize_t sent = send(t->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

    return sent < 0 ? -errno : sent;
}

static bool
plain_is_over(const struct transport *t)
{
    (void)t;
    return false; /* the descriptor tells of its end as often as it is asked */
}

static const char *
plain_refusal(const struct transport *t)
{
    (void)t;
    return "";
}

static void
plain_close(struct transport *t)
{
    (void)t;
}

static const struct transport_ops plain_ops = {
    .handshake = plain_handshake,
    .read = plain_read,
    .write = plain_write,
    .is_over = plain_is_over,
    .refusal = plain_refusal,
    .close = plain_close,
};

struct transport
transport_plain(int fd)
{
    return (struct transport){.ops = &plain_ops, .fd = fd};
}
