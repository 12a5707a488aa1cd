/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the spool's files share: the spool.
 *
 *   spool.c        opening: where the spool ends, what is damaged; its segments; forgetting
 *   spool_write.c  appending and syncing
 *   spool_read.c   reading
 *
 * A frame's way: into the block being filled (plain records), sealed and compressed into `out` (blocks), written and
 * synced as a whole, read again from the file. `out` keeps everything since the last sync, because of a sync that
 * failed nobody knows what is on the disk: then the segment is left at its last synced byte and `out` goes to a new
 * one.
 *
 * A process never appends to a segment of one before: its first sync begins a new one. So only the last segment of a
 * folder can have a torn tail.
 */

#include "input/spool.h"
#include "input/spool_folder.h"
#include "input/spool_segment.h"

enum {
    SPOOL_BLOCK_BYTES = 128 * 1024,        /* twice as much compresses no better at level 1 */
    SPOOL_RESERVE_BYTES = 4 * 1024 * 1024, /* for what streams have read when the spool is full */
};

struct spool_segment_entry {
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

    struct spool_segment_entry *segments; /* in order; the last is being written where fd is open */
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
    struct ZSTD_CCtx_s *zstd; /* NULL: not compressed */
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

/** spool_add_segment() - a segment more, the last. Return: 0 or -ENOMEM. */
int spool_add_segment(struct spool *s, uint64_t first, uint64_t bytes);

/** spool_drop_segment() - forget entry @i, not its file; the reader's place stays. Was it written to, that ends. */
void spool_drop_segment(struct spool *s, size_t i);

/** spool_drop_last() - remove the last segment, which holds nothing. */
void spool_drop_last(struct spool *s);

/**
 * spool_open_segment() - let the reader read segment @i up to @end, behind record @number
 *
 * Return: 0; SPOOL_SEGMENT_E_BAD, told; or negative errno.
 */
int spool_open_segment(struct spool *s, size_t i, uint64_t end, uint64_t number);

/** spool_note_damage() - tell, once, what the reader passed over of the segment it reads. */
void spool_note_damage(struct spool *s);

/** spool_set_aside() - name the file of segment @i *.bad, and forget it. */
void spool_set_aside(struct spool *s, size_t i);

/** spool_bytes() - what it holds, on the disk and in memory. */
uint64_t spool_bytes(const struct spool *s);
