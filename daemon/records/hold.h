/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hold: a condition counts only once it has held for a while, and is over only once its opposite has.
 *
 *            bad for `hold`                       good for `release`
 *   closed ──────────────────▶ open (HOLD_OPENS) ────────────────────▶ closed (HOLD_ENDS)
 *
 * In between (HOLD_NEITHER) nothing begins to count; where nobody can tell, do not call. One thread.
 */

#include "base/clock.h"

enum hold_verdict { HOLD_BAD, HOLD_NEITHER, HOLD_GOOD };
enum hold_change { HOLD_SAME, HOLD_OPENS, HOLD_ENDS };

struct hold {
    struct walltime bad_since; /* 0: it is not, now */
    struct walltime good_since;
    bool open;
};

/** hold_tick() - it is @verdict at @now. */
static inline enum hold_change
hold_tick(struct hold *h, enum hold_verdict verdict, struct walltime now, int64_t hold_ns, int64_t release_ns)
{
    if (verdict != HOLD_BAD)
        h->bad_since.ns = 0;
    else if (h->bad_since.ns == 0 || h->bad_since.ns > now.ns)
        h->bad_since = now;
    if (verdict != HOLD_GOOD)
        h->good_since.ns = 0;
    else if (h->good_since.ns == 0 || h->good_since.ns > now.ns)
        h->good_since = now;
    if (!h->open && verdict == HOLD_BAD && now.ns - h->bad_since.ns >= hold_ns) {
        h->open = true;
        return HOLD_OPENS;
    }
    if (h->open && verdict == HOLD_GOOD && now.ns - h->good_since.ns >= release_ns) {
        h->open = false;
        return HOLD_ENDS;
    }
    return HOLD_SAME;
}
