/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The bytes of a spool's segment files. All numbers are little-endian.
 *
 *   segment   header, then blocks to its end
 *   header    "ismspool"  version:4  flags:4 (0)  first:8  mark:8  crc:4       crc is over all before it
 *   block     mark:8  first:8  records:4  plain:4  stored:4  coding:4  payload-crc:4  crc:4, then `stored` bytes
 *   payload   records, one behind the other: as they are (coding 0) or as one frame of zstd (1)
 *   record    n:4  crc:4  marks:4  received:8 (ns)  input:2  peer:2  identity:2  flags:2, where flag 1 is set the
 *             sender's process (pid:4  uid:4  gid:4), then the bytes of the three and, up to n bytes in all, the frame
 *
 * Records have rising numbers: a block says that of its first, the others follow. Each one's sum is over its number
 * too, so that none is taken for another. The mark is drawn at random by each process that writes: behind a damaged
 * block the next one is found by it, and nobody can have put a block of their own into a message.
 *
 * Bytes that are read are as hostile as any: whoever wrote here before may have been another. Pure; any thread.
 */

#include "model/event.h"

enum {
    SPOOL_SEGMENT_HEADER = 36,
    SPOOL_BLOCK_HEADER = 40,
    SPOOL_RECORD_HEADER = 28,
    SPOOL_RECORD_PROCESS = 12,
    SPOOL_BLOCK_MAX = 2 << 20, /* bytes of a block's records; one alone is never more than frame_max and its names */
};

/** Numbers stay below, in names and blocks alike, so that they fit any signed column and never run over. */
#define SPOOL_NUMBER_MAX (UINT64_MAX >> 2)

/** A frame, and what came with it. */
struct spool_record {
    uint64_t number; /* from 1; a writer's append sets it */
    struct slice raw;
    struct slice input; /* its name, for the configuration may have changed since */
    struct slice peer;
    struct slice identity;
    struct process_credentials process;
    uint32_t marks; /* enum frame_mark */
    struct walltime received;
};

struct spool_segment_header {
    uint64_t first; /* number of its first record */
    uint64_t mark;
};

enum spool_coding { SPOOL_PLAIN, SPOOL_ZSTD };

struct spool_block_header {
    uint64_t first;
    uint32_t n_records; /* at least one */
    uint32_t plain_bytes;
    uint32_t stored_bytes;
    uint32_t coding; /* enum spool_coding */
    uint32_t crc;    /* of the payload as it is stored */
};

void spool_segment_header_write(char out[static SPOOL_SEGMENT_HEADER], const struct spool_segment_header *h);

/** spool_segment_header_read() - the header that @in begins with. Return: whether it is whole and of this version. */
bool spool_segment_header_read(struct spool_segment_header *out, struct slice in);

void spool_block_header_write(char out[static SPOOL_BLOCK_HEADER], uint64_t mark, const struct spool_block_header *h);

/** spool_block_header_read() - the header that @in begins with, in a segment of @mark. Return: whether it is whole. */
bool spool_block_header_read(struct spool_block_header *out, uint64_t mark, struct slice in);

/** spool_mark_search() - where @mark stands first in @in. Return: its index, or SIZE_MAX. */
size_t spool_mark_search(struct slice in, uint64_t mark);

/** spool_record_bytes() - how many bytes @r takes in a block. */
static inline size_t
spool_record_bytes(const struct spool_record *r)
{
    return SPOOL_RECORD_HEADER + (r->process.known ? SPOOL_RECORD_PROCESS : 0) + r->input.n + r->peer.n +
           r->identity.n + r->raw.n;
}

/** spool_record_write() - spool_record_bytes() of @r to @out; input, peer and identity are at most UINT16_MAX bytes. */
void spool_record_write(char *out, const struct spool_record *r);

/**
 * spool_record_take() - take the record @number off the front of a block's records @in
 *
 * Its slices are of @in's bytes. Return: whether it is whole; otherwise @in stays.
 */
bool spool_record_take(struct spool_record *out, uint64_t number, struct slice *in);
