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
#include "input/peer.h"

/* Numeric only: a listener must not depend on a name server. */
static int
resolve(const struct input *input, int type, struct addrinfo **out)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = type};
    char port[16];
    int r;

    (void)snprintf(port, sizeof(port), "%u", input->settings->port);
    r = getaddrinfo(input->settings->address, port, &hints, out);
    if (r == 0)
        return 0;
    log_error("input", "%s: '%s' is not a numeric address: %s", input->settings->name, input->settings->address,
        gai_strerror(r));
    return error_origin(-EINVAL);
}

static int
set_options(int fd, int family)
{
    const int on = 1;
    const int off = 0;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0)
        return error_origin(-errno);
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
        return error_origin(-errno);
    return 0;
}

static int
bind_address(struct input *input, int fd, const struct addrinfo *a)
{
    union peer_address bound;
    socklen_t n = sizeof(bound);
    int r;

    r = set_options(fd, a->ai_family);
    if (r < 0)
        return error_trace(r);
    if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || getsockname(fd, &bound.any, &n) < 0)
        return error_origin(-errno);
    input->port = peer_port(&bound);
    return 0;
}

int
socket_bind(struct input *input, int type)
{
    struct addrinfo *a;
    int fd;
    int r;

    r = resolve(input, type, &a);
    if (r < 0)
        return error_trace(r);
    fd = socket(a->ai_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    r = fd < 0 ? error_origin(-errno) : bind_address(input, fd, a);
    freeaddrinfo(a);
    if (r == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return error_trace(r);
}

void
socket_set_receive_buffer(struct input *input, int fd)
{
    uint64_t want = input->settings->receive_buffer_bytes;
    int asked = want > INT_MAX / 2 ? INT_MAX / 2 : (int)want;
    int granted = 0;
    socklen_t n = sizeof(granted);

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &asked, sizeof(asked)) < 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &asked, sizeof(asked)) < 0)
        log_warning("input", "%s: receive buffer: %s", input->settings->name, strerror(errno));
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &n) < 0)
        return;
    granted /= 2; /* the kernel doubles what is asked, for its own bookkeeping (socket(7)) */
    stat_set(&input->stats.receive_buffer, (uint64_t)granted);
    if ((uint64_t)granted < want)
        log_warning("input",
            "%s: asked for a receive buffer of %llu bytes, granted %d: bursts will be dropped; raise net.core.rmem_max "
            "or "
            "grant CAP_NET_ADMIN",
            input->settings->name, (unsigned long long)want, granted);
}
