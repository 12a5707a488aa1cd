/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Connection: one sender of an input over TCP, from its accept to its end; what tcp.c, connection.c, greeting.c and
 * relp_session.c share.
 *
 * It is greeting (greeting.c) until it is known who sends, then a session: a stream of frames (connection.c) or of RELP
 * (relp_session.c). What it is at shows in who hears of its descriptor, watch.ready.
 */

#include "base/list.h"
#include "input/peer.h"
#include "input/stream.h"
#include "input/tls.h"
#include "parsers/proxy.h"

struct connection;

/** What is spoken once it is known who sends. */
struct session_ops {
    size_t size; /* of its state, which begins with the struct connection */

    /** It begins, ends: at most once each, and never the second without the first. NULL: nothing to do. */
    void (*begin)(struct connection *c);
    void (*end)(struct connection *c);

    /** The bytes of a read have been taken; it may close the connection. NULL: nothing to do. */
    void (*turn)(struct connection *c);

    /** Whether a connection that has long been quiet may stay, for it waits for us. */
    bool (*waits)(const struct connection *c);

    /** Bytes allocated besides the stream's. NULL: none. */
    size_t (*bytes)(const struct connection *c);
};

struct tcp_input {
    struct input input;
    const struct session_ops *session; /* set before tcp_open() */
    struct watch watch;
    bool accept_paused;
    bool accept_told;        /* of this row of pauses */
    struct networks proxies; /* balancers */
    struct tls_server *tls;  /* what new connections begin with; NULL: none, or none that could be read */
    struct list greeting;    /* connections in the order they were accepted */
    struct list connections; /* open, longest quiet first */
    struct list closed;      /* freed at the next tick, when no event can speak of them any more */
    size_t n_connections;
    size_t partial_bytes;     /* allocated by all connections for what waits */
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
    size_t bytes;               /* its part of partial_bytes */
    struct monotime last_bytes; /* while greeting: when it was accepted */
    bool in_session;
    bool complained;
    unsigned port;
    size_t peer_n;
    char peer[PEER_TEXT_MAX];
};

/** connection_open() - take over @fd from @from; on failure it stays the caller's. Return: 0 or negative errno. */
int connection_open(struct tcp_input *tcp, int fd, const union peer_address *from);

/** connection_begin() - the greeting is done: the session begins. */
void connection_begin(struct connection *c);

/** connection_readable() - a watch's `ready`: read once, and hand over what there is. */
void connection_readable(struct watch *w);

/** connection_has_unread() - whether bytes wait for us in its socket. */
bool connection_has_unread(const struct connection *c);

/** connection_recount() - what it has allocated has changed. */
void connection_recount(struct connection *c);

/** connection_touch() - it is not quiet. */
void connection_touch(struct connection *c);

/** connection_close() - hand over what is unfinished with @marks, and close; freed at the next tick. */
void connection_close(struct connection *c, uint32_t marks);

/** connection_fail() - close for @r, a negative errno. */
void connection_fail(struct connection *c, int r);

/** connection_discard() - close and free at once, handing nothing over. */
void connection_discard(struct connection *c);

/** session_frames - syslog's frames (RFC 6587), which nobody answers. */
extern const struct session_ops session_frames;
