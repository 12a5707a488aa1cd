/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reload: configuration, rules and mappings read again, beside what runs. Certificates and keys are the inputs' own to
 * read again (input/inputs.h).
 *
 * Rules and mappings are swapped in at a batch boundary; what is wrong with them is logged and the old ones go on: a
 * mapping with all others and all rules, a rule by itself (detect/keep.h). Every other setting takes effect at the next
 * start, and a change of one says so.
 */

#include "ismsd/pipeline.h"

struct reload;

/** reload_new() - @program runs now; @settings is what the daemon was started with. Return: 0 or negative errno. */
int reload_new(
    struct reload **out, const struct settings *settings, struct program *program, const struct clock *clock);
void reload_free(struct reload *r);
CLEANUP_DEFINE(reload_free, struct reload *)

/**
 * reload_begin() - start reading on the loader thread
 *
 * While one is under way another follows it, since what was changed meanwhile may have been read already. Return: 0 or
 * negative errno.
 */
int reload_begin(struct reload *r, struct pipeline *p);

/** reload_is_under_way() - whether something is being read. */
bool reload_is_under_way(const struct reload *r);

/** reload_fd() - readable when reload_finish() has something to take over. */
int reload_fd(const struct reload *r);

/** reload_finish() - take over what was read, where it is good, and begin what was asked for meanwhile. */
void reload_finish(struct reload *r, struct pipeline *p);

/** reload_program() - what runs now. */
struct program *reload_program(const struct reload *r);

/** reload_counters() - how often it was done and refused, and how many rules run on as they were. */
const struct counters *reload_counters(const struct reload *r);
