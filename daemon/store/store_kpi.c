/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_kpi.h"

#include <math.h>

#include "base/error.h"
#include "store/store_internal.h"

/* Figures are kept in millionths, as whole numbers: canonical JSON knows no others. */
#define MILLION 1e6

/* Beyond this a double's millionths are no whole number any more. */
#define FIGURE_MAX 9e12

static bool
is_figure(double v)
{
    return isfinite(v) && fabs(v) < FIGURE_MAX;
}

static void
write_figure(struct canonical *c, const char *key, double v)
{
    if (is_figure(v))
        canonical_int(c, key, llround(v * MILLION));
    else
        canonical_null(c, key);
}

static void
bind_figure(struct query *q, double v)
{
    if (is_figure(v))
        query_int(q, llround(v * MILLION));
    else
        query_null(q);
}

static void
write_note(struct canonical *c, const struct kpi_sample *k, struct buffer *plain)
{
    canonical_object(c, NULL);
    canonical_string(c, "extra", canonical_text(plain, k->extra));
    canonical_int(c, "from", k->from.ns);
    canonical_string(c, "kpi", k->kpi);
    canonical_string(c, "ledger_root", k->ledger_root);
    canonical_int(c, "ledger_size", (int64_t)k->ledger_size);
    canonical_int(c, "n", (int64_t)k->n);
    canonical_int(c, "n_open", (int64_t)k->n_open);
    write_figure(c, "p50_millionths", k->p50);
    write_figure(c, "p90_millionths", k->p90);
    canonical_string(c, "stratum", k->stratum);
    canonical_int(c, "until", k->until.ns);
    write_figure(c, "value_millionths", k->value);
    canonical_int(c, "version", k->version);
    canonical_close(c);
}

static int
insert(struct store *s, const struct kpi_sample *k, uint64_t seq)
{
    CLEANUP_QUERY struct query q = query_on(s->db,
        "INSERT INTO kpi_sample (seq, kpi, version, stratum, from_at, until_at, at, n, n_open, value, p50, p90, extra,"
        " reason, ledger_size, ledger_root) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    int r;

    query_int(&q, (int64_t)seq);
    query_text(&q, k->kpi);
    query_int(&q, k->version);
    query_text(&q, k->stratum);
    query_time(&q, k->from);
    query_time(&q, k->until);
    query_int(&q, k->at.ns);
    query_int(&q, (int64_t)k->n);
    query_int(&q, (int64_t)k->n_open);
    bind_figure(&q, k->value);
    bind_figure(&q, k->p50);
    bind_figure(&q, k->p90);
    query_text(&q, k->extra);
    query_text(&q, k->reason);
    query_int(&q, (int64_t)k->ledger_size);
    query_text(&q, k->ledger_root);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_kpi_put(struct store *s, const struct kpi_sample *sample)
{
    struct store_move move = store_daemon("sampled", sample->at);
    CLEANUP_BUFFER struct buffer plain = {0};
    uint64_t seq = s->journal.now.tree.size;
    struct canonical c;
    int r;

    r = store_enter(s);
    if (r < 0)
        return error_trace(r);
    move.reason = sample->reason;
    canonical_begin(&c, &s->note);
    write_note(&c, sample, &plain);
    r = store_append(s, "kpi", &move, SLICE(""));
    if (r == 0)
        r = insert(s, sample, seq);
    return store_leave(s, r);
}
