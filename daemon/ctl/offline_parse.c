/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/offline.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/event_view.h"
#include "normalize/normalizer.h"
#include "parsers/frame.h"
#include "parsers/timestamp.h"

enum {
    PARSE_FRAME_MAX = 1024 * 1024,
    PARSE_READ      = 256 * 1024,
    PARSE_ARENA     = 256 * 1024,
    PARSE_ARENA_MAX = 64 * 1024 * 1024,
};

struct parse {
    const struct normalizer *normalizer;
    struct normalizer_scratch *scratch;
    struct arena arena;
    struct framer framer;
    struct buffer in;
    struct buffer line;
    struct walltime received; /* 0: now */
};

static void
print_event(struct parse *p, const struct framed *framed)
{
    struct walltime now = p->received.ns != 0 ? p->received : clock_wall(clock_system());
    struct frame frame = {.raw = framed->bytes, .marks = framed->marks, .received = now};
    struct json_writer w;
    struct event event;

    arena_reset(&p->arena);
    normalizer_event(p->normalizer, p->scratch, &frame, &p->arena, &event);
    buffer_reset(&p->line);
    json_begin(&w, &p->line);
    event_view(&w, &event);
    buffer_add_char(&p->line, '\n');
    (void)fwrite(p->line.p, 1, p->line.n, stdout);
}

/* Prints every frame that is whole and keeps what is left of the input for the next read. */
static void
print_frames(struct parse *p)
{
    struct slice rest = buffer_slice(&p->in);
    struct framed framed;

    while (framer_next(&p->framer, &rest, &framed))
        print_event(p, &framed);
    if (rest.n > 0)
        memmove(p->in.p, rest.p, rest.n);
    p->in.n = rest.n;
}

static int
parse_stdin(struct parse *p)
{
    struct framed framed;
    struct slice rest;

    for (;;) {
        char *at = buffer_reserve(&p->in, PARSE_READ);
        ssize_t n = at == NULL ? -1 : read(STDIN_FILENO, at, PARSE_READ);

        if (n < 0 && at != NULL && errno == EINTR)
            continue;
        if (n < 0)
            return EXIT_MACHINE;
        if (n == 0)
            break;
        p->in.n += (size_t)n;
        print_frames(p);
    }
    rest = buffer_slice(&p->in);
    if (framer_finish(&p->framer, &rest, &framed))
        print_event(p, &framed);
    return fflush(stdout) == 0 ? EXIT_DONE : EXIT_MACHINE;
}

static int
run(struct parse *p, const struct settings *settings)
{
    CLEANUP(normalizer_free) struct normalizer *normalizer = NULL;
    CLEANUP(normalizer_scratch_free) struct normalizer_scratch *scratch = NULL;
    CLEANUP_DIAG struct diag diag = {0};
    int r;

    r = normalizer_new(&normalizer, settings, &diag);
    diag_print(&diag, stderr);
    if (r == 0 && normalizer == NULL)
        return EXIT_REFUSED;
    if (r == 0)
        r = normalizer_scratch_new(&scratch, normalizer, NULL, NULL);
    if (r == 0)
        r = arena_init(&p->arena, PARSE_ARENA, PARSE_ARENA_MAX);
    if (r < 0) {
        log_failure("ctl", r, "cannot start to parse");
        return EXIT_MACHINE;
    }
    p->normalizer = normalizer;
    p->scratch = scratch;
    r = parse_stdin(p);
    arena_fini(&p->arena);
    return r;
}

int
offline_parse(const struct invocation *inv, const struct settings *settings)
{
    const char *framing = invocation_get(inv, "framing");
    const char *received = invocation_get(inv, "received");
    enum framing mode = FRAMING_AUTO;
    struct parse p = {0};
    int r;

    if (framing != NULL && !framing_parse(slice_str(framing), &mode)) {
        (void)fprintf(stderr, "ismsctl: --framing is one of auto, lf, octet, nul\n");
        return EXIT_USAGE;
    }
    if (received != NULL && !timestamp_parse_rfc3339(slice_str(received), &p.received)) {
        (void)fprintf(stderr, "ismsctl: --received is a time as 2026-01-31T12:00:00Z\n");
        return EXIT_USAGE;
    }
    framer_init(&p.framer, mode, PARSE_FRAME_MAX);
    r = run(&p, settings);
    buffer_fini(&p.in);
    buffer_fini(&p.line);
    return r;
}
