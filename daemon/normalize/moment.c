/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/moment.h"

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

static const struct {
    const char *name;
    bool (*parse)(struct slice text, const struct timestamp_options *options, struct walltime *out);
} forms[] = {
    // clang-format off
    [MOMENT_RFC3339] = {"rfc3339", parse_rfc3339},
    [MOMENT_CLF]     = {"clf",     parse_clf},
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
