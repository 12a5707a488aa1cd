/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Syslog over TCP (RFC 6587): a listener and its connections; and what other inputs over TCP have of it (tcp.h).
 *
 *     accept ──▶ greeting ──┬─ refused ───────────────────▶ closed, n_proxy_refused, n_handshakes_refused
 *                   │       └─ not done in time ──────────▶ closed, n_handshakes_late
 *                   ▼
 *                 open ─────┬─ end of stream, read error ─▶ closed
 *                           ├─ no byte for idle_timeout ──▶ closed, n_idle_closed
 *                           └─ memory for partial frames ─▶ closed, n_evicted
 *
 * A greeting is a PROXY header, where the connection comes from a balancer, and the TLS handshake; a connection without
 * either is open at once. Its time runs from the accept, whatever comes meanwhile, and where connections_max is reached
 * the longest greeting gives way to a newcomer: who only knocks takes no place for long.
 *
 * Whatever way a connection goes, what it had begun to say is handed over first, marked unfinished. Every connection
 * gets one read of at most INPUT_READ_MAX a turn. Connections stand in the order of their last bytes, so the idle ones
 * are found at the front, without looking at the others.
 */

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "input/connection.h"
#include "input/greeting.h"
#include "input/socket.h"
#include "input/tcp.h"

enum {
    ACCEPTS_MAX = 64, /* a turn */
    KEEPALIVE_IDLE_S = 120,
    KEEPALIVE_STEP_S = 30,
    KEEPALIVE_STEPS = 4,
};

/* Closed at once, so that the sender knows and may go elsewhere. */
static void
refuse(struct tcp_input *tcp, int fd, const union peer_address *a, const char *why)
{
    char peer[PEER_TEXT_MAX] = "";

    (void)peer_print(a, peer);
    stat_add(&tcp->input.stats.n_refused, 1);
    input_warn(&tcp->input, "%s port %u: refused: %s (%zu connections)", peer, peer_port(a), why, tcp->n_connections);
    (void)close(fd);
}

static struct connection *
longest_greeting(struct tcp_input *tcp)
{
    return list_empty(&tcp->greeting) ? NULL : LIST_ITEM(tcp->greeting.next, struct connection, link);
}

/* A balancer may connect; for whom it does is asked when it tells. */
static bool
may_connect(struct tcp_input *tcp, const union peer_address *a)
{
    const struct in6_addr address = peer_bytes(a);
    char peer[PEER_TEXT_MAX] = "";

    if (input_allows(&tcp->input, address.s6_addr) || networks_hold(&tcp->proxies, address.s6_addr))
        return true;
    (void)peer_print(a, peer);
    greeting_refuse_sender(tcp, peer, peer_port(a));
    return false;
}

static void
admit(struct tcp_input *tcp, int fd, const union peer_address *a)
{
    int r;

    if (!may_connect(tcp, a)) {
        (void)close(fd);
        return;
    }
    if (tcp->input.settings->tls_certificate != NULL && tcp->tls == NULL) {
        refuse(tcp, fd, a, "there is no certificate that could be read");
        return;
    }
    if (tcp->n_connections >= tcp->input.settings->connections_max && longest_greeting(tcp) != NULL)
        greeting_close_late(longest_greeting(tcp));
    if (tcp->n_connections >= tcp->input.settings->connections_max) {
        refuse(tcp, fd, a, "connections_max is reached on this lane");
        return;
    }
    r = connection_open(tcp, fd, a);
    if (r < 0)
        refuse(tcp, fd, a, strerror(-r));
}

/* Descriptors or memory have run out. The senders wait in the backlog meanwhile; trying on and on would only burn CPU.
 */
static void
pause_accepting(struct tcp_input *tcp, int error)
{
    tcp->accept_paused = true;
    input_watch_pause(&tcp->input, &tcp->watch);
    stat_add(&tcp->input.stats.n_accept_pauses, 1);
    if (!tcp->accept_told)
        input_warn(&tcp->input, "accepting pauses: %s (%zu connections)", strerror(error), tcp->n_connections);
    tcp->accept_told = true;
}

static void
on_connection(struct watch *w)
{
    struct tcp_input *tcp = LIST_ITEM(w, struct tcp_input, watch);

    for (int i = 0; i < ACCEPTS_MAX; i++) {
        union peer_address a;
        socklen_t n = sizeof(a);
        int fd = accept4(w->fd, &a.any, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            tcp->accept_told = false;
            admit(tcp, fd, &a);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(tcp, errno);
            return;
        } else if (errno == EAGAIN) {
            return;
        } /* else the connection was gone before it came (accept(2)): the next one */
    }
}

/* Set on the listener: connections inherit them. A peer that vanished without a word is noticed after four minutes. */
static int
set_keepalive(int fd)
{
    static const struct {
        int level;
        int option;
        int value;
    } options[] = {
        // clang-format off
        {SOL_SOCKET,  SO_KEEPALIVE,  1},
        {IPPROTO_TCP, TCP_KEEPIDLE,  KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_STEP_S},
        {IPPROTO_TCP, TCP_KEEPCNT,   KEEPALIVE_STEPS},
        // clang-format on
    };

    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (setsockopt(fd, options[i].level, options[i].option, &options[i].value, sizeof(int)) < 0)
            return error_origin(-errno);
    return 0;
}

/* This lane's share of the limit, but one frame at least. */
static size_t
partial_share(const struct input *input)
{
    size_t share = input->settings->partial_bytes_max / input->set->n_lanes;
    size_t least = stream_partial_max(input->settings);

    return share > least ? share : least;
}

int
tcp_open(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;
    int fd;
    int r;

    list_init(&tcp->greeting);
    list_init(&tcp->connections);
    list_init(&tcp->closed);
    tcp->partial_bytes_max = partial_share(input);
    r = networks_init(&tcp->proxies, input->settings->proxy_from, input->settings->n_proxy_from);
    if (r < 0)
        return error_trace(r);
    fd = socket_bind(input, SOCK_STREAM);
    if (fd < 0)
        return error_trace(fd);
    tcp->watch = (struct watch){fd, on_connection};
    r = set_keepalive(fd);
    if (r < 0)
        return error_trace(r);
    if (!input->handed && listen(fd, SOMAXCONN) < 0)
        return error_origin(-errno);
    r = input_watch(input, &tcp->watch);
    return r < 0 ? error_trace(r) : 0;
}

static void
free_closed(struct tcp_input *tcp)
{
    LIST_EACH_SAFE(&tcp->closed, link)
    {
        list_remove(link);
        free(LIST_ITEM(link, struct connection, link));
    }
}

static void
close_idle(struct tcp_input *tcp)
{
    int64_t idle_ns = tcp->input.settings->idle_timeout_ms * NS_PER_MS;

    if (idle_ns == 0)
        return;
    LIST_EACH_SAFE(&tcp->connections, link)
    {
        struct connection *c = LIST_ITEM(link, struct connection, link);

        if (tcp->input.set->now.ns - c->last_bytes.ns < idle_ns)
            return;
        if (tcp->session->waits(c)) {
            connection_touch(c);
        } else {
            stat_add(&tcp->input.stats.n_idle_closed, 1);
            connection_close(c, 0);
        }
    }
}

static void
close_all_late(struct tcp_input *tcp)
{
    int64_t timeout_ns = tcp->input.settings->handshake_timeout_ms * NS_PER_MS;
    struct connection *c;

    while ((c = longest_greeting(tcp)) != NULL && tcp->input.set->now.ns - c->last_bytes.ns >= timeout_ns)
        greeting_close_late(c);
}

void
tcp_tick(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    close_idle(tcp);
    close_all_late(tcp);
    free_closed(tcp);
    if (tcp->accept_paused) {
        tcp->accept_paused = false;
        input_watch_resume(input, &tcp->watch);
    }
}

/* Connections keep the certificate they began with. One that cannot be read is no reason to stop with the one before.
 */
void
tcp_reload(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;
    struct tls_server *next;

    if (input->settings->tls_certificate == NULL)
        return;
    if (tls_server_new(&next, input->settings) < 0) {
        log_error("input", "%s: %s", input->settings->name,
            tcp->tls != NULL ? "the certificate of before goes on" : "every connection is refused until a reload");
        return;
    }
    if (tcp->tls != NULL && input->set->lane == 0)
        log_notice("input", "%s: certificate, key and CA are read again", input->settings->name);
    tls_server_free(tcp->tls);
    tcp->tls = next;
}

void
tcp_close_door(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    if (!input->handed)
        on_connection(&tcp->watch); /* who has connected may have sent; else the next who has the socket lets him in */
    tcp->accept_paused = false;
    watch_close(&tcp->watch);
}

/*
 * A sender hears of our end by reading, and only senders that look before they write lose nothing: rsyslog peeks for
 * the end of the stream before each message, syslog-ng waits for it. So the end comes first, on a connection that is
 * still read. No close_notify goes before it over TLS: rsyslog would take those bytes for a sign of life.
 */
static void
tcp_hang_up(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    tcp_close_door(input);
    LIST_EACH(&tcp->connections, link)
    {
        (void)shutdown(LIST_ITEM(link, struct connection, link)->watch.fd, SHUT_WR);
    }
}

static void
close_list(struct list *connections)
{
    LIST_EACH_SAFE(connections, link)
    {
        connection_close(LIST_ITEM(link, struct connection, link), 0);
    }
}

void
tcp_finish_greetings(struct tcp_input *tcp)
{
    close_list(&tcp->greeting);
}

static void
tcp_finish(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    tcp_finish_greetings(tcp);
    close_list(&tcp->connections);
}

static void
discard_list(struct list *connections)
{
    LIST_EACH_SAFE(connections, link)
    {
        connection_discard(LIST_ITEM(link, struct connection, link));
    }
}

void
tcp_close(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    discard_list(&tcp->greeting);
    discard_list(&tcp->connections);
    free_closed(tcp);
    tls_server_free(tcp->tls);
    networks_fini(&tcp->proxies);
    watch_close(&tcp->watch);
}

static int
open_for_frames(struct input *input)
{
    ((struct tcp_input *)input)->session = &session_frames;
    return tcp_open(input);
}

const struct input_ops input_tcp = {
    .size = sizeof(struct tcp_input),
    .every_lane = true,
    .open = open_for_frames,
    .close = tcp_close,
    .tick = tcp_tick,
    .hang_up = tcp_hang_up,
    .finish = tcp_finish,
    .reload = tcp_reload,
};
