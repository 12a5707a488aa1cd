/* SPDX-License-Identifier: Apache-2.0 */
#include "model/event.h"

#include "base/json_writer.h"
#include "base/utf8.h"

/* Where the bytes of one event went: slices inside `from` move to the same place inside `to`; others are copied. */
struct rebase {
    struct arena *arena;
    struct slice from;
    const char *to;
};

static bool
is_inside(const struct rebase *m, struct slice s)
{
    return s.p >= m->from.p && s.p + s.n <= m->from.p + m->from.n;
}

static struct slice
move_slice(const struct rebase *m, struct slice s)
{
    if (s.p == NULL)
        return s;
    if (is_inside(m, s))
        return slice_of(m->to + (s.p - m->from.p), s.n);
    return arena_copy(m->arena, s);
}

/* A header slice that is not in the raw bytes was made for reading; its field has the value. */
static struct slice
move_header_slice(const struct rebase *m, struct slice s)
{
    return s.p != NULL && is_inside(m, s) ? slice_of(m->to + (s.p - m->from.p), s.n) : (struct slice){NULL, 0};
}

static void
move_header(const struct rebase *m, struct syslog_message *h)
{
    h->timestamp_text = move_header_slice(m, h->timestamp_text);
    h->hostname = move_header_slice(m, h->hostname);
    h->app_name = move_header_slice(m, h->app_name);
    h->procid = move_header_slice(m, h->procid);
    h->msgid = move_header_slice(m, h->msgid);
    h->structured_data = move_header_slice(m, h->structured_data);
    h->msg = move_header_slice(m, h->msg);
    h->content = move_header_slice(m, h->content);
    h->params = NULL;
    h->n_params = 0;
}

static void
move_fields(const struct rebase *m, struct event *e, enum event_names names)
{
    struct field *fields;
    size_t i;

    if (e->n_fields == 0)
        return;
    fields = arena_alloc(m->arena, e->n_fields * sizeof(*fields));
    if (fields == NULL)
        return;
    for (i = 0; i < e->n_fields; i++) {
        fields[i] = e->fields[i];
        if (names == EVENT_NAMES_COPIED || !fields[i].name_lasts) {
            fields[i].name = move_slice(m, fields[i].name);
            fields[i].name_lasts = false;
        }
        fields[i].value = move_slice(m, fields[i].value);
    }
    e->fields = fields;
}

struct event *
event_copy(struct arena *arena, const struct event *e, enum event_names names)
{
    struct event *copy = arena_alloc(arena, sizeof(*copy));
    struct rebase m = {arena, e->frame.raw, NULL};

    if (copy == NULL)
        return NULL;
    *copy = *e;
    copy->frame.raw = arena_copy(arena, e->frame.raw);
    m.to = copy->frame.raw.p;
    copy->frame.peer = move_slice(&m, e->frame.peer);
    copy->frame.peer_identity = move_slice(&m, e->frame.peer_identity);
    copy->frame.kafka = NULL;
    copy->text = (struct slice){NULL, 0};
    copy->n_logsources = 0;
    move_header(&m, &copy->syslog);
    move_fields(&m, copy, names);
    return arena->overflowed ? NULL : copy;
}

struct slice
event_value(const struct event *e, struct slice name)
{
    const struct field *f = fields_find(e->fields, e->n_fields, name);

    return f == NULL || f->type == VALUE_NULL ? (struct slice){NULL, 0} : f->value;
}

static void
write_fields(struct json_writer *w, const struct event *e)
{
    size_t i;

    json_key(w, "fields");
    json_array(w);
    for (i = 0; i < e->n_fields; i++) {
        json_array(w);
        json_string(w, e->fields[i].name);
        if (e->fields[i].type == VALUE_NULL)
            json_null(w);
        else
            json_string(w, e->fields[i].value);
        json_close(w);
    }
    json_close(w);
}

void
event_json(const struct event *e, struct buffer *out)
{
    char time[WALLTIME_TEXT_MAX];
    struct json_writer w;

    json_begin(&w, out);
    json_object(&w);
    write_fields(&w, e);
    json_field_string(&w, "peer", e->frame.peer);
    if (utf8_valid(e->frame.raw)) {
        json_field_string(&w, "raw", e->frame.raw);
    } else {
        json_key(&w, "raw_b64");
        json_base64(&w, e->frame.raw);
    }
    json_field_text(&w, "received", walltime_print(e->frame.received, time));
    json_field_text(&w, "time", walltime_print(e->time, time));
    json_close(&w);
}
