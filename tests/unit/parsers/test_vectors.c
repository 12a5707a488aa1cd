/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Real messages and streams of the corpus through the framer and the parser together: the same events however a stream
 * is cut into reads, and the frames that a stream's origin states.
 */

#include "base/base64.h"
#include "base/buffer.h"
#include "base/cursor.h"
#include "parsers/frame.h"
#include "parsers/json.h"
#include "parsers/syslog.h"
#include "support/corpus.h"
#include "support/unit.h"

#include <dirent.h>
#include <string.h>

enum { FRAME_MAX = 64 * 1024, ARENA_MAX = 1 << 20, FIELDS_MAX = 4096, RANDOM_CUTS = 3 };

/* One vector: what it sends, how, and what its origin makes of it. */
struct vector {
    struct slice id;
    enum framing framing;
    bool is_stream; /* otherwise one message, without framing */
    bool has_frames;
    size_t frame_max;
    struct slice input;
    struct fields fields;
};

typedef void vector_fn(const struct vector *v, void *ctx);

static struct arena arena;

/* --- the corpus --- */

static struct slice
text_of(const struct fields *f, const char *name)
{
    const struct field *found = fields_find(f->items, f->n, slice_str(name));

    return found == NULL ? SLICE("") : found->value;
}

static struct slice
decoded(struct slice base64)
{
    struct buffer bytes = {0};
    struct slice copy;

    ck_assert(base64_decode(&bytes, base64));
    copy = arena_copy(&arena, buffer_slice(&bytes));
    buffer_fini(&bytes);
    return copy;
}

/* "regex" and "datagram" are no framing of a stream. Return: whether @name is one. */
static bool
stream_framing(struct slice name, enum framing *framing)
{
    return framing_parse(name, framing) ||
           (slice_eq(name, SLICE("octet-counting")) && framing_parse(SLICE("octet"), framing));
}

static struct vector
read_vector(struct slice line)
{
    struct vector v = {.framing = FRAMING_AUTO, .frame_max = FRAME_MAX};
    struct slice limit;
    uint64_t number;

    fields_init(&v.fields, &arena, FIELDS_MAX);
    ck_assert_int_eq(json_flatten(line, &v.fields, NULL), 0);
    v.id = text_of(&v.fields, "id");
    v.is_stream = stream_framing(text_of(&v.fields, "transport_framing"), &v.framing);
    v.has_frames = slice_search(line, SLICE("\"frames\": [")) != SIZE_MAX;
    v.input = decoded(text_of(&v.fields, "input"));
    limit = text_of(&v.fields, "options.max_message_length");
    if (cursor_digits(&limit, 9, &number))
        v.frame_max = (size_t)number;
    return v;
}

static size_t
each_line(const char *path, vector_fn *fn, void *ctx)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t cap = 0;
    size_t n = 0;
    ssize_t length;

    ck_assert_ptr_nonnull(file);
    while ((length = getline(&line, &cap, file)) > 0) {
        struct vector v;

        arena_reset(&arena);
        v = read_vector(slice_of(line, (size_t)length));
        fn(&v, ctx);
        n++;
    }
    free(line);
    (void)fclose(file);
    return n;
}

static int
is_vectors(const struct dirent *entry)
{
    return slice_ends(slice_str(entry->d_name), SLICE(".jsonl"));
}

/* Return: how many there are; 0, having said so, where there is no corpus. */
static size_t
each_vector(vector_fn *fn, void *ctx)
{
    struct dirent **names;
    char folder[4096];
    size_t total = 0;
    int n = scandir(corpus_path("syslog", folder), &names, is_vectors, alphasort);
    int i;

    if (n < 0) {
        (void)printf("skipped: no corpus\n");
        return 0;
    }
    ck_assert_int_eq(arena_init(&arena, ARENA_MAX, 16 * ARENA_MAX), 0);
    for (i = 0; i < n; i++) {
        char path[8192];

        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
        total += each_line(path, fn, ctx);
        free(names[i]);
    }
    free(names);
    arena_fini(&arena);
    return total;
}

/* --- events --- */

static void
note_part(struct buffer *out, struct slice part)
{
    buffer_printf(out, part.p == NULL ? " -" : " %zu:", part.n);
    if (part.n > 0)
        buffer_add(out, part);
}

/* All that is read from a frame. */
static void
note_event(struct buffer *out, const struct framed *f)
{
    const struct syslog_options options = {.received = {.ns = 1773500966 * NS_PER_S}};
    struct arena params;
    struct syslog_message m;
    size_t i;

    ck_assert_int_eq(arena_init(&params, 0, ARENA_MAX), 0);
    syslog_parse(&m, f->bytes, &options, &params);
    buffer_printf(out, "%zu %x %d %x %d %d %u %u %lld", f->bytes.n, f->marks, (int)m.format, m.marks, m.rfc5424_valid,
        m.has_pri, m.facility, m.severity, (long long)m.timestamp.ns);
    note_part(out, f->bytes);
    note_part(out, m.timestamp_text);
    note_part(out, m.hostname);
    note_part(out, m.app_name);
    note_part(out, m.procid);
    note_part(out, m.msgid);
    note_part(out, m.structured_data);
    note_part(out, m.msg);
    note_part(out, m.content);
    for (i = 0; i < m.n_params; i++) {
        note_part(out, m.params[i].id);
        note_part(out, m.params[i].name);
        note_part(out, m.params[i].value);
    }
    buffer_add_char(out, '\n');
    arena_fini(&params);
}

static void
note_bytes(struct buffer *out, const struct framed *f)
{
    note_part(out, f->bytes);
    buffer_add_char(out, '\n');
}

typedef void note_fn(struct buffer *out, const struct framed *f);

/* @stream in pieces of 1 to @piece_max bytes (0: all at once), each in memory of its own, so that an overrun shows. */
static void
feed(struct buffer *out, note_fn *note, enum framing framing, size_t frame_max, struct slice stream, size_t piece_max)
{
    struct framer f;
    struct framed framed;
    size_t begin = 0;
    size_t end = 0;

    framer_init(&f, framing, frame_max);
    do {
        size_t piece = piece_max == 0 ? stream.n : 1 + (size_t)rand() % piece_max;
        struct slice in;
        char *copy;

        end = stream.n - end < piece ? stream.n : end + piece;
        copy = malloc(end - begin + 1);
        if (copy == NULL)
            ck_abort_msg("no memory");
        memcpy(copy, stream.p + begin, end - begin);
        in = slice_of(copy, end - begin);
        while (framer_next(&f, &in, &framed))
            note(out, &framed);
        begin = end - in.n;
        if (end == stream.n && framer_finish(&f, &in, &framed))
            note(out, &framed);
        free(copy);
    } while (end < stream.n);
}

static void
check_cuts(struct slice id, enum framing framing, size_t frame_max, struct slice stream)
{
    const size_t pieces[2 + RANDOM_CUTS] = {0, 1, 3, 60, stream.n};
    struct buffer whole = {0};
    size_t i;

    feed(&whole, note_event, framing, frame_max, stream, 0);
    for (i = 1; i < ARRAY_LEN(pieces); i++) {
        struct buffer cut = {0};

        srand((unsigned)i);
        feed(&cut, note_event, framing, frame_max, stream, pieces[i] + (pieces[i] == 0));
        ck_assert_msg(slice_eq(buffer_slice(&whole), buffer_slice(&cut)),
            SLICE_FMT ", framing %d, pieces up to %zu: other events", SLICE_ARG(id), (int)framing, pieces[i]);
        buffer_fini(&cut);
    }
    buffer_fini(&whole);
}

/* --- however it is cut --- */

static void
add_counted(struct buffer *out, struct slice message)
{
    buffer_printf(out, "%zu ", message.n);
    buffer_add(out, message);
}

/* As it came, and the message as every sender might frame it. */
static void
check_vector(const struct vector *v, void *ctx)
{
    struct buffer line = {0};
    struct buffer counted = {0};

    (void)ctx;
    if (v->input.n == 0)
        return;
    check_cuts(v->id, v->framing, v->frame_max, v->input);
    buffer_add(&line, v->input);
    buffer_add_char(&line, '\n');
    add_counted(&counted, v->input);
    buffer_add(&counted, buffer_slice(&line));
    check_cuts(v->id, FRAMING_LF, FRAME_MAX, buffer_slice(&line));
    check_cuts(v->id, FRAMING_AUTO, FRAME_MAX, buffer_slice(&counted));
    check_cuts(v->id, FRAMING_OCTET, FRAME_MAX, buffer_slice(&counted));
    buffer_fini(&line);
    buffer_fini(&counted);
}

START_TEST(a_vector_gives_the_same_events_however_it_is_cut)
{
    size_t n = each_vector(check_vector, NULL);

    ck_assert(n == 0 || n > 1000);
}
END_TEST

/* Framings by turns, as one connection may bring them. */
static void
append(const struct vector *v, void *ctx)
{
    struct buffer *stream = ctx;

    if (v->input.n == 0)
        return;
    if (stream->n % 3 == 0) {
        buffer_add(stream, v->input);
        buffer_add_char(stream, '\n');
    } else {
        add_counted(stream, v->input);
    }
}

START_TEST(all_vectors_on_one_connection_give_the_same_events_however_they_are_cut)
{
    static const size_t pieces[] = {7, 1500, 9000, 65536};
    struct buffer stream = {0};
    struct buffer whole = {0};
    size_t i;

    (void)each_vector(append, &stream);
    feed(&whole, note_event, FRAMING_AUTO, FRAME_MAX, buffer_slice(&stream), 0);
    for (i = 0; i < ARRAY_LEN(pieces); i++) {
        struct buffer cut = {0};

        srand((unsigned)i);
        feed(&cut, note_event, FRAMING_AUTO, FRAME_MAX, buffer_slice(&stream), pieces[i]);
        ck_assert_msg(slice_eq(buffer_slice(&whole), buffer_slice(&cut)), "pieces up to %zu: other events", pieces[i]);
        buffer_fini(&cut);
    }
    buffer_fini(&whole);
    buffer_fini(&stream);
}
END_TEST

/* --- the frames of a stream --- */

/* Streams that we cut otherwise than their origin, and why. */
#define KEPT     "what others drop with an error becomes an event, and where octet counting was demanded it is marked"
#define NO_PRI   "in framing auto a number is a count only where a message with PRI follows"
#define LIMIT    "what is too long is cut and goes on as an event; others drop it, or make several of it"
#define NUL      "NUL ends no line: it is a byte of the message, unless framing nul is set"
#define PROXY    "what comes before the stream is read from balancers only, and by the input"
#define DATAGRAM "no stream"
static bool
is_cut_otherwise(struct slice id)
{
    // clang-format off
    static const struct {
        const char *id;
        const char *why;
    } rows[] = {
        {"framing-openbsd-0002",  NO_PRI},
        {"framing-openbsd-0003",  NO_PRI},
        {"framing-others-0005",   KEPT},
        {"framing-others-0007",   KEPT},
        {"framing-others-0009",   NO_PRI},
        {"framing-others-0010",   KEPT},
        {"framing-others-0011",   KEPT},
        {"framing-others-0012",   LIMIT},
        {"framing-others-0013",   LIMIT},
        {"framing-rsyslog-0003",  "lines told apart by a regular expression"},
        {"framing-syslogng-0002", KEPT},
        {"framing-syslogng-0003", LIMIT},
        {"framing-syslogng-0011", KEPT},
        {"framing-syslogng-0012", NUL},
        {"framing-syslogng-0013", NUL},
        {"framing-syslogng-0014", NO_PRI},
        {"framing-syslogng-0015", NUL},
        {"framing-syslogng-0050", PROXY},
        {"framing-syslogng-0051", PROXY},
        {"rfc-by-hand-0197",      KEPT},
        {"rfc-by-hand-0198",      KEPT},
        {"rfc-by-hand-0199",      KEPT},
        {"rfc-by-hand-0200",      KEPT},
        {"rfc-by-hand-0201",      KEPT},
        {"rfc-by-hand-0202",      KEPT},
        {"rfc-by-hand-0203",      KEPT},
        {"rfc-by-hand-0204",      KEPT},
        {"rfc-by-hand-0205",      KEPT},
        {"rfc-by-hand-0209",      KEPT},
        {"rfc-by-hand-0211",      KEPT},
        {"rfc-by-hand-0213",      DATAGRAM},
    };
    // clang-format on
    size_t i;

    for (i = 0; i < ARRAY_LEN(rows); i++)
        if (slice_eq(id, slice_str(rows[i].id)))
            return true;
    return false;
}

struct tally {
    size_t n;
    size_t n_named;
};

static void
check_frames(const struct vector *v, void *ctx)
{
    struct tally *tally = ctx;
    struct buffer want = {0};
    struct buffer got = {0};
    bool same;
    size_t i;

    if (!v->has_frames)
        return;
    for (i = 0; i < v->fields.n; i++)
        if (slice_eq(v->fields.items[i].name, SLICE("expect.frames")))
            note_bytes(&want, &(struct framed){.bytes = decoded(v->fields.items[i].value)});
    feed(&got, note_bytes, v->framing, v->frame_max, v->input, 0);
    same = slice_eq(buffer_slice(&want), buffer_slice(&got));
    ck_assert_msg(same != is_cut_otherwise(v->id), SLICE_FMT ": got\n%.*swant\n%.*s", SLICE_ARG(v->id), (int)got.n,
        got.n == 0 ? "" : got.p, (int)want.n, want.n == 0 ? "" : want.p);
    tally->n++;
    tally->n_named += !same;
    buffer_fini(&want);
    buffer_fini(&got);
}

START_TEST(finds_the_frames_that_a_stream_s_origin_states)
{
    struct tally tally = {0};

    if (each_vector(check_frames, &tally) > 0)
        printf("%zu streams, %zu cut otherwise, as named\n", tally.n, tally.n_named);
}
END_TEST

UNIT_MAIN("vectors", a_vector_gives_the_same_events_however_it_is_cut,
    all_vectors_on_one_connection_give_the_same_events_however_they_are_cut,
    finds_the_frames_that_a_stream_s_origin_states)
