/* SPDX-License-Identifier: Apache-2.0 */
#include "ismsd/recorder_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "ismsd/recorder_commit.h"
#include "ismsd/recorder_internal.h"
#include "ismsd/recorder_stall.h"
#include "store/store_runs.h"

/* What there is to say of a change of rules, and when it was. */
struct rules_note {
    struct rules_note *next;
    struct walltime at;
    size_t n;
    char text[];
};

static int
add_note(struct recorder *r, struct slice text)
{
    struct rules_note *note = malloc(sizeof(*note) + text.n);
    struct rules_note **end = &r->rules_notes;

    if (note == NULL)
        return error_origin(-ENOMEM);
    *note = (struct rules_note){.at = clock_wall(r->clock), .n = text.n};
    memcpy(note->text, text.p, text.n);
    while (*end != NULL)
        end = &(*end)->next;
    *end = note;
    return 0;
}

int
recorder_note_rules(struct recorder *r)
{
    const struct rules_note *note;
    int result = 0;

    for (note = r->rules_notes; note != NULL && result == 0; note = note->next) {
        const struct store_move move = {"rules.loaded", SLICE("ismsd"), {NULL, 0}, note->at};

        result = store_note(r->store, &move, slice_of(note->text, note->n));
    }
    return result < 0 ? error_trace(result) : result;
}

unsigned
recorder_rules_noted(struct recorder *r)
{
    unsigned n = 0;

    while (r->rules_notes != NULL) {
        struct rules_note *note = r->rules_notes;

        r->rules_notes = note->next;
        free(note);
        n++;
    }
    return n;
}

/* While stalled there is no correlator: it will be made with these rules. */
static void
put_in_force(struct recorder *r)
{
    int result = recorder_begin(r);

    if (result == 0)
        result = correlator_set_rules(r->correlator, r->rules);
    if (result == 0)
        result = recorder_note_rules(r);
    if (r->failure == 0)
        r->failure = result;
    recorder_commit_and_plan(r);
}

void
recorder_take_rules(struct recorder *r, struct rules_work *w)
{
    int result = add_note(r, w->text);

    if (result < 0)
        log_failure("recorder", result, "a change of rules is not put on record");
    rules_unref(r->rules);
    r->rules = rules_ref(w->rules);
    if (!recorder_stalled(r, NULL))
        put_in_force(r);
    ASSERT(queue_give(w->work.home, w) == 0);
}
