/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/trust.h"

enum { FILLER_MAX = 160, TAIL_MAX = 4, PATTERNS_MAX = 3, TEXT_MAX = FILLER_MAX + 16 };

/* Small sets, in each of which pattern 0 must be found in `core`, whatever stands before and behind. */
static const struct probe {
    struct prefilter_pattern patterns[PATTERNS_MAX];
    size_t n;
    struct slice core;
} probes[] = {
// clang-format off
#define EXPRESSION(text) {{text, sizeof(text) - 1}, true, true, 0, PREFILTER_EXACT}
#define LITERAL(text)    {{text, sizeof(text) - 1}, false, false, 0, PREFILTER_EXACT}
    {{LITERAL("xy"), LITERAL("ab")},                       2, {"xy", 2}},
    {{LITERAL("xy"), LITERAL("xyz"), LITERAL("az")},       3, {"xy", 2}},
    {{EXPRESSION("z")},                                    1, {"z", 1}},
    {{EXPRESSION("cz*")},                                  1, {"c", 1}},
    {{EXPRESSION("q{1,3}"), EXPRESSION("hello")},          2, {"q", 1}},
    {{EXPRESSION("(?:x|yz)")},                             1, {"yz", 2}},
    {{EXPRESSION("b+(?:x|yz)?"), EXPRESSION("xy")},        2, {"b", 1}},
    {{LITERAL("xy"), EXPRESSION("q$")},                    2, {"xy", 2}},
#undef EXPRESSION
#undef LITERAL
    // clang-format on
};

static int
note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *ctx)
{
    bool *found = ctx;

    (void)from;
    (void)to;
    (void)flags;
    *found |= id == 0;
    return 0;
}

static bool
passes(const struct probe *probe, const struct prefilter *p, struct prefilter_scratch *scratch)
{
    char text[TEXT_MAX];
    size_t filler;
    size_t tail;

    for (filler = 0; filler <= FILLER_MAX; filler++)
        for (tail = 0; tail <= TAIL_MAX; tail++) {
            bool found = false;

            memset(text, 'm', filler);
            memcpy(text + filler, probe->core.p, probe->core.n);
            memcpy(text + filler + probe->core.n, "1d 2", tail);
            prefilter_scan(p, slice_of(text, filler + probe->core.n + tail), scratch, note, &found);
            if (!found)
                return false;
        }
    return true;
}

/* Whether @probe passes when compiled as for @trust. */
static bool
holds(const struct probe *probe, enum prefilter_trust trust)
{
    CLEANUP(prefilter_free) struct prefilter *p = NULL;
    CLEANUP(prefilter_scratch_free) struct prefilter_scratch *scratch = NULL;
    size_t refused;

    if (prefilter_new(&p, probe->patterns, probe->n, trust, &refused) != 0 || prefilter_scratch_fit(&scratch, p) < 0)
        return false;
    return passes(probe, p, scratch);
}

static bool
has_regex(const struct probe *probe)
{
    size_t i;

    for (i = 0; i < probe->n; i++)
        if (probe->patterns[i].is_regex)
            return true;
    return false;
}

enum prefilter_trust
trust_measure(void)
{
    enum prefilter_trust trust = PREFILTER_TRUSTED;
    size_t i;

    if (!prefilter_available())
        return PREFILTER_DISTRUSTED;
    for (i = 0; i < ARRAY_LEN(probes) && trust == PREFILTER_TRUSTED; i++)
        if (!holds(&probes[i], PREFILTER_TRUSTED))
            trust = PREFILTER_LITERALS;
    for (i = 0; i < ARRAY_LEN(probes) && trust == PREFILTER_LITERALS; i++)
        if (!has_regex(&probes[i]) && !holds(&probes[i], PREFILTER_LITERALS))
            trust = PREFILTER_DISTRUSTED;
    return trust;
}
