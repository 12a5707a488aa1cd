/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/error.h"
#include "base/log.h"
#include "input/spool_internal.h"

static void
note_lost(struct spool *s, uint64_t next)
{
    if (next <= s->place + 1)
        return;
    counters_add(s->counters, SPOOL_C_LOST, next - s->place - 1);
    log_error("spool", "%s: frames %" PRIu64 " to %" PRIu64 " are missing", s->path, s->place + 1, next - 1);
    s->place = next - 1;
}

/* The segment at hand has no more; goes to the next. Return: whether there is one. */
static bool
next_segment(struct spool *s)
{
    if (s->n_segments > 0 && s->reader.fd >= 0)
        spool_note_damage(s);
    if (s->reading + 1 >= s->n_segments || s->segments[s->reading + 1].bytes == 0) {
        note_lost(s, s->synced + 1); /* numbers on the disk that no segment has any more */
        return false;
    }
    spool_segment_close(&s->reader);
    s->reading++;
    return true;
}

/* Return: 0 with a segment to read from, SPOOL_E_END, or negative errno. */
static int
have_segment(struct spool *s)
{
    while (s->reader.fd < 0) {
        int r;

        while (s->reading + 1 < s->n_segments && s->segments[s->reading + 1].first <= s->place + 1)
            s->reading++;
        if (s->reading >= s->n_segments || s->segments[s->reading].bytes == 0) {
            note_lost(s, s->synced + 1);
            return SPOOL_E_END;
        }
        r = spool_open_segment(s, s->reading, s->segments[s->reading].bytes, s->place);
        if (r < 0)
            return error_trace(r);
        if (r == SPOOL_SEGMENT_E_BAD)
            spool_set_aside(s, s->reading);
    }
    return 0;
}

static void
gave_out(struct spool *s, const struct spool_record *r)
{
    note_lost(s, r->number);
    s->place = r->number;
    if (s->oldest_wanted)
        s->oldest = r->received;
    s->oldest_wanted = false;
}

int
spool_read(struct spool *s, struct spool_record *out)
{
    while (s->place < s->synced) {
        int r = have_segment(s);

        if (r != 0)
            return r < 0 ? error_trace(r) : r;
        s->reader.end = s->segments[s->reading].bytes;
        r = spool_segment_read(&s->reader, out);
        if (r == 0) {
            gave_out(s, out);
            return 0;
        }
        if (r < 0)
            return error_trace(r);
        (void)next_segment(s);
    }
    return SPOOL_E_END;
}
