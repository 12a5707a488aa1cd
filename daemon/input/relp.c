/* SPDX-License-Identifier: Apache-2.0 */

/*
 * RELP, the Reliable Event Logging Protocol: a listener whose senders are told what is on record.
 *
 * A message is answered once the unit it was handed over in is committed, so that a sender that keeps what was not
 * answered loses nothing, whatever happens to us: each message arrives at least once. One that a session's end left
 * unanswered comes again, and nothing tells it from a new one. Where the input is spooled the answer comes once the
 * message is on the disk, from where it has its effect whatever happens to us.
 *
 * Everything before the first frame is tcp's: accept, PROXY header, TLS, who may send, limits of connections and
 * memory.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/error.h"
#include "input/relp_session.h"
#include "input/tcp.h"

/* Connections inherit it: answers are small, and a sender whose window is full waits for them. */
static int
set_no_delay(int fd)
{
    const int on = 1;

    return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ? error_origin(-errno) : 0;
}

static int
relp_open(struct input *input)
{
    struct relp_input *relp = (struct relp_input *)input;
    int r;

    list_init(&relp->owing);
    relp->tcp.session = &session_relp;
    r = tcp_open(input);
    if (r == 0)
        r = set_no_delay(relp->tcp.watch.fd);
    return r < 0 ? error_trace(r) : 0;
}

/* What is owed may still be said, until the input is closed. */
static void
relp_finish(struct input *input)
{
    struct tcp_input *tcp = (struct tcp_input *)input;

    tcp_finish_greetings(tcp);
    LIST_EACH_SAFE(&tcp->connections, link)
    {
        relp_session_finish((struct relp_session *)LIST_ITEM(link, struct connection, link));
    }
}

static bool
is_due(const struct input *input)
{
    return ((const struct relp_input *)input)->newest_unit == input->set->unit;
}

/* A session may close meanwhile, but no other. */
static void
acknowledge(struct input *input, uint64_t number)
{
    struct relp_input *relp = (struct relp_input *)input;

    relp->acknowledged = number;
    LIST_EACH_SAFE(&relp->owing, link)
    {
        relp_session_answer(LIST_ITEM(link, struct relp_session, owing));
    }
}

static const struct receipt_ops receipts = {
    .is_due = is_due,
    .is_urgent = is_due,
    .acknowledge = acknowledge,
};

const struct input_ops input_relp = {
    .size = sizeof(struct relp_input),
    .every_lane = true,
    .open = relp_open,
    .close = tcp_close,
    .tick = tcp_tick,
    .hang_up = tcp_close_door, /* who does not hear of our end is not answered, and sends again */
    .finish = relp_finish,
    .reload = tcp_reload,
    .receipts = &receipts,
};
