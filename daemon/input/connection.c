/* SPDX-License-Identifier: Apache-2.0 */
#include "input/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/error.h"
#include "input/greeting.h"

static struct sender
sender_of(const struct connection *c)
{
    return (struct sender){.address = slice_of(c->peer, c->peer_n), .identity = c->transport.identity};
}

static void
set_connections(struct tcp_input *tcp, size_t n)
{
    tcp->n_connections = n;
    stat_set(&tcp->input.stats.n_connections, n);
}

void
connection_recount(struct connection *c)
{
    const struct session_ops *session = c->tcp->session;
    size_t n = c->stream.cap + (session->bytes != NULL ? session->bytes(c) : 0);

    c->tcp->partial_bytes += n - c->bytes;
    c->bytes = n;
}

/* Lets go of all but its own memory, after a last word of the session's. */
static void
release(struct connection *c)
{
    if (c->in_session && c->tcp->session->end != NULL)
        c->tcp->session->end(c);
    c->tcp->partial_bytes -= c->bytes;
    stream_fini(&c->stream);
    free(c->proxy);
    transport_close(&c->transport);
    watch_close(&c->watch);
    list_remove(&c->link);
}

void
connection_close(struct connection *c, uint32_t marks)
{
    struct tcp_input *tcp = c->tcp;

    stream_finish(&c->stream, &tcp->input, sender_of(c), marks);
    release(c);
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

        if (found == NULL || c->bytes > found->bytes)
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

/* Return: whether memory that holds nothing came back. */
static bool
trim(struct connection *c)
{
    size_t before = c->bytes;

    stream_trim(&c->stream);
    connection_recount(c);
    return c->bytes < before;
}

static void
hold_memory_limit(struct tcp_input *tcp)
{
    while (tcp->partial_bytes > tcp->partial_bytes_max) {
        struct connection *c = largest(tcp);

        if (!trim(c))
            evict(c);
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
        input_warn(&c->tcp->input,
            "%s port %u: octet counting was expected; taken as lines, which 'framing: auto' allows", c->peer, c->port);
    else
        input_warn(&c->tcp->input, "%s port %u: a frame was longer than %llu bytes and was cut", c->peer, c->port,
            (unsigned long long)c->tcp->input.settings->frame_max_bytes);
}

void
connection_touch(struct connection *c)
{
    c->last_bytes = c->tcp->input.set->now;
    list_remove(&c->link);
    list_append(&c->tcp->connections, &c->link);
}

static bool
is_open(const struct connection *c)
{
    return c->watch.ready != NULL;
}

static void
on_bytes(struct connection *c)
{
    connection_touch(c);
    complain(c);
    hold_memory_limit(c->tcp);
    if (c->tcp->session->turn != NULL && is_open(c))
        c->tcp->session->turn(c);
}

void
connection_fail(struct connection *c, int r)
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
    ssize_t n;

    n = stream_read(&c->stream, &c->tcp->input, &c->transport, sender_of(c));
    connection_recount(c);
    if (n > 0)
        on_bytes(c);
    else if (n == 0)
        connection_close(c, 0);
    else if (n != -EAGAIN && n != -EINTR)
        connection_fail(c, (int)n);
    return n > 0;
}

void
connection_readable(struct watch *w)
{
    struct connection *c = LIST_ITEM(w, struct connection, watch);

    if (take_bytes(c) && is_open(c) && transport_is_over(&c->transport))
        (void)take_bytes(c);
}

bool
connection_has_unread(const struct connection *c)
{
    char byte;

    return recv(c->watch.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

const struct session_ops session_frames = {
    .size = sizeof(struct connection),
    .waits = connection_has_unread, /* a lane that was held up has only not got round to it */
};

void
connection_begin(struct connection *c)
{
    c->watch.ready = connection_readable;
    c->in_session = true;
    connection_touch(c);
    if (c->tcp->session->begin != NULL)
        c->tcp->session->begin(c);
}

static int
begin_transport(struct connection *c, int fd)
{
    c->transport = transport_plain(fd);
    return c->tcp->input.settings->tls_certificate == NULL ? 0 : tls_begin(&c->transport, c->tcp->tls, fd);
}

static int
begin_greeting(struct connection *c, int fd, const union peer_address *a)
{
    const struct in6_addr address = peer_bytes(a);
    int r;

    c->watch.fd = fd;
    c->last_bytes = c->tcp->input.set->now;
    c->port = peer_port(a);
    c->peer_n = peer_print(a, c->peer);
    stream_init(&c->stream, c->tcp->input.settings);
    r = begin_transport(c, fd);
    if (r == 0)
        r = greeting_begin(c, address.s6_addr);
    return r == 0 ? input_watch(&c->tcp->input, &c->watch) : r;
}

int
connection_open(struct tcp_input *tcp, int fd, const union peer_address *a)
{
    struct connection *c = calloc(1, tcp->session->size);
    int r;

    if (c == NULL)
        return -ENOMEM;
    c->tcp = tcp;
    list_append(&tcp->greeting, &c->link);
    r = begin_greeting(c, fd, a);
    if (r < 0) {
        transport_close(&c->transport);
        list_remove(&c->link);
        free(c->proxy);
        free(c);
        return r;
    }
    set_connections(tcp, tcp->n_connections + 1);
    stat_add(&tcp->input.stats.n_accepted, 1);
    return 0;
}

void
connection_discard(struct connection *c)
{
    release(c);
    free(c);
}
