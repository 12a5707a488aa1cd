/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/body.h"

#include "parsers/cef.h"
#include "parsers/json.h"
#include "parsers/leef.h"

static struct slice
skip_blanks(struct slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_from(s, 1);
    return s;
}

enum body_kind
body_read_json(struct slice text, struct fields *out)
{
    size_t n = out->n;
    size_t n_dropped = out->n_dropped;

    text = skip_blanks(text);
    if (LIKELY(text.n == 0 || text.p[0] != '{'))
        return BODY_TEXT;
    if (json_flatten(slice_trim(text), out, NULL) == 0)
        return BODY_RECORD;
    out->n = n;
    out->n_dropped = n_dropped;
    return BODY_BROKEN_JSON;
}

static enum body_kind
read_device(struct slice text, struct fields *out)
{
    if (slice_starts(text, SLICE("CEF:")))
        return cef_parse(text, out) == 0 ? BODY_RECORD : BODY_BROKEN_CEF;
    if (slice_starts(text, SLICE("LEEF:")))
        return leef_parse(text, out) == 0 ? BODY_RECORD : BODY_BROKEN_CEF;
    return BODY_TEXT;
}

enum body_kind
body_read(const struct chain *shapes, struct slice text, struct fields *out, const struct mapping **mapping)
{
    (void)shapes;
    *mapping = NULL;
    text = skip_blanks(text);
    if (text.n == 0)
        return BODY_TEXT;
    if (text.p[0] == '{')
        return body_read_json(text, out);
    if (text.p[0] == 'C' || text.p[0] == 'L')
        return read_device(text, out);
    return BODY_TEXT;
}
