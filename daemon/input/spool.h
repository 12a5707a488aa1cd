/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Spool: frames on disk between their receipt and their processing.
 *
 * Frames are appended, get rising numbers, and are safe once spool_sync() has returned 0; only then are they given out
 * by spool_read(). A number is a place: who has put on record what the frames up to it caused says so by
 * spool_forget(), and segments that hold nothing else are deleted. After a crash reading goes on behind the place on
 * record, so each frame has its effect once.
 *
 * A write that fails (a full disk) loses nothing that was taken: it stays in memory, is tried again, and only when that
 * is used up, or the spool has its size, is it full. Nothing in the folder keeps a spool from opening: what a crash
 * left at the end is cut off, what is damaged is passed over and set aside (*.bad), all of it counted and in the log.
 *
 * Of one lane; its thread. Nothing is allocated for a frame.
 */

#include "base/clock.h"
#include "base/counters.h"
#include "input/spool_format.h"

enum { SPOOL_E_FULL = 1, SPOOL_E_END };

enum spool_counter {
    SPOOL_C_APPENDED,
    SPOOL_C_SYNCED,
    SPOOL_C_SYNCS,
    SPOOL_C_FAILED,
    SPOOL_C_BAD,
    SPOOL_C_CUT,
    SPOOL_C_LOST,
    SPOOL_C_SHED,
    SPOOL_C_PAUSES,
    SPOOL_C_BYTES,
    SPOOL_C_WAITING,
    SPOOL_C_SET_ASIDE,
    SPOOL_COUNTERS,
};

extern const struct counter_def spool_counter_defs[SPOOL_COUNTERS];

struct spool_settings {
    const char *root; /* the folder of all spools; made where it is not there */
    const char *name; /* of this one's folder in it */
    uint64_t bytes_max;
    uint64_t segment_bytes; /* a new segment begins where one has so many */
    size_t sync_bytes;      /* written at the latest when so many wait in memory */
    size_t record_max;      /* bytes of the longest frame */
    unsigned compression;   /* a level of zstd; 0: none */
    const struct clock *clock;
    struct counters
        *counters; /* of spool_counter_defs; spools of one thread may share them, levels are theirs to set */
};

struct spool;

/**
 * spool_open() - open or begin a spool
 * @out:      the spool
 * @settings: the strings need not outlive the call
 * @place:    up to where frames are on record; the next frame's number is greater, whatever is in the folder
 *
 * Return: 0, or negative errno where there is no folder to write to.
 */
int spool_open(struct spool **out, const struct spool_settings *settings, uint64_t place);

/** spool_close() - what was not synced is gone. */
void spool_close(struct spool *s);
CLEANUP_DEFINE(spool_close, struct spool *)

/**
 * spool_append() - take a copy of @r, whose number is set here
 *
 * May write. Return: 0, or SPOOL_E_FULL where there is no room for it: not taken.
 */
int spool_append(struct spool *s, struct spool_record *r);

/**
 * spool_sync() - all that was appended onto the disk
 *
 * Return: 0; or SPOOL_E_FULL or negative errno: it is kept and tried again, a little later at the soonest.
 */
int spool_sync(struct spool *s);

/**
 * spool_is_full() - whether who can wait should
 *
 * There is still room then for all that a stream may have read already.
 */
bool spool_is_full(const struct spool *s);

/** spool_unsynced() - whether there is something to sync. */
bool spool_unsynced(const struct spool *s);

/** spool_synced() - the number of the last frame that is on the disk. */
uint64_t spool_synced(const struct spool *s);

/**
 * spool_read() - the next frame behind the one given out before; its slices stay until the next call on @s
 *
 * Return: 0, SPOOL_E_END where no more are on the disk, or negative errno: try again later.
 */
int spool_read(struct spool *s, struct spool_record *out);

/** spool_forget() - what the frames up to @place caused is on record. */
void spool_forget(struct spool *s, uint64_t place);

/** spool_is_empty() - whether every frame that was ever appended is forgotten. */
bool spool_is_empty(const struct spool *s);

/** What waits. */
struct spool_level {
    uint64_t bytes;         /* on the disk and in memory */
    uint64_t n_frames;      /* appended and not forgotten */
    struct walltime oldest; /* when the oldest of them was received; 0: none, or not read yet */
    unsigned n_set_aside;   /* files named *.bad */
};

struct spool_level spool_level(const struct spool *s);
