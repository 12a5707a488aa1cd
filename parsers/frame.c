/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/frame.h"

/*
 * Whatever the framer decides it decides from the stream alone, never from where a read ended: where the bytes at hand
 * leave it open what comes, it waits, and what it may wait for is bounded: a count is at most COUNT_DIGITS_MAX digits,
 * a blank and "<"; a line that is too long shows itself within frame_max + 2 bytes (the line, CR, and a byte more).
 */

#include "base/cursor.h"

/* Ten million octets are no message but a mistake, after which all that follows would be skipped as its rest. */
enum { COUNT_DIGITS_MAX = 7 };

enum count_verdict { COUNT_NONE, COUNT_FOUND, COUNT_UNDECIDED };

void
framer_init(struct framer *f, enum framing mode, size_t frame_max)
{
    ASSERT(frame_max > 0);
    *f = (struct framer){.mode = mode, .frame_max = frame_max};
}

static char
terminator(const struct framer *f)
{
    return f->mode == FRAMING_NUL ? '\0' : '\n';
}

static void
take_skipped(struct framer *f, struct slice *in, size_t n)
{
    f->n_skipped += n;
    *in = slice_from(*in, n);
}

/* Pass over the rest of a frame that was cut. Return: whether its end has been reached. */
static bool
skip_rest(struct framer *f, struct slice *in)
{
    if (f->skip > 0) {
        size_t n = f->skip < in->n ? (size_t)f->skip : in->n;

        f->skip -= n;
        take_skipped(f, in, n);
    }
    if (f->skip_line) {
        take_skipped(f, in, slice_find(*in, terminator(f)));
        f->skip_line = !cursor_skip(in, terminator(f));
    }
    return f->skip == 0 && !f->skip_line;
}

/*
 * SYSLOG-FRAME = MSG-LEN SP SYSLOG-MSG, MSG-LEN = NONZERO-DIGIT *DIGIT (RFC 6587 section 3.4.1). In mode auto a message
 * must be seen to begin with "<": "2026 was a good year" is a line. @in is moved past the blank where a count is found.
 */
static enum count_verdict
take_count(const struct framer *f, struct slice *in, uint64_t *count)
{
    struct slice rest = *in;

    if (cursor_at(&rest, '0') || !cursor_digits(&rest, COUNT_DIGITS_MAX, count))
        return in->n == 0 ? COUNT_UNDECIDED : COUNT_NONE;
    if (rest.n == 0)
        return COUNT_UNDECIDED;
    if (!cursor_skip(&rest, ' '))
        return COUNT_NONE;
    if (f->mode == FRAMING_AUTO && !cursor_at(&rest, '<'))
        return rest.n == 0 ? COUNT_UNDECIDED : COUNT_NONE;
    *in = rest;
    return COUNT_FOUND;
}

static bool
take_counted(struct framer *f, struct slice *in, struct slice rest, uint64_t count, struct framed *out)
{
    size_t n = count < f->frame_max ? (size_t)count : f->frame_max;

    if (rest.n < n)
        return false;
    *out = (struct framed){slice_head(rest, n), FRAME_OCTET_COUNTED | (count > n ? FRAME_TRUNCATED : 0)};
    f->skip = count - n;
    *in = slice_from(rest, n);
    return true;
}

/* The line is longer than the limit: its head is the frame, and what follows up to the line's end will be skipped. */
static void
take_cut_line(struct framer *f, struct slice *in, uint32_t marks, struct framed *out)
{
    *out = (struct framed){slice_head(*in, f->frame_max), marks | FRAME_TRUNCATED};
    *in = slice_from(*in, out->bytes.n);
    f->skip_line = true;
    f->scanned = 0;
}

/* MSG TRAILER, where TRAILER is LF, CR LF or, in mode nul, NUL (RFC 6587 section 3.4.2). The line may come out empty.
 */
static bool
take_line(struct framer *f, struct slice *in, uint32_t marks, struct framed *out)
{
    size_t end = f->scanned + slice_find(slice_from(*in, f->scanned), terminator(f));
    size_t n = end;

    if (f->mode != FRAMING_NUL && n > 0 && (n > f->frame_max || end < in->n) && in->p[n - 1] == '\r')
        n--;
    if (n > f->frame_max) {
        take_cut_line(f, in, marks, out);
        return true;
    }
    if (end == in->n) {
        f->scanned = end;
        return false;
    }
    *out = (struct framed){slice_head(*in, n), marks};
    *in = slice_from(*in, end + 1);
    f->scanned = 0;
    return true;
}

static bool
take_frame(struct framer *f, struct slice *in, struct framed *out)
{
    bool counts = f->mode == FRAMING_AUTO || f->mode == FRAMING_OCTET;
    struct slice rest = *in;
    uint64_t count = 0;

    switch (counts ? take_count(f, &rest, &count) : COUNT_NONE) {
    case COUNT_FOUND:
        return take_counted(f, in, rest, count, out);
    case COUNT_UNDECIDED:
        return false;
    case COUNT_NONE:
        break;
    }
    return take_line(f, in, f->mode == FRAMING_OCTET ? FRAME_BAD_COUNT : 0, out);
}

bool
framer_next(struct framer *f, struct slice *in, struct framed *out)
{
    if (!skip_rest(f, in))
        return false;
    while (in->n > 0) {
        size_t before = in->n;

        if (!take_frame(f, in, out))
            return false;
        ASSERT(in->n < before);
        if (out->bytes.n > 0)
            return true;
    }
    return false;
}

bool
framer_finish(struct framer *f, struct slice *in, struct framed *out)
{
    bool counts = f->mode == FRAMING_AUTO || f->mode == FRAMING_OCTET;
    struct slice rest = *in;
    uint32_t marks = FRAME_UNFINISHED;
    uint64_t count = 0;

    if (counts && take_count(f, &rest, &count) == COUNT_FOUND && rest.n > 0) {
        marks |= FRAME_OCTET_COUNTED;
    } else {
        marks |= f->mode == FRAMING_OCTET ? FRAME_BAD_COUNT : 0;
        rest = *in;
        if (f->mode != FRAMING_NUL && slice_ends(rest, SLICE("\r")))
            rest.n--;
    }
    *out = (struct framed){slice_head(rest, f->frame_max), marks | (rest.n > f->frame_max ? FRAME_TRUNCATED : 0)};
    f->n_skipped += rest.n - out->bytes.n;
    f->scanned = 0;
    *in = slice_from(*in, in->n);
    return out->bytes.n > 0;
}

bool
framing_parse(struct slice name, enum framing *mode)
{
    static const struct {
        const char *name;
        enum framing mode;
    } framings[] = {
        {"auto", FRAMING_AUTO},
        {"lf", FRAMING_LF},
        {"octet", FRAMING_OCTET},
        {"nul", FRAMING_NUL},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(framings); i++) {
        if (slice_eq(name, slice_str(framings[i].name))) {
            *mode = framings[i].mode;
            return true;
        }
    }
    return false;
}

const char *
frame_mark_name(uint32_t *marks)
{
    // clang-format off
    static const struct {
        enum frame_mark mark;
        const char *name;
    } names[] = {
        {FRAME_OCTET_COUNTED, "octet-counted"},
        {FRAME_TRUNCATED,     "truncated"},
        {FRAME_UNFINISHED,    "unfinished"},
        {FRAME_BAD_COUNT,     "bad-count"},
    };
    // clang-format on
    size_t i;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        if ((*marks & names[i].mark) != 0) {
            *marks &= ~(uint32_t)names[i].mark;
            return names[i].name;
        }
    }
    return NULL;
}
