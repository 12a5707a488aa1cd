/* SPDX-License-Identifier: Apache-2.0 */
#include "input/relp_answers.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "parsers/relp.h"

enum { RUNS_LEAST = 8, RUNS_KEEP = 64 };

struct relp_run {
    uint64_t unit;
    uint64_t n;
    enum relp_answer answer;
};

#define OFFERS "relp_software=ismsd\ncommands=syslog"

/* RSPDATA = STATUS SP HUMAN-TEXT [LF DATA], where the data of an open's are the offers we take. */
static const struct slice texts[] = {
    // clang-format off
    [RELP_OK]         = SLICE("200 OK"),
    [RELP_OPENED_0]   = SLICE("200 OK\nrelp_version=0\n" OFFERS),
    [RELP_OPENED_1]   = SLICE("200 OK\nrelp_version=1\n" OFFERS),
    [RELP_OPEN_AGAIN] = SLICE("200 the session is open already"),
    [RELP_CLOSED]     = SLICE("200 OK"),
    [RELP_UNKNOWN]    = SLICE("500 there is no such command"),
    [RELP_TOO_LONG]   = SLICE("500 too much data for this command"),
    [RELP_NO_VERSION] = SLICE("500 relp_version is missing"),
    [RELP_NO_SYSLOG]  = SLICE("500 the command syslog is required"),
    // clang-format on
};

void
relp_answers_fini(struct relp_answers *a)
{
    free(a->runs);
    *a = (struct relp_answers){0};
}

void
relp_answers_begin(struct relp_answers *a, uint32_t txnr)
{
    a->txnr = txnr;
}

/* Makes room behind the last run: in front of the first, where that is half of it all, else by growing. */
static int
make_room(struct relp_answers *a)
{
    size_t cap = a->cap == 0 ? RUNS_LEAST : a->cap * 2;
    struct relp_run *runs;

    if (a->first + a->n_runs < a->cap)
        return 0;
    if (a->first > 0 && a->first >= a->cap / 2) {
        memmove(a->runs, a->runs + a->first, a->n_runs * sizeof(*a->runs));
        a->first = 0;
        return 0;
    }
    runs = realloc(a->runs, cap * sizeof(*runs));
    if (runs == NULL)
        return error_origin(-ENOMEM);
    a->runs = runs;
    a->cap = cap;
    return 0;
}

int
relp_answers_owe(struct relp_answers *a, enum relp_answer answer, uint64_t unit)
{
    struct relp_run *last = a->n_runs == 0 ? NULL : &a->runs[a->first + a->n_runs - 1];
    int r;

    if (last == NULL || last->answer != answer || last->unit != unit) {
        r = make_room(a);
        if (r < 0)
            return error_trace(r);
        last = &a->runs[a->first + a->n_runs++];
        *last = (struct relp_run){.unit = unit, .answer = answer};
    }
    last->n++;
    a->n_owed++;
    return 0;
}

/* What a storm has made large is given back once nothing is owed. */
static void
drop_first(struct relp_answers *a)
{
    a->first++;
    a->n_runs--;
    if (a->n_runs > 0)
        return;
    a->first = 0;
    if (a->cap > RUNS_KEEP) {
        free(a->runs);
        a->runs = NULL;
        a->cap = 0;
    }
}

bool
relp_answers_take(struct relp_answers *a, uint64_t unit, uint32_t *txnr, enum relp_answer *answer)
{
    struct relp_run *run = a->runs + a->first;

    if (a->n_runs == 0 || run->unit > unit)
        return false;
    *txnr = a->txnr;
    *answer = run->answer;
    a->txnr = relp_txnr_after(a->txnr);
    a->n_owed--;
    if (--run->n == 0)
        drop_first(a);
    return true;
}

size_t
relp_answers_bytes(const struct relp_answers *a)
{
    return a->cap * sizeof(*a->runs);
}

void
relp_answer_print(struct buffer *out, uint32_t txnr, enum relp_answer answer)
{
    const struct slice text = texts[answer];

    buffer_printf(out, "%u rsp %zu " SLICE_FMT "\n", txnr, text.n, SLICE_ARG(text));
}
