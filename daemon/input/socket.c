/* SPDX-License-Identifier: Apache-2.0 */
#include "input/socket.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "input/activation.h"

/* Whether lanes may bind the same address beside it. */
enum sharing { SHARED, ALONE };

/* Numeric only: a listener must not depend on a name server. */
static int
resolve(const struct input_settings *s, int type, struct addrinfo **out)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = type};
    char port[16];
    int r;

    (void)snprintf(port, sizeof(port), "%u", s->port);
    r = getaddrinfo(s->address, port, &hints, out);
    if (r == 0)
        return 0;
    log_error("input", "%s: '%s' is not a numeric address: %s", s->name, s->address, gai_strerror(r));
    return error_origin(-EINVAL);
}

/*
 * SO_REUSEADDR lets TCP bind while connections of an earlier listener still end, but never beside a listener; UDP knows
 * no such thing, there it would share.
 */
static int
set_options(int fd, const struct addrinfo *a, enum sharing sharing)
{
    const int on = 1;
    const int off = 0;

    if ((sharing == SHARED || a->ai_socktype == SOCK_STREAM) &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0)
        return error_origin(-errno);
    if (sharing == SHARED && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
        return error_origin(-errno);
    if (a->ai_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
        return error_origin(-errno);
    return 0;
}

/* Return: a bound socket, or negative errno. */
static int
bind_address(const struct addrinfo *a, enum sharing sharing)
{
    int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return error_origin(-errno);
    r = set_options(fd, a, sharing);
    if (r == 0 && bind(fd, a->ai_addr, a->ai_addrlen) < 0)
        r = error_origin(-errno);
    if (r == 0)
        return fd;
    (void)close(fd);
    return error_trace(r);
}

static int
bind_settings(const struct input_settings *s, int type, enum sharing sharing)
{
    struct addrinfo *a;
    int r;

    r = resolve(s, type, &a);
    if (r < 0)
        return error_trace(r);
    r = bind_address(a, sharing);
    freeaddrinfo(a);
    return r < 0 ? error_trace(r) : r;
}

int
socket_address(const struct input_settings *s, union peer_address *out)
{
    struct addrinfo *a;
    int r;

    r = resolve(s, SOCK_DGRAM, &a);
    if (r < 0)
        return error_trace(r);
    memcpy(out, a->ai_addr, a->ai_addrlen < sizeof(*out) ? a->ai_addrlen : sizeof(*out));
    freeaddrinfo(a);
    return 0;
}

int
socket_handed(struct input *input)
{
    const struct inputs *set = input->set;
    int fd = activation_socket(set->activation, input->index, set->lane, set->n_lanes);

    input->handed = fd >= 0;
    return fd;
}

int
socket_bind(struct input *input, int type)
{
    union peer_address bound;
    socklen_t n = sizeof(bound);
    int fd;

    fd = socket_handed(input);
    if (fd == -ENOENT)
        fd = bind_settings(input->settings, type, SHARED);
    if (fd < 0)
        return error_trace(fd);
    if (getsockname(fd, &bound.any, &n) < 0) {
        (void)close(fd);
        return error_origin(-errno);
    }
    input->port = peer_port(&bound);
    return fd;
}

int
socket_probe(const struct input_settings *s, int type)
{
    int fd = bind_settings(s, type, ALONE);

    if (fd < 0)
        return error_trace(fd);
    (void)close(fd);
    return 0;
}

/* The kernel doubles what is asked, for its own bookkeeping (socket(7)). */
static int
receive_buffer(int fd)
{
    int doubled = 0;
    socklen_t n = sizeof(doubled);

    return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &doubled, &n) < 0 ? 0 : doubled / 2;
}

void
socket_set_receive_buffer(struct input *input, int fd)
{
    uint64_t want = input->settings->receive_buffer_bytes;
    int asked = want > INT_MAX / 2 ? INT_MAX / 2 : (int)want;
    int granted = receive_buffer(fd);

    if (!input->handed || granted < asked) {
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &asked, sizeof(asked)) < 0 && !input->handed &&
            setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &asked, sizeof(asked)) < 0)
            log_warning("input", "%s: receive buffer: %s", input->settings->name, strerror(errno));
        granted = receive_buffer(fd);
    }
    stat_set(&input->stats.receive_buffer, (uint64_t)granted);
    if ((uint64_t)granted < want)
        log_warning("input", "%s: asked for a receive buffer of %llu bytes, granted %d: bursts will be dropped; %s",
            input->settings->name, (unsigned long long)want, granted,
            input->handed ? "raise ReceiveBuffer= of its unit" : "raise net.core.rmem_max or grant CAP_NET_ADMIN");
}
