/* SPDX-License-Identifier: Apache-2.0 */
#include "parsers/winevent.h"

#include "base/cursor.h"
#include "parsers/xml.h"

enum { DEPTH_ROOT = 1, DEPTH_SECTION };

struct reading {
    struct xml xml;
    struct fields *out;
    struct slice section; /* the element below the root that is open */
    struct slice element; /* opened last */
    struct slice name;    /* what its text is called */
    struct slice text;
    size_t text_cap; /* of the copy that `text` is, where it was put together; 0 where it is none */
    bool leaf;       /* no element was opened in it so far */
    bool told;       /* an attribute of it is a field */
};

/* Without the prefix of a name space. */
static struct slice
local_name(struct slice name)
{
    size_t colon = slice_find(name, ':');

    return colon < name.n ? slice_from(name, colon + 1) : name;
}

static struct slice
join(struct arena *arena, struct slice a, struct slice b)
{
    char *p = arena_text(arena, a.n + 1 + b.n);

    if (p == NULL)
        return (struct slice){NULL, 0};
    memcpy(p, a.p, a.n);
    p[a.n] = '_';
    if (b.n > 0)
        memcpy(p + a.n + 1, b.p, b.n);
    return slice_of(p, a.n + 1 + b.n);
}

static void
add(struct reading *r, struct slice name, struct slice value)
{
    if (name.p == NULL)
        r->out->n_dropped++;
    else
        fields_add(r->out, name, value, VALUE_TEXT);
}

static void
take_open(struct reading *r)
{
    r->element = local_name(r->xml.name);
    r->name = r->element;
    r->text = slice_of(r->element.p, 0);
    r->text_cap = 0;
    r->leaf = true;
    r->told = false;
    if (r->xml.depth == DEPTH_SECTION)
        r->section = r->element;
}

static bool
is_rendered(const struct reading *r)
{
    return r->xml.depth > DEPTH_SECTION && slice_eq(r->section, SLICE("RenderingInfo"));
}

static void
take_attribute(struct reading *r)
{
    struct slice name = r->xml.name;

    if (r->xml.depth == DEPTH_ROOT || slice_starts(name, SLICE("xmlns")))
        return;
    r->told = true;
    if (slice_eq(name, SLICE("Name")) && slice_eq(r->element, SLICE("Data")))
        r->name = r->xml.value;
    else
        add(r, join(r->out->arena, r->element, local_name(name)), r->xml.value);
}

/* Room doubles, so that many small pieces cost no more than a few large ones. */
static char *
room_for(struct reading *r, size_t n)
{
    char *p;

    if (n <= r->text_cap)
        return (char *)r->text.p; /* the copy made here before */
    p = arena_text(r->out->arena, 2 * n);
    if (p == NULL)
        return NULL;
    memcpy(p, r->text.p, r->text.n);
    r->text_cap = 2 * n;
    return p;
}

/* Pieces of one text, which comments or CDATA part, are put together. */
static void
take_text(struct reading *r)
{
    struct slice more = r->xml.value;
    char *p;

    if (!r->leaf || more.n == 0 || (r->text.n == 0 && slice_trim(more).n == 0))
        return;
    if (r->text.n == 0) {
        r->text = more;
        return;
    }
    p = room_for(r, r->text.n + more.n);
    if (p == NULL)
        return;
    memcpy(p + r->text.n, more.p, more.n);
    r->text = slice_of(p, r->text.n + more.n);
}

/* An element is a field where it has text; where it has none, where nothing else tells of it. */
static bool
is_field(const struct reading *r)
{
    if (!r->leaf || r->xml.depth == DEPTH_ROOT)
        return false;
    if (r->text.n > 0 || slice_eq(r->element, SLICE("Data")))
        return true;
    return !r->told && r->xml.depth > DEPTH_SECTION && !slice_eq(r->section, SLICE("System"));
}

static void
take_close(struct reading *r)
{
    struct slice name = r->name;

    if (is_field(r)) {
        if (is_rendered(r) && !slice_eq(name, SLICE("Message")))
            name = join(r->out->arena, r->section, name);
        add(r, name, r->text);
    }
    r->leaf = false;
}

static bool
take_token(struct reading *r, enum xml_token token)
{
    switch (token) {
    case XML_OPEN:
        take_open(r);
        return true;
    case XML_ATTRIBUTE:
        take_attribute(r);
        return true;
    case XML_TEXT:
        take_text(r);
        return true;
    case XML_CLOSE:
        take_close(r);
        return true;
    default:
        return false;
    }
}

/* What was read of the element that the cut went through. */
static void
take_cut(struct reading *r)
{
    take_text(r);
    if (r->text.n > 0)
        take_close(r);
}

int
winevent_parse(struct slice text, struct fields *out)
{
    struct reading r = {.out = out};
    size_t n = out->n;
    size_t n_dropped = out->n_dropped;
    enum xml_token token;

    xml_begin(&r.xml, text, out->arena);
    do {
        token = xml_next(&r.xml);
    } while (take_token(&r, token));
    if (token == XML_END && slice_eq(local_name(r.xml.open[0]), SLICE("Event")))
        return 0;
    if (token == XML_CUT && r.xml.depth > DEPTH_ROOT && slice_eq(local_name(r.xml.open[0]), SLICE("Event"))) {
        take_cut(&r);
        return WINEVENT_E_CUT;
    }
    out->n = n;
    out->n_dropped = n_dropped;
    return WINEVENT_E_SYNTAX;
}

bool
winevent_begins(struct slice text)
{
    if (slice_starts(text, SLICE("<?xml ")))
        return true;
    return cursor_skip_text(&text, SLICE("<Event")) && text.n > 0 &&
           (text.p[0] == '>' || text.p[0] == ' ' || text.p[0] == '\t' || text.p[0] == '\n' || text.p[0] == '\r');
}
