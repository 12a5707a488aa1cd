/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Evidence: the events behind detections, in append-only files of JSON lines, evidence/000001.jsonl and on.
 *
 * Each line names, as "prev", the SHA-256 of the line before it (with its line end; across files too; zeros before the
 * first): so the digest of the last line, the head, stands for everything before it. Each commit puts the file's size
 * and head into an entry, evidence.segment. Anyone checks a line by `sha256sum` and the next one's "prev".
 *
 * Lines collect in memory and are written before the commit; what a crash leaves behind the committed size is cut off
 * at the next start. Internal to store/; the ledger thread.
 */

#include "base/buffer.h"
#include "ledger/digest.h"

/** Where a line is. */
struct evidence_ref {
    unsigned segment;
    uint64_t offset;
    struct digest sha256;
};

/** What is committed, and what a rollback brings back. */
struct evidence_mark {
    unsigned segment; /* from 1 */
    uint64_t bytes;   /* of its file */
    uint64_t records; /* of its file */
    struct digest head;
};

struct evidence {
    struct evidence_mark now; /* with the lines still in memory */
    struct buffer lines;      /* not written yet: the last of now.bytes, and perhaps a line begun */
    size_t complete;          /* of these bytes, what whole lines take */
    int dir;
    int fd; /* -1: the file is not open */
};

/**
 * evidence_open() - go on at @at in the folder @path, which is made where it is not there
 * @cut:     set to how many uncommitted bytes were cut off
 * @missing: set to how many committed bytes are not there; the next line then goes to a new file
 *
 * Return: 0 or negative errno.
 */
int evidence_open(
    struct evidence *e, const char *path, const struct evidence_mark *at, uint64_t *cut, uint64_t *missing);
void evidence_close(struct evidence *e);

/** evidence_line() - the buffer to write the next line into, without its line end, before evidence_add(). */
static inline struct buffer *
evidence_line(struct evidence *e)
{
    return &e->lines;
}

/** evidence_add() - what was written since the last is a line; @ref says where. Return: 0 or negative errno. */
int evidence_add(struct evidence *e, struct hasher *h, struct evidence_ref *ref);

/** evidence_sync() - all lines onto the disk. Return: 0 or negative errno. */
int evidence_sync(struct evidence *e);

/** evidence_rollback() - back to @mark. Return: 0 or negative errno. */
int evidence_rollback(struct evidence *e, const struct evidence_mark *mark);

/** evidence_next() - this file is finished; the next line begins another. */
void evidence_next(struct evidence *e);

enum { EVIDENCE_NAME_MAX = 32 };

/** evidence_name() - the name of the file of @segment. Return: @out. */
const char *evidence_name(unsigned segment, char out[static EVIDENCE_NAME_MAX]);
