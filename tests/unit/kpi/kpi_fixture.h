/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A store of one's own filled with records of chosen times, and every figure that is computed from it at NOW.
 *
 * All times are seconds before NOW; the window is of WINDOW_S.
 */

#include <math.h>

#include "kpi/kpi.h"
#include "unit/store/store_fixture.h"

enum { HOUR = 3600, WINDOW_S = 100 * HOUR, FIGURES_MAX = 256 };

#define NOW ((struct walltime){NOON.ns + INT64_C(1000) * HOUR * NS_PER_S})

static struct kpi_value figures[FIGURES_MAX];
static char strata[FIGURES_MAX][64];
static size_t n_figures;

/* NOW minus so many seconds. */
static inline struct walltime
ago(int64_t s)
{
    return (struct walltime){NOW.ns - s * NS_PER_S};
}

static inline int
keep_figure(void *ctx, const struct kpi_value *v)
{
    (void)ctx;
    ck_assert_uint_lt(n_figures, FIGURES_MAX);
    figures[n_figures] = *v;
    (void)snprintf(strata[n_figures], sizeof(strata[0]), "%s", v->stratum);
    figures[n_figures].stratum = strata[n_figures];
    n_figures++;
    return 0;
}

/* S1 is to be contained within an hour, S2 within two, and so on. */
static inline struct kpi_terms
fixture_terms(void)
{
    static const int64_t limits_ms[] = {0, 1 * HOUR * 1000, 2 * HOUR * 1000, 3 * HOUR * 1000, 4 * HOUR * 1000};

    return kpi_terms_of((int64_t)WINDOW_S * 1000, limits_ms, NOW);
}

static inline void
compute(void)
{
    const struct kpi_terms terms = fixture_terms();
    struct reader *reader;

    n_figures = 0;
    ck_assert_int_eq(reader_open(&reader, fixture_dir), 0);
    ck_assert_int_eq(kpi_compute(reader, &terms, keep_figure, NULL), 0);
    reader_close(reader);
}

/* Return: NULL where no such figure was given out. */
static inline const struct kpi_value *
find_figure(const char *id, const char *stratum)
{
    size_t i;

    for (i = 0; i < n_figures; i++)
        if (strcmp(figures[i].def->id, id) == 0 && strcmp(figures[i].stratum, stratum) == 0)
            return &figures[i];
    return NULL;
}

static inline const struct kpi_value *
figure(const char *id, const char *stratum)
{
    const struct kpi_value *v = find_figure(id, stratum);

    ck_assert_msg(v != NULL, "no figure %s/%s", id, stratum);
    return v;
}

#define ck_figure(id, stratum, n_, value_)                                                                      \
    do {                                                                                                        \
        const struct kpi_value *v_ = figure(id, stratum);                                                       \
        ck_assert_uint_eq(v_->n, n_);                                                                           \
        ck_assert_msg(fabs(v_->value - (value_)) < 1e-6, "%s is %f, want %f", id, v_->value, (double)(value_)); \
    } while (0)

/* There is no figure, which is not the same as nought. */
#define ck_no_figure(id, stratum)                                   \
    do {                                                            \
        const struct kpi_value *v_ = figure(id, stratum);           \
        ck_assert_uint_eq(v_->n, 0);                                \
        ck_assert_msg(isnan(v_->value), "%s is %f", id, v_->value); \
    } while (0)

/* An S2 that opened so many seconds ago, a minute after it occurred and half a minute after it was detected. */
static inline struct incident
opened(int64_t s)
{
    struct incident i = fixture_incident();

    i.occurred = ago(s + 60);
    i.detected = ago(s + 30);
    i.opened = ago(s);
    return i;
}

static inline struct incident
graded(struct incident i, enum incident_severity severity)
{
    i.severity = i.severity_initial = i.severity_max = severity;
    return i;
}

static inline struct incident
closed(struct incident i, int64_t s, enum verdict verdict)
{
    i.state = INCIDENT_CLOSED;
    i.verdict = verdict;
    i.closed = ago(s);
    return i;
}

static inline void
put(struct incident i)
{
    struct store_move move = fixture_move("opened", "ismsd", i.opened);

    IN_TRANSACTION(i.opened, { ck_assert_int_eq(store_incident_open(fixture_store, &i, &move), 0); });
}
