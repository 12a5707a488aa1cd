/* SPDX-License-Identifier: Apache-2.0 */
#include "kpi/kpi.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "kpi/compute.h"

static const struct {
    struct kpi_def def;
    compute_fn *compute;
} catalogue[] = {
    // clang-format off
    {{"K01", "time to detect", "detected - occurred", "s", "true-positive incidents closed in the window",
      KPI_LOWER_IS_BETTER, "9.1, A.8.16", "occurred may be estimated: the share is said"}, compute_time_to_detect},
    {{"K02", "time to acknowledge", "acknowledged - opened", "s", "incidents opened in the window",
      KPI_LOWER_IS_BETTER, "A.5.26", "acknowledging to stop the clock: read it with K03"}, compute_time_to_acknowledge},
    {{"K03", "time to decision", "decided - detected", "s", "incidents opened in the window",
      KPI_LOWER_IS_BETTER, "A.5.25", "the undecided count as open"}, compute_time_to_decision},
    {{"K05", "contained within limit", "contained - detected <= limit of the severity", "%",
      "incidents not rejected whose limit fell into the window, contained or not", KPI_HIGHER_IS_BETTER, "A.5.26",
      "contained needs a criterion"}, compute_contained_in_time},
    {{"K09", "incidents by class and severity", "count by category class and highest severity", "n",
      "incidents opened in the window", KPI_NO_DIRECTION, "9.1, 9.3.2 d2", "more is not worse: detection improves"},
     compute_incidents_by_class},
    {{"K10", "open backlog and age", "open incidents; now - opened", "n", "incidents open now",
      KPI_LOWER_IS_BETTER, "A.5.26", "a moment's figure"}, compute_backlog},
    {{"K12", "detection precision", "true positives / (true positives + false positives + benign)", "%",
      "incidents opened in the window that have a verdict", KPI_HIGHER_IS_BETTER, "A.8.16",
      "missing verdicts: the coverage is said"}, compute_precision},
    {{"K22", "log-source coverage", "time required sources were heard / time they were required", "%",
      "required log sources, the window", KPI_HIGHER_IS_BETTER, "A.8.15",
      "only what is configured counts as required; while ismsd was down nothing was heard; maintenance is left out"},
     compute_source_coverage},
    {{"K23", "silent-source time", "time in silence / time expected and listened for", "%",
      "required log sources, the window but for when ismsd was down, and maintenance",
      KPI_LOWER_IS_BETTER, "A.8.15", "silence begins when the source's limit has passed"}, compute_silent_time},
    {{"K24", "ingest lag", "95th percentile of received - event time; of detected - received", "s",
      "events of the window that state their time; all detections", KPI_LOWER_IS_BETTER, "A.8.15, A.8.16",
      "a clock that is wrong looks like lag; figures are upper ends of doubling steps"}, compute_lag},
    {{"K28", "nonconformities open and overdue", "count of detected and confirmed ones; of these due < now", "n",
      "nonconformities now", KPI_LOWER_IS_BETTER, "10.2, 9.3.2 d1", "candidates count until somebody decides"},
     compute_nonconformities},
    // clang-format on
};

const struct kpi_def *
kpi_catalogue(size_t i)
{
    return i < ARRAY_LEN(catalogue) ? &catalogue[i].def : NULL;
}

struct kpi_terms
kpi_terms_of(int64_t window_ms, const int64_t contain_limit_ms[static 5], struct walltime now)
{
    struct kpi_terms t = {now, window_ms * NS_PER_MS, {0}};
    size_t i;

    for (i = 0; i < ARRAY_LEN(t.contain_limit_ns); i++)
        t.contain_limit_ns[i] = contain_limit_ms[i] * NS_PER_MS;
    return t;
}

struct kpi_value
compute_value(const struct computation *c, const char *stratum)
{
    return (struct kpi_value){
        .def = c->def,
        .stratum = stratum,
        .is_part = stratum[0] != '\0',
        .value = NAN,
        .p50 = NAN,
        .p90 = NAN,
        .max = NAN,
        .at = c->terms->now,
        .from = {c->terms->now.ns - c->terms->window_ns},
        .ledger_size = c->moment.ledger_size,
        .ledger_root = c->moment.ledger_root,
    };
}

/* One more thing that must be said with @v. */
static __attribute__((format(printf, 2, 3))) void
add_note(struct kpi_value *v, const char *format, ...)
{
    size_t at = strlen(v->note);
    char more[100];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(more, sizeof(more), format, args);
    va_end(args);
    (void)snprintf(v->note + at, sizeof(v->note) - at, "%s%s", at == 0 ? "" : "; ", more);
}

int
compute_emit(struct computation *c, struct kpi_value *v)
{
    if (v->n > 0 && v->n < KPI_SMALL_N && c->def->direction != KPI_NO_DIRECTION)
        add_note(v, "n < %d: look at the list, not at a trend", KPI_SMALL_N);
    return c->fn(c->ctx, v);
}

int
compute_durations(struct computation *c, const char *stratum, struct survival *s, const char *note)
{
    struct kpi_value v = compute_value(c, stratum);

    v.n = s->n;
    v.n_open = s->n_open;
    v.p50 = survival_quantile_s(s, 0.5);
    v.p90 = survival_quantile_s(s, 0.9);
    v.max = survival_longest_s(s);
    v.value = v.p50;
    (void)snprintf(v.note, sizeof(v.note), "%s", note);
    if (s->n > 0 && isnan(v.p50))
        add_note(&v, "most are still open: the median is at least %.0f s", v.max);
    return compute_emit(c, &v);
}

int
compute_share(struct computation *c, const char *stratum, uint64_t part, uint64_t n, uint64_t n_open, const char *note)
{
    struct kpi_value v = compute_value(c, stratum);

    v.n = n;
    v.n_open = n_open;
    if (n > 0)
        v.value = 100.0 * (double)part / (double)n;
    (void)snprintf(v.note, sizeof(v.note), "%s", note);
    return compute_emit(c, &v);
}

int
kpi_compute(struct reader *r, const struct kpi_terms *terms, kpi_fn *fn, void *ctx)
{
    struct computation c = {.reader = r, .terms = terms, .fn = fn, .ctx = ctx};
    size_t i;
    int result;

    result = reader_begin(r, &c.moment);
    if (result < 0)
        return error_trace(result);
    for (i = 0; i < ARRAY_LEN(catalogue) && result == 0; i++) {
        c.def = &catalogue[i].def;
        result = catalogue[i].compute(&c);
    }
    reader_end(r);
    return result;
}

/* A figure there is none of is null: JSON has no NaN, and 0 would be a claim. */
static void
write_figure(struct json_writer *w, const char *key, double v)
{
    json_key(w, key);
    json_double(w, v);
}

void
kpi_value_write(struct json_writer *w, const struct kpi_value *v)
{
    char time[WALLTIME_TEXT_MAX];
    char root[DIGEST_HEX + 1];

    json_field_text(w, "id", v->def->id);
    json_field_text(w, "name", v->def->name);
    json_field_text(w, "severity", v->stratum);
    write_figure(w, "value", v->value);
    json_field_text(w, "unit", v->def->unit);
    json_field_int(w, "n", (int64_t)v->n);
    json_field_int(w, "open", (int64_t)v->n_open);
    write_figure(w, "p50", v->p50);
    write_figure(w, "p90", v->p90);
    write_figure(w, "max", v->max);
    json_field_text(w, "note", v->note);
    json_field_int(w, "version", KPI_VERSION);
    json_field_text(w, "from", walltime_print(v->from, time));
    json_field_text(w, "until", walltime_print(v->at, time));
    json_field_int(w, "ledger_size", (int64_t)v->ledger_size);
    json_field_text(w, "ledger_root", digest_hex(&v->ledger_root, root));
}
