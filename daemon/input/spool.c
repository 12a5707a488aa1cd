/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"
#include "base/log.h"
#include "input/spool_internal.h"

enum { NAMES_MAX = 3 * UINT16_MAX };

const struct counter_def spool_counter_defs[SPOOL_COUNTERS] = {
    // clang-format off
    [SPOOL_C_APPENDED]  = {"spool_appended", "frames taken into the spool"},
    [SPOOL_C_SYNCED]    = {"spool_synced", "of these, those on the disk"},
    [SPOOL_C_SYNCS]     = {"spool_syncs", "times they were written and synced, a group at a time"},
    [SPOOL_C_FAILED]    = {"spool_write_failures", "of these, those that failed; the frames are kept and written later"},
    [SPOOL_C_BAD]       = {"spool_bad_segments", "segment files found damaged"},
    [SPOOL_C_CUT]       = {"spool_cut_bytes", "bytes cut off the end of the last segment at a start: frames not synced"},
    [SPOOL_C_LOST]      = {"spool_frames_lost", "frames missing where a segment is damaged or gone"},
    [SPOOL_C_SHED]      = {"spool_frames_shed", "frames dropped because the spool was full"},
    [SPOOL_C_PAUSES]    = {"spool_pauses", "times inputs stopped reading because the spool was full"},
    [SPOOL_C_BYTES]     = {"spool_bytes", "bytes the spool holds now"},
    [SPOOL_C_WAITING]   = {"spool_waiting", "frames in the spool whose effects are not on record yet"},
    [SPOOL_C_SET_ASIDE] = {"spool_set_aside", "damaged segment files kept as *.bad"},
    // clang-format on
};

/* ---- segments ---- */

int
spool_add_segment(struct spool *s, uint64_t first, uint64_t bytes)
{
    if (s->n_segments == s->segments_cap) {
        size_t cap = s->segments_cap == 0 ? 64 : 2 * s->segments_cap;
        struct spool_segment_entry *grown = reallocarray(s->segments, cap, sizeof(*grown));

        if (grown == NULL)
            return error_origin(-ENOMEM);
        s->segments = grown;
        s->segments_cap = cap;
    }
    s->segments[s->n_segments++] = (struct spool_segment_entry){.first = first, .bytes = bytes};
    s->segment_bytes_total += bytes;
    return 0;
}

/* Forgets entry @i; the reader's place stays where it was. What is written goes to a new one where this was the last.
 */
void
spool_drop_segment(struct spool *s, size_t i)
{
    if (i + 1 == s->n_segments && s->fd >= 0) {
        (void)close(s->fd);
        s->fd = -1;
    }
    s->segment_bytes_total -= s->segments[i].bytes;
    s->n_segments--;
    memmove(&s->segments[i], &s->segments[i + 1], (s->n_segments - i) * sizeof(*s->segments));
    if (i == s->reading)
        spool_segment_close(&s->reader);
    else if (i < s->reading)
        s->reading--;
}

static void
tell_damage(struct spool *s, uint64_t first, uint64_t offset, const char *what)
{
    char name[SPOOL_NAME_MAX];

    counters_add(s->counters, SPOOL_C_BAD, 1);
    log_error("spool", "%s/%s is damaged at byte %" PRIu64 ": %s; what is whole is read, and the file set aside",
        s->path, spool_file_name(first, name), offset, what);
}

void
spool_set_aside(struct spool *s, size_t i)
{
    char name[SPOOL_NAME_MAX];
    int r = spool_file_set_aside(s->dir, s->segments[i].first);

    if (r < 0 && r != -ENOENT)
        log_error("spool", "%s/%s cannot be set aside: %s", s->path, spool_file_name(s->segments[i].first, name),
            strerrordesc_np(-r));
    s->n_set_aside += r == 0;
    spool_drop_segment(s, i);
}

void
spool_note_damage(struct spool *s)
{
    struct spool_segment_entry *g = &s->segments[s->reading];

    if (s->reader.n_damaged == 0 || g->damaged)
        return;
    g->damaged = true;
    tell_damage(s, g->first, s->reader.damaged_at, s->reader.damage);
}

/* ---- opening ---- */

/* Whether the file is to blame that it cannot be opened; otherwise the machine is, and it may be tried again. */
static bool
is_of_the_file(int r)
{
    return r == -ENOENT || r == -ELOOP || r == -EACCES || r == -EPERM || r == -ENXIO || r == -EISDIR || r == -EINVAL ||
           r == -EIO;
}

/* Opens segment @i to be read behind @number. Return: 0; SPOOL_SEGMENT_E_BAD, told; negative errno. */
int
spool_open_segment(struct spool *s, size_t i, uint64_t end, uint64_t number)
{
    uint64_t bytes = 0;
    int fd = spool_file_open(s->dir, s->segments[i].first, &bytes);
    int r;

    if (fd < 0 && !is_of_the_file(fd))
        return error_trace(fd);
    if (fd < 0) {
        tell_damage(s, s->segments[i].first, 0, fd == -EINVAL ? "it is no file of ours" : strerrordesc_np(-fd));
        return SPOOL_SEGMENT_E_BAD;
    }
    r = spool_segment_open(&s->reader, fd, end < bytes ? end : bytes, number);
    if (r == 0 && s->reader.header.first != s->segments[i].first)
        r = SPOOL_SEGMENT_E_BAD;
    if (r == SPOOL_SEGMENT_E_BAD) {
        tell_damage(s, s->segments[i].first, 0, "it has no whole header of its own");
        spool_segment_close(&s->reader);
    }
    return r < 0 ? error_trace(r) : r;
}

static void
note_synced(struct spool *s, uint64_t number)
{
    if (number > s->synced)
        s->synced = number;
}

/* Reads the last segment to its end, whose last record is then s->synced. Return: as spool_open_segment(). */
static int
scan_last(struct spool *s)
{
    struct spool_segment_entry *g = &s->segments[s->n_segments - 1];
    struct spool_record record;
    int r = spool_open_segment(s, s->n_segments - 1, g->bytes, 0);

    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    note_synced(s, g->first - 1);
    while ((r = spool_segment_read(&s->reader, &record)) == 0)
        note_synced(s, record.number);
    return r < 0 ? error_trace(r) : 0;
}

static void
cut_tail(struct spool *s, uint64_t whole)
{
    struct spool_segment_entry *g = &s->segments[s->n_segments - 1];
    char name[SPOOL_NAME_MAX];
    uint64_t cut = g->bytes - whole;

    if (cut == 0)
        return;
    log_warning("spool", "%s/%s: cut %" PRIu64 " bytes off its end, where a write did not end", s->path,
        spool_file_name(g->first, name), cut);
    counters_add(s->counters, SPOOL_C_CUT, cut);
    if (spool_file_cut(s->dir, g->first, whole) < 0)
        log_warning("spool", "they stay there, and are not read");
    g->bytes = whole;
    s->segment_bytes_total -= cut;
}

/* A segment that holds nothing: a crash came first. */
void
spool_drop_last(struct spool *s)
{
    (void)spool_file_remove(s->dir, s->segments[s->n_segments - 1].first);
    spool_drop_segment(s, s->n_segments - 1);
}

/* Finds where the spool ends. Segments that cannot be read at all are set aside. Return: 0 or negative errno. */
static int
find_end(struct spool *s)
{
    while (s->n_segments > 0) {
        struct spool_segment_entry *g = &s->segments[s->n_segments - 1];
        int r;

        if (g->bytes < SPOOL_SEGMENT_HEADER) {
            cut_tail(s, 0);
            spool_drop_last(s);
            continue;
        }
        r = scan_last(s);
        if (r < 0)
            return error_trace(r);
        if (r == SPOOL_SEGMENT_E_BAD) {
            spool_set_aside(s, s->n_segments - 1);
            continue;
        }
        cut_tail(s, s->reader.whole);
        spool_segment_close(&s->reader);
        if (g->bytes > SPOOL_SEGMENT_HEADER)
            return 0;
        spool_drop_last(s);
    }
    return 0;
}

static int
list_segments(struct spool *s)
{
    CLEANUP_FREE struct spool_file *files = NULL;
    size_t n;
    size_t i;
    int r = spool_folder_list(s->dir, &files, &n, &s->n_set_aside);

    for (i = 0; i < n && r == 0; i++)
        r = spool_add_segment(s, files[i].first, files[i].bytes);
    return r < 0 ? error_trace(r) : 0;
}

static int
make_buffers(struct spool *s, const struct spool_settings *settings)
{
    size_t most = SPOOL_RECORD_HEADER + SPOOL_RECORD_PROCESS + NAMES_MAX + settings->record_max;

    s->block.cap = most > SPOOL_BLOCK_BYTES ? most : SPOOL_BLOCK_BYTES;
    ASSERT(s->block.cap <= SPOOL_BLOCK_MAX);
    s->block.p = malloc(s->block.cap);
    s->out = malloc(s->sync_bytes + SPOOL_RESERVE_BYTES + SPOOL_BLOCK_HEADER + ZSTD_compressBound(s->block.cap));
    if (s->block.p == NULL || s->out == NULL)
        return error_origin(-ENOMEM);
    if (s->compression == 0)
        return 0;
    s->zstd = ZSTD_createCCtx();
    return s->zstd == NULL ? error_origin(-ENOMEM) : 0;
}

/* Where nothing is on record yet, reading begins with what there is. Numbers go on behind all that ever was. */
static void
begin_at(struct spool *s, uint64_t place)
{
    note_synced(s, place);
    if (place == 0 && s->n_segments > 0)
        place = s->segments[0].first - 1;
    s->last = s->synced;
    s->place = place;
    s->forgotten = place;
    s->reading = 0;
    spool_forget(s, place);
    s->oldest_wanted = true;
}

int
spool_open(struct spool **out, const struct spool_settings *settings, uint64_t place)
{
    CLEANUP(spool_close) struct spool *s = NULL;
    int r;

    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return error_origin(-ENOMEM);
    s->dir = s->fd = -1;
    spool_segment_init(&s->reader);
    s->clock = settings->clock;
    s->counters = settings->counters;
    s->bytes_max = settings->bytes_max;
    s->segment_bytes = settings->segment_bytes;
    s->sync_bytes = settings->sync_bytes;
    s->compression = (int)settings->compression;
    if (asprintf(&s->path, "%s/%s", settings->root, settings->name) < 0)
        return error_origin(-ENOMEM);
    r = make_buffers(s, settings);
    if (r == 0)
        r = spool_folder_open(&s->dir, settings->root, settings->name);
    if (r == 0)
        r = list_segments(s);
    if (r == 0)
        r = find_end(s);
    if (r < 0)
        return error_trace(r);
    if (getrandom(&s->mark, sizeof(s->mark), 0) != sizeof(s->mark))
        return error_origin(-EIO);
    begin_at(s, place);
    *out = TAKE(s);
    return 0;
}

void
spool_close(struct spool *s)
{
    if (s == NULL)
        return;
    spool_segment_fini(&s->reader);
    (void)ZSTD_freeCCtx(s->zstd);
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->dir >= 0)
        (void)close(s->dir);
    free(s->segments);
    free(s->block.p);
    free(s->out);
    free(s->path);
    free(s);
}

/* ---- forgetting ---- */

/* The number of the last record that segment @i may hold. */
static uint64_t
last_of(const struct spool *s, size_t i)
{
    return i + 1 < s->n_segments ? s->segments[i + 1].first - 1 : s->synced;
}

void
spool_forget(struct spool *s, uint64_t place)
{
    if (place < s->forgotten)
        return;
    s->oldest_wanted = s->oldest_wanted || place > s->forgotten;
    s->forgotten = place;
    if (s->place < place)
        s->place = place;
    while (s->n_segments > (s->fd >= 0) && last_of(s, 0) <= place) {
        if (s->reading == 0 && s->reader.fd >= 0)
            spool_note_damage(s);
        if (s->segments[0].damaged) {
            spool_set_aside(s, 0);
        } else {
            (void)spool_file_remove(
                s->dir, s->segments[0].first); /* where it stays, it is forgotten again at a start */
            spool_drop_segment(s, 0);
        }
    }
}

bool
spool_is_empty(const struct spool *s)
{
    return s->forgotten >= s->last;
}

struct spool_level
spool_level(const struct spool *s)
{
    return (struct spool_level){
        .bytes = spool_bytes(s),
        .n_frames = s->last - s->forgotten,
        .oldest = s->forgotten >= s->last ? (struct walltime){0} : s->oldest,
        .n_set_aside = s->n_set_aside,
    };
}
