/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One segment of a spool, read record by record.
 *
 * What is damaged is passed over and told, never given out: a block whose bytes are not those that were written, or
 * what lies between two whole blocks. How many records that cost is seen by the numbers of those that follow.
 */

#include "base/buffer.h"
#include "input/spool_format.h"

enum { SPOOL_SEGMENT_E_BAD = 1, SPOOL_SEGMENT_E_END };

struct spool_segment_reader {
    int fd;          /* the reader's; -1: none */
    uint64_t end;    /* what is behind is not to be read, or not yet: the owner moves it on */
    uint64_t at;     /* where the next block begins */
    uint64_t whole;  /* where the last whole block ended */
    uint64_t number; /* of the last record given out; others up to here are passed over */
    struct spool_segment_header header;
    struct slice records; /* of the block at hand, not yet given out */
    uint64_t next;        /* number of the first of these */
    uint32_t n_records;
    struct buffer stored;
    struct buffer plain;
    struct ZSTD_DCtx_s *zstd; /* NULL: not needed yet */

    unsigned n_damaged; /* places */
    uint64_t damaged_at;
    const char *damage; /* what was wrong at the first */
};

/** spool_segment_init() - a reader of nothing; its memory serves one segment after the other. */
void spool_segment_init(struct spool_segment_reader *r);
void spool_segment_fini(struct spool_segment_reader *r);

/**
 * spool_segment_open() - read @fd, which becomes the reader's, up to @end; only records behind @number
 *
 * Return: 0, SPOOL_SEGMENT_E_BAD where it has no whole header, or negative errno.
 */
int spool_segment_open(struct spool_segment_reader *r, int fd, uint64_t end, uint64_t number);
void spool_segment_close(struct spool_segment_reader *r);

/**
 * spool_segment_read() - the next record; its slices stay until the next call
 *
 * Return: 0, SPOOL_SEGMENT_E_END, or -ENOMEM.
 */
int spool_segment_read(struct spool_segment_reader *r, struct spool_record *out);
