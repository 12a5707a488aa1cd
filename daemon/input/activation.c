/* SPDX-License-Identifier: Apache-2.0 */
#include "input/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/log.h"
#include "input/peer.h"
#include "input/socket.h"

#define NOBODY SIZE_MAX

struct handed {
    int fd;
    struct slice name;
    int type;     /* SOCK_…; 0: no socket */
    bool listens; /* SOCK_STREAM: not a connection */
    bool v6_only;
    union {
        union peer_address ip;
        struct sockaddr_un un;
    } at;
    size_t input; /* who takes it */
};

struct activation {
    char *names;
    size_t n;
    struct handed sockets[];
};

/* What an input can take. */
static const struct {
    int type;
    bool at_path;
    const char *name;
} kinds[] = {
    // clang-format off
    [INPUT_UDP]  = {SOCK_DGRAM,  false, "a datagram socket of the network"},
    [INPUT_TCP]  = {SOCK_STREAM, false, "a listening stream socket of the network"},
    [INPUT_UNIX] = {SOCK_DGRAM,  true,  "a unix datagram socket"},
    [INPUT_RELP] = {SOCK_STREAM, false, "a listening stream socket of the network"},
    // clang-format on
};

/* ---- taking ---- */

static struct slice
variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL ? (struct slice){0} : slice_str(value);
}

static bool
number(struct slice text, unsigned *value)
{
    return cursor_number(&text, 9, value) && text.n == 0;
}

/* Return: how many were handed to this process; what was handed to another that started it is not for us. */
static unsigned
count_handed(void)
{
    unsigned pid;
    unsigned n;

    if (!number(variable("LISTEN_PID"), &pid) || pid != (unsigned)getpid() || !number(variable("LISTEN_FDS"), &n))
        return 0;
    return n;
}

static void
forget_environment(void)
{
    (void)unsetenv("LISTEN_PID");
    (void)unsetenv("LISTEN_FDS");
    (void)unsetenv("LISTEN_FDNAMES");
}

static int
option(int fd, int level, int name)
{
    int value = 0;
    socklen_t n = sizeof(value);

    return getsockopt(fd, level, name, &value, &n) < 0 ? 0 : value;
}

/* What is no socket has no type, and is nobody's. */
static int
look_at(struct handed *h)
{
    socklen_t n = sizeof(h->at);

    if (fcntl(h->fd, F_SETFD, FD_CLOEXEC) < 0)
        return error_origin(-errno);
    h->type = option(h->fd, SOL_SOCKET, SO_TYPE);
    if (h->type == 0 || getsockname(h->fd, &h->at.ip.any, &n) < 0)
        return 0;
    h->listens = option(h->fd, SOL_SOCKET, SO_ACCEPTCONN) != 0;
    h->v6_only = h->at.ip.any.sa_family == AF_INET6 && option(h->fd, IPPROTO_IPV6, IPV6_V6ONLY) != 0;
    if (fcntl(h->fd, F_SETFL, fcntl(h->fd, F_GETFL) | O_NONBLOCK) < 0)
        return error_origin(-errno);
    return 0;
}

static int
take(struct activation *a, int first, unsigned n)
{
    struct slice names = slice_str(a->names);

    for (; a->n < n; a->n++) {
        struct handed *h = &a->sockets[a->n];
        int r;

        *h = (struct handed){.fd = first + (int)a->n, .name = cursor_until(&names, ':'), .input = NOBODY};
        (void)cursor_skip(&names, ':');
        r = look_at(h);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

int
activation_take(struct activation **out, int first)
{
    CLEANUP(activation_free) struct activation *a = NULL;
    unsigned n = count_handed();
    int r;

    *out = NULL;
    if (n == 0)
        return 0;
    if (n > ACTIVATION_MAX) {
        log_error("input", "LISTEN_FDS=%u: more than %d sockets cannot be handed in", n, ACTIVATION_MAX);
        return error_origin(-E2BIG);
    }
    a = calloc(1, sizeof(*a) + n * sizeof(a->sockets[0]));
    if (a == NULL)
        return error_origin(-ENOMEM);
    a->names = slice_dup(variable("LISTEN_FDNAMES"));
    if (a->names == NULL)
        return error_origin(-ENOMEM);
    forget_environment();
    r = take(a, first, n);
    if (r < 0) {
        log_error("input", "LISTEN_FDS=%u: descriptor %d: %s", n, first + (int)a->n, strerror(-r));
        return error_trace(r);
    }
    *out = TAKE(a);
    return 0;
}

void
activation_free(struct activation *a)
{
    if (a == NULL)
        return;
    for (size_t k = 0; k < a->n; k++)
        if (a->sockets[k].fd >= 0)
            (void)close(a->sockets[k].fd);
    free(a->names);
    free(a);
}

/* ---- who takes what ---- */

static bool
is_unix(const struct handed *h)
{
    return h->type != 0 && h->at.un.sun_family == AF_UNIX;
}

static bool
is_network(const struct handed *h)
{
    return h->type != 0 && (h->at.ip.any.sa_family == AF_INET || h->at.ip.any.sa_family == AF_INET6);
}

static bool
can_take_any(const struct input_settings *s)
{
    return s->type < ARRAY_LEN(kinds) && kinds[s->type].type != 0;
}

static bool
is_of_its_kind(const struct handed *h, const struct input_settings *s)
{
    if (!can_take_any(s) || h->type != kinds[s->type].type)
        return false;
    return (kinds[s->type].at_path ? is_unix(h) : is_network(h)) && (h->type != SOCK_STREAM || h->listens);
}

static bool
bears_its_name(const struct handed *h, const struct input_settings *s)
{
    return can_take_any(s) && slice_eq(h->name, slice_str(s->name));
}

static bool
is_any(const union peer_address *a)
{
    const struct in6_addr address = peer_bytes(a);

    return IN6_IS_ADDR_UNSPECIFIED(&address) ||
           (IN6_IS_ADDR_V4MAPPED(&address) && memcmp(&address.s6_addr[12], "\0\0\0\0", 4) == 0);
}

static bool
is_at_its_path(const struct handed *h, const struct input_settings *s)
{
    return is_unix(h) && kinds[s->type].at_path && strncmp(h->at.un.sun_path, s->path, sizeof(h->at.un.sun_path)) == 0;
}

static bool
is_at_its_port(const struct handed *h, const struct input_settings *s, union peer_address *its)
{
    return is_network(h) && !kinds[s->type].at_path && kinds[s->type].type == h->type && s->port != 0 &&
           peer_port(&h->at.ip) == s->port && socket_address(s, its) == 0;
}

static bool
is_at_its_address(const struct handed *h, const struct input_settings *s)
{
    union peer_address its;
    struct in6_addr a;
    struct in6_addr b;

    if (!can_take_any(s))
        return false;
    if (is_at_its_path(h, s))
        return true;
    if (!is_at_its_port(h, s, &its) || is_any(&its) != is_any(&h->at.ip))
        return false;
    a = peer_bytes(&its);
    b = peer_bytes(&h->at.ip);
    return memcmp(&a, &b, sizeof(a)) == 0;
}

/* systemd's ListenStream=514 is [::]:514, which hears IPv4 too unless it is told not to. */
static bool
is_at_any_address_as_it(const struct handed *h, const struct input_settings *s)
{
    union peer_address its;

    return can_take_any(s) && is_at_its_port(h, s, &its) && is_any(&its) && is_any(&h->at.ip) &&
           (!h->v6_only || its.any.sa_family == AF_INET6);
}

typedef bool meant_fn(const struct handed *h, const struct input_settings *s);

static meant_fn *const ways[] = {bears_its_name, is_at_its_address, is_at_any_address_as_it};

static size_t
taker(const struct handed *h, const struct settings *settings, meant_fn *meant)
{
    for (size_t i = 0; i < settings->n_inputs; i++)
        if (is_of_its_kind(h, &settings->inputs[i]) && meant(h, &settings->inputs[i]))
            return i;
    return NOBODY;
}

/* As "datagram socket 0.0.0.0:514 of ismsd.socket". */
static void
describe(const struct handed *h, struct buffer *out)
{
    char address[PEER_TEXT_MAX] = "";

    buffer_printf(out, "%s",
        h->type == 0             ? "what is no socket"
        : h->type == SOCK_DGRAM  ? "datagram socket"
        : h->type != SOCK_STREAM ? "socket of an odd kind"
        : h->listens             ? "stream socket"
                                 : "connection");
    if (is_network(h)) {
        (void)peer_print(&h->at.ip, address);
        buffer_printf(out, strchr(address, ':') != NULL ? " [%s]:%u" : " %s:%u", address, peer_port(&h->at.ip));
    } else if (is_unix(h)) {
        buffer_printf(out, " ");
        buffer_add_escaped(out, slice_of(h->at.un.sun_path, strnlen(h->at.un.sun_path, sizeof(h->at.un.sun_path))));
    }
    if (h->name.n > 0) {
        buffer_printf(out, " of ");
        buffer_add_escaped(out, h->name);
    }
}

/* What is meant for an input that can do nothing with it, where it has nothing better: the operator must hear of it. */
static bool
is_a_mistake(const struct activation *a, const struct handed *h, const struct settings *settings)
{
    CLEANUP_BUFFER struct buffer what = {0};

    describe(h, &what);
    for (size_t i = 0; i < settings->n_inputs; i++) {
        const struct input_settings *s = &settings->inputs[i];

        if (is_of_its_kind(h, s) || !(bears_its_name(h, s) || is_at_its_address(h, s)) || activation_count(a, i) > 0)
            continue;
        log_error("input", "input '%s' takes %s, but was handed in a " SLICE_FMT "%s", s->name, kinds[s->type].name,
            SLICE_ARG(buffer_slice(&what)),
            h->type == SOCK_STREAM && !h->listens ? ": its unit must say Accept=no" : "");
        return true;
    }
    return false;
}

static void
report(const struct handed *h, const struct settings *settings)
{
    CLEANUP_BUFFER struct buffer what = {0};

    describe(h, &what);
    if (h->input == NOBODY)
        log_warning("input", "handed in, but no input takes it, and nobody will read what is sent to it: " SLICE_FMT,
            SLICE_ARG(buffer_slice(&what)));
    else
        log_notice("input", "%s: reads the " SLICE_FMT ", which was handed in", settings->inputs[h->input].name,
            SLICE_ARG(buffer_slice(&what)));
}

int
activation_assign(struct activation *a, const struct settings *settings)
{
    bool mistaken = false;

    for (size_t w = 0; w < ARRAY_LEN(ways); w++)
        for (size_t k = 0; k < a->n; k++)
            if (a->sockets[k].input == NOBODY)
                a->sockets[k].input = taker(&a->sockets[k], settings, ways[w]);
    for (size_t k = 0; k < a->n; k++) {
        struct handed *h = &a->sockets[k];

        if (h->input == NOBODY && is_a_mistake(a, h, settings))
            mistaken = true;
        else
            report(h, settings);
        if (h->input == NOBODY) {
            (void)close(h->fd);
            h->fd = -1;
        }
    }
    return mistaken ? error_origin(-EINVAL) : 0;
}

/* ---- lanes ---- */

size_t
activation_count(const struct activation *a, size_t i)
{
    size_t n = 0;

    for (size_t k = 0; a != NULL && k < a->n; k++)
        n += a->sockets[k].input == i;
    return n;
}

/* The @k-th of input @i, which has as many. */
static const struct handed *
nth(const struct activation *a, size_t i, size_t k)
{
    const struct handed *h = a->sockets;

    while (h->input != i || k-- > 0)
        h++;
    return h;
}

/* Datagram sockets of several inputs go to different lanes, as far as there are lanes. Return: NULL: not on this lane.
 */
static const struct handed *
of_lane(const struct activation *a, size_t i, unsigned lane, unsigned n_lanes)
{
    size_t n = activation_count(a, i);
    size_t k = (lane + n_lanes - i % n_lanes) % n_lanes;

    if (n == 0)
        return NULL;
    if (nth(a, i, 0)->type == SOCK_STREAM)
        return nth(a, i, lane % n);
    return k < n ? nth(a, i, k) : NULL;
}

bool
activation_is_elsewhere(const struct activation *a, size_t i, unsigned lane, unsigned n_lanes)
{
    return activation_count(a, i) > 0 && of_lane(a, i, lane, n_lanes) == NULL;
}

int
activation_socket(const struct activation *a, size_t i, unsigned lane, unsigned n_lanes)
{
    const struct handed *h = of_lane(a, i, lane, n_lanes);
    int fd;

    if (h == NULL)
        return -ENOENT;
    if (activation_count(a, i) > n_lanes) {
        log_error("input", "%zu sockets were handed in for one input, but there are %u lanes: each is read by one",
            activation_count(a, i), n_lanes);
        return error_origin(-E2BIG);
    }
    fd = fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
    return fd < 0 ? error_origin(-errno) : fd;
}
