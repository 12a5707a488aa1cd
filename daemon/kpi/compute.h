/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the parts of the computation share: one moment, its terms, and where figures go.
 */

#include "kpi/kpi.h"
#include "kpi/survival.h"
#include "model/incident.h"

struct computation {
    struct reader *reader;
    const struct kpi_terms *terms;
    struct reader_moment moment;
    kpi_fn *fn;
    void *ctx;
    const struct kpi_def *def; /* the row being computed */
};

typedef int compute_fn(struct computation *c);

/** compute_value() - an empty figure of the present row and moment: no value, n 0. */
struct kpi_value compute_value(const struct computation *c, const char *stratum);

/** compute_emit() - say what small numbers need said, and hand @v out. Return: what the receiver returned. */
int compute_emit(struct computation *c, struct kpi_value *v);

/** compute_durations() - emit a figure of durations: its value is the median. Return: likewise. */
int compute_durations(struct computation *c, const char *stratum, struct survival *s, const char *note);

/** compute_share() - emit a figure in per cent: @part of @n, of which @n_open may still change; no value where @n is 0.
 * Return: likewise. */
int compute_share(
    struct computation *c, const char *stratum, uint64_t part, uint64_t n, uint64_t n_open, const char *note);

compute_fn compute_time_to_detect;
compute_fn compute_time_to_acknowledge;
compute_fn compute_time_to_decision;
compute_fn compute_contained_in_time;
compute_fn compute_incidents_by_class;
compute_fn compute_backlog;
compute_fn compute_precision;
compute_fn compute_source_coverage;
compute_fn compute_silent_time;
compute_fn compute_lag;
compute_fn compute_nonconformities;
