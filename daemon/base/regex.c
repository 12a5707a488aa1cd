/* SPDX-License-Identifier: Apache-2.0 */
#include "base/regex.h"

#include <errno.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/error.h"
#include "base/utf8.h"

/*
 * The limits keep one match below about 10 ms. JIT code knows only the match limit (the count of its steps); the
 * interpreter, which takes the few patterns JIT refuses, knows all three.
 */
enum {
    REGEX_MATCH_LIMIT = 100000,
    REGEX_DEPTH_LIMIT = 1000,
    REGEX_HEAP_KIB = 4096,
    REGEX_GROUPS_MAX = 64,
    REGEX_STACK_MAX = 512 * 1024,
    REGEX_PADDING = 16,
};

struct regex {
    pcre2_code *code;
    bool utf;
    bool direct; /* JIT code that needs none of pcre2_match()'s checks: there is no encoding to check */
};

struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    pcre2_jit_stack *stack;
    const PCRE2_SIZE *at; /* where the groups of the last match begin and end */
    int n_groups;         /* that the last match set */
    char *padded;         /* for texts that end in a broken character */
    size_t padded_cap;
};

static const struct {
    unsigned flag;
    uint32_t option;
} regex_options[] = {
    // clang-format off
    {REGEX_CASELESS,  PCRE2_CASELESS},
    {REGEX_MULTILINE, PCRE2_MULTILINE},
    {REGEX_DOTALL,    PCRE2_DOTALL},
    {REGEX_ANCHORED,  PCRE2_ANCHORED},
    // clang-format on
};

static uint32_t
options_of(unsigned flags)
{
    uint32_t options = PCRE2_NEVER_BACKSLASH_C;
    size_t i;

    if ((flags & REGEX_BYTES) == 0)
        options |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
    for (i = 0; i < ARRAY_LEN(regex_options); i++)
        if ((flags & regex_options[i].flag) != 0)
            options |= regex_options[i].option;
    return options;
}

static int
explain(int code, size_t offset, struct regex_problem *problem)
{
    if (code == PCRE2_ERROR_HEAP_FAILED)
        return error_origin(-ENOMEM);
    problem->offset = offset;
    (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)problem->text, sizeof(problem->text));
    return REGEX_E_SYNTAX;
}

int
regex_new(struct regex **out, struct slice pattern, unsigned flags, struct regex_problem *problem)
{
    CLEANUP(regex_free) struct regex *re = NULL;
    size_t offset;
    int code;

    re = calloc(1, sizeof(*re));
    if (re == NULL)
        return error_origin(-ENOMEM);
    re->code = pcre2_compile(
        (PCRE2_SPTR)(pattern.n == 0 ? "" : pattern.p), pattern.n, options_of(flags), &code, &offset, NULL);
    if (re->code == NULL)
        return explain(code, offset, problem);
    /* Where JIT refuses, the interpreter takes over, with the limits. */
    re->utf = (flags & REGEX_BYTES) == 0;
    re->direct = pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE) == 0 && (flags & REGEX_BYTES) != 0;
    *out = TAKE(re);
    return 0;
}

void
regex_free(struct regex *re)
{
    if (re == NULL)
        return;
    pcre2_code_free(re->code);
    free(re);
}

int
regex_scratch_new(struct regex_scratch **out)
{
    CLEANUP(regex_scratch_free) struct regex_scratch *s = NULL;

    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return error_origin(-ENOMEM);
    s->data = pcre2_match_data_create(REGEX_GROUPS_MAX + 1, NULL);
    s->context = pcre2_match_context_create(NULL);
    s->stack = pcre2_jit_stack_create(32 * 1024, REGEX_STACK_MAX, NULL);
    if (s->data == NULL || s->context == NULL)
        return error_origin(-ENOMEM);
    s->at = pcre2_get_ovector_pointer(s->data);
    pcre2_set_match_limit(s->context, REGEX_MATCH_LIMIT);
    pcre2_set_depth_limit(s->context, REGEX_DEPTH_LIMIT);
    pcre2_set_heap_limit(s->context, REGEX_HEAP_KIB);
    if (s->stack != NULL)
        pcre2_jit_stack_assign(s->context, NULL, s->stack);
    *out = TAKE(s);
    return 0;
}

void
regex_scratch_free(struct regex_scratch *s)
{
    if (s == NULL)
        return;
    free(s->padded);
    pcre2_jit_stack_free(s->stack);
    pcre2_match_context_free(s->context);
    pcre2_match_data_free(s->data);
    free(s);
}

static bool
ends_broken(struct slice text)
{
    size_t begin = text.n;
    uint32_t c;

    while (begin > 0 && text.n - begin < UTF8_BYTES_MAX && ((unsigned char)text.p[begin - 1] & 0xc0) == 0x80)
        begin--;
    if (begin == text.n)
        return text.n > 0 && (unsigned char)text.p[text.n - 1] >= 0x80;
    return begin == 0 || utf8_decode(slice_from(text, begin - 1), &c) != text.n - begin + 1;
}

/*
 * JIT code of PCRE2 10.42 reads on behind a text that ends in a broken character, and \B then depends on what it finds.
 * Such a text is matched in a copy with NULs behind it. Return: false where there is no memory for one.
 */
static bool
pad(struct slice *text, struct regex_scratch *scratch)
{
    if (text->n + REGEX_PADDING > scratch->padded_cap) {
        char *padded = realloc(scratch->padded, 2 * text->n + REGEX_PADDING);

        if (padded == NULL)
            return false;
        scratch->padded = padded;
        scratch->padded_cap = 2 * text->n + REGEX_PADDING;
    }
    memcpy(scratch->padded, text->p, text->n);
    memset(scratch->padded + text->n, 0, REGEX_PADDING);
    text->p = scratch->padded;
    return true;
}

int
regex_match(const struct regex *re, struct slice text, struct regex_scratch *scratch)
{
    PCRE2_SPTR p;
    int r;

    scratch->n_groups = 0;
    if (re->utf && ends_broken(text) && !pad(&text, scratch))
        return REGEX_E_LIMIT;
    p = (PCRE2_SPTR)(text.p == NULL ? "" : text.p);
    r = re->direct ? pcre2_jit_match(re->code, p, text.n, 0, 0, scratch->data, scratch->context)
                   : pcre2_match(re->code, p, text.n, 0, 0, scratch->data, scratch->context);
    if (r >= 0) {
        scratch->n_groups = r == 0 ? REGEX_GROUPS_MAX + 1 : r;
        return 0;
    }
    return r == PCRE2_ERROR_NOMATCH || r == PCRE2_ERROR_PARTIAL ? REGEX_E_NO_MATCH : REGEX_E_LIMIT;
}

struct slice
regex_group(const struct regex_scratch *scratch, struct slice text, unsigned i)
{
    const PCRE2_SIZE *at = scratch->at;

    if ((int)i >= scratch->n_groups || at[2 * i] == PCRE2_UNSET || at[2 * i] > at[2 * i + 1])
        return (struct slice){NULL, 0};
    return slice_of(text.p + at[2 * i], at[2 * i + 1] - at[2 * i]);
}

void
regex_names(const struct regex *re, void (*fn)(void *ctx, struct slice name, unsigned group), void *ctx)
{
    uint32_t n = 0;
    uint32_t size = 0;
    PCRE2_SPTR row = NULL;
    uint32_t i;

    (void)pcre2_pattern_info(re->code, PCRE2_INFO_NAMECOUNT, &n);
    (void)pcre2_pattern_info(re->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
    (void)pcre2_pattern_info(re->code, PCRE2_INFO_NAMETABLE, &row);
    for (i = 0; i < n; i++, row += size)
        fn(ctx, slice_str((const char *)row + 2), (unsigned)row[0] << 8 | row[1]);
}
