/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Syslog over TCP (RFC 6587): a listener and its connections.
 *
 *     accept ──▶ greeting ──┬─ refused ───────────────────▶ closed, n_handshakes_refused
 *                   │       └─ not done in time ──────────▶ closed, n_handshakes_late
 *                   ▼
 *                 open ─────┬─ end of stream, read error ─▶ closed
 *                           ├─ no byte for idle_timeout ──▶ closed, n_idle_closed
 *                           └─ memory for partial frames ─▶ closed, n_evicted
 *
 * A greeting is the TLS handshake; a connection without one is open at once. Its time runs from the accept, whatever
 * comes meanwhile, and where connections_max is reached the longest greeting gives way to a newcomer: who only knocks
 * takes no place for long.
 *
 * Whatever way a connection goes, what it had begun to say is handed over first, marked unfinished. Every connection
 * gets one read of at most INPUT_READ_MAX a turn. Connections stand in the order of their last bytes, so the idle ones
 * are found at the front, without looking at the others.
 */

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/list.h"
#include "input/peer.h"
#include "input/socket.h"
#include "input/stream.h"
#include "input/tls.h"

enum {
    ACCEPTS_MAX = 64, /* a turn */
    KEEPALIVE_IDLE_S = 120,
    KEEPALIVE_STEP_S = 30,
    KEEPALIVE_STEPS = 4,
};

struct tcp_input {
    struct input input;
    struct watch watch;
    bool accept_paused;
    bool accept_told;        /* of this row of pauses */
    struct tls_server *tls;  /* what new connections begin with; NULL: none, or none that could be read */
    struct list greeting;    /* connections in the order they were accepted */
    struct list connections; /* open, longest quiet first */
    struct list closed;      /* freed at the next tick, when no event can speak of them any more */
    size_t n_connections;
    size_t partial_bytes;     /* allocated by all connections */
    size_t partial_bytes_max; /* this lane's share */
};

struct connection {
    struct watch watch;
    struct list link;
    struct tcp_input *tcp;
    struct transport transport;
    struct stream stream;
    struct monotime last_bytes; /* while greeting: when it was accepted */
    bool complained;
    unsigned port;
    size_t peer_n;
    char peer[PEER_TEXT_MAX];
};

static struct sender
sender_of(const struct connection *c)
{
    return (struct sender){slice_of(c->peer, c->peer_n), c->transport.identity};
}

static void
set_connections(struct tcp_input *tcp, size_t n)
{
    tcp->n_connections = n;
    stat_set(&tcp->input.stats.n_connections, n);
}

/* @marks: of the unfinished frame, if there is one. */
static void
connection_close(struct connection *c, uint32_t marks)
{
    struct tcp_input *tcp = c->tcp;

    tcp->partial_bytes -= c->stream.cap;
    stream_finish(&c->stream, &tcp->input, sender_of(c), marks);
    stream_fini(&c->stream);
    transport_close(&c->transport);
    watch_close(&c->watch);
    list_remove(&c->link);
    list_append(&tcp->closed, &c->link);
    set_connections(tcp, tcp->n_connections - 1);
}

static struct connection *
largest(struct tcp_input *tcp)
{
    struct connection *found = NULL;

    LIST_EACH(&tcp->connections, link)
    {
        struct connection *c = LIST_ITEM(link, struct connection, link);

        if (found == NULL || c->stream.cap > found->stream.cap)
            found = c;
    }
    return found;
}

static void
evict(struct connection *c)
{
    struct tcp_input *tcp = c->tcp;

    input_warn(&tcp->input,
        "%s port %u: closed at %zu bytes of an unfinished frame; all connections held %zu, the limit is %zu", c->peer,
        c->port, c->stream.n, tcp->partial_bytes, tcp->partial_bytes_max);
    stat_add(&tcp->input.stats.n_evicted, 1);
    connection_close(c, FRAME_TRUNCATED);
}

static void
hold_memory_limit(struct tcp_input *tcp)
{
    while (tcp->partial_bytes > tcp->partial_bytes_max) {
        struct connection *c = largest(tcp);

        if (c->stream.n == 0) {
            tcp->partial_bytes -= c->stream.cap;
            stream_trim(&c->stream);
        } else {
            evict(c);
        }
    }
}

/* Once a connection, and after the frame itself was handed over: a mark is not an error, but somebody may look for it.
 */
static void
complain(struct connection *c)
{
    if (c->complained || (c->stream.marks_seen & (FRAME_BAD_COUNT | FRAME_TRUNCATED)) == 0)
        return;
    c->complained = true;
    if (c->stream.marks_seen & FRAME_BAD_COUNT)
        input_warn(&c->tcp->input, "%s port %u: octet counting was expected; taken as lines", c->peer, c->port);
    else
        input_warn(&c->tcp->input, "%s port %u: a frame was longer than %llu bytes and was cut", c->peer, c->port,
            (unsigned long long)c->tcp->input.settings->frame_max_bytes);
}

static void
touch(struct connection *c)
{
    c->last_bytes = c->tcp->input.set->now;
    list_remove(&c->link);
    list_append(&c->tcp->connections, &c->link);
}

static void
on_bytes(struct connection *c)
{
    touch(c);
    complain(c);
    hold_memory_limit(c->tcp);
}

static void
on_failure(struct connection *c, int r)
{
    if (r == -ENOMEM) {
        evict(c);
        return;
    }
    stat_add(&c->tcp->input.stats.n_errors, 1);
    log_debug("input", "%s: %s port %u: %s", c->tcp->input.settings->name, c->peer, c->port, strerror(-r));
    connection_close(c, 0);
}

/* Return: whether there were bytes. */
static bool
take_bytes(struct connection *c)
{
    struct tcp_input *tcp = c->tcp;
    size_t cap = c->stream.cap;
    ssize_t n;

    n = stream_read(&c->stream, &tcp->input, &c->transport, sender_of(c));
    tcp->partial_bytes += c->stream.cap - cap;
    if (n > 0)
        on_bytes(c);
    else if (n == 0)
        connection_close(c, 0);
    else if (n != -EAGAIN && n != -EINTR)
        on_failure(c, (int)n);
    return n > 0;
}

static void
on_readable(struct watch *w)
{
    struct connection *c = LIST_ITEM(w, struct connection, watch);

    if (take_bytes(c) && w->ready != NULL && transport_is_over(&c->transport))
        (void)take_bytes(c);
}

static void
on_refused(struct connection *c)
{
    stat_add(&c->tcp->input.stats.n_handshakes_refused, 1);
    input_warn(&c->tcp->input, "%s port %u: TLS refused: %s", c->peer, c->port, transport_refusal(&c->transport));
    connection_close(c, 0);
}

static void
on_handshake(struct watch *w)
{
    struct connection *c = LIST_ITEM(w, struct connection, watch);

    switch (transport_handshake(&c->transport)) {
    case 0:
        w->ready = on_readable;
        touch(c);
        input_watch_resume(&c->tcp->input, w);
        break;
    case TRANSPORT_E_WANTS_READ:
        input_watch_resume(&c->tcp->input, w);
        break;
    case TRANSPORT_E_WANTS_WRITE:
        input_watch_writable(&c->tcp->input, w);
        break;
    default:
        on_refused(c);
        break;
    }
}

static int
begin_transport(struct connection *c, int fd)
{
    c->watch = (struct watch){fd, on_readable};
    c->transport = transport_plain(fd);
    if (c->tcp->input.settings->tls_certificate == NULL)
        return 0;
    c->watch.ready = on_handshake;
    return tls_begin(&c->transport, c->tcp->tls, fd);
}

static int
connection_open(struct tcp_input *tcp, int fd, const union peer_address *a)
{
    struct connection *c = calloc(1, sizeof(*c));
    int r;

    if (c == NULL)
        return -ENOMEM;
    c->tcp = tcp;
    c->last_bytes = tcp->input.set->now;
    c->port = peer_port(a);
    c->peer_n = peer_print(a, c->peer);
    r = begin_transport(c, fd);
    if (r == 0)
        r = input_watch(&tcp->input, &c->watch);
    if (r < 0) {
        transport_close(&c->transport);
        free(c);
        return r;
    }
    stream_init(&c->stream, tcp->input.settings);
    list_append(c->watch.ready == on_readable ? &tcp->connections : &tcp->greeting, &c->link);
    set_connections(tcp, tcp->n_connections + 1);
    stat_add(&tcp->input.stats.n_accepted, 1);
    return 0;
}

/* Closed at once, so that the sender knows and may go elsewhere. */
static void
refuse(struct tcp_input *tcp, int fd, const union peer_address *a, const char *why)
{
    char peer[PEER_TEXT_MAX] = "";

    (void)peer_print(a, peer);
    stat_add(&tcp->input.stats.n_refused, 1);
    input_warn(&tcp->input, "%s port %u: refused: %s (%zu connections)", peer, peer_port(a), why, tcp->n_connections);
    watch_close(&(struct watch){fd, on_readable});
}

static void
close_late(struct connection *c)
{
    stat_add(&c->tcp->input.stats.n_handshakes_late, 1);
    input_warn(&c->tcp->input, "%s port %u: closed before its TLS handshake was done", c->peer, c->port);
    connection_close(c, 0);
}

static struct connection *
longest_greeting(struct tcp_input *tcp)
{
    return list_empty(&tcp->greeting) ? NULL : LIST_ITEM(tcp->greeting.next, struct connection, link);
}

static void
admit(struct tcp_input *tcp, int fd, const union peer_address *a)
{
    int r;

    if (tcp->input.settings->tls_certificate != NULL && tcp->tls == NULL) {
        refuse(tcp, fd, a, "there is no certificate that could be read");
        return;
    }
    if (tcp->n_connections >= tcp->input.settings->connections_max && longest_greeting(tcp) != NULL)
        close_late(longest_greeting(tcp));
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

static int
tcp_open(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;
    int fd;
    int r;

    list_init(&tcp->greeting);
    list_init(&tcp->connections);
    list_init(&tcp->closed);
    tcp->partial_bytes_max = partial_share(input);
    fd = socket_bind(input, SOCK_STREAM);
    if (fd < 0)
        return error_trace(fd);
    tcp->watch = (struct watch){fd, on_connection};
    r = set_keepalive(fd);
    if (r < 0)
        return error_trace(r);
    if (listen(fd, SOMAXCONN) < 0)
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

/* A lane that was held up may find a connection quiet that it has only not got round to. */
static bool
has_unread(const struct connection *c)
{
    char byte;

    return recv(c->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
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
        if (has_unread(c)) {
            touch(c);
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
        close_late(c);
}

static void
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
static void
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

static void
close_list(struct list *connections)
{
    LIST_EACH_SAFE(connections, link)
    {
        connection_close(LIST_ITEM(link, struct connection, link), 0);
    }
}

static void
tcp_finish(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    close_list(&tcp->greeting);
    close_list(&tcp->connections);
}

static void
free_list(struct list *connections)
{
    LIST_EACH_SAFE(connections, link)
    {
        struct connection *c = LIST_ITEM(link, struct connection, link);

        transport_close(&c->transport);
        watch_close(&c->watch);
        stream_fini(&c->stream);
        list_remove(link);
        free(c);
    }
}

static void
tcp_close(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    free_list(&tcp->greeting);
    free_list(&tcp->connections);
    free_closed(tcp);
    tls_server_free(tcp->tls);
    watch_close(&tcp->watch);
}

const struct input_ops input_tcp = {
    .size = sizeof(struct tcp_input),
    .every_lane = true,
    .open = tcp_open,
    .close = tcp_close,
    .tick = tcp_tick,
    .finish = tcp_finish,
    .reload = tcp_reload,
};
