/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The folder of a spool: its segment files, each named by the number of its first record, 00000000000000000001.spool.
 *
 * All is done below a descriptor of the folder and follows no links; what is no file of our own is not read. Files are
 * the owner's alone (0600, folders 0700).
 */

#include "base/defs.h"

enum { SPOOL_NAME_MAX = 40 };

/** A segment file: the number in its name, and its size. */
struct spool_file {
    uint64_t first;
    uint64_t bytes;
};

/**
 * spool_folder_open() - the folder @name in @root, both made where they are not there
 * @dir: set to its descriptor, the caller's to close
 *
 * Return: 0 or negative errno.
 */
int spool_folder_open(int *dir, const char *root, const char *name);

/**
 * spool_folder_list() - the segments in @dir, in the order of their numbers
 * @out:   set to them, the caller's to free; NULL where there are none
 * @n:     set to how many there are
 * @n_bad: set to how many were set aside and are still there
 *
 * Return: 0 or negative errno.
 */
int spool_folder_list(int dir, struct spool_file **out, size_t *n, unsigned *n_bad);

/** spool_file_name() - the name of the segment that begins with record @first. Return: @out. */
const char *spool_file_name(uint64_t first, char out[static SPOOL_NAME_MAX]);

/** spool_file_create() - a new segment, and its name onto the disk. Return: its descriptor to append to, or -errno. */
int spool_file_create(int dir, uint64_t first);

/** spool_file_open() - a segment to read, with its @bytes. Return: its descriptor, or -errno; -EINVAL: not our file. */
int spool_file_open(int dir, uint64_t first, uint64_t *bytes);

/** spool_file_cut() - shorten a segment to @bytes. Return: 0 or negative errno. */
int spool_file_cut(int dir, uint64_t first, uint64_t bytes);

/** spool_file_remove() - forget a segment. Return: 0 or negative errno. */
int spool_file_remove(int dir, uint64_t first);

/** spool_file_set_aside() - name it *.bad, so that it is read no more and kept. Return: 0 or negative errno. */
int spool_file_set_aside(int dir, uint64_t first);
