/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a connection begins with, before its first message: the PROXY header of a balancer, then the TLS handshake. Each
 * step is who hears of the descriptor next.
 *
 *     from a balancer:          on_proxy ───────┐
 *     from others, where there  on_first_bytes ─┼──▶ on_handshake ──▶ connection_begin()
 *     are balancers:                            │    where TLS
 *     where there are none: ────────────────────┘
 */

#include "input/greeting.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

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
        connection_begin(c);
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

static bool
has_tls(const struct connection *c)
{
    return c->tcp->input.settings->tls_certificate != NULL;
}

/* What follows the PROXY header, or comes first where there is none. */
static void
on_talk(struct connection *c)
{
    if (has_tls(c))
        c->watch.ready = on_handshake;
    else
        connection_begin(c);
}

static void
refuse_proxy(struct connection *c, const char *why)
{
    stat_add(&c->tcp->input.stats.n_proxy_refused, 1);
    input_warn(&c->tcp->input, "%s port %u: refused: %s", c->peer, c->port, why);
    connection_close(c, 0);
}

void
greeting_refuse_sender(struct tcp_input *tcp, const char *peer, unsigned port)
{
    stat_add(&tcp->input.stats.n_not_allowed, 1);
    input_warn(&tcp->input, "%s port %u: refused: it is in no network of 'allow'", peer, port);
}

/* From here on the connection is the sender's of whom the balancer tells. */
static void
take_told(struct connection *c, const struct proxy_header *h)
{
    const union peer_address a = peer_of_bytes(h->address, h->port);

    c->port = h->port;
    c->peer_n = peer_print(&a, c->peer);
    if (input_allows(&c->tcp->input, h->address)) {
        on_talk(c);
    } else {
        greeting_refuse_sender(c->tcp, c->peer, c->port);
        connection_close(c, 0);
    }
}

/* A balancer's own connections tell of nobody; they are its own to make, whatever `allow` says. */
static void
on_proxy_header(struct connection *c, const struct proxy_header *h)
{
    free(c->proxy);
    c->proxy = NULL;
    if (h->told)
        take_told(c, h);
    else
        on_talk(c);
}

/*
 * The bytes that were looked at and belong to the header go; what is behind them is for who comes next. Return: whether
 * the connection lived long enough for it.
 */
static bool
skip_bytes(struct connection *c, size_t n)
{
    if (recv(c->watch.fd, c->proxy->p + c->proxy->n, n, MSG_DONTWAIT) == (ssize_t)n) {
        c->proxy->n += n;
        return true;
    }
    connection_fail(c, -ECONNRESET);
    return false;
}

static void
read_proxy_header(struct connection *c, size_t n_new)
{
    struct proxy_header h;

    switch (proxy_parse(&h, slice_of(c->proxy->p, c->proxy->n + n_new))) {
    case 0:
        if (skip_bytes(c, h.n - c->proxy->n))
            on_proxy_header(c, &h);
        break;
    case PROXY_E_MORE:
        (void)skip_bytes(c, n_new);
        break;
    default:
        refuse_proxy(c, "what it sent is no PROXY header, which a balancer's connection must begin with");
        break;
    }
}

static void
on_proxy(struct watch *w)
{
    struct connection *c = LIST_ITEM(w, struct connection, watch);
    struct proxy_bytes *have = c->proxy;
    ssize_t n = recv(w->fd, have->p + have->n, sizeof(have->p) - have->n, MSG_PEEK | MSG_DONTWAIT);

    if (n > 0)
        read_proxy_header(c, (size_t)n);
    else if (n == 0 && have->n == 0)
        connection_close(c, 0); /* a balancer that only looks whether somebody answers */
    else if (n == 0)
        refuse_proxy(c, "it ended before its PROXY header did");
    else if (errno != EAGAIN && errno != EINTR)
        connection_fail(c, -errno);
}

/* Who is no balancer may not tell for others: such a header is neither believed nor taken for a message. */
static void
on_first_bytes(struct watch *w)
{
    struct connection *c = LIST_ITEM(w, struct connection, watch);
    char first[PROXY_PREFIX];
    ssize_t n = recv(w->fd, first, sizeof(first), MSG_PEEK | MSG_DONTWAIT);

    if (n > 0 && proxy_begins(slice_of(first, (size_t)n))) {
        refuse_proxy(c, "it sent a PROXY header, and is in no network of 'proxy_from'");
        return;
    }
    on_talk(c);
    w->ready(w);
}

int
greeting_begin(struct connection *c, const unsigned char address[static 16])
{
    struct tcp_input *tcp = c->tcp;

    if (networks_hold(&tcp->proxies, address)) {
        c->watch.ready = on_proxy;
        c->proxy = malloc(sizeof(*c->proxy));
        if (c->proxy == NULL)
            return -ENOMEM;
        c->proxy->n = 0;
    } else if (tcp->proxies.n > 0) {
        c->watch.ready = on_first_bytes;
        if (!has_tls(c))
            connection_touch(c); /* nothing is asked of it before its first message, so being quiet is not being late */
    } else {
        on_talk(c);
    }
    return 0;
}

void
greeting_close_late(struct connection *c)
{
    stat_add(&c->tcp->input.stats.n_handshakes_late, 1);
    input_warn(&c->tcp->input, "%s port %u: closed: its %s was not done in time", c->peer, c->port,
        c->proxy != NULL ? "PROXY header" : "TLS handshake");
    connection_close(c, 0);
}
