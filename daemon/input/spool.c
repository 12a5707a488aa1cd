/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A frame's way: into the block being filled (plain records), sealed and compressed into `out` (blocks), written and
 * synced as a whole, read again from the file. `out` keeps everything since the last sync, because of a sync that
 * failed nobody knows what is on the disk: then the segment is left at its last synced byte and `out` goes to a new
 * one.
 *
 * A process never appends to a segment of one before: its first sync begins a new one. So only the last segment of a
 * folder can have a torn tail.
 */

#include "input/spool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>
#include <zstd.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/log.h"
#include "input/spool_folder.h"
#include "input/spool_segment.h"

enum {
    BLOCK_BYTES = 128 * 1024,        /* twice as much compresses no better at level 1 */
    COMPRESS_LEAST = 256,            /* below it zstd's own header eats what it saves */
    RESERVE_BYTES = 4 * 1024 * 1024, /* for what streams have read when the spool is full */
    RETRY_MS = 200,
    NAMES_MAX = 3 * UINT16_MAX,
};

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

struct segment {
    uint64_t first;
    uint64_t bytes; /* that are ours: what is behind is of a sync that failed; 0: nothing is synced yet */
    bool damaged;
};

struct spool {
    int dir;
    char *path; /* for the log */
    const struct clock *clock;
    struct counters *counters;
    uint64_t bytes_max;
    uint64_t segment_bytes;
    size_t sync_bytes;
    int compression;

    struct segment *segments; /* in order; the last is being written where fd is open */
    size_t n_segments;
    size_t segments_cap;
    uint64_t segment_bytes_total;
    unsigned n_set_aside;

    /* writing */
    int fd; /* of the last segment; -1: the next sync begins a new one */
    uint64_t mark;
    uint64_t last;   /* number of the last frame appended */
    uint64_t synced; /* of the last on the disk */
    struct {
        char *p;
        size_t n;
        size_t cap;
        uint64_t first; /* number of its first record */
        uint32_t n_records;
    } block;
    char *out; /* sealed blocks, none synced */
    size_t n_out;
    uint64_t out_first;
    ZSTD_CCtx *zstd; /* NULL: not compressed */
    bool failing;
    struct monotime retry_due;
    uint64_t n_failures; /* of this row */

    /* reading */
    struct spool_segment_reader reader;
    size_t reading;     /* index of its segment */
    uint64_t place;     /* the last frame given out or passed over */
    uint64_t forgotten; /* the last place on record */
    struct walltime oldest;
    bool oldest_wanted; /* at the next read */
};

/* ---- segments ---- */

static int
add_segment(struct spool *s, uint64_t first, uint64_t bytes)
{
    if (s->n_segments == s->segments_cap) {
        size_t cap = s->segments_cap == 0 ? 64 : 2 * s->segments_cap;
        struct segment *grown = reallocarray(s->segments, cap, sizeof(*grown));

        if (grown == NULL)
            return error_origin(-ENOMEM);
        s->segments = grown;
        s->segments_cap = cap;
    }
    s->segments[s->n_segments++] = (struct segment){.first = first, .bytes = bytes};
    s->segment_bytes_total += bytes;
    return 0;
}

/* Forgets entry @i; the reader's place stays where it was. What is written goes to a new one where this was the last.
 */
static void
drop_segment(struct spool *s, size_t i)
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

static void
set_aside(struct spool *s, size_t i)
{
    char name[SPOOL_NAME_MAX];
    int r = spool_file_set_aside(s->dir, s->segments[i].first);

    if (r < 0 && r != -ENOENT)
        log_error("spool", "%s/%s cannot be set aside: %s", s->path, spool_file_name(s->segments[i].first, name),
            strerrordesc_np(-r));
    s->n_set_aside += r == 0;
    drop_segment(s, i);
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
static int
open_segment(struct spool *s, size_t i, uint64_t end, uint64_t number)
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

/* Reads the last segment to its end, whose last record is then s->synced. Return: as open_segment(). */
static int
scan_last(struct spool *s)
{
    struct segment *g = &s->segments[s->n_segments - 1];
    struct spool_record record;
    int r = open_segment(s, s->n_segments - 1, g->bytes, 0);

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
    struct segment *g = &s->segments[s->n_segments - 1];
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
static void
drop_last(struct spool *s)
{
    (void)spool_file_remove(s->dir, s->segments[s->n_segments - 1].first);
    drop_segment(s, s->n_segments - 1);
}

/* Finds where the spool ends. Segments that cannot be read at all are set aside. Return: 0 or negative errno. */
static int
find_end(struct spool *s)
{
    while (s->n_segments > 0) {
        struct segment *g = &s->segments[s->n_segments - 1];
        int r;

        if (g->bytes < SPOOL_SEGMENT_HEADER) {
            cut_tail(s, 0);
            drop_last(s);
            continue;
        }
        r = scan_last(s);
        if (r < 0)
            return error_trace(r);
        if (r == SPOOL_SEGMENT_E_BAD) {
            set_aside(s, s->n_segments - 1);
            continue;
        }
        cut_tail(s, s->reader.whole);
        spool_segment_close(&s->reader);
        if (g->bytes > SPOOL_SEGMENT_HEADER)
            return 0;
        drop_last(s);
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
        r = add_segment(s, files[i].first, files[i].bytes);
    return r < 0 ? error_trace(r) : 0;
}

static int
make_buffers(struct spool *s, const struct spool_settings *settings)
{
    size_t most = SPOOL_RECORD_HEADER + NAMES_MAX + settings->record_max;

    s->block.cap = most > BLOCK_BYTES ? most : BLOCK_BYTES;
    ASSERT(s->block.cap <= SPOOL_BLOCK_MAX);
    s->block.p = malloc(s->block.cap);
    s->out = malloc(s->sync_bytes + RESERVE_BYTES + SPOOL_BLOCK_HEADER + ZSTD_compressBound(s->block.cap));
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

/* ---- appending ---- */

/* Into @to, which has room for it. Return: the bytes it is stored in, in the coding that @h is set to. */
static size_t
store_block(struct spool *s, char *to, struct spool_block_header *h)
{
    size_t n = s->block.n;

    if (s->zstd != NULL && n >= COMPRESS_LEAST) {
        size_t packed = ZSTD_compressCCtx(s->zstd, to, ZSTD_compressBound(n), s->block.p, n, s->compression);

        if (!ZSTD_isError(packed) && packed < n) {
            h->coding = SPOOL_ZSTD;
            return packed;
        }
    }
    memcpy(to, s->block.p, n);
    h->coding = SPOOL_PLAIN;
    return n;
}

/* The block being filled goes to those that wait to be written. */
static void
seal(struct spool *s)
{
    struct spool_block_header h = {
        .first = s->block.first, .n_records = s->block.n_records, .plain_bytes = (uint32_t)s->block.n};
    char *to = s->out + s->n_out;

    if (s->block.n == 0)
        return;
    if (s->n_out == 0)
        s->out_first = h.first;
    h.stored_bytes = (uint32_t)store_block(s, to + SPOOL_BLOCK_HEADER, &h);
    h.crc = crc32c(0, slice_of(to + SPOOL_BLOCK_HEADER, h.stored_bytes));
    spool_block_header_write(to, s->mark, &h);
    s->n_out += SPOOL_BLOCK_HEADER + h.stored_bytes;
    s->block.n = 0;
    s->block.n_records = 0;
}

static size_t
in_memory(const struct spool *s)
{
    return s->n_out + s->block.n;
}

static uint64_t
bytes_held(const struct spool *s)
{
    return s->segment_bytes_total + in_memory(s);
}

bool
spool_is_full(const struct spool *s)
{
    return bytes_held(s) >= s->bytes_max || (s->failing && in_memory(s) >= s->sync_bytes);
}

static bool
has_room(const struct spool *s, size_t n)
{
    n += in_memory(s) + SPOOL_BLOCK_HEADER;
    return n <= s->sync_bytes + RESERVE_BYTES && s->segment_bytes_total + n <= s->bytes_max + RESERVE_BYTES;
}

int
spool_append(struct spool *s, struct spool_record *r)
{
    size_t n = spool_record_bytes(r);

    ASSERT(n <= s->block.cap && r->input.n <= UINT16_MAX && r->peer.n <= UINT16_MAX && r->identity.n <= UINT16_MAX);
    if (!has_room(s, n))
        return SPOOL_E_FULL;
    if (s->block.n > 0 && s->block.n + n > BLOCK_BYTES)
        seal(s);
    r->number = ++s->last;
    if (s->block.n == 0)
        s->block.first = r->number;
    spool_record_write(s->block.p + s->block.n, r);
    s->block.n += n;
    s->block.n_records++;
    counters_add(s->counters, SPOOL_C_APPENDED, 1);
    if (s->oldest_wanted && s->forgotten + 1 == r->number) {
        s->oldest = r->received;
        s->oldest_wanted = false;
    }
    if (s->n_out >= s->sync_bytes)
        (void)spool_sync(s);
    return 0;
}

/* ---- onto the disk ---- */

static int
write_all(int fd, struct slice rest)
{
    while (rest.n > 0) {
        ssize_t n = write(fd, rest.p, rest.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_origin(errno == EFBIG || errno == EDQUOT ? -ENOSPC : -errno);
        rest = slice_from(rest, (size_t)n);
    }
    return 0;
}

static int
begin_segment(struct spool *s)
{
    const struct spool_segment_header h = {s->out_first, s->mark};
    char bytes[SPOOL_SEGMENT_HEADER];
    int fd;
    int r;

    (void)spool_file_remove(s->dir, h.first); /* what a failure could not take away again */
    fd = spool_file_create(s->dir, h.first);
    if (fd < 0)
        return error_trace(fd);
    r = add_segment(s, h.first, 0);
    if (r < 0) {
        (void)close(fd);
        return error_trace(r);
    }
    s->fd = fd;
    spool_segment_header_write(bytes, &h);
    return write_all(s->fd, slice_of(bytes, sizeof(bytes)));
}

static int
write_out(struct spool *s)
{
    int r = s->fd < 0 ? begin_segment(s) : 0;

    if (r == 0)
        r = write_all(s->fd, slice_of(s->out, s->n_out));
    if (r == 0 && fdatasync(s->fd) != 0)
        r = error_origin(errno == EDQUOT ? -ENOSPC : -errno);
    return r < 0 ? error_trace(r) : 0;
}

/* Leaves the segment at what of it is synced; one that has nothing goes. */
static void
leave_segment(struct spool *s)
{
    const struct segment *g;

    if (s->fd < 0)
        return;
    g = &s->segments[s->n_segments - 1];
    if (g->bytes == 0) {
        drop_last(s);
        return;
    }
    if (ftruncate(s->fd, (off_t)g->bytes) != 0)
        log_debug("spool", "what was not synced stays; it is not read, for its numbers come again");
    (void)close(s->fd);
    s->fd = -1;
}

static int
failed(struct spool *s, int r)
{
    leave_segment(s);
    if (!s->failing)
        log_error(
            "spool", "%s cannot be written: %s; frames wait in memory, then inputs wait", s->path, strerrordesc_np(-r));
    s->failing = true;
    s->n_failures++;
    s->retry_due = monotime_add(clock_mono(s->clock), RETRY_MS * NS_PER_MS);
    counters_add(s->counters, SPOOL_C_FAILED, 1);
    return r == -ENOSPC ? SPOOL_E_FULL : r;
}

static void
succeeded(struct spool *s)
{
    struct segment *g = &s->segments[s->n_segments - 1];
    uint64_t bytes = s->n_out + (g->bytes == 0 ? SPOOL_SEGMENT_HEADER : 0);

    if (s->failing)
        log_notice("spool", "%s is written again, after %" PRIu64 " failures", s->path, s->n_failures);
    s->failing = false;
    s->n_failures = 0;
    g->bytes += bytes;
    s->segment_bytes_total += bytes;
    counters_add(s->counters, SPOOL_C_SYNCED, s->last - s->synced);
    s->synced = s->last;
    s->n_out = 0;
    if (g->bytes < s->segment_bytes)
        return;
    (void)close(s->fd);
    s->fd = -1;
}

int
spool_sync(struct spool *s)
{
    int r;

    if (s->failing && clock_mono(s->clock).ns < s->retry_due.ns)
        return SPOOL_E_FULL;
    seal(s);
    if (s->n_out == 0)
        return 0;
    counters_add(s->counters, SPOOL_C_SYNCS, 1);
    r = write_out(s);
    if (r < 0)
        return failed(s, r);
    succeeded(s);
    return 0;
}

bool
spool_unsynced(const struct spool *s)
{
    return in_memory(s) > 0;
}

uint64_t
spool_synced(const struct spool *s)
{
    return s->synced;
}

/* ---- reading ---- */

static void
note_lost(struct spool *s, uint64_t next)
{
    if (next <= s->place + 1)
        return;
    counters_add(s->counters, SPOOL_C_LOST, next - s->place - 1);
    log_error("spool", "%s: frames %" PRIu64 " to %" PRIu64 " are missing", s->path, s->place + 1, next - 1);
    s->place = next - 1;
}

/* What the reader passed over of the segment it reads. */
static void
note_damage(struct spool *s)
{
    struct segment *g = &s->segments[s->reading];

    if (s->reader.n_damaged == 0 || g->damaged)
        return;
    g->damaged = true;
    tell_damage(s, g->first, s->reader.damaged_at, s->reader.damage);
}

/* The segment at hand has no more; goes to the next. Return: whether there is one. */
static bool
next_segment(struct spool *s)
{
    if (s->n_segments > 0 && s->reader.fd >= 0)
        note_damage(s);
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
        r = open_segment(s, s->reading, s->segments[s->reading].bytes, s->place);
        if (r < 0)
            return error_trace(r);
        if (r == SPOOL_SEGMENT_E_BAD)
            set_aside(s, s->reading);
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
            note_damage(s);
        if (s->segments[0].damaged) {
            set_aside(s, 0);
        } else {
            (void)spool_file_remove(
                s->dir, s->segments[0].first); /* where it stays, it is forgotten again at a start */
            drop_segment(s, 0);
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
        .bytes = bytes_held(s),
        .n_frames = s->last - s->forgotten,
        .oldest = s->forgotten >= s->last ? (struct walltime){0} : s->oldest,
        .n_set_aside = s->n_set_aside,
    };
}
