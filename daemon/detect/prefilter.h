/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Prefilter: thousands of patterns looked for in one pass over a text. The only place that knows Vectorscan (hs_*).
 *
 * Literals are found without regard to the case of ASCII letters; text beyond ASCII has to be folded first. Regular
 * expressions are UTF-8: the text scanned must be, unless the database holds literals only. A database is immutable and
 * shared by threads; each thread brings its own scratch.
 */

#include "base/slice.h"

enum { PREFILTER_E_REFUSED = 1 };

/** What Vectorscan makes of a regular expression. */
enum prefilter_grade {
    PREFILTER_EXACT,       /* reports it exactly where PCRE2 would match */
    PREFILTER_APPROXIMATE, /* reports too much, never too little: what it reports must be confirmed */
    PREFILTER_REFUSED,     /* a construct it does not have, or one that would cost too much */
};

struct prefilter_pattern {
    struct slice text;
    bool is_regex;
    bool once;                  /* its first place is enough; otherwise every place is reported */
    unsigned regex_flags;       /* base/regex.h */
    enum prefilter_grade grade; /* of a regular expression: as prefilter_grade() said */
};

/** How far the library can be relied on (trust.h). */
enum prefilter_trust {
    PREFILTER_DISTRUSTED, /* not at all */
    PREFILTER_LITERALS,   /* for literals by the literal API, in sets large enough that nothing is accelerated */
    PREFILTER_TRUSTED,
};

struct prefilter;
struct prefilter_scratch;

/** prefilter_available() - whether this processor can run it (SSSE3 or NEON). */
bool prefilter_available(void);

/**
 * prefilter_grade() - what becomes of @regex
 * @regex: a pattern that PCRE2 compiled
 * @flags: base/regex.h
 *
 * A pattern that would cost more than a thousand others is refused, which may take a trial of some milliseconds.
 */
enum prefilter_grade prefilter_grade(struct slice regex, unsigned flags);

/**
 * prefilter_new() - compile @n patterns into one database
 * @out:      set to it
 * @patterns: pattern i is reported as number i; what is reported with a number of @n or more means nothing
 * @n:        at least one
 * @trust:    with PREFILTER_LITERALS no pattern is an expression or begins with NUL
 * @refused:  set on PREFILTER_E_REFUSED to the pattern at fault, SIZE_MAX where it is not one alone
 *
 * Return: 0, PREFILTER_E_REFUSED, or -ENOMEM.
 */
int prefilter_new(struct prefilter **out, const struct prefilter_pattern *patterns, size_t n,
    enum prefilter_trust trust, size_t *refused);
void prefilter_free(struct prefilter *p);
CLEANUP_DEFINE(prefilter_free, struct prefilter *)

/** prefilter_bytes() - how much memory @p takes. */
size_t prefilter_bytes(const struct prefilter *p);

/** prefilter_scratch_fit() - make @s (NULL at first) large enough for @p as well. Return: 0 or -ENOMEM. */
int prefilter_scratch_fit(struct prefilter_scratch **s, const struct prefilter *p);
int prefilter_scratch_clone(struct prefilter_scratch **out, const struct prefilter_scratch *s);
void prefilter_scratch_free(struct prefilter_scratch *s);
CLEANUP_DEFINE(prefilter_scratch_free, struct prefilter_scratch *)

/** What is called for each find: pattern @id ends at offset @to. Must return 0; @from and @flags say nothing. */
typedef int prefilter_fn(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx);

/** prefilter_scan() - report every pattern found in @text. */
void prefilter_scan(
    const struct prefilter *p, struct slice text, struct prefilter_scratch *s, prefilter_fn *fn, void *ctx);
