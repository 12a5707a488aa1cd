/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Fold: detections of the same key into one open alert, counted exactly. Internal to this room.
 *
 * The fold window runs on the wall time of detections, from the latest one. The table owns its alerts with all their
 * text. Returns are 0 or negative, the sink's too.
 */

#include "correlate/key.h"
#include "correlate/told.h"

struct fold;

/** fold_new() - an empty table; @settings and @told stay as long as it. */
int fold_new(struct fold **out, const struct correlator_settings *settings, const struct told *told);
void fold_free(struct fold *f);
CLEANUP_DEFINE(fold_free, struct fold *)

/** fold_detection() - count @d into the alert of @key, made by @recipe, opening one where none is open. */
int fold_detection(struct fold *f, struct detection *d, const struct key *key, const struct key_recipe *recipe);

/** fold_tick() - tell the minutes that are over and close the alerts that have been quiet long enough. */
int fold_tick(struct fold *f, struct walltime now);

/** fold_flush() - tell each alert that changed; no detection is referred to afterwards. */
int fold_flush(struct fold *f);

/** fold_settle() - copy the detections still to be told. Return: 0, or CORRELATOR_E_FULL where they do not fit. */
int fold_settle(struct fold *f);

int fold_restore(struct fold *f, const struct alert *alert);

size_t fold_length(const struct fold *f);
