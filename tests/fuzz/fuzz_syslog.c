/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Syslog: the first byte chooses the time of receipt, the second the zone. Every part of the header lies inside the
 * message, in order, the message is its end, and what the standard calls valid reads the same when written again.
 */

#include "parsers/syslog.h"

#include "base/buffer.h"
#include "fuzz/fuzz.h"

enum { ARENA_BYTES = 1 << 20, MARKS_END = SYSLOG_EMPTY << 1 };

static void
inside(struct slice part, struct slice raw)
{
    ASSERT(part.p != NULL || part.n == 0);
    ASSERT(part.p == NULL || (part.p >= raw.p && part.p + part.n <= raw.p + raw.n));
}

static void
check_params(const struct syslog_message *m, struct slice raw)
{
    size_t i;

    ASSERT(m->n_params <= SYSLOG_PARAMS_MAX);
    for (i = 0; i < m->n_params; i++) {
        inside(m->params[i].id, raw);
        inside(m->params[i].name, raw);
        ASSERT(m->params[i].value.n <= raw.n);
        fuzz_touch(m->params[i].value);
    }
}

static void
check(const struct syslog_message *m, struct slice raw)
{
    inside(m->timestamp_text, raw);
    inside(m->hostname, raw);
    inside(m->app_name, raw);
    inside(m->procid, raw);
    inside(m->msgid, raw);
    inside(m->structured_data, raw);
    inside(m->content, raw);
    inside(m->msg, m->content);
    ASSERT(m->msg.p + m->msg.n == m->content.p + m->content.n);
    ASSERT(m->facility < 24 && m->severity < 8);
    ASSERT(m->marks < MARKS_END);
    ASSERT((m->msg.n == 0) == ((m->marks & SYSLOG_EMPTY) != 0));
    ASSERT((m->hostname.p == NULL) == ((m->marks & SYSLOG_NO_HOSTNAME) != 0));
    ASSERT(m->has_pri == ((m->marks & (SYSLOG_NO_PRI | SYSLOG_BAD_PRI)) == 0));
    if (m->rfc5424_valid) {
        ASSERT(m->format == SYSLOG_RFC5424 && m->has_pri);
        ASSERT((m->marks & (SYSLOG_BAD_STRUCTURED | SYSLOG_DUPLICATE_SD_ID)) == 0);
    }
    check_params(m, raw);
}

static void
write_value(struct buffer *out, struct slice value)
{
    size_t i;

    for (i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\' || value.p[i] == ']')
            buffer_add_char(out, '\\');
        buffer_add_char(out, value.p[i]);
    }
}

/* The structured data written from the parameters, each value escaped as the standard wants it. */
static void
write_structured(struct buffer *out, const struct syslog_message *m)
{
    size_t i;

    for (i = 0; i < m->n_params; i++) {
        const struct syslog_param *p = &m->params[i];

        if (i == 0 || p->id.p != m->params[i - 1].id.p) {
            buffer_add(out, i == 0 ? SLICE("[") : SLICE("]["));
            buffer_add(out, p->id);
        }
        if (p->name.p == NULL)
            continue;
        buffer_add_char(out, ' ');
        buffer_add(out, p->name);
        buffer_add(out, SLICE("=\""));
        write_value(out, p->value);
        buffer_add_char(out, '"');
    }
    buffer_add(out, m->n_params == 0 ? SLICE("-") : SLICE("]"));
}

static void
write_field(struct buffer *out, struct slice field)
{
    buffer_add(out, field.p == NULL ? SLICE("-") : field);
    buffer_add_char(out, ' ');
}

static void
check_round_trip(const struct syslog_message *m, const struct syslog_options *options, struct arena *arena)
{
    struct buffer text = {0};
    struct syslog_message again;
    size_t i;

    buffer_printf(&text, "<%d>1 ", m->facility * 8 + m->severity);
    write_field(&text, m->timestamp_text);
    write_field(&text, m->hostname);
    write_field(&text, m->app_name);
    write_field(&text, m->procid);
    write_field(&text, m->msgid);
    write_structured(&text, m);
    buffer_add_char(&text, ' ');
    buffer_add(&text, m->msg);
    syslog_parse(&again, buffer_slice(&text), options, arena);
    ASSERT(again.rfc5424_valid);
    ASSERT(again.timestamp.ns == m->timestamp.ns && again.n_params == m->n_params);
    ASSERT(slice_eq(again.hostname, m->hostname) && slice_eq(again.app_name, m->app_name));
    ASSERT(slice_eq(again.procid, m->procid) && slice_eq(again.msgid, m->msgid) && slice_eq(again.msg, m->msg));
    for (i = 0; i < m->n_params; i++)
        ASSERT(
            slice_eq(again.params[i].name, m->params[i].name) && slice_eq(again.params[i].value, m->params[i].value));
    buffer_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct slice raw = n < 2 ? SLICE("") : slice_of((const char *)data + 2, n - 2);
    struct syslog_options options = {0};
    struct syslog_message m;
    struct arena arena;

    if (n >= 2) {
        options.received.ns = (int64_t)data[0] * 73 * 86400 * NS_PER_S; /* 1970 to 2020 */
        options.zone_minutes = ((int)data[1] - 128) * 15 % (14 * 60);
    }
    (void)arena_init(&arena, 0, ARENA_BYTES);
    memset(&m, 0xa5, sizeof(m));
    syslog_parse(&m, raw, &options, &arena);
    check(&m, raw);
    if (m.rfc5424_valid && (m.marks & SYSLOG_PARAMS_DROPPED) == 0 &&
        (m.msg.n < 3 || memcmp(m.msg.p, "\xef\xbb\xbf", 3) != 0))
        check_round_trip(&m, &options, &arena);
    arena_fini(&arena);
    return 0;
}
