/* SPDX-License-Identifier: Apache-2.0 */
#include "correlate/condition.h"

#include <math.h>

static bool
is_temporal(const struct correlation *c)
{
    return c->type == CORRELATION_TEMPORAL || c->type == CORRELATION_TEMPORAL_ORDERED;
}

static bool
has_not(const struct correlation *c)
{
    size_t i;

    for (i = 0; i < c->n_terms; i++)
        if (c->terms[i].kind == TERM_NOT)
            return true;
    return false;
}

/* All rules are the most there can be: to equal that is to reach it. */
static bool
is_reached(const struct correlation *c, const struct comparison *comparison)
{
    return comparison->op == COMPARE_GT || comparison->op == COMPARE_GTE ||
           (comparison->op == COMPARE_EQ && is_temporal(c) && comparison->value == (double)c->n_rules);
}

bool
condition_closes(const struct correlation *c)
{
    size_t i;

    if (c->type == CORRELATION_TEMPORAL_ORDERED)
        return false;
    if (c->type == CORRELATION_VALUE_AVG || c->type == CORRELATION_VALUE_PERCENTILE || has_not(c))
        return true;
    for (i = 0; i < c->n_comparisons; i++)
        if (!is_reached(c, &c->comparisons[i]))
            return true;
    return false;
}

/* What a comparison asks for at least, of whole numbers. */
static double
least_of(const struct comparison *c)
{
    return c->op == COMPARE_GT ? floor(c->value) + 1 : ceil(c->value);
}

uint64_t
condition_least(const struct correlation *c)
{
    double least = 0;
    size_t i;

    for (i = 0; i < c->n_comparisons; i++)
        least = fmax(least, least_of(&c->comparisons[i]));
    return (uint64_t)least;
}

uint64_t
condition_saturates(const struct correlation *c)
{
    double most = 0;
    size_t i;

    for (i = 0; i < c->n_comparisons; i++)
        most = fmax(most, floor(c->comparisons[i].value) + 1);
    return (uint64_t)most;
}

static bool
compares(double value, const struct comparison *c)
{
    switch (c->op) {
    case COMPARE_GT:
        return value > c->value;
    case COMPARE_GTE:
        return value >= c->value;
    case COMPARE_LT:
        return value < c->value;
    case COMPARE_LTE:
        return value <= c->value;
    case COMPARE_EQ:
        return value == c->value;
    case COMPARE_NEQ:
        return value != c->value;
    }
    return false;
}

bool
condition_holds(const struct comparison *comparisons, size_t n, double value)
{
    size_t i;

    for (i = 0; i < n; i++)
        if (!compares(value, &comparisons[i]))
            return false;
    return true;
}

/* A stack of bits, the last operand lowest; the reader bounds how deep it gets. */
bool
condition_rules(const struct correlation_term *terms, size_t n, uint64_t present)
{
    uint64_t stack = 0;
    size_t i;

    for (i = 0; i < n; i++)
        switch (terms[i].kind) {
        case TERM_RULE:
            stack = stack << 1 | (present >> terms[i].rule & 1);
            break;
        case TERM_ABSENT:
            break;
        case TERM_NOT:
            stack ^= 1;
            break;
        case TERM_AND:
            stack = stack >> 1 & (stack | ~UINT64_C(1));
            break;
        case TERM_OR:
            stack = stack >> 1 | (stack & 1);
            break;
        }
    return (stack & 1) != 0;
}

/* An even number of NOTs over it: walked from the end, where each operator stands behind its operands. */
static uint64_t
asked_for(const struct correlation *c)
{
    uint64_t asked = 0;
    uint64_t negated = 0; /* of the operands still to come, the next lowest: whether they stand under an odd NOT */
    size_t i;

    for (i = c->n_terms; i-- > 0;)
        switch (c->terms[i].kind) {
        case TERM_RULE:
            asked |= (negated & 1) == 0 ? UINT64_C(1) << c->terms[i].rule : 0;
            negated >>= 1;
            break;
        case TERM_NOT:
            negated ^= 1;
            break;
        case TERM_AND:
        case TERM_OR:
            negated = negated << 1 | (negated & 1);
            break;
        case TERM_ABSENT:
            break;
        }
    return asked;
}

uint64_t
condition_openers(const struct correlation *c)
{
    uint64_t asked = asked_for(c);

    return asked == 0 ? UINT64_MAX : asked;
}
