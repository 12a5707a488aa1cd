/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KPIs over incidents. A cohort is said in words in the catalogue (kpi.c): opened in the window (how the process does)
 * or closed in it (what came out), never mixed. Tests and duplicates count nowhere.
 *
 * Every stratum is told each time, also an empty one: who reads along would keep its last figure for the present one.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "kpi/compute.h"
#include "store/reader_corrections.h"
#include "store/reader_records.h"

enum { SEVERITIES = INCIDENT_S4 + 1, NOTE_MAX = 100 };

static bool
counts(const struct incident *i)
{
    return i->verdict != VERDICT_TEST && i->verdict != VERDICT_DUPLICATE;
}

static struct incident_filter
in_window(const struct computation *c, enum incident_time by)
{
    return (struct incident_filter){.by = by, .from = {c->terms->now.ns - c->terms->window_ns}, .until = c->terms->now};
}

/* The name of a stratum by severity; of 0, which is all of them, none. */
static const char *
stratum_of(int severity)
{
    return severity == 0 ? "" : incident_severity_name((enum incident_severity)severity);
}

/* ---- durations, in all and by the highest severity ---- */

static struct walltime
when_occurred(const struct incident *i)
{
    return i->occurred;
}

static struct walltime
when_detected(const struct incident *i)
{
    return i->detected;
}

static struct walltime
when_opened(const struct incident *i)
{
    return i->opened;
}

static struct walltime
when_acknowledged(const struct incident *i)
{
    return i->acknowledged;
}

static struct walltime
when_decided(const struct incident *i)
{
    return i->decided;
}

struct durations {
    struct computation *c;
    struct walltime (*from)(const struct incident *i);
    struct walltime (*to)(const struct incident *i);
    bool (*member)(const struct incident *i);
    struct survival by_severity[SEVERITIES]; /* at 0: all */
    const char *times[2];                    /* the names of from and to: of what people may correct */
    size_t n_estimated[SEVERITIES];          /* of these, how many began at a time that is a guess */
    size_t n_corrected[SEVERITIES];          /* and of how many somebody corrected a time */
};

static int
add_duration(void *ctx, const struct incident *i)
{
    struct durations *d = ctx;
    struct walltime from = d->from(i);
    struct walltime to = d->to(i);
    bool over = to.ns != 0;
    int64_t ns = (over ? to.ns : d->c->terms->now.ns) - from.ns;
    bool estimated = d->from == when_occurred && i->occurred_estimated;
    bool corrected;
    int r;

    if (!counts(i) || !d->member(i) || from.ns == 0)
        return 0;
    r = reader_is_corrected(d->c->reader, i, d->times, &corrected);
    if (r < 0)
        return error_trace(r);
    d->n_estimated[0] += estimated;
    d->n_estimated[i->severity_max] += estimated;
    d->n_corrected[0] += corrected;
    d->n_corrected[i->severity_max] += corrected;
    r = survival_add(&d->by_severity[0], ns < 0 ? 0 : ns, over);
    if (r == 0)
        r = survival_add(&d->by_severity[i->severity_max], ns < 0 ? 0 : ns, over);
    return r;
}

/* "estimated for 1 of 3, corrected for 2" */
static void
print_note(char note[static NOTE_MAX], size_t n_estimated, size_t n_corrected, size_t n)
{
    int at = 0;

    note[0] = '\0';
    if (n_estimated > 0)
        at = snprintf(note, NOTE_MAX, "estimated for %zu of %zu", n_estimated, n);
    if (n_corrected > 0)
        (void)snprintf(
            note + at, NOTE_MAX - (size_t)at, "%scorrected for %zu of %zu", at > 0 ? ", " : "", n_corrected, n);
}

static int
emit_durations(struct durations *d)
{
    char note[NOTE_MAX];
    int r = 0;
    int s;

    for (s = 0; s < SEVERITIES && r == 0; s++) {
        print_note(note, d->n_estimated[s], d->n_corrected[s], d->by_severity[s].n);
        r = compute_durations(d->c, stratum_of(s), &d->by_severity[s], note);
    }
    return r;
}

static int
run_durations(struct durations *d, enum incident_time by)
{
    struct incident_filter filter = in_window(d->c, by);
    int r;
    int s;

    r = reader_incidents(d->c->reader, &filter, add_duration, d);
    if (r == 0)
        r = emit_durations(d);
    for (s = 0; s < SEVERITIES; s++)
        survival_fini(&d->by_severity[s]);
    return r;
}

static bool
any(const struct incident *i)
{
    (void)i;
    return true;
}

static bool
true_positive(const struct incident *i)
{
    return i->verdict == VERDICT_TRUE_POSITIVE;
}

int
compute_time_to_detect(struct computation *c)
{
    struct durations d = {c, when_occurred, when_detected, true_positive, {{0}}, {"occurred", "detected"}, {0}, {0}};

    return run_durations(&d, INCIDENT_BY_CLOSED);
}

int
compute_time_to_acknowledge(struct computation *c)
{
    struct durations d = {c, when_opened, when_acknowledged, any, {{0}}, {"opened", "acknowledged"}, {0}, {0}};

    return run_durations(&d, INCIDENT_BY_OPENED);
}

int
compute_time_to_decision(struct computation *c)
{
    struct durations d = {c, when_detected, when_decided, any, {{0}}, {"detected", "decided"}, {0}, {0}};

    return run_durations(&d, INCIDENT_BY_OPENED);
}

/* ---- contained in time ---- */

struct shares {
    struct computation *c;
    struct {
        uint64_t part;
        uint64_t n;
        uint64_t n_open;
        uint64_t n_corrected;
    } by_severity[SEVERITIES]; /* at 0: all */
};

/*
 * Due in the window, met or not: what is late and still open stays in the denominator, and what was met early waits for
 * its limit like everything of its age, or the share would be flattered and the case counted in two windows.
 */
static int
add_due(void *ctx, const struct incident *i)
{
    struct shares *s = ctx;
    const struct kpi_terms *t = s->c->terms;
    int64_t limit = t->contain_limit_ns[i->severity_max];
    int64_t due = i->detected.ns + limit;
    static const char *const times[2] = {"detected", "contained"};
    bool met = i->contained.ns != 0 && i->contained.ns <= due;
    const int strata[] = {0, (int)i->severity_max};
    bool corrected;
    size_t k;
    int r;

    if (!counts(i) || i->state == INCIDENT_REJECTED || due < t->now.ns - t->window_ns || due >= t->now.ns)
        return 0;
    r = reader_is_corrected(s->c->reader, i, times, &corrected);
    for (k = 0; k < ARRAY_LEN(strata); k++) {
        s->by_severity[strata[k]].n++;
        s->by_severity[strata[k]].part += met;
        s->by_severity[strata[k]].n_open += i->contained.ns == 0 && incident_is_open(i->state);
        s->by_severity[strata[k]].n_corrected += corrected;
    }
    return r < 0 ? error_trace(r) : 0;
}

int
compute_contained_in_time(struct computation *c)
{
    const struct incident_filter all = {0};
    struct shares s = {.c = c};
    char note[NOTE_MAX];
    int i;
    int r;

    r = reader_incidents(c->reader, &all, add_due, &s);
    for (i = 0; i < SEVERITIES && r == 0; i++) {
        print_note(note, 0, s.by_severity[i].n_corrected, s.by_severity[i].n);
        r = compute_share(c, stratum_of(i), s.by_severity[i].part, s.by_severity[i].n, s.by_severity[i].n_open, note);
    }
    return r;
}

/* ---- precision ---- */

struct verdicts {
    uint64_t n;
    uint64_t n_judged;
    uint64_t n_true;
};

static int
add_verdict(void *ctx, const struct incident *i)
{
    struct verdicts *by_severity = ctx; /* at 0: all */
    const int strata[] = {0, (int)i->severity_max};
    size_t k;

    for (k = 0; k < ARRAY_LEN(strata) && counts(i); k++) {
        by_severity[strata[k]].n++;
        by_severity[strata[k]].n_judged += i->verdict != VERDICT_NONE;
        by_severity[strata[k]].n_true += i->verdict == VERDICT_TRUE_POSITIVE;
    }
    return 0;
}

int
compute_precision(struct computation *c)
{
    struct incident_filter filter = in_window(c, INCIDENT_BY_OPENED);
    struct verdicts by_severity[SEVERITIES] = {{0}};
    char note[NOTE_MAX];
    int i;
    int r;

    r = reader_incidents(c->reader, &filter, add_verdict, by_severity);
    for (i = 0; i < SEVERITIES && r == 0; i++) {
        const struct verdicts *v = &by_severity[i];

        (void)snprintf(note, sizeof(note), "%" PRIu64 " of %" PRIu64 " have a verdict", v->n_judged, v->n);
        r = compute_share(c, stratum_of(i), v->n_true, v->n_judged, 0, v->n > 0 ? note : "");
    }
    return r;
}

/* ---- counts ---- */

/* The classes of the Reference Security Incident Taxonomy, version 1003; what is of none of them counts as "other". */
static const char *const class_names[] = {
    "abusive-content",
    "malicious-code",
    "information-gathering",
    "intrusion-attempts",
    "intrusions",
    "availability",
    "information-content-security",
    "fraud",
    "vulnerable",
    "test",
    "other",
};

enum { CLASSES = ARRAY_LEN(class_names) };

struct classes {
    uint64_t n[CLASSES][SEVERITIES];
    uint64_t total;
    uint64_t n_regraded;
};

/* The place of the class in "class/type". */
static size_t
class_of(struct slice category)
{
    struct slice name = slice_head(category, slice_find(category, '/'));
    size_t k = 0;

    while (k < CLASSES - 1 && !slice_eq(slice_str(class_names[k]), name))
        k++;
    return k;
}

static int
add_class(void *ctx, const struct incident *i)
{
    struct classes *all = ctx;

    if (!counts(i))
        return 0;
    all->n[class_of(i->category)][i->severity_max]++;
    all->total++;
    all->n_regraded += i->severity != i->severity_initial || i->severity != i->severity_max;
    return 0;
}

static int
emit_count(struct computation *c, const char *stratum, uint64_t n, const char *note)
{
    struct kpi_value v = compute_value(c, stratum);

    v.n = n;
    v.value = (double)n;
    (void)snprintf(v.note, sizeof(v.note), "%s", note);
    return compute_emit(c, &v);
}

int
compute_incidents_by_class(struct computation *c)
{
    struct incident_filter filter = in_window(c, INCIDENT_BY_OPENED);
    struct classes all = {0};
    char text[NOTE_MAX] = "";
    size_t k;
    int s;
    int r;

    r = reader_incidents(c->reader, &filter, add_class, &all);
    if (all.n_regraded > 0)
        (void)snprintf(text, sizeof(text), "%" PRIu64 " of %" PRIu64 " were graded anew", all.n_regraded, all.total);
    if (r == 0)
        r = emit_count(c, "", all.total, text);
    for (k = 0; k < CLASSES; k++)
        for (s = INCIDENT_S1; s < SEVERITIES && r == 0; s++) {
            (void)snprintf(text, sizeof(text), "%s/%s", class_names[k], stratum_of(s));
            r = emit_count(c, text, all.n[k][s], "");
        }
    return r;
}

struct ages {
    struct computation *c;
    struct survival by_severity[SEVERITIES]; /* at 0: all */
};

static int
add_age(void *ctx, const struct incident *i)
{
    struct ages *a = ctx;
    int64_t ns = a->c->terms->now.ns - i->opened.ns;
    int r;

    if (!counts(i))
        return 0;
    r = survival_add(&a->by_severity[0], ns < 0 ? 0 : ns, true);
    if (r == 0)
        r = survival_add(&a->by_severity[i->severity_max], ns < 0 ? 0 : ns, true);
    return r;
}

static int
emit_ages(struct computation *c, const char *stratum, struct survival *ages)
{
    struct kpi_value v = compute_value(c, stratum);

    v.n = ages->n;
    v.n_open = ages->n;
    v.value = (double)ages->n;
    v.p50 = survival_quantile_s(ages, 0.5);
    v.p90 = survival_quantile_s(ages, 0.9);
    v.max = survival_longest_s(ages);
    if (v.n > 0)
        (void)snprintf(v.note, sizeof(v.note), "p50, p90 and max are ages in s");
    return compute_emit(c, &v);
}

int
compute_backlog(struct computation *c)
{
    const struct incident_filter open_ones = {.open_only = true};
    struct ages a = {.c = c};
    int r;
    int s;

    r = reader_incidents(c->reader, &open_ones, add_age, &a);
    for (s = 0; s < SEVERITIES; s++) {
        if (r == 0)
            r = emit_ages(c, stratum_of(s), &a.by_severity[s]);
        survival_fini(&a.by_severity[s]);
    }
    return r;
}
