/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/moment.h"

#include "base/cursor.h"

enum { EPOCH_DIGITS_MIN = 9, EPOCH_DIGITS_MAX = 19, SLASHED_MAX = 48 };

static bool
parse_rfc3339(struct slice text, const struct timestamp_options *options, struct walltime *out)
{
    struct timestamp t;

    if (text.n == 0 || timestamp_read_rfc3339(text, options, &t) != text.n)
        return false;
    *out = t.time;
    return true;
}

static bool
parse_clf(struct slice text, const struct timestamp_options *options, struct walltime *out)
{
    (void)options;
    return timestamp_parse_clf(text, out);
}

static bool
parse_header(struct slice text, const struct timestamp_options *options, struct walltime *out)
{
    struct timestamp t;

    if (text.n == 0 || timestamp_read(text, options, &t) != text.n)
        return false;
    *out = t.time;
    return true;
}

static bool
parse_slashed(struct slice text, const struct timestamp_options *options, struct walltime *out)
{
    char dashed[SLASHED_MAX];

    if (text.n < 10 || text.n > sizeof(dashed) || text.p[4] != '/' || text.p[7] != '/')
        return false;
    memcpy(dashed, text.p, text.n);
    dashed[4] = '-';
    dashed[7] = '-';
    return parse_rfc3339(slice_of(dashed, text.n), options, out);
}

/* What stands behind the point, where @unit nanoseconds are one. */
static int64_t
take_fraction(struct slice *in, int64_t unit)
{
    int64_t ns = 0;
    unsigned digit;

    if (!cursor_skip(in, '.'))
        return 0;
    while (cursor_number(in, 1, &digit)) {
        unit /= 10;
        ns += digit * unit;
    }
    return ns;
}

/* 11 digits are seconds up to the year 5138, or milliseconds up to 1973: which unit is meant is clear by their number.
 */
static bool
parse_epoch(struct slice text, const struct timestamp_options *options, struct walltime *out)
{
    size_t n = text.n;
    uint64_t value;
    int64_t unit;
    int64_t ns;

    (void)options;
    if (!cursor_digits(&text, EPOCH_DIGITS_MAX, &value))
        return false;
    n -= text.n;
    unit = n <= 11 ? NS_PER_S : n <= 14 ? NS_PER_S / 1000 : n <= 17 ? NS_PER_S / 1000000 : 1;
    if (n < EPOCH_DIGITS_MIN || value >= (uint64_t)(INT64_MAX / unit))
        return false;
    ns = (int64_t)value * unit + take_fraction(&text, unit);
    if (text.n == 0)
        out->ns = ns;
    return text.n == 0;
}

static const struct {
    const char *name;
    bool (*parse)(struct slice text, const struct timestamp_options *options, struct walltime *out);
} forms[] = {
    // clang-format off
    [MOMENT_RFC3339] = {"rfc3339", parse_rfc3339},
    [MOMENT_CLF]     = {"clf",     parse_clf},
    [MOMENT_SLASHED] = {"slashed", parse_slashed},
    [MOMENT_EPOCH]   = {"epoch",   parse_epoch},
    [MOMENT_HEADER]  = {"header",  parse_header},
    // clang-format on
};

bool
moment_form_parse(struct slice name, enum moment_form *form)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(forms); i++) {
        if (!slice_eq(name, slice_str(forms[i].name)))
            continue;
        *form = (enum moment_form)i;
        return true;
    }
    return false;
}

bool
moment_parse(struct slice text, enum moment_form form, const struct timestamp_options *options, struct walltime *out)
{
    return forms[form].parse(text, options, out) && out->ns != 0;
}
