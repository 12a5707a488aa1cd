/* SPDX-License-Identifier: Apache-2.0 */
#include "input/datagram.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "input/socket.h"

#ifndef UDP_GRO
#define UDP_GRO 104 /* linux/udp.h, which does not go with netinet/udp.h */
#endif

/*
 * Slots begin this much further apart than they are long: at a stride of 64 KiB the first lines of all of them would
 * share one set of each cache.
 */
enum { SLOT_STAGGER = 9 * 64 };

/* UDP_GRO tells the length of the datagrams that were put together; the last may be shorter. */
static size_t
segment_length(struct msghdr *m, size_t n)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        int length;

        if (c->cmsg_level != SOL_UDP || c->cmsg_type != UDP_GRO)
            continue;
        memcpy(&length, CMSG_DATA(c), sizeof(length));
        return length > 0 ? (size_t)length : n;
    }
    return n;
}

/* Where SO_PASSCRED asks for it, each datagram tells whose it is; the kernel has checked what a sender says itself. */
static struct process_credentials
process_of(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        struct ucred u;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
            continue; /* nor is there room for anything else, such as descriptors, which the kernel then drops */
        memcpy(&u, CMSG_DATA(c), sizeof(u));
        return (struct process_credentials){true, u.pid, u.uid, u.gid};
    }
    return (struct process_credentials){0};
}

/* A datagram is the frame: a line end that a sender put into it is part of it (RFC 5426 section 3.1). */
static struct framed
frame_datagram(struct slice bytes, size_t frame_max, uint32_t marks)
{
    if (bytes.n > frame_max)
        marks |= FRAME_TRUNCATED;
    return (struct framed){slice_head(bytes, frame_max), marks};
}

/* Return: whether @m is of a sender that may not send here; its datagrams are counted. */
static bool
is_refused(struct datagram_input *d, const struct mmsghdr *m, size_t length)
{
    const union peer_address *from = m->msg_hdr.msg_name;
    struct in6_addr address;
    char text[PEER_TEXT_MAX] = "";

    if (LIKELY(d->input.allow.n == 0))
        return false;
    address = peer_bytes(from);
    if (input_allows(&d->input, address.s6_addr))
        return false;
    (void)peer_print(from, text);
    stat_add(&d->input.stats.n_not_allowed, m->msg_len == 0 ? 1 : (m->msg_len + length - 1) / length);
    input_warn(&d->input, "%s port %u: dropped: it is in no network of 'allow'", text, peer_port(from));
    return true;
}

static void
deliver_message(struct datagram_input *d, const struct mmsghdr *m, struct walltime received)
{
    struct slice rest = slice_of(m->msg_hdr.msg_iov->iov_base, m->msg_len);
    struct msghdr header = m->msg_hdr;
    size_t length = segment_length(&header, rest.n);
    uint32_t marks = header.msg_flags & MSG_TRUNC ? FRAME_TRUNCATED : 0;
    struct sender from = {0};

    if (d->peers != NULL && is_refused(d, m, length))
        return;
    if (d->peers != NULL)
        from.address = peer_cached(d->peers, header.msg_name);
    if (d->input.settings->credentials)
        from.process = process_of(&header);
    do {
        struct slice bytes = slice_head(rest, length);

        rest = slice_from(rest, bytes.n);
        input_deliver(&d->input, frame_datagram(bytes, d->input.settings->frame_max_bytes, marks), received, from);
    } while (rest.n > 0);
    stat_add(&d->input.stats.n_bytes, m->msg_len);
}

/* The kernel writes over these lengths. */
static void
prepare(struct datagram_input *d, int n)
{
    for (int i = 0; i < n; i++) {
        struct msghdr *m = &d->headers[i].msg_hdr;

        m->msg_namelen = d->peers == NULL ? 0 : sizeof(d->names[i]);
        m->msg_controllen = m->msg_control == NULL ? 0 : sizeof(d->controls[i]);
        m->msg_flags = 0;
    }
}

/* Return: how many came. */
static int
read_batch(struct datagram_input *d)
{
    struct walltime received;
    int n;

    n = recvmmsg(d->watch.fd, d->headers, DATAGRAM_BATCH, MSG_DONTWAIT, NULL);
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            stat_add(&d->input.stats.n_errors, 1);
        return 0;
    }
    received = clock_wall(d->input.set->clock);
    for (int i = 0; i < n; i++)
        deliver_message(d, &d->headers[i], received);
    prepare(d, n);
    return n;
}

void
datagram_turn(struct input *input)
{
    for (int i = 0; i < DATAGRAM_BATCHES; i++)
        if (read_batch((struct datagram_input *)input) < DATAGRAM_BATCH)
            return;
}

static void
on_ready(struct watch *w)
{
    datagram_turn(&LIST_ITEM(w, struct datagram_input, watch)->input);
}

static int
allocate(struct datagram_input *d, size_t datagram_max)
{
    size_t stride = datagram_max + SLOT_STAGGER;

    /* Only the pages that datagrams reach are ever touched: a few hundred KiB, however long a datagram may be. */
    d->slots = malloc(DATAGRAM_BATCH * stride);
    if (d->slots == NULL)
        return error_origin(-ENOMEM);
    for (size_t i = 0; i < DATAGRAM_BATCH; i++) {
        d->vectors[i] = (struct iovec){d->slots + i * stride, datagram_max};
        d->headers[i].msg_hdr = (struct msghdr){.msg_iov = &d->vectors[i], .msg_iovlen = 1};
        if (d->peers != NULL)
            d->headers[i].msg_hdr.msg_name = &d->names[i];
        if (d->peers != NULL || d->input.settings->credentials)
            d->headers[i].msg_hdr.msg_control = &d->controls[i];
    }
    prepare(d, DATAGRAM_BATCH);
    return 0;
}

/* Return: whether the kernel tells how many datagrams it has dropped since the socket was made. */
static bool
count_drops(const struct datagram_input *d, uint32_t *n_drops)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t n = sizeof(info);

    if (getsockopt(d->watch.fd, SOL_SOCKET, SO_MEMINFO, info, &n) < 0 || n < sizeof(info))
        return false;
    *n_drops = info[SK_MEMINFO_DROPS];
    return true;
}

/* A socket that was handed in has a history: what another run of ours counted, and what came while there was none. */
static void
tell_history(struct datagram_input *d)
{
    if (!d->input.handed || !count_drops(d, &d->n_drops_seen) || d->n_drops_seen == 0)
        return;
    log_warning("input",
        "%s: the kernel has dropped %u datagrams of this socket before now, which are not counted here",
        d->input.settings->name, d->n_drops_seen);
}

int
datagram_start(struct datagram_input *d, int fd, size_t datagram_max)
{
    int r;

    d->watch = (struct watch){fd, on_ready};
    socket_set_receive_buffer(&d->input, fd);
    tell_history(d);
    r = allocate(d, datagram_max);
    if (r < 0)
        return error_trace(r);
    r = input_watch(&d->input, &d->watch);
    return r < 0 ? error_trace(r) : 0;
}

void
datagram_close(struct input *input)
{
    struct datagram_input *d = (struct datagram_input *)input;

    watch_close(&d->watch);
    free(d->peers);
    free(d->slots);
}

/*
 * SO_MEMINFO has the socket's own count of drops, also of those after the last datagram that came through, which
 * SO_RXQ_OVFL cannot tell, and it costs nothing per datagram. Datagrams that GRO put together count each.
 */
void
datagram_tick(struct input *input)
{
    struct datagram_input *d = (struct datagram_input *)input;
    uint32_t n_drops;

    if (d->drops_unknown)
        return;
    if (!count_drops(d, &n_drops)) {
        d->drops_unknown = true;
        log_warning("input", "%s: this kernel does not tell how many datagrams it drops", input->settings->name);
        return;
    }
    stat_add(&input->stats.n_kernel_drops, n_drops - d->n_drops_seen);
    d->n_drops_seen = n_drops;
}
