/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Log source: Sigma's product, category and service: what a rule asks for and what an event is.
 */

#include "base/slice.h"

struct logsource {
    struct slice product;
    struct slice category;
    struct slice service;
};

/**
 * logsource_covers() - whether an event of @event satisfies a rule that asks for @rule
 *
 * Every attribute the rule gives must be the same in the event (Sigma specification, Log Source); an empty one is not
 * given.
 */
bool logsource_covers(const struct logsource *rule, const struct logsource *event);

bool logsource_eq(const struct logsource *a, const struct logsource *b);
