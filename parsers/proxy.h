/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * PROXY: the header by which a load balancer tells whose connection it passes on; version 1, a line, or 2, binary
 * (HAProxy's "The PROXY protocol", versions 1 & 2, of which the sections below are).
 *
 * It is believed of nobody but those who are configured: whoever may send it may claim any address.
 */

#include "base/slice.h"

enum {
    PROXY_PREFIX = 12,
    PROXY_HEADER_MAX = 16 + 2048
}; /* of version 2, all that tells more about the connection included */

/** proxy_parse(): more bytes are needed; these are no header, or one that breaks its own rules. */
enum { PROXY_E_MORE = 1, PROXY_E_BAD };

struct proxy_header {
    size_t n;                  /* its length: the stream goes on behind it */
    bool told;                 /* whether there is an address; a balancer's own connections (health checks) have none */
    unsigned char address[16]; /* the sender's, IPv4 as ::ffff:a.b.c.d */
    unsigned port;
};

/** proxy_begins() - whether @in, of which PROXY_PREFIX bytes are enough, begins as a header does: what nobody who may
 * not send one is to begin with. */
bool proxy_begins(struct slice in);

/**
 * proxy_parse() - the header at the front of @in
 *
 * Never asks for more than PROXY_HEADER_MAX bytes. Pure; any thread. Return: 0, PROXY_E_MORE or PROXY_E_BAD; @out is
 * set by 0 only.
 */
int proxy_parse(struct proxy_header *out, struct slice in);
