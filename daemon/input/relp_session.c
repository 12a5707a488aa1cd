/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Answers go out many in one write, and only when asked to: after a read (to commands other than messages) and when a
 * unit is on record. Where the socket has no room for them, nothing is read until it has; the buffer for them holds a
 * few KiB, and what is owed beyond stays a number. A sender that asks on and on is not read from while it is owed
 * unanswered_max answers; what a read had brought by then is still taken, which is why a read brings no more than
 * READ_MAX.
 */

#include "input/relp_session.h"

#include <errno.h>

#include "base/error.h"

enum {
    READ_MAX = 64 * 1024,
    OUT_MAX = 4096,
    TXNR_FIRST = 1,
};

#define SERVERCLOSE "0 serverclose 0\n"

static struct relp_input *
input_of(const struct relp_session *s)
{
    return (struct relp_input *)s->connection.tcp;
}

static struct relp_session *
session_of(const struct stream *stream)
{
    return LIST_ITEM(stream, struct relp_session, connection.stream);
}

static void
set_owed(struct relp_input *relp, uint64_t n)
{
    relp->n_owed = n;
    stat_set(&relp->tcp.input.stats.n_unanswered, n);
}

/* ---- what senders say ---- */

static void
break_off(struct relp_session *s, const char *why)
{
    s->state = RELP_BROKEN;
    s->why = why;
}

/* A message is answered once @unit is acknowledged, anything else at once: 0. */
static void
owe(struct relp_session *s, enum relp_answer answer, uint64_t unit)
{
    struct relp_input *relp = input_of(s);

    if (relp_answers_owe(&s->answers, answer, unit) < 0) {
        break_off(s, "out of memory");
        return;
    }
    if (list_empty(&s->owing))
        list_append(&relp->owing, &s->owing);
    set_owed(relp, relp->n_owed + 1);
}

static enum relp_answer
refuse_open(struct relp_session *s, enum relp_answer answer)
{
    stat_add(&s->connection.tcp->input.stats.n_opens_refused, 1);
    s->state = RELP_LAST;
    return answer;
}

/* Some senders open a session twice, which does no harm. */
static enum relp_answer
on_open(struct relp_session *s, const struct relp_frame *frame)
{
    struct relp_offers offers;

    if (s->state == RELP_OPEN)
        return RELP_OPEN_AGAIN;
    relp_offers_parse(&offers, frame->data);
    if (!offers.has_version)
        return refuse_open(s, RELP_NO_VERSION);
    if (!offers.has_syslog)
        return refuse_open(s, RELP_NO_SYSLOG);
    s->state = RELP_OPEN;
    return offers.version == 0 ? RELP_OPENED_0 : RELP_OPENED_1;
}

static enum relp_answer
on_close(struct relp_session *s, const struct relp_frame *frame)
{
    (void)frame;
    s->state = RELP_LAST;
    return RELP_CLOSED;
}

static enum relp_answer
on_unknown(struct relp_session *s, const struct relp_frame *frame)
{
    (void)frame;
    stat_add(&s->connection.tcp->input.stats.n_bad_frames, 1);
    return RELP_UNKNOWN;
}

static const struct {
    struct slice name;
    enum relp_answer (*fn)(struct relp_session *s, const struct relp_frame *frame);
} commands[] = {
    {SLICE("open"), on_open},
    {SLICE("close"), on_close},
};

static enum relp_answer
carry_out(struct relp_session *s, const struct relp_frame *frame)
{
    if (frame->part == RELP_HEAD)
        return RELP_TOO_LONG;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (slice_eq(frame->command, commands[i].name))
            return commands[i].fn(s, frame);
    return on_unknown(s, frame);
}

/* Its length was given, so it may hold line ends. What the sender's rate leaves no room for is dealt with all the same.
 */
static void
hand_over(struct relp_session *s, const struct relp_frame *frame, struct walltime received, struct sender from)
{
    const uint32_t marks = FRAME_OCTET_COUNTED | (frame->part == RELP_HEAD ? FRAME_TRUNCATED : 0);

    stream_deliver(
        &s->connection.stream, &s->connection.tcp->input, (struct framed){frame->data, marks}, received, from);
}

/* Whether the frame may come now. A session's numbers rise by one, or we would not know what we answer. */
static bool
is_in_order(struct relp_session *s, const struct relp_frame *frame)
{
    if (frame->txnr != s->next_txnr)
        break_off(s, "its transaction numbers are out of order");
    else if (s->state == RELP_NEW && !slice_eq(frame->command, SLICE("open")))
        break_off(s, "it did not open the session first");
    else
        return true;
    return false;
}

/* The unit is noted before the frame is handed over, for that may end it. */
static void
on_message(struct relp_session *s, const struct relp_frame *frame, struct walltime received, struct sender from)
{
    uint64_t unit = input_unit(&s->connection.tcp->input);

    input_of(s)->newest_unit = unit;
    hand_over(s, frame, received, from);
    if (frame->part == RELP_WHOLE)
        owe(s, RELP_OK, unit);
    else
        s->cut = RELP_OK;
}

static void
on_command(struct relp_session *s, const struct relp_frame *frame)
{
    enum relp_answer answer = carry_out(s, frame);

    if (frame->part == RELP_WHOLE)
        owe(s, answer, 0);
    else
        s->cut = answer;
}

/* Only now has the sender said all of it, and waits for what we say. */
static void
on_end(struct relp_session *s)
{
    uint64_t unit = input_unit(&s->connection.tcp->input);

    if (s->cut == RELP_OK)
        input_of(s)->newest_unit = unit;
    owe(s, s->cut, s->cut == RELP_OK ? unit : 0);
}

/* A frame of number 0 is a hint, which asks for nothing. */
static void
on_frame(struct relp_session *s, const struct relp_frame *frame, struct walltime received, struct sender from)
{
    if (frame->part == RELP_END) {
        on_end(s);
        return;
    }
    if ((frame->txnr == 0 && frame->part == RELP_WHOLE) || !is_in_order(s, frame))
        return;
    s->next_txnr = relp_txnr_after(s->next_txnr);
    if (slice_eq(frame->command, SLICE("syslog")))
        on_message(s, frame, received, from);
    else
        on_command(s, frame);
}

static bool
listens(const struct relp_session *s)
{
    return s->state == RELP_NEW || s->state == RELP_OPEN;
}

/* What follows a last command is nobody's. */
static void
take_frames(struct stream *stream, struct input *input, struct slice *in, struct walltime received, struct sender from)
{
    struct relp_session *s = session_of(stream);
    uint64_t n_skipped = s->framer.n_skipped;
    struct relp_frame frame;
    int r = 0;

    while (listens(s) && (r = relp_next(&s->framer, in, &frame)) == 0)
        on_frame(s, &frame, received, from);
    if (r == RELP_E_BAD)
        break_off(s, "what it sent is no RELP");
    if (!listens(s))
        *in = slice_from(*in, in->n);
    stat_add(&input->stats.n_bytes_skipped, s->framer.n_skipped - n_skipped);
}

/* A message that is not whole is not answered, so its sender has it still. */
static void
forget_frame(struct stream *stream, struct input *input, struct slice rest, struct sender from, uint32_t marks)
{
    (void)from, (void)marks;
    if (rest.n > 0 || session_of(stream)->framer.ending)
        stat_add(&input->stats.n_unfinished, 1);
}

static const struct cutter by_relp = {
    .read_max = READ_MAX,
    .take = take_frames,
    .finish = forget_frame,
};

/* ---- what we say ---- */

static void
stop_owing(struct relp_session *s)
{
    list_remove(&s->owing);
}

/* What may be said by now, as much as the buffer is to hold. */
static void
fill(struct relp_session *s)
{
    struct relp_input *relp = input_of(s);
    enum relp_answer answer;
    uint32_t txnr;

    while (s->out.n < OUT_MAX && relp_answers_take(&s->answers, relp->acknowledged, &txnr, &answer)) {
        relp_answer_print(&s->out, txnr, answer);
        set_owed(relp, relp->n_owed - 1);
        stat_add(&relp->tcp.input.stats.n_answered, answer == RELP_OK);
    }
    if (s->answers.n_owed == 0)
        stop_owing(s);
}

/* Return: 0, also where there is no room for all of it, or negative errno. */
static int
write_out(struct relp_session *s)
{
    while (s->n_written < s->out.n) {
        ssize_t n = transport_write(&s->connection.transport, s->out.p + s->n_written, s->out.n - s->n_written);

        if (n == -EAGAIN || n == -EINTR)
            return 0;
        if (n < 0)
            return (int)n;
        s->n_written += (size_t)n;
        connection_touch(&s->connection);
    }
    s->n_written = 0;
    buffer_reset(&s->out);
    return 0;
}

/* Return: as write_out(). */
static int
say_all(struct relp_session *s)
{
    int r = 0;

    do {
        fill(s);
        if (s->out.failed)
            return -ENOMEM;
        if (s->out.n == 0)
            break;
        r = write_out(s);
    } while (r == 0 && s->out.n == 0);
    return r;
}

static void
on_room(struct watch *w)
{
    relp_session_answer(LIST_ITEM(w, struct relp_session, connection.watch));
}

/* Nothing is waited for, so this is its end. */
static void
on_broken(struct watch *w)
{
    connection_fail(LIST_ITEM(w, struct connection, watch), -ECONNRESET);
}

static enum relp_watching
what_to_watch(const struct relp_session *s)
{
    if (s->out.n > 0)
        return RELP_WRITES;
    return !listens(s) || s->answers.n_owed >= s->connection.tcp->input.settings->unanswered_max ? RELP_WAITS
                                                                                                 : RELP_READS;
}

static void
watch(struct relp_session *s)
{
    static const struct {
        void (*ready)(struct watch *w);
        void (*wait)(struct input *input, struct watch *w);
    } ways[] = {
        [RELP_READS] = {connection_readable, input_watch_resume},
        [RELP_WRITES] = {on_room, input_watch_writable},
        [RELP_WAITS] = {on_broken, input_watch_pause},
    };
    enum relp_watching next = what_to_watch(s);

    if (next == s->watching)
        return;
    s->watching = next;
    s->connection.watch.ready = ways[next].ready;
    ways[next].wait(&s->connection.tcp->input, &s->connection.watch);
}

void
relp_session_answer(struct relp_session *s)
{
    int r = say_all(s);

    if (r < 0) {
        connection_fail(&s->connection, r);
        return;
    }
    if (s->state == RELP_LAST && s->out.n == 0 && s->answers.n_owed == 0) {
        connection_close(&s->connection, 0);
        return;
    }
    watch(s);
    connection_recount(&s->connection);
}

void
relp_session_finish(struct relp_session *s)
{
    s->state = RELP_LAST;
    relp_session_answer(s);
}

/* ---- as a session of a connection ---- */

static void
on_begin(struct connection *c)
{
    struct relp_session *s = (struct relp_session *)c;

    list_init(&s->owing);
    c->stream.cutter = &by_relp;
    relp_framer_init(&s->framer, c->tcp->input.settings->frame_max_bytes);
    relp_answers_begin(&s->answers, TXNR_FIRST);
    s->next_txnr = TXNR_FIRST;
}

static void
on_turn(struct connection *c)
{
    struct relp_session *s = (struct relp_session *)c;

    if (s->state != RELP_BROKEN) {
        relp_session_answer(s);
        return;
    }
    stat_add(&c->tcp->input.stats.n_bad_frames, 1);
    input_warn(&c->tcp->input, "%s port %u: closed: %s", c->peer, c->port, s->why);
    connection_close(c, 0);
}

/* The last word, unless half of another has been said. */
static void
on_ending(struct connection *c)
{
    struct relp_session *s = (struct relp_session *)c;
    struct relp_input *relp = input_of(s);

    if (s->out.n == 0)
        (void)transport_write(&c->transport, SERVERCLOSE, sizeof(SERVERCLOSE) - 1);
    set_owed(relp, relp->n_owed - s->answers.n_owed);
    stop_owing(s);
    relp_answers_fini(&s->answers);
    buffer_fini(&s->out);
}

/* Who does not read our answers waits for nothing. */
static bool
waits(const struct connection *c)
{
    const struct relp_session *s = (const struct relp_session *)c;

    if (s->watching == RELP_WRITES)
        return false;
    return s->answers.n_owed > 0 || connection_has_unread(c);
}

static size_t
bytes(const struct connection *c)
{
    const struct relp_session *s = (const struct relp_session *)c;

    return relp_answers_bytes(&s->answers) + s->out.cap;
}

const struct session_ops session_relp = {
    .size = sizeof(struct relp_session),
    .begin = on_begin,
    .end = on_ending,
    .turn = on_turn,
    .waits = waits,
    .bytes = bytes,
};
