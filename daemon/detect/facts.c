/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/facts.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "parsers/value.h"

enum { FIELDS_CAP_MIN = 512 };

#define NO_FIELD UINT32_MAX

int
facts_init(struct facts *f, const struct ruleset *rs)
{
    *f = (struct facts){.fields_cap = FIELDS_CAP_MIN};
    f->scopes = calloc(rs->atoms.n_scopes, sizeof(*f->scopes));
    f->fields = calloc(f->fields_cap, sizeof(*f->fields));
    if (f->scopes == NULL || f->fields == NULL || regex_scratch_new(&f->regex) < 0) {
        facts_fini(f);
        return error_origin(-ENOMEM);
    }
    return 0;
}

void
facts_fini(struct facts *f)
{
    regex_scratch_free(f->regex);
    fold_buffer_fini(&f->folded);
    fold_buffer_fini(&f->folded_other);
    free(f->scopes);
    free(f->fields);
    *f = (struct facts){0};
}

void
facts_restart(struct facts *f, const struct ruleset *rs)
{
    memset(f->scopes, 0, rs->atoms.n_scopes * sizeof(*f->scopes));
}

/* How many of the event's @n fields there is room for. */
static size_t
reserve(struct facts *f, size_t n)
{
    struct facts_field *fields;

    if (n <= f->fields_cap)
        return n;
    fields = reallocarray(f->fields, n, sizeof(*fields));
    if (fields == NULL) {
        f->n_unseen += n - f->fields_cap;
        return f->fields_cap;
    }
    f->fields = fields;
    f->fields_cap = n;
    return n;
}

/* From the last field to the first, so that each chain is in the event's order. */
void
facts_set(struct facts *f, const struct ruleset *rs, const struct event *event, uint32_t epoch, bool asks_fields)
{
    size_t i;

    f->event = event;
    f->epoch = epoch;
    f->n_fields = asks_fields ? reserve(f, event->n_fields) : 0;
    fold_buffer_forget(&f->folded);
    fold_buffer_forget(&f->folded_other);
    for (i = f->n_fields; i-- > 0;) {
        uint32_t scope = ruleset_scope(rs, &event->fields[i]);

        f->fields[i].scope = scope;
        if (scope == SCOPE_KEYWORDS)
            continue;
        f->fields[i].next = facts_first(f, scope);
        f->scopes[scope] = (struct facts_scope){epoch, (uint32_t)i};
    }
}

static bool
compares(double a, enum compare_op op, double b)
{
    switch (op) {
    case COMPARE_GT:
        return a > b;
    case COMPARE_GTE:
        return a >= b;
    case COMPARE_LT:
        return a < b;
    case COMPARE_LTE:
        return a <= b;
    case COMPARE_EQ:
        return a == b;
    case COMPARE_NEQ:
        return a != b;
    }
    return false;
}

static bool
decide_number(const struct leaf *leaf, struct slice value)
{
    double number;

    return value_number(value, &number) && compares(number, leaf->op, leaf->number);
}

/* A network given as IPv6 and wider than the mapped range holds no address written as IPv4. */
static bool
decide_cidr(const struct leaf *leaf, struct slice value)
{
    unsigned char address[16];
    unsigned whole = leaf->prefix_bits / 8;
    unsigned rest = leaf->prefix_bits % 8;
    bool v4;

    if (!value_address(value, address, &v4) || (v4 && leaf->prefix_bits < 96))
        return false;
    if (memcmp(address, leaf->net, whole) != 0)
        return false;
    return rest == 0 || ((address[whole] ^ leaf->net[whole]) >> (8 - rest)) == 0;
}

static bool
decide_time(const struct leaf *leaf, struct slice value)
{
    struct civil_time t;
    int parts[TIME_YEAR + 1];

    if (!value_civil_time(value, &t))
        return false;
    parts[TIME_MINUTE] = t.minute;
    parts[TIME_HOUR] = t.hour;
    parts[TIME_DAY] = t.day;
    parts[TIME_WEEK] = t.week;
    parts[TIME_MONTH] = t.month;
    parts[TIME_YEAR] = t.year;
    return compares(parts[leaf->part], leaf->op, leaf->number);
}

static bool
decide_text(struct facts *f, const struct atom *atom, struct slice value)
{
    return text_matches(atom->pattern, atom->leaf.cased ? value : fold_buffer_fold(&f->folded, value));
}

static enum decision
decide_regex(struct facts *f, const struct atom *atom, struct slice value)
{
    int r;

    if (slice_search(value, atom->needs) == SIZE_MAX)
        return DECISION_FALSE;
    f->n_regex_runs++;
    r = regex_match(atom->regex, value, f->regex);
    if (r == REGEX_E_LIMIT)
        return DECISION_LIMIT;
    return r == 0 ? DECISION_TRUE : DECISION_FALSE;
}

static bool
relates(struct slice a, enum fieldref_how how, struct slice b)
{
    switch (how) {
    case FIELDREF_EQUALS:
        return slice_eq(a, b);
    case FIELDREF_CONTAINS:
        return slice_search(a, b) != SIZE_MAX;
    case FIELDREF_STARTS:
        return slice_starts(a, b);
    case FIELDREF_ENDS:
        return slice_ends(a, b);
    }
    return false;
}

static bool
decide_fieldref(struct facts *f, const struct atom *atom, struct slice value)
{
    struct slice mine = atom->leaf.cased ? value : fold_buffer_fold(&f->folded, value);
    uint32_t i;

    for (i = facts_first(f, atom->other); i != NO_FIELD; i = f->fields[i].next) {
        const struct field *other = &f->event->fields[i];

        if (other->type != VALUE_NULL &&
            relates(mine, atom->leaf.how,
                atom->leaf.cased ? other->value : fold_buffer_fold(&f->folded_other, other->value)))
            return true;
    }
    return false;
}

/* Whether one value, which is not null, passes. */
static enum decision
decide_value(struct facts *f, const struct atom *atom, struct slice value)
{
    switch (atom->leaf.kind) {
    case LEAF_TEXT:
        return decide_text(f, atom, value) ? DECISION_TRUE : DECISION_FALSE;
    case LEAF_REGEX:
        return decide_regex(f, atom, value);
    case LEAF_CIDR:
        return decide_cidr(&atom->leaf, value) ? DECISION_TRUE : DECISION_FALSE;
    case LEAF_NUMBER:
        return decide_number(&atom->leaf, value) ? DECISION_TRUE : DECISION_FALSE;
    case LEAF_TIME:
        return decide_time(&atom->leaf, value) ? DECISION_TRUE : DECISION_FALSE;
    case LEAF_FIELDREF:
        return decide_fieldref(f, atom, value) ? DECISION_TRUE : DECISION_FALSE;
    case LEAF_NULL:
    case LEAF_EXISTS:
        break;
    }
    return DECISION_FALSE;
}

/* Any value that passes will do; a limit on the way is remembered only where none does. */
static enum decision
either(enum decision sofar, enum decision now)
{
    return sofar == DECISION_TRUE || now == DECISION_FALSE ? sofar : now;
}

static enum decision
decide_keyword(struct facts *f, const struct atom *atom)
{
    const struct event *event = f->event;
    enum decision d = DECISION_FALSE;
    size_t i;

    if (!event->structured)
        return event->text.p == NULL ? DECISION_FALSE : decide_value(f, atom, event->text);
    for (i = event->n_fields_header; i < event->n_fields && d != DECISION_TRUE; i++)
        if (event->fields[i].type == VALUE_TEXT)
            d = either(d, decide_value(f, atom, event->fields[i].value));
    return d;
}

static bool
any_null(const struct facts *f, uint32_t i)
{
    for (; i != NO_FIELD; i = f->fields[i].next)
        if (f->event->fields[i].type == VALUE_NULL)
            return true;
    return false;
}

enum decision
facts_decide(struct facts *f, const struct atom *atom)
{
    uint32_t i = facts_first(f, atom->scope);
    enum decision d = DECISION_FALSE;

    if (atom->leaf.kind == LEAF_EXISTS)
        return (i == NO_FIELD) == atom->leaf.negated ? DECISION_TRUE : DECISION_FALSE;
    if (atom->leaf.kind == LEAF_NULL)
        return i == NO_FIELD || any_null(f, i) ? DECISION_TRUE : DECISION_FALSE;
    if (atom->scope == SCOPE_KEYWORDS)
        return decide_keyword(f, atom);
    for (; i != NO_FIELD && d != DECISION_TRUE; i = f->fields[i].next)
        if (f->event->fields[i].type != VALUE_NULL)
            d = either(d, decide_value(f, atom, f->event->fields[i].value));
    return d;
}
