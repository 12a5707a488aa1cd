/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/header.h"

#include <inttypes.h>
#include <stdio.h>

void
header_names_init(struct header_names *names)
{
    unsigned i;

    *names = (struct header_names){
        .hostname = label_of(SLICE("hostname")),
        .app_name = label_of(SLICE("app_name")),
        .procid = label_of(SLICE("procid")),
        .msgid = label_of(SLICE("msgid")),
        .facility = label_of(SLICE("facility")),
        .severity = label_of(SLICE("severity")),
        .message = label_of(SLICE("message")),
        .peer_identity = label_of(SLICE("peer_identity")),
        .relay = label_of(SLICE("relay")),
        .sender_pid = label_of(SLICE("sender_pid")),
        .sender_uid = label_of(SLICE("sender_uid")),
        .sender_gid = label_of(SLICE("sender_gid")),
    };
    for (i = 0; i < HEADER_FACILITIES; i++)
        names->facilities[i] = slice_str(syslog_facility_name(i));
    for (i = 0; i < HEADER_SEVERITIES; i++)
        names->severities[i] = slice_str(syslog_severity_name(i));
}

static inline void
add_present(struct fields *out, const struct label *label, struct slice value)
{
    if (value.n > 0)
        label_add(out, label, value);
}

static char *
put(char *at, struct slice s)
{
    if (s.n > 0)
        memcpy(at, s.p, s.n);
    return at + s.n;
}

static void
add_param(const struct syslog_param *p, struct fields *out)
{
    size_t n = p->id.n + 1 + p->name.n;
    char *name = p->name.p == NULL ? NULL : arena_text(out->arena, n);

    if (p->name.p == NULL)
        return;
    if (name == NULL) {
        out->n_dropped++;
        return;
    }
    (void)put(put(put(name, p->id), SLICE(".")), p->name);
    fields_add(out, slice_of(name, n), p->value, VALUE_TEXT);
}

void
header_fields(const struct header_names *names, const struct syslog_message *m, struct fields *out)
{
    size_t i;

    add_present(out, &names->hostname, m->hostname);
    add_present(out, &names->app_name, m->app_name);
    add_present(out, &names->procid, m->procid);
    add_present(out, &names->msgid, m->msgid);
    label_add(out, &names->facility, names->facilities[m->facility]);
    label_add(out, &names->severity, names->severities[m->severity]);
    for (i = 0; i < m->n_params; i++)
        add_param(&m->params[i], out);
}

static void
add_number(struct fields *out, const struct label *label, int64_t number)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%" PRId64, number);
    char *kept = arena_text(out->arena, (size_t)n);

    if (kept == NULL) {
        out->n_dropped++;
        return;
    }
    memcpy(kept, text, (size_t)n);
    label_add(out, label, slice_of(kept, (size_t)n));
}

void
header_process_fields(const struct header_names *names, const struct process_credentials *p, struct fields *out)
{
    add_number(out, &names->sender_pid, p->pid);
    add_number(out, &names->sender_uid, p->uid);
    add_number(out, &names->sender_gid, p->gid);
}

struct slice
header_text(const struct syslog_message *m, struct arena *arena)
{
    size_t n = m->app_name.n + m->procid.n + m->msg.n + 4;
    char *p;
    char *at;

    if (m->format != SYSLOG_RFC5424)
        return m->content;
    p = m->app_name.n == 0 ? NULL : arena_text(arena, n);
    if (p == NULL)
        return m->msg;
    at = put(p, m->app_name);
    if (m->procid.n > 0) {
        *at++ = '[';
        at = put(at, m->procid);
        *at++ = ']';
    }
    at = put(at, SLICE(": "));
    at = put(at, m->msg);
    return slice_of(p, (size_t)(at - p));
}
