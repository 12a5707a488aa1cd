/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Connection: one sender of the tcp input, from its accept to its end; what tcp.c, connection.c and greeting.c share.
 *
 * It is greeting (greeting.c) until it is known who sends, then a stream of frames (connection.c). What it is at shows
 * in who hears of its descriptor, watch.ready.
 */

#include "base/list.h"
#include "input/peer.h"
#include "input/stream.h"
#include "input/tls.h"
#include "parsers/proxy.h"

struct tcp_input {
    struct input input;
    struct watch watch;
    bool accept_paused;
    bool accept_told;        /* of this row of pauses */
    struct networks proxies; /* balancers */
    struct tls_server *tls;  /* what new connections begin with; NULL: none, or none that could be read */
    struct list greeting;    /* connections in the order they were accepted */
    struct list connections; /* open, longest quiet first */
    struct list closed;      /* freed at the next tick, when no event can speak of them any more */
    size_t n_connections;
    size_t partial_bytes;     /* allocated by all connections */
    size_t partial_bytes_max; /* this lane's share */
};

/* A part of a PROXY header. */
struct proxy_bytes {
    size_t n;
    char p[PROXY_HEADER_MAX];
};

struct connection {
    struct watch watch;
    struct list link;
    struct tcp_input *tcp;
    struct transport transport;
    struct proxy_bytes *proxy; /* while the header comes; otherwise NULL */
    struct stream stream;
    struct monotime last_bytes; /* while greeting: when it was accepted */
    bool complained;
    unsigned port;
    size_t peer_n;
    char peer[PEER_TEXT_MAX];
};

/** connection_open() - take over @fd from @from; on failure it stays the caller's. Return: 0 or negative errno. */
int connection_open(struct tcp_input *tcp, int fd, const union peer_address *from);

/** connection_stream() - the greeting is done: read frames from now on. */
void connection_stream(struct connection *c);

/** connection_touch() - it is not quiet. */
void connection_touch(struct connection *c);

/** connection_close() - hand over what is unfinished with @marks, and close; freed at the next tick. */
void connection_close(struct connection *c, uint32_t marks);

/** connection_fail() - close for @r, a negative errno. */
void connection_fail(struct connection *c, int r);

/** connection_discard() - close and free at once, handing nothing over. */
void connection_discard(struct connection *c);
