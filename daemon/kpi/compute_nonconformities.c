/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "kpi/compute.h"
#include "store/reader_records.h"

enum { GRADE_NAME_MAX = 40 };

struct grades {
    struct walltime now;
    uint64_t n[GRADES];
    uint64_t overdue[GRADES];
};

static int
add_nonconformity(void *ctx, const struct nonconformity *n)
{
    struct grades *g = ctx;

    g->n[n->grade]++;
    g->overdue[n->grade] += n->due.ns != 0 && n->due.ns < g->now.ns;
    return 0;
}

/* How many are open, and, as a figure of its own under "overdue", how many of these are past their date. */
static int
emit_grade(struct computation *c, const char *grade, uint64_t n, uint64_t overdue)
{
    char stratum[GRADE_NAME_MAX];
    struct kpi_value v = compute_value(c, grade);
    int r;

    v.n = v.n_open = n;
    v.value = (double)n;
    (void)snprintf(v.note, sizeof(v.note), "%" PRIu64 " overdue", overdue);
    r = c->fn(c->ctx, &v);
    (void)snprintf(stratum, sizeof(stratum), "%s%soverdue", grade, grade[0] == '\0' ? "" : "/");
    v.stratum = stratum;
    v.is_part = true;
    v.n = v.n_open = overdue;
    v.value = (double)overdue;
    v.note[0] = '\0';
    return r == 0 ? c->fn(c->ctx, &v) : r;
}

int
compute_nonconformities(struct computation *c)
{
    const struct nonconformity_filter open_ones = {.open_only = true};
    struct grades g = {.now = c->terms->now};
    uint64_t n = 0;
    uint64_t overdue = 0;
    int i;
    int r;

    r = reader_nonconformities(c->reader, &open_ones, add_nonconformity, &g);
    for (i = 0; i < GRADES; i++) {
        n += g.n[i];
        overdue += g.overdue[i];
    }
    if (r == 0)
        r = emit_grade(c, "", n, overdue);
    for (i = 0; i < GRADES && r == 0; i++)
        r = emit_grade(c, nonconformity_grade_name((enum nonconformity_grade)i), g.n[i], g.overdue[i]);
    return r;
}
