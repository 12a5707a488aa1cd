/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Normalizer: one frame in, exactly one event out.
 *
 * Chooses the parser, adds header, structured data and JSON as fields, runs the decoders of config/mappings/ on free
 * text, and names the log sources the event belongs to. Immutable after normalizer_new() and shared by lanes; each
 * lane brings its own scratch.
 */

#include "base/counters.h"
#include "base/diag.h"
#include "config/settings.h"
#include "model/event.h"

struct normalizer;
struct normalizer_scratch;

/**
 * normalizer_new() - compile the mappings in settings->mappings_path and the routes of inputs and sources
 *
 * Return: 0 with *@out set when @diag has no error, 0 with *@out NULL when it has, negative errno of the machine.
 */
int normalizer_new(struct normalizer **out, const struct settings *settings, struct diag *diag);
void normalizer_free(struct normalizer *n);
CLEANUP_DEFINE(normalizer_free, struct normalizer *)

/**
 * Whether some rule asks for a field of events of @logsource, or is for them and for none of @given, which they are
 * known to have anyway; empty attributes stand for events without a log source.
 */
typedef bool normalizer_asks_fn(
    const void *ctx, const struct logsource *logsource, const struct logsource *const *given, size_t n_given);

/**
 * normalizer_scratch_new() - what one lane needs
 * @n:    the normalizer, which must outlive it
 * @asks: text that nobody asks for is left undecoded; NULL: everything is decoded at once
 * @ctx:  for @asks, which is called now and then as long as the scratch lives
 *
 * Return: 0 or -ENOMEM.
 */
int normalizer_scratch_new(
    struct normalizer_scratch **out, const struct normalizer *n, normalizer_asks_fn *asks, const void *ctx);
void normalizer_scratch_free(struct normalizer_scratch *s);
CLEANUP_DEFINE(normalizer_scratch_free, struct normalizer_scratch *)

/**
 * normalizer_event() - read @frame into @out
 * @n:       the normalizer
 * @scratch: the lane's
 * @frame:   its bytes stay the caller's; @out points into them
 * @arena:   for fields and unescaped values
 * @out:     all of it is set
 */
void normalizer_event(const struct normalizer *n, struct normalizer_scratch *scratch, const struct frame *frame,
    struct arena *arena, struct event *out);

/**
 * normalizer_decode() - what normalizer_event() left: add the fields of the text
 * @event: the one read last, with its frame and arena as they were; nothing happens where it is decoded already
 *
 * Its log sources stay as they are: no rule asks for the others.
 */
void normalizer_decode(struct normalizer_scratch *s, struct event *event);

/** normalizer_carry() - let @s, not used yet, go on from what @before counted. */
void normalizer_carry(struct normalizer_scratch *s, const struct normalizer_scratch *before);

/** normalizer_counters() - what the lane's normalizing met: unparsed headers, decoder limits, dropped fields. */
const struct counters *normalizer_counters(const struct normalizer_scratch *s);
