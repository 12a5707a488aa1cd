/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KPIs over incidents. A cohort is said in words in the catalogue (kpi.c): opened in the window (how the process does) or
 * closed in it (what came out), never mixed. Tests and duplicates count nowhere.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "kpi/compute.h"
#include "store/reader_records.h"

enum { SEVERITIES = INCIDENT_S4 + 1, CLASSES_MAX = 16, CLASS_NAME_MAX = 40 };

static bool
counts(const struct incident *i)
{
    return i->verdict != VERDICT_TEST && i->verdict != VERDICT_DUPLICATE;
}

static struct incident_filter
in_window(const struct computation *c, enum incident_time by)
{
    return (struct incident_filter){
        .by = by, .from = {c->terms->now.ns - c->terms->window_ns}, .until = c->terms->now};
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
    size_t n_estimated[SEVERITIES];          /* of these, how many began at a time that is a guess */
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
    int r;

    if (!counts(i) || !d->member(i) || from.ns == 0)
        return 0;
    d->n_estimated[0] += estimated;
    d->n_estimated[i->severity_max] += estimated;
    r = survival_add(&d->by_severity[0], ns < 0 ? 0 : ns, over);
    if (r == 0)
        r = survival_add(&d->by_severity[i->severity_max], ns < 0 ? 0 : ns, over);
    return r;
}

static int
emit_durations_of(struct durations *d, int severity, const char *stratum)
{
    struct survival *s = &d->by_severity[severity];
    char note[64] = "";

    if (d->n_estimated[severity] > 0)
        (void)snprintf(note, sizeof(note), "estimated for %zu of %zu", d->n_estimated[severity], s->n);
    return compute_durations(d->c, stratum, s, note);
}

static int
emit_durations(struct durations *d)
{
    int r = emit_durations_of(d, 0, "");
    int s;

    for (s = INCIDENT_S1; s < SEVERITIES && r == 0; s++)
        if (d->by_severity[s].n > 0)
            r = emit_durations_of(d, s, incident_severity_name((enum incident_severity)s));
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
    struct durations d = {c, when_occurred, when_detected, true_positive, {{0}}, {0}};

    return run_durations(&d, INCIDENT_BY_CLOSED);
}

int
compute_time_to_acknowledge(struct computation *c)
{
    struct durations d = {c, when_opened, when_acknowledged, any, {{0}}, {0}};

    return run_durations(&d, INCIDENT_BY_OPENED);
}

int
compute_time_to_decision(struct computation *c)
{
    struct durations d = {c, when_detected, when_decided, any, {{0}}, {0}};

    return run_durations(&d, INCIDENT_BY_OPENED);
}

/* ---- contained in time ---- */

struct shares {
    struct computation *c;
    uint64_t part[SEVERITIES];
    uint64_t n[SEVERITIES];
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
    bool met = i->contained.ns != 0 && i->contained.ns <= due;

    if (!counts(i) || i->state == INCIDENT_REJECTED || due < t->now.ns - t->window_ns || due >= t->now.ns)
        return 0;
    s->n[0]++;
    s->n[i->severity_max]++;
    s->part[0] += met;
    s->part[i->severity_max] += met;
    return 0;
}

static int
emit_shares(struct shares *s, const char *note)
{
    int r = compute_share(s->c, "", s->part[0], s->n[0], note);
    int i;

    for (i = INCIDENT_S1; i < SEVERITIES && r == 0; i++)
        if (s->n[i] > 0)
            r = compute_share(s->c, incident_severity_name((enum incident_severity)i), s->part[i], s->n[i], "");
    return r;
}

int
compute_contained_in_time(struct computation *c)
{
    const struct incident_filter all = {0};
    struct shares s = {.c = c};
    int r;

    r = reader_incidents(c->reader, &all, add_due, &s);
    return r == 0 ? emit_shares(&s, "") : r;
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
    struct verdicts *v = ctx;

    if (!counts(i))
        return 0;
    v->n++;
    v->n_judged += i->verdict != VERDICT_NONE;
    v->n_true += i->verdict == VERDICT_TRUE_POSITIVE;
    return 0;
}

int
compute_precision(struct computation *c)
{
    struct incident_filter filter = in_window(c, INCIDENT_BY_OPENED);
    struct verdicts v = {0};
    char note[80];
    int r;

    r = reader_incidents(c->reader, &filter, add_verdict, &v);
    if (r != 0)
        return r;
    (void)snprintf(note, sizeof(note), "%" PRIu64 " of %" PRIu64 " have a verdict", v.n_judged, v.n);
    return compute_share(c, "", v.n_true, v.n_judged, note);
}

/* ---- counts ---- */

struct classes {
    char names[CLASSES_MAX][CLASS_NAME_MAX];
    uint64_t n[CLASSES_MAX][SEVERITIES];
    size_t n_classes;
    uint64_t total;
};

/* The class of "class/type". What goes beyond the taxonomy's eleven classes is counted in the last place. */
static size_t
class_of(struct classes *all, struct slice category)
{
    struct slice name = slice_head(category, slice_find(category, '/'));
    size_t k;

    if (name.n == 0)
        name = SLICE("other");
    name = slice_head(name, CLASS_NAME_MAX - 4);
    for (k = 0; k < all->n_classes; k++)
        if (slice_eq(slice_str(all->names[k]), name))
            return k;
    if (all->n_classes == CLASSES_MAX)
        return CLASSES_MAX - 1;
    memcpy(all->names[k], name.p, name.n);
    all->names[k][name.n] = '\0';
    return all->n_classes++;
}

static int
add_class(void *ctx, const struct incident *i)
{
    struct classes *all = ctx;

    if (!counts(i))
        return 0;
    all->n[class_of(all, i->category)][i->severity_max]++;
    all->total++;
    return 0;
}

static int
emit_count(struct computation *c, const char *stratum, uint64_t n)
{
    struct kpi_value v = compute_value(c, stratum);

    v.n = n;
    v.value = (double)n;
    return compute_emit(c, &v);
}

int
compute_incidents_by_class(struct computation *c)
{
    struct incident_filter filter = in_window(c, INCIDENT_BY_OPENED);
    struct classes all = {0};
    size_t k;
    int s;
    int r;

    r = reader_incidents(c->reader, &filter, add_class, &all);
    if (r == 0)
        r = emit_count(c, "", all.total);
    for (k = 0; k < all.n_classes; k++)
        for (s = INCIDENT_S1; s < SEVERITIES && r == 0; s++) {
            char stratum[CLASS_NAME_MAX + 4];

            (void)snprintf(stratum, sizeof(stratum), "%s/S%d", all.names[k], s);
            if (all.n[k][s] > 0)
                r = emit_count(c, stratum, all.n[k][s]);
        }
    return r;
}

struct ages {
    struct computation *c;
    struct survival ages;
};

static int
add_age(void *ctx, const struct incident *i)
{
    struct ages *a = ctx;
    int64_t ns = a->c->terms->now.ns - i->opened.ns;

    return counts(i) ? survival_add(&a->ages, ns < 0 ? 0 : ns, true) : 0;
}

int
compute_backlog(struct computation *c)
{
    const struct incident_filter open_ones = {.open_only = true};
    struct kpi_value v = compute_value(c, "");
    struct ages a = {.c = c};
    int r;

    r = reader_incidents(c->reader, &open_ones, add_age, &a);
    v.n = a.ages.n;
    v.n_open = a.ages.n;
    v.value = (double)a.ages.n;
    v.p50 = survival_quantile_s(&a.ages, 0.5);
    v.p90 = survival_quantile_s(&a.ages, 0.9);
    v.max = survival_longest_s(&a.ages);
    if (v.n > 0)
        (void)snprintf(v.note, sizeof(v.note), "p50, p90 and max are ages in s");
    survival_fini(&a.ages);
    return r == 0 ? compute_emit(c, &v) : r;
}
