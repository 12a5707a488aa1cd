/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Datagram: one frame a datagram, read in batches; what udp and unix sockets share.
 *
 * A line end at the end is framing, as it would be in a stream; all else belongs to the frame. An empty datagram is an
 * empty frame. A longer one than frame_max_bytes is cut and marked, never split.
 */

#include <sys/socket.h>

#include "input/input.h"
#include "input/peer.h"

enum {
    DATAGRAM_BATCH = 64,      /* more did not help: 1.18 M/s at 64, 1.07 at 256 */
    DATAGRAM_BATCHES = 4,     /* a turn */
    DATAGRAM_UDP_MAX = 65536, /* the longest, and the most that UDP_GRO puts together */
};

struct datagram_input {
    struct input input;
    struct watch watch;
    char *slots;
    struct peer_cache *peers; /* NULL: senders have no addresses */
    uint32_t n_drops_seen;    /* the kernel's counter, which wraps */
    bool drops_unknown;
    struct mmsghdr headers[DATAGRAM_BATCH];
    struct iovec vectors[DATAGRAM_BATCH];
    union peer_address names[DATAGRAM_BATCH];
    struct {
        _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct ucred))]; /* or the int of UDP_GRO */
    } controls[DATAGRAM_BATCH];
};

/**
 * datagram_start() - read @fd, a bound socket that becomes the input's, from now on
 * @d:            the input
 * @fd:           closed by datagram_close(), also after a failure here
 * @datagram_max: bytes of the longest datagram that is kept whole
 *
 * Return: 0 or negative errno.
 */
int datagram_start(struct datagram_input *d, int fd, size_t datagram_max);

/* What input_ops wants. */
void datagram_close(struct input *input);
void datagram_turn(struct input *input);
void datagram_tick(struct input *input);
