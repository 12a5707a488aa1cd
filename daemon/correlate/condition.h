/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Condition: what a correlation asks of a count, a sum or the rules that matched. Internal to this room.
 *
 * A condition that can only become true with an event (a count that must be reached) is told with that event, over a
 * window that slides. All others, and averages and percentiles, speak of a whole window: it begins with the first event
 * of its group, and they are asked when it closes.
 */

#include "model/rule.h"

/** condition_closes() - whether @c can only be told when a window closes. */
bool condition_closes(const struct correlation *c);

/** condition_least() - the smallest count that a sliding @c is true of; at least 0. */
uint64_t condition_least(const struct correlation *c);

/** condition_saturates() - from which count on @c can no longer tell one from another. */
uint64_t condition_saturates(const struct correlation *c);

/** condition_holds() - whether @value passes all @n comparisons. */
bool condition_holds(const struct comparison *comparisons, size_t n, double value);

/** condition_rules() - whether the expression @terms is true where the rules in the bits @present matched. */
bool condition_rules(const struct correlation_term *terms, size_t n, uint64_t present);

/** condition_openers() - the rules, as bits, that a window of @c begins with: those it does not ask to be absent. */
uint64_t condition_openers(const struct correlation *c);
