/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "kpi/compute.h"
#include "store/reader_records.h"

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

static int
emit_grade(struct computation *c, const char *stratum, uint64_t n, uint64_t overdue)
{
    struct kpi_value v = compute_value(c, stratum);

    v.n = n;
    v.n_open = n;
    v.value = (double)n;
    (void)snprintf(v.note, sizeof(v.note), "%" PRIu64 " overdue", overdue);
    return c->fn(c->ctx, &v);
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
        if (g.n[i] > 0)
            r = emit_grade(c, nonconformity_grade_name((enum nonconformity_grade)i), g.n[i], g.overdue[i]);
    return r;
}
