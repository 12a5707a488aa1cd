/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * File: whole files and folders of authored text, read at start and reload.
 */

#include "base/buffer.h"

enum { FILE_E_TOO_LARGE = 1, FILE_E_EXPOSED };

/**
 * file_read() - append all of @path to @out
 * @path:      what to read
 * @bytes_max: the most it may hold
 * @out:       the caller's
 *
 * Return: 0, FILE_E_TOO_LARGE, or negative errno (-ENOENT and -EACCES are for the caller to explain).
 */
int file_read(const char *path, size_t bytes_max, struct buffer *out);

/**
 * file_read_secret() - as file_read(), for keys and passwords
 *
 * Return: as file_read(), or FILE_E_EXPOSED where group or others may read @path or somebody else owns it.
 */
int file_read_secret(const char *path, size_t bytes_max, struct buffer *out);

/** What file_walk() calls for each file; a value other than 0 ends the walk. */
typedef int file_fn(void *ctx, const char *path);

/**
 * file_walk() - visit the regular files below @root, or @root itself, in the order of their paths; links are followed,
 * and one that leads nowhere is visited like a file
 * @root:     a folder or a file
 * @suffixes: visit only names that end in one of these, as ".yml", up to a NULL; a file named as @root always
 * @fn:       called for each
 * @ctx:      handed to @fn
 *
 * Return: 0, what @fn returned, or negative errno.
 */
int file_walk(const char *root, const char *const *suffixes, file_fn *fn, void *ctx);
