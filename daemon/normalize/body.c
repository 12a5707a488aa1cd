/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/body.h"

#include "normalize/record.h"
#include "parsers/cef.h"
#include "parsers/csv.h"
#include "parsers/json.h"
#include "parsers/kv.h"
#include "parsers/leef.h"
#include "parsers/winevent.h"

static struct slice
skip_blanks(struct slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_from(s, 1);
    return s;
}

static enum body_kind
read_json(struct slice text, struct fields *out)
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

static void
read_columns(const struct mapping *m, struct slice text, struct fields *out)
{
    struct csv csv = csv_begin(text, m->separator, out->arena);
    struct slice column;
    size_t i;

    for (i = 0; i < m->n_columns && csv_next(&csv, &column); i++)
        if (column.n > 0 && m->columns[i].name.n > 0)
            label_add(out, &m->columns[i], column);
}

static enum body_kind
read_audit(struct slice text, struct fields *out, struct body *body)
{
    if (auditd_parse(text, &body->audit, out) != 0)
        return BODY_TEXT;
    body->time = body->audit.time;
    fields_add(out, SLICE("audit_serial"), body->audit.serial, VALUE_TEXT);
    if (body->audit.node.p != NULL)
        fields_add(out, SLICE("node"), body->audit.node, VALUE_TEXT);
    return BODY_RECORD;
}

/* The first mapping whose literals are there, and whose key field has a value it knows. */
static enum body_kind
read_shape(const struct chain *shapes, struct slice text, struct fields *out, const struct mapping **mapping)
{
    uint64_t may = shapes->first[(unsigned char)text.p[0]];
    struct fields before = *out;
    const struct pattern *p;

    while ((p = chain_next(shapes, text, &may)) != NULL) {
        if (p->mapping->kind == MAPPING_PAIRS)
            (void)kv_parse(text, &p->mapping->pairs, out);
        else
            read_columns(p->mapping, text, out);
        *mapping = p->mapping->key.name.p == NULL ? NULL : p->mapping;
        if (*mapping == NULL || record_belongs(p->mapping, out, before.n))
            return BODY_RECORD;
        out->n = before.n;
        out->n_dropped = before.n_dropped;
    }
    *mapping = NULL;
    return BODY_TEXT;
}

static enum body_kind
read_xml(struct slice text, struct fields *out)
{
    if (!winevent_begins(text))
        return BODY_TEXT;
    switch (winevent_parse(text, out)) {
    case 0:
        return BODY_RECORD;
    case WINEVENT_E_CUT:
        return BODY_CUT_XML;
    default:
        return BODY_BROKEN_XML;
    }
}

/* By its first byte; the rest is looked at where that fits. */
static enum body_kind
read_known(struct slice text, bool json, struct fields *out, struct body *body)
{
    switch (text.p[0]) {
    case '{':
        return json ? read_json(text, out) : BODY_TEXT;
    case '<':
        return read_xml(text, out);
    case 'C':
    case 'L':
        return read_device(text, out);
    case 't':
    case 'n':
    case 'a':
    case '[':
        return read_audit(text, out, body);
    default:
        return BODY_TEXT;
    }
}

enum body_kind
body_read_bare(struct slice text, bool json, struct fields *out)
{
    text = skip_blanks(text);
    if (text.n > 0 && text.p[0] == '<')
        return read_xml(text, out);
    return json ? read_json(text, out) : BODY_TEXT;
}

enum body_kind
body_read(const struct chain *shapes, struct slice text, bool json, struct fields *out, struct body *body)
{
    enum body_kind kind;

    *body = (struct body){0};
    text = skip_blanks(text);
    if (text.n == 0)
        return BODY_TEXT;
    kind = read_known(text, json, out, body);
    return kind != BODY_TEXT ? kind : body_read_shape(shapes, text, out, body);
}

enum body_kind
body_read_shape(const struct chain *shapes, struct slice text, struct fields *out, struct body *body)
{
    if (text.n == 0 || LIKELY(shapes->first[(unsigned char)text.p[0]] == 0))
        return BODY_TEXT;
    return read_shape(shapes, text, out, &body->mapping);
}
