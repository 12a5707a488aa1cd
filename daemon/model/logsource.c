/* SPDX-License-Identifier: Apache-2.0 */
#include "model/logsource.h"

static bool
satisfies(struct slice asked, struct slice given)
{
    return asked.n == 0 || slice_eq_nocase(asked, given);
}

bool
logsource_covers(const struct logsource *rule, const struct logsource *event)
{
    return satisfies(rule->product, event->product) && satisfies(rule->category, event->category) &&
           satisfies(rule->service, event->service);
}

bool
logsource_eq(const struct logsource *a, const struct logsource *b)
{
    return slice_eq_nocase(a->product, b->product) && slice_eq_nocase(a->category, b->category) &&
           slice_eq_nocase(a->service, b->service);
}
