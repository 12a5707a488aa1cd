/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Two kinds of database. Literals alone go through the literal API: half the size, and quick to compile. Where there
 * are expressions too, all go into one database, since one scan of both costs a third less than two scans (3,000
 * patterns of which 500 are expressions, 137-byte lines: 450 ns against 670).
 */

#include "detect/prefilter.h"

#include <errno.h>
#include <hs/hs.h>
#include <limits.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/cursor.h"
#include "base/error.h"
#include "base/regex.h"

/*
 * An expression beyond these costs more than a thousand ordinary ones and is matched by PCRE2 instead. Counted repeats
 * are what makes most of them costly, and are seen without trying: `.{1,64}x.{1,64}` takes 700 ms to compile. What is
 * merely long is compiled once by itself, to see.
 */
enum { DECOYS = 32, REPEATS_MAX = 100, LONG_BYTES = 128, COMPILE_MS_MAX = 100, DATABASE_BYTES_MAX = 256 * 1024 };

struct prefilter {
    hs_database_t *db;
};

struct prefilter_scratch {
    hs_scratch_t *scratch;
};

bool
prefilter_available(void)
{
    return hs_valid_platform() == HS_SUCCESS;
}

static unsigned
flags_of(unsigned regex_flags, enum prefilter_grade grade)
{
    unsigned flags = HS_FLAG_UTF8 | HS_FLAG_ALLOWEMPTY | HS_FLAG_SINGLEMATCH;

    if ((regex_flags & REGEX_CASELESS) != 0)
        flags |= HS_FLAG_CASELESS;
    if ((regex_flags & REGEX_MULTILINE) != 0)
        flags |= HS_FLAG_MULTILINE;
    if ((regex_flags & REGEX_DOTALL) != 0)
        flags |= HS_FLAG_DOTALL;
    return grade == PREFILTER_APPROXIMATE ? flags | HS_FLAG_PREFILTER : flags;
}

static bool
understands(const char *regex, unsigned flags)
{
    hs_expr_info_t *info = NULL;
    hs_compile_error_t *problem = NULL;
    hs_error_t r = hs_expression_info(regex, flags, &info, &problem);

    free(info);
    (void)hs_free_compile_error(problem);
    return r == HS_SUCCESS;
}

/* The bounds of all counted repeats added up: of {m,n} the upper one. */
static unsigned
count_repeats(struct slice regex)
{
    unsigned sum = 0;

    while (regex.n > 0) {
        unsigned low = 0;
        unsigned high = 0;
        bool is_repeat = cursor_skip(&regex, '{') && cursor_number(&regex, 6, &low);

        if (is_repeat && cursor_skip(&regex, ','))
            (void)cursor_number(&regex, 6, &high);
        if (is_repeat)
            sum += low > high ? low : high;
        (void)cursor_until(&regex, '{');
    }
    return sum;
}

static bool
is_affordable(const char *regex, unsigned flags)
{
    struct monotime start = clock_mono(clock_system());
    hs_database_t *db = NULL;
    hs_compile_error_t *problem = NULL;
    size_t bytes = SIZE_MAX;
    hs_error_t r = hs_compile(regex, flags, HS_MODE_BLOCK, NULL, &db, &problem);

    (void)hs_free_compile_error(problem);
    if (r == HS_SUCCESS)
        (void)hs_database_size(db, &bytes);
    (void)hs_free_database(db);
    return bytes <= DATABASE_BYTES_MAX && clock_mono(clock_system()).ns - start.ns <= COMPILE_MS_MAX * NS_PER_MS;
}

enum prefilter_grade
prefilter_grade(struct slice regex, unsigned flags)
{
    CLEANUP_FREE char *z = slice_dup(regex);
    enum prefilter_grade grade;

    /* Vectorscan reads to the first NUL; bytes as characters, or a match at the start only, it is not asked for. */
    if (z == NULL || strlen(z) != regex.n || (flags & (REGEX_BYTES | REGEX_ANCHORED)) != 0)
        return PREFILTER_REFUSED;
    if (count_repeats(regex) > REPEATS_MAX)
        return PREFILTER_REFUSED;
    grade = understands(z, flags_of(flags, PREFILTER_EXACT)) ? PREFILTER_EXACT : PREFILTER_APPROXIMATE;
    if (grade == PREFILTER_APPROXIMATE && !understands(z, flags_of(flags, grade)))
        return PREFILTER_REFUSED;
    if (regex.n > LONG_BYTES && !is_affordable(z, flags_of(flags, grade)))
        return PREFILTER_REFUSED;
    return grade;
}

/* What the compile functions of Vectorscan want: parallel arrays, with room for decoys behind the patterns. */
struct sources {
    const char **texts;
    char **owned;
    unsigned *flags;
    unsigned *ids;
    size_t *lengths;
    size_t n_patterns;
    size_t n;
};

static void
sources_fini(struct sources *s)
{
    size_t i;

    for (i = 0; s->owned != NULL && i < s->n_patterns; i++)
        free(s->owned[i]);
    free(s->owned);
    free(s->texts);
    free(s->flags);
    free(s->ids);
    free(s->lengths);
}

/* Every byte as \xNN, so that no byte of a literal means anything as an expression. */
static char *
escape_literal(struct slice literal)
{
    static const char hex[] = "0123456789abcdef";
    char *z = malloc(literal.n * 4 + 1);
    size_t i;

    if (z == NULL)
        return NULL;
    for (i = 0; i < literal.n; i++) {
        unsigned char c = (unsigned char)literal.p[i];

        memcpy(z + i * 4, (const char[]){'\\', 'x', hex[c >> 4], hex[c & 15]}, 4);
    }
    z[literal.n * 4] = '\0';
    return z;
}

static int
sources_init(struct sources *s, const struct prefilter_pattern *patterns, size_t n, bool as_regex)
{
    size_t room = n + DECOYS;
    size_t i;

    *s = (struct sources){.texts = calloc(room, sizeof(*s->texts)),
        .owned = calloc(room, sizeof(*s->owned)),
        .flags = calloc(room, sizeof(*s->flags)),
        .ids = calloc(room, sizeof(*s->ids)),
        .lengths = calloc(room, sizeof(*s->lengths)),
        .n_patterns = n,
        .n = n};
    if (s->texts == NULL || s->owned == NULL || s->flags == NULL || s->ids == NULL || s->lengths == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < n; i++) {
        const struct prefilter_pattern *p = &patterns[i];

        s->owned[i] = as_regex && !p->is_regex ? escape_literal(p->text) : slice_dup(p->text);
        if (s->owned[i] == NULL)
            return error_origin(-ENOMEM);
        s->texts[i] = s->owned[i];
        s->lengths[i] = p->text.n;
        s->ids[i] = (unsigned)i;
        s->flags[i] = p->is_regex ? flags_of(p->regex_flags, p->grade)
                                  : HS_FLAG_CASELESS | (p->once ? HS_FLAG_SINGLEMATCH : 0);
    }
    return 0;
}

/* Pairs of control characters, so many and so different that no accelerator is built for the set. */
static void
sources_add_decoys(struct sources *s)
{
    static const char decoys[DECOYS][2] = {
        // clang-format off
        "\x01\x0e", "\x02\x1b", "\x03\x0f", "\x04\x1c", "\x05\x10", "\x06\x1d", "\x07\x11", "\x08\x1e",
        "\x0b\x12", "\x0c\x1f", "\x0e\x13", "\x0f\x01", "\x10\x14", "\x11\x02", "\x12\x15", "\x13\x03",
        "\x14\x16", "\x15\x04", "\x16\x17", "\x17\x05", "\x18\x18", "\x19\x06", "\x1a\x19", "\x1b\x07",
        "\x1c\x1a", "\x1d\x08", "\x1e\x0b", "\x1f\x0c", "\x01\x1a", "\x05\x1b", "\x0e\x1c", "\x15\x1d",
        // clang-format on
    };
    size_t i;

    for (i = 0; i < DECOYS; i++) {
        s->texts[s->n] = decoys[i];
        s->lengths[s->n] = sizeof(decoys[i]);
        s->flags[s->n] = HS_FLAG_SINGLEMATCH;
        s->ids[s->n] = (unsigned)s->n;
        s->n++;
    }
}

/* The literal API takes no expressions, and a literal that begins with NUL for an empty one. */
static bool
beyond_literal_api(const struct prefilter_pattern *patterns, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (patterns[i].is_regex || patterns[i].text.p[0] == '\0')
            return true;
    return false;
}

static int
compile(hs_database_t **db, const struct sources *s, bool as_regex, size_t *refused)
{
    hs_compile_error_t *problem = NULL;
    hs_error_t r;

    if (as_regex)
        r = hs_compile_multi(s->texts, s->flags, s->ids, (unsigned)s->n, HS_MODE_BLOCK, NULL, db, &problem);
    else
        r = hs_compile_lit_multi(
            s->texts, s->flags, s->ids, s->lengths, (unsigned)s->n, HS_MODE_BLOCK, NULL, db, &problem);
    if (r == HS_SUCCESS)
        return 0;
    if (r == HS_NOMEM)
        return error_origin(-ENOMEM);
    *refused = problem != NULL && problem->expression >= 0 ? (size_t)problem->expression : SIZE_MAX;
    (void)hs_free_compile_error(problem);
    return PREFILTER_E_REFUSED;
}

int
prefilter_new(struct prefilter **out, const struct prefilter_pattern *patterns, size_t n, enum prefilter_trust trust,
    size_t *refused)
{
    CLEANUP(prefilter_free) struct prefilter *p = NULL;
    struct sources s;
    bool as_regex = beyond_literal_api(patterns, n);
    int r;

    p = calloc(1, sizeof(*p));
    if (p == NULL)
        return error_origin(-ENOMEM);
    ASSERT(!as_regex || trust == PREFILTER_TRUSTED);
    r = sources_init(&s, patterns, n, as_regex);
    if (r == 0 && trust != PREFILTER_TRUSTED)
        sources_add_decoys(&s);
    if (r == 0)
        r = compile(&p->db, &s, as_regex, refused);
    sources_fini(&s);
    if (r != 0)
        return r < 0 ? error_trace(r) : r;
    *out = TAKE(p);
    return 0;
}

void
prefilter_free(struct prefilter *p)
{
    if (p == NULL)
        return;
    (void)hs_free_database(p->db);
    free(p);
}

size_t
prefilter_bytes(const struct prefilter *p)
{
    size_t bytes = 0;

    (void)hs_database_size(p->db, &bytes);
    return bytes;
}

int
prefilter_scratch_fit(struct prefilter_scratch **s, const struct prefilter *p)
{
    if (*s == NULL)
        *s = calloc(1, sizeof(**s));
    if (*s == NULL || hs_alloc_scratch(p->db, &(*s)->scratch) != HS_SUCCESS)
        return error_origin(-ENOMEM);
    return 0;
}

int
prefilter_scratch_clone(struct prefilter_scratch **out, const struct prefilter_scratch *s)
{
    CLEANUP(prefilter_scratch_free) struct prefilter_scratch *clone = NULL;

    clone = calloc(1, sizeof(*clone));
    if (clone == NULL || hs_clone_scratch(s->scratch, &clone->scratch) != HS_SUCCESS)
        return error_origin(-ENOMEM);
    *out = TAKE(clone);
    return 0;
}

void
prefilter_scratch_free(struct prefilter_scratch *s)
{
    if (s == NULL)
        return;
    (void)hs_free_scratch(s->scratch);
    free(s);
}

void
prefilter_scan(const struct prefilter *p, struct slice text, struct prefilter_scratch *s, prefilter_fn *fn, void *ctx)
{
    hs_error_t r;

    ASSERT(text.n <= UINT_MAX);
    r = hs_scan(p->db, text.n == 0 ? "" : text.p, (unsigned)text.n, 0, s->scratch, fn, ctx);
    ASSERT(r == HS_SUCCESS);
}
