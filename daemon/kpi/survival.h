/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Survival: how long things took, where some are not over yet (Kaplan and Meier, 1958).
 *
 * A case that is still open has lasted at least so long; leaving it out makes slow look fast. Where nothing is open the
 * quantiles are the ordinary ones.
 */

#include "base/defs.h"

struct survival_case {
    int64_t ns;
    bool over; /* false: still open after ns */
};

struct survival {
    struct survival_case *cases;
    size_t n;
    size_t cap;
    size_t n_open;
};

void survival_fini(struct survival *s);

/** survival_add() - one more case. Return: 0 or -ENOMEM. */
int survival_add(struct survival *s, int64_t ns, bool over);

/**
 * survival_quantile_s() - the time, in seconds, within which the share @q of the cases is over
 *
 * Return: NaN where there is no case, or so many are open that the share is not reached.
 */
double survival_quantile_s(struct survival *s, double q);

/** survival_longest_s() - the longest any case lasted, open or over, in seconds; NaN of nothing. */
double survival_longest_s(const struct survival *s);
