/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Decoder: the patterns that may fit one program's messages, and the first of them that does.
 *
 * A message costs a look at its first byte, the literals of the few patterns that may begin so, and a regex run or two.
 */

#include "base/counters.h"
#include "normalize/mapping.h"

enum { CHAIN_PATTERNS_MAX = 64 };

struct chain {
    const struct pattern *patterns[CHAIN_PATTERNS_MAX]; /* in the order they are tried */
    size_t n;
    uint64_t first[256]; /* by a message's first byte: which patterns may fit, as bits */
};

/** chain_add() - all patterns of @m behind those already there. Return: false where they are too many; none is added.
 */
bool chain_add(struct chain *c, const struct mapping *m);

/**
 * chain_next() - the next pattern whose literals are in @message
 * @may: patterns not asked yet, as bits: at first c->first[] of the message's first byte
 *
 * Return: NULL where there is none.
 */
const struct pattern *chain_next(const struct chain *c, struct slice message, uint64_t *may);

/** What a lane lends to decoding. */
struct decoding {
    struct regex_scratch *regex;
    struct counters *counters;
    unsigned counter_limit; /* where a match given up at its limit is counted */
    const struct timestamp_options *options;
    struct fields *fields; /* where fields go */
    struct walltime time;  /* set where the message tells its time */
};

/**
 * chain_decode() - add the fields of @message
 *
 * Return: the pattern that fitted, NULL where none did or one reached a limit.
 */
const struct pattern *chain_decode(const struct chain *c, struct slice message, struct decoding *d);

/** labels_rename() - give the field @i its names in @labels, the first in place. */
void labels_rename(struct fields *fields, size_t i, struct labels labels);
