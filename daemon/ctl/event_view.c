/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/event_view.h"

#include "base/utf8.h"
#include "parsers/frame.h"

static void
write_text(struct json_writer *w, const char *key, struct slice s)
{
    json_key(w, key);
    if (s.p == NULL)
        json_null(w);
    else
        json_string(w, s);
}

static void
write_raw(struct json_writer *w, struct slice raw)
{
    json_field_string(w, "raw", raw);
    if (!utf8_valid(raw)) {
        json_key(w, "raw_b64");
        json_base64(w, raw);
    }
}

static void
write_marks(struct json_writer *w, const struct event *e)
{
    uint32_t frame = e->frame.marks;
    uint32_t syslog = e->syslog.marks;
    const char *name;

    json_key(w, "marks");
    json_array(w);
    while ((name = frame_mark_name(&frame)) != NULL)
        json_string(w, slice_str(name));
    while ((name = syslog_mark_name(&syslog)) != NULL)
        json_string(w, slice_str(name));
    json_close(w);
}

static void
write_header(struct json_writer *w, const struct syslog_message *h)
{
    char time[WALLTIME_TEXT_MAX];

    json_field_bool(w, "rfc5424_valid", h->rfc5424_valid);
    json_key(w, "pri");
    if (h->has_pri)
        json_int(w, h->facility * 8 + h->severity);
    else
        json_null(w);
    json_field_int(w, "facility", h->facility);
    json_field_int(w, "severity", h->severity);
    json_key(w, "timestamp");
    if (h->timestamp.ns == 0)
        json_null(w);
    else
        json_string(w, slice_str(walltime_print(h->timestamp, time)));
    write_text(w, "hostname", h->hostname);
    write_text(w, "app_name", h->app_name);
    write_text(w, "procid", h->procid);
    write_text(w, "msgid", h->msgid);
}

/* One name and all values that stand under it: a value, or an array where there are several. */
typedef bool same_fn(const void *items, size_t a, size_t b);
typedef struct slice value_fn(const void *items, size_t i);

struct view {
    const void *items;
    size_t n;
    same_fn *same;
    value_fn *value;
};

static bool
stands_before(const struct view *v, size_t i)
{
    size_t k;

    for (k = 0; k < i; k++)
        if (v->same(v->items, k, i))
            return true;
    return false;
}

static void
write_values(struct json_writer *w, const struct view *v, size_t first)
{
    size_t n = 0;
    size_t i;

    for (i = first; i < v->n; i++)
        n += v->same(v->items, first, i);
    if (n > 1)
        json_array(w);
    for (i = first; i < v->n; i++) {
        if (!v->same(v->items, first, i))
            continue;
        if (v->value(v->items, i).p == NULL)
            json_null(w);
        else
            json_string(w, v->value(v->items, i));
    }
    if (n > 1)
        json_close(w);
}

static bool
same_param(const void *items, size_t a, size_t b)
{
    const struct syslog_param *p = items;

    return slice_eq(p[a].id, p[b].id) && slice_eq(p[a].name, p[b].name);
}

static struct slice
param_value(const void *items, size_t i)
{
    return ((const struct syslog_param *)items)[i].value;
}

static bool
id_stands_before(const struct syslog_message *h, size_t i)
{
    size_t k;

    for (k = 0; k < i; k++)
        if (slice_eq(h->params[k].id, h->params[i].id))
            return true;
    return false;
}

/* An element without parameters is a parameter without a name (parsers/syslog.h). */
static void
write_element(struct json_writer *w, const struct view *v, const struct syslog_message *h, size_t first)
{
    size_t i;

    json_key_slice(w, h->params[first].id);
    json_object(w);
    for (i = first; i < h->n_params; i++) {
        if (!slice_eq(h->params[i].id, h->params[first].id) || h->params[i].name.p == NULL || stands_before(v, i))
            continue;
        json_key_slice(w, h->params[i].name);
        write_values(w, v, i);
    }
    json_close(w);
}

static void
write_structured_data(struct json_writer *w, const struct syslog_message *h)
{
    struct view v = {h->params, h->n_params, same_param, param_value};
    size_t i;

    json_key(w, "structured_data");
    if (h->structured_data.p == NULL) {
        json_null(w);
        return;
    }
    json_object(w);
    for (i = 0; i < h->n_params; i++)
        if (!id_stands_before(h, i))
            write_element(w, &v, h, i);
    json_close(w);
}

static bool
same_field(const void *items, size_t a, size_t b)
{
    const struct field *f = items;

    return f[a].name_hash == f[b].name_hash && slice_eq(f[a].name, f[b].name);
}

static struct slice
field_value(const void *items, size_t i)
{
    const struct field *f = (const struct field *)items + i;

    return f->type == VALUE_NULL ? (struct slice){NULL, 0} : f->value;
}

static void
write_fields(struct json_writer *w, const struct event *e)
{
    struct view v = {e->fields, e->n_fields, same_field, field_value};
    size_t i;

    json_key(w, "fields");
    json_object(w);
    for (i = 0; i < e->n_fields; i++) {
        if (stands_before(&v, i))
            continue;
        json_key_slice(w, e->fields[i].name);
        write_values(w, &v, i);
    }
    json_close(w);
}

static void
write_logsources(struct json_writer *w, const struct event *e)
{
    unsigned i;

    json_key(w, "logsource");
    json_array(w);
    for (i = 0; i < e->n_logsources; i++) {
        const struct logsource *s = e->logsources[i];

        json_object(w);
        if (s->product.n > 0)
            json_field_string(w, "product", s->product);
        if (s->category.n > 0)
            json_field_string(w, "category", s->category);
        if (s->service.n > 0)
            json_field_string(w, "service", s->service);
        json_close(w);
    }
    json_close(w);
}

void
event_view(struct json_writer *w, const struct event *e)
{
    json_object(w);
    write_raw(w, e->frame.raw);
    write_marks(w, e);
    write_header(w, &e->syslog);
    write_structured_data(w, &e->syslog);
    write_text(w, "msg", e->syslog.msg);
    write_fields(w, e);
    write_logsources(w, e);
    json_close(w);
}
