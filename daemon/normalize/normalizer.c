/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/normalizer.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "normalize/audit.h"
#include "normalize/body.h"
#include "normalize/demand.h"
#include "normalize/header.h"
#include "normalize/kafka.h"
#include "normalize/record.h"
#include "normalize/routing.h"
#include "parsers/value.h"

enum { NORMALIZER_BYTES_MAX = 512 * 1024 * 1024, MINUTE_NS_DAY = 24 * 60 };

enum {
    COUNT_EVENTS,
    COUNT_STRUCTURED,
    COUNT_DECODED,
    COUNT_UNDECODED,
    COUNT_HEADERLESS,
    COUNT_HEADER_BROKEN,
    COUNT_JSON_BROKEN,
    COUNT_CEF_BROKEN,
    COUNT_POISON,
    COUNT_XML_BROKEN,
    COUNT_XML_CUT,
    COUNT_DECODER_LIMIT,
    COUNT_FIELDS_DROPPED,
    COUNT_ARENA_FULL,
    COUNT_LOGSOURCES_DROPPED,
    COUNT_UNROUTED,
    COUNT_AUDIT, /* enum audit_counter from here on */
};

static const struct counter_def counter_defs[] = {
    // clang-format off
    [COUNT_EVENTS]             = {"normalize_events",             "Frames that became events."},
    [COUNT_STRUCTURED]         = {"normalize_structured",         "Events that were records: JSON, XML, CEF, LEEF, auditd, or a shape that a mapping describes."},
    [COUNT_DECODED]            = {"normalize_decoded",            "Events that a mapping took fields from."},
    [COUNT_UNDECODED]          = {"normalize_undecoded",          "Events whose text no rule asks for: decoded only once they are kept."},
    [COUNT_HEADERLESS]         = {"normalize_headerless",         "Events without a syslog header that were no bare JSON or XML either."},
    [COUNT_HEADER_BROKEN]      = {"normalize_header_broken",      "Events whose syslog header breaks its format: PRI, stamp or structured data are marked."},
    [COUNT_JSON_BROKEN]        = {"normalize_json_broken",        "Events that began as a JSON object and were none, taken as text."},
    [COUNT_CEF_BROKEN]         = {"normalize_cef_broken",         "Events that began as CEF or LEEF and were none, taken as text."},
    [COUNT_POISON]             = {"normalize_poison",             "Records of Kafka without a value, or with one that is not what their input's format says, taken as text."},
    [COUNT_XML_BROKEN]         = {"normalize_xml_broken",         "Events that began as an event in XML and were none, taken as text."},
    [COUNT_XML_CUT]            = {"normalize_xml_cut",            "Events in XML that end too early: fields before that are there, the last as far as it goes."},
    [COUNT_DECODER_LIMIT]      = {"normalize_decoder_limit",      "Patterns given up at their match limit; the event stays undecoded."},
    [COUNT_FIELDS_DROPPED]     = {"normalize_fields_dropped",     "Fields beyond the limit of fields an event."},
    [COUNT_ARENA_FULL]         = {"normalize_arena_full",         "Events that lost fields because the arena was full."},
    [COUNT_LOGSOURCES_DROPPED] = {"normalize_logsources_dropped", "Log sources beyond the limit of log sources an event."},
    [COUNT_UNROUTED]           = {"normalize_unrouted",           "Events without a log source: only rules that ask for none can match them."},
    [COUNT_AUDIT + AUDIT_C_JOINED]    = {"normalize_audit_joined",    "Starts of programs put together from their audit records."},
    [COUNT_AUDIT + AUDIT_C_TIMED_OUT] = {"normalize_audit_timed_out", "Starts of programs of which not every audit record came in time; each that came is an event of its own."},
    [COUNT_AUDIT + AUDIT_C_EVICTED]   = {"normalize_audit_evicted",   "Starts of programs given up because audit_sets_max of them were under way."},
    [COUNT_AUDIT + AUDIT_C_CUT]       = {"normalize_audit_cut",       "Command lines and paths of audit records kept up to a limit only."},
    // clang-format on
};

/** What of an input's settings every event needs. */
struct origin {
    enum input_format format;
    int zone_minutes;
};

/** What of a source's settings every event needs. */
struct zone {
    bool given;
    int minutes;
};

struct normalizer {
    struct arena arena;
    struct router router;
    struct mappings mappings;
    struct routing routing;
    struct chain shapes; /* of mappings that describe records */
    struct sources *sources;
    struct origin *origins;
    size_t n_origins;
    struct zone *zones; /* by source */
    size_t n_zones;
    size_t fields_max;
    size_t audit_sets_max;
    struct header_names names;
    struct kafka_names kafka_names;
};

/** One event while it is read. */
struct work {
    const struct normalizer *n;
    struct normalizer_scratch *scratch;
    struct event *event;
    struct arena *arena;
    struct fields fields;
    struct origin origin;
    struct timestamp_options stamps; /* what a time inside the event cannot say */
    const struct program *program;
    const struct context *context;
    const struct mapping *record;  /* of a structured event; NULL: none knows it */
    const struct pattern *pattern; /* that fitted a text */
    struct walltime time;          /* that the event's own content tells; 0: none */
};

struct normalizer_scratch {
    struct regex_scratch *regex;
    struct counters *counters;
    struct address_cache addresses;
    struct demand demand;
    struct audit *audit;
    struct work left; /* the event read last, where its text was left */
};

/* --- making one --- */

static int
keep_origins(struct normalizer *n, const struct settings *settings)
{
    size_t i;

    n->fields_max = settings->fields_max;
    n->audit_sets_max = settings->audit_sets_max;
    n->n_origins = settings->n_inputs;
    n->n_zones = settings->n_sources;
    n->origins = arena_alloc(&n->arena, (n->n_origins + 1) * sizeof(*n->origins));
    n->zones = arena_alloc(&n->arena, (n->n_zones + 1) * sizeof(*n->zones));
    if (n->origins == NULL || n->zones == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < n->n_origins; i++)
        n->origins[i] = (struct origin){settings->inputs[i].format, settings->inputs[i].zone_minutes};
    for (i = 0; i < n->n_zones; i++)
        n->zones[i] = (struct zone){settings->sources[i].has_zone, settings->sources[i].zone_minutes};
    return 0;
}

static void
keep_shapes(struct normalizer *n, struct diag *diag)
{
    size_t i;

    for (i = 0; i < n->mappings.n; i++) {
        const struct mapping *m = n->mappings.items[i];
        bool shaped = m->kind == MAPPING_PAIRS || m->kind == MAPPING_COLUMNS;

        if (shaped && !chain_add(&n->shapes, m))
            diag_error(diag, m->at, "with this, there are more than %d shapes of records", CHAIN_PATTERNS_MAX);
    }
}

static int
build(struct normalizer *n, const struct settings *settings, struct diag *diag)
{
    int r;

    header_names_init(&n->names);
    kafka_names_init(&n->kafka_names);
    router_init(&n->router, &n->arena);
    r = keep_origins(n, settings);
    if (r < 0)
        return error_trace(r);
    if (settings->mappings_path != NULL && settings->mappings_path[0] != '\0')
        r = mappings_load(&n->mappings, settings->mappings_path, &n->arena, &n->router, diag);
    if (r < 0)
        return error_trace(r);
    keep_shapes(n, diag);
    n->sources = sources_new(settings, &n->arena, diag);
    if (n->sources == NULL)
        return error_origin(-ENOMEM);
    r = routing_init(&n->routing, settings, &n->mappings, &n->router, &n->arena, diag);
    return r < 0 ? error_trace(r) : 0;
}

int
normalizer_new(struct normalizer **out, const struct settings *settings, struct diag *diag)
{
    CLEANUP(normalizer_free) struct normalizer *n = NULL;
    size_t errors_before = diag->n_errors;
    int r;

    *out = NULL;
    n = calloc(1, sizeof(*n));
    if (n == NULL)
        return error_origin(-ENOMEM);
    r = arena_init(&n->arena, 0, NORMALIZER_BYTES_MAX);
    if (r < 0)
        return error_trace(r);
    r = build(n, settings, diag);
    if (r < 0)
        return error_trace(r);
    if (diag->n_errors == errors_before)
        *out = TAKE(n);
    return 0;
}

void
normalizer_free(struct normalizer *n)
{
    if (n == NULL)
        return;
    mappings_fini(&n->mappings);
    arena_fini(&n->arena);
    free(n);
}

int
normalizer_scratch_new(
    struct normalizer_scratch **out, const struct normalizer *n, normalizer_asks_fn *asks, const void *ctx)
{
    CLEANUP(normalizer_scratch_free) struct normalizer_scratch *s = NULL;
    int r;

    s = calloc(1, sizeof(*s));
    if (s == NULL)
        return error_origin(-ENOMEM);
    s->demand = (struct demand){.asks = asks, .ctx = ctx, .unknown = n->routing.unknown};
    r = regex_scratch_new(&s->regex);
    if (r < 0)
        return error_trace(r);
    r = counters_new(&s->counters, counter_defs, ARRAY_LEN(counter_defs));
    if (r == 0)
        r = audit_new(&s->audit, n->audit_sets_max, s->counters, COUNT_AUDIT);
    if (r < 0)
        return error_trace(r);
    *out = TAKE(s);
    return 0;
}

void
normalizer_scratch_free(struct normalizer_scratch *s)
{
    if (s == NULL)
        return;
    regex_scratch_free(s->regex);
    audit_free(s->audit);
    counters_free(s->counters);
    free(s);
}

void
normalizer_carry(struct normalizer_scratch *s, const struct normalizer_scratch *before)
{
    counters_carry(s->counters, before->counters);
    audit_carry(s->audit, before->audit);
}

const struct counters *
normalizer_counters(const struct normalizer_scratch *s)
{
    return s->counters;
}

/* --- reading one event --- */

static void
count(struct work *w, unsigned id, uint64_t k)
{
    counters_add(w->scratch->counters, id, k);
}

static struct slice
skip_blanks(struct slice s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = slice_from(s, 1);
    return s;
}

/* Whether it is a record, whose fields are then in the event. */
static bool
is_record(struct work *w, enum body_kind kind)
{
    static const unsigned counted[] = {
        [BODY_BROKEN_JSON] = COUNT_JSON_BROKEN,
        [BODY_BROKEN_CEF] = COUNT_CEF_BROKEN,
        [BODY_BROKEN_XML] = COUNT_XML_BROKEN,
        [BODY_CUT_XML] = COUNT_XML_CUT,
    };

    if (UNLIKELY(kind >= BODY_BROKEN_JSON))
        count(w, counted[kind], 1);
    return kind == BODY_RECORD || kind == BODY_CUT_XML;
}

/* Records of one event come as messages of their own; the one that completes it carries what they tell together. */
static void
join_audit(struct work *w, const struct auditd_stamp *stamp)
{
    struct event *e = w->event;
    struct slice host = stamp->node;

    if (host.n == 0)
        host = e->syslog.hostname.n > 0 ? e->syslog.hostname : e->frame.peer;
    audit_add(w->scratch->audit, host, stamp, e->frame.received, &w->fields, e->n_fields_header);
    label_add(&w->fields, &w->n->names.message, e->syslog.msg); /* a text for all that: keywords may span its pairs */
}

/* Some records begin with what looks like the program's name, as Snare's do. */
static bool
read_body(struct work *w, struct slice text)
{
    bool json = w->origin.format != FORMAT_SYSLOG;
    struct slice tagged = w->event->syslog.content;
    struct body body;

    if (!is_record(w, body_read(&w->n->shapes, text, json, &w->fields, &body)) &&
        !is_record(w, body_read_shape(&w->n->shapes, tagged, &w->fields, &body)))
        return false;
    w->time = body.time;
    w->record = body.mapping;
    if (body.audit.serial.n > 0)
        join_audit(w, &body.audit);
    return true;
}

/* The mark of a JSON body behind a syslog header (CEE Log Transport). */
static struct slice
skip_cookie(struct slice msg)
{
    msg = skip_blanks(msg);
    return msg.n > 0 && msg.p[0] == '@' && slice_starts(msg, SLICE("@cee:")) ? slice_from(msg, 5) : msg;
}

static bool
is_address(struct slice text)
{
    unsigned char address[16];
    bool v4;

    return value_address(text, address, &v4);
}

/* Where the field hostname stands in the header's fields; NULL where the header has none. */
static struct field *
header_host(struct work *w)
{
    size_t i;

    for (i = 0; i < w->event->n_fields_header; i++)
        if (field_named(&w->fields.items[i], w->n->names.hostname.name, w->n->names.hostname.hash))
            return &w->fields.items[i];
    return NULL;
}

/*
 * A record says which device wrote it, the header who sent it on. The device's name goes before the sender's, which is
 * kept as `relay`; its mere address does not.
 */
static void
take_host(struct work *w, struct slice host)
{
    struct syslog_message *h = &w->event->syslog;
    struct field *field = header_host(w);

    if (host.n == 0 || slice_eq_nocase(host, h->hostname) || (h->hostname.n > 0 && is_address(host)))
        return;
    if (field == NULL) {
        label_add(&w->fields, &w->n->names.hostname, host);
    } else {
        label_add(&w->fields, &w->n->names.relay, field->value);
        header_host(w)->value = host;
    }
    h->hostname = host;
    h->marks &= ~(uint32_t)SYSLOG_NO_HOSTNAME;
}

static void
use_record(struct work *w)
{
    size_t first = w->event->n_fields_header;

    w->event->structured = true;
    count(w, COUNT_STRUCTURED, 1);
    if (w->record == NULL)
        w->record = record_mapping(&w->n->mappings, &w->fields, first);
    if (w->record == NULL)
        return;
    record_rename(w->record, &w->fields, first);
    record_split(w->record, &w->fields, first);
    record_lines(w->record, &w->fields, first);
    (void)record_time(w->record, &w->fields, first, &w->stamps, &w->time);
    take_host(w, record_first(&w->fields, first, w->record->hostname));
}

/* A frame that is one JSON object, or an event as XML, has no header; the severity is what RFC 3164 section 4.3.3 gives
 * such a message. */
static bool
read_bare_record(struct work *w)
{
    struct slice raw = w->event->frame.raw;

    if (!is_record(w, body_read_bare(raw, w->origin.format != FORMAT_SYSLOG, &w->fields)))
        return false;
    w->event->syslog = (struct syslog_message){
        .marks = SYSLOG_NO_PRI | SYSLOG_NO_TIMESTAMP | SYSLOG_NO_HOSTNAME,
        .facility = SYSLOG_PRI_DEFAULT / 8,
        .severity = SYSLOG_PRI_DEFAULT % 8,
        .msg = slice_trim(raw),
        .content = slice_trim(raw),
    };
    return true;
}

/* What a header must not have, where there is one; what may be missing is not among it. */
enum { HEADER_BROKEN = SYSLOG_BAD_PRI | SYSLOG_BAD_TIMESTAMP | SYSLOG_BAD_STRUCTURED | SYSLOG_DUPLICATE_SD_ID };

static void
read_beside(struct work *w)
{
    const struct kafka_record *k = w->event->frame.kafka;

    if (LIKELY(k == NULL))
        return;
    kafka_fields(&w->n->kafka_names, k, &w->fields);
    w->event->n_fields_header = w->fields.n;
}

/* A record that is not what it should be is an event like any other, and says so; its input hears of it. */
static void
judge(struct work *w)
{
    struct kafka_record *k = w->event->frame.kafka;

    if (LIKELY(k == NULL))
        return;
    if (k->poison == NULL && w->origin.format == FORMAT_JSON && !w->event->structured) {
        k->poison = "not a JSON object";
        label_add(&w->fields, &w->n->kafka_names.poison, slice_str(k->poison));
    }
    count(w, COUNT_POISON, k->poison != NULL);
}

static void
read_header(struct work *w)
{
    struct syslog_options options = {w->stamps.received, w->stamps.zone_minutes};
    struct syslog_message *m = &w->event->syslog;

    syslog_parse(m, w->event->frame.raw, &options, w->arena);
    if (m->format == SYSLOG_UNKNOWN)
        count(w, COUNT_HEADERLESS, 1);
    else if (UNLIKELY((m->marks & HEADER_BROKEN) != 0))
        count(w, COUNT_HEADER_BROKEN, 1);
    header_fields(&w->n->names, m, &w->fields);
    if (w->event->frame.peer_identity.n > 0)
        label_add(&w->fields, &w->n->names.peer_identity, w->event->frame.peer_identity);
    if (w->event->frame.process.known)
        header_process_fields(&w->n->names, &w->event->frame.process, &w->fields);
    w->event->n_fields_header = w->fields.n;
}

/* A source may stand in another zone than its input; a stamp without a zone was read in the input's. */
static void
find_source(struct work *w)
{
    struct event *e = w->event;
    const struct zone *zone;
    int64_t ahead;

    e->source = sources_find(w->n->sources, &w->scratch->addresses, e);
    if (e->source >= w->n->n_zones)
        return;
    zone = &w->n->zones[e->source];
    if (!zone->given || (e->syslog.marks & SYSLOG_ZONE_ASSUMED) == 0 || e->syslog.timestamp.ns == 0)
        return;
    e->syslog.timestamp.ns += (int64_t)(w->origin.zone_minutes - zone->minutes) * 60 * NS_PER_S;
    ahead = e->syslog.timestamp.ns - e->frame.received.ns;
    e->syslog.marks &= ~(uint32_t)SYSLOG_TIME_FAR;
    if (ahead > MINUTE_NS_DAY * 60 * NS_PER_S || ahead < -MINUTE_NS_DAY * 60 * NS_PER_S)
        e->syslog.marks |= SYSLOG_TIME_FAR;
}

/* What there is no header of, neither PRI nor stamp, is a message from its first byte on. */
static struct slice
bare_message(const struct event *e)
{
    bool bare = (e->syslog.marks & SYSLOG_NO_PRI) != 0 && e->syslog.timestamp_text.p == NULL;

    return bare ? slice_trim(e->frame.raw) : e->syslog.msg;
}

static void
take_text(struct work *w)
{
    label_add(&w->fields, &w->n->names.message, w->event->syslog.msg);
    w->event->text = header_text(&w->event->syslog, w->arena);
}

/* A time that only the text tells is wanted in any case. */
static bool
is_wanted(struct work *w)
{
    return w->event->syslog.timestamp.ns == 0 || demand_wants(&w->scratch->demand, w->program, w->context);
}

/* Parameters of structured data once more, under the names that the program's mapping has for them. */
static void
name_parameters(struct work *w, const struct mapping *m)
{
    const struct syslog_message *h = &w->event->syslog;
    size_t i;
    size_t k;

    for (i = 0; i < h->n_params; i++) {
        const struct labels *labels = h->params[i].name.n == 0 ? NULL : names_get(&m->parameters, h->params[i].name);

        for (k = 0; labels != NULL && k < labels->n; k++)
            label_add(&w->fields, &labels->items[k], h->params[i].value);
    }
}

/* Patterns of the program first, then those of what configuration calls the log. */
static void
decode_text(struct work *w)
{
    const struct event *e = w->event;
    const struct program *configured = w->context->configured;
    struct decoding d = {
        .regex = w->scratch->regex,
        .counters = w->scratch->counters,
        .counter_limit = COUNT_DECODER_LIMIT,
        .options = &w->stamps,
        .fields = &w->fields,
    };

    w->pattern = chain_decode(w->program->chain, e->syslog.msg, &d);
    if (w->pattern == NULL && configured != NULL && configured->chain != NULL)
        w->pattern = chain_decode(configured->chain, bare_message(e), &d);
    w->time = d.time;
    if (w->program->parameters != NULL)
        name_parameters(w, w->program->parameters);
}

/* What record_route() calls: routes that say more come first in their file, and stand for those that say less. */
static void
give_record(void *ctx, struct routes routes)
{
    struct work *w = ctx;

    count(w, COUNT_LOGSOURCES_DROPPED, router_give_uncovered(w->context->overlay, routes, w->event));
}

static void
route_record(struct work *w)
{
    record_route(w->record, &w->fields, w->event->n_fields_header, give_record, w);
    give_record(w, w->record->routes);
}

static size_t
give_text(struct work *w)
{
    const struct overlay *overlay = w->context->overlay;
    size_t n_lost = 0;

    if (w->program == w->n->routing.unknown)
        n_lost += router_give(overlay, w->context->facilities[w->event->syslog.facility], w->event);
    if (w->context->configured != NULL)
        n_lost += router_give(overlay, w->context->configured->routes, w->event);
    if (w->pattern == NULL)
        return n_lost;
    n_lost += router_give(overlay, w->pattern->mapping->routes, w->event);
    return n_lost + router_give(overlay, w->pattern->routes, w->event);
}

static void
route(struct work *w)
{
    struct event *e = w->event;
    size_t n_lost;

    if (w->record != NULL)
        route_record(w);
    if (e->structured)
        n_lost = router_give_uncovered(w->context->overlay, w->program->routes, e);
    else
        n_lost = router_give(w->context->overlay, w->program->routes, e) + give_text(w);
    n_lost += router_give_own(w->context->overlay, e);
    if (UNLIKELY(n_lost > 0))
        count(w, COUNT_LOGSOURCES_DROPPED, n_lost);
    if (e->n_logsources == 0 && !e->undecoded)
        count(w, COUNT_UNROUTED, 1);
}

/* Everything read so far is the event's. */
static void
give_fields(struct work *w)
{
    struct event *e = w->event;

    count(w, COUNT_FIELDS_DROPPED, w->fields.n_dropped - e->n_fields_dropped);
    e->decoded = w->pattern != NULL || w->record != NULL;
    count(w, COUNT_DECODED, e->decoded);
    e->fields = w->fields.items;
    e->n_fields = w->fields.n;
    e->n_fields_dropped = w->fields.n_dropped;
}

/* What its own content does not tell: when its producer wrote it, else when it came. */
static struct walltime
time_beside(const struct frame *frame)
{
    return frame->kafka != NULL && frame->kafka->stamp.ns != 0 ? frame->kafka->stamp : frame->received;
}

static void
finish(struct work *w)
{
    struct event *e = w->event;

    if (e->syslog.timestamp.ns != 0)
        w->time = e->syslog.timestamp;
    e->time_given = w->time.ns != 0;
    e->time = e->time_given ? w->time : time_beside(&e->frame);
    count(w, COUNT_EVENTS, 1);
    count(w, COUNT_ARENA_FULL, w->arena->overflowed);
    give_fields(w);
    if (!e->undecoded)
        return;
    count(w, COUNT_UNDECODED, 1);
    w->scratch->left = *w;
}

/* All but the header, which its reader sets whole: clearing it first costs as much as a lookup. */
static void
begin(struct event *e, const struct frame *frame)
{
    e->frame = *frame;
    e->structured = false;
    e->undecoded = false;
    e->n_fields_dropped = 0;
    e->text = (struct slice){NULL, 0};
    e->n_fields_header = 0;
    e->n_logsources = 0;
    e->source = EVENT_SOURCE_UNKNOWN;
}

void
normalizer_event(const struct normalizer *n, struct normalizer_scratch *scratch, const struct frame *frame,
    struct arena *arena, struct event *out)
{
    struct work w = {.n = n, .scratch = scratch, .event = out, .arena = arena};

    begin(out, frame);
    fields_init(&w.fields, arena, n->fields_max);
    if (frame->listener < n->n_origins)
        w.origin = n->origins[frame->listener];
    w.stamps = (struct timestamp_options){frame->received, w.origin.zone_minutes};
    read_beside(&w);
    if (read_bare_record(&w)) {
        use_record(&w);
    } else {
        read_header(&w);
        if (read_body(&w, skip_cookie(out->syslog.msg)))
            use_record(&w);
    }
    judge(&w);
    find_source(&w);
    w.program = routing_program(&n->routing, out->syslog.app_name);
    w.context = routing_context(&n->routing, frame->listener, out->source);
    if (!out->structured) {
        take_text(&w);
        out->undecoded = !is_wanted(&w);
        if (!out->undecoded)
            decode_text(&w);
    }
    route(&w);
    finish(&w);
}

void
normalizer_decode(struct normalizer_scratch *s, struct event *event)
{
    struct work *w = &s->left;
    bool was_full;

    if (!event->undecoded)
        return;
    ASSERT(w->event == event);
    was_full = w->arena->overflowed;
    event->undecoded = false;
    decode_text(w);
    count(w, COUNT_ARENA_FULL, w->arena->overflowed && !was_full);
    give_fields(w);
}
