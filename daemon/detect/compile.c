/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A rule's tree is brought into a plan first: NOT pushed down to the leaves, AND in AND and OR in OR taken together,
 * what is cheap to test put first. From the plan come the rule's witnesses and its code.
 */

#include "detect/compile.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"

enum { TREE_DEPTH_MAX = 512, TEMPORARY_BYTES_MAX = 1 << 30, LIST_CAP_MIN = 1024 };

struct plan {
    enum node_kind kind; /* AND, OR or LEAF */
    bool negated;        /* LEAF */
    const struct atom *atom;
    struct plan **children;
    size_t n_children;
    size_t n_leaves;
    double expense; /* of testing all of it, a scanned atom being 1 */
    double traffic; /* how often its witnesses will call the rule up, in no unit; INFINITY: it has none */
};

/** A growing row of numbers. */
struct numbers {
    uint32_t *items;
    size_t n;
    size_t cap;
};

struct compiler {
    struct ruleset *rs;
    struct arena temporary;
    struct step *steps;
    size_t n_steps;
    size_t steps_cap;
    struct numbers witness_atoms; /* witness_atoms[i] is a witness of rule witness_rules[i] */
    struct numbers witness_rules;
    struct numbers always_sources; /* and so here */
    struct numbers always_rules;
    struct rule_code *code;
};

static int
numbers_add(struct numbers *l, uint32_t v)
{
    uint32_t *items;

    if (l->n == l->cap) {
        items = reallocarray(l->items, l->cap == 0 ? LIST_CAP_MIN : l->cap * 2, sizeof(*items));
        if (items == NULL)
            return error_origin(-ENOMEM);
        l->items = items;
        l->cap = l->cap == 0 ? LIST_CAP_MIN : l->cap * 2;
    }
    l->items[l->n++] = v;
    return 0;
}

/* The first leaf that no atom can be made of is left in @bad. */
static int
find_atoms(
    struct ruleset *rs, struct node *node, unsigned depth, const struct leaf **bad, struct regex_problem *problem)
{
    struct node *child;
    struct atom *atom;
    int r = 0;

    if (depth > TREE_DEPTH_MAX) {
        *problem = (struct regex_problem){0, "the condition is nested too deeply"};
        return ATOMS_E_REGEX;
    }
    if (node->kind == NODE_LEAF) {
        r = atoms_add(&rs->atoms, node->leaf, &atom, problem);
        if (r != 0) {
            *bad = node->leaf;
            return r < 0 ? error_trace(r) : r;
        }
        node->atom = atom->number;
        return 0;
    }
    for (child = node->children; child != NULL && r == 0; child = child->next)
        r = find_atoms(rs, child, depth + 1, bad, problem);
    return r;
}

/* Where the expression stands is the place of its value; how far it was understood is shown. */
static void
reject_regex(struct sigma_rules *rules, struct sigma_rule *rule, struct diag *diag, const struct leaf *bad,
    const struct regex_problem *problem)
{
    enum { SHOWN_MAX = 32 };
    struct slice read = bad == NULL ? (struct slice){NULL, 0} : slice_head(bad->regex, problem->offset);

    if (read.n > SHOWN_MAX)
        read = slice_from(read, read.n - SHOWN_MAX);
    if (read.n == 0)
        sigma_reject(rules, rule, diag, bad != NULL ? bad->at : rule->at, "regular expression: %s", problem->text);
    else
        sigma_reject(rules, rule, diag, bad->at, "regular expression: %s, behind '" SLICE_FMT "'", problem->text,
            SLICE_ARG(read));
}

int
compile_atoms(struct ruleset *rs, struct sigma_rules *rules, struct sigma_rule *from, struct diag *diag)
{
    struct sigma_rule *rule;

    for (rule = from; rule != NULL; rule = rule->next) {
        const struct leaf *bad = NULL;
        struct regex_problem problem = {0, ""};
        int r;

        if (rule->status != RULE_LOADED || rule->condition == NULL)
            continue;
        r = find_atoms(rs, rule->condition, 0, &bad, &problem);
        if (r < 0)
            return error_trace(r);
        if (r == ATOMS_E_REGEX)
            reject_regex(rules, rule, diag, bad, &problem);
    }
    return 0;
}

/* A guess at how often a value holds the literals of @atom: the shorter the oftener. */
static double
commonness(const struct atom *atom)
{
    static const double by_length[] = {1000, 1000, 60, 12, 5, 3, 2, 1.5};
    size_t n = 0;
    size_t i;

    if (atom->leaf.kind == LEAF_REGEX)
        return 3;
    for (i = 0; i < atom->pattern.n; i++)
        if (atom->pattern.tokens[i].literal.n > n)
            n = atom->pattern.tokens[i].literal.n;
    if (atom->shape == TEXT_EQUALS)
        return n < 4 ? 8 : 2;
    return n < ARRAY_LEN(by_length) ? by_length[n] : 1;
}

/* What many rules ask for (\powershell.exe) is what many events have. */
static double
atom_traffic(const struct atom *atom)
{
    return atom->scanned ? commonness(atom) * (1 + log2(atom->n_uses)) : INFINITY;
}

static double
atom_expense(const struct atom *atom)
{
    if (atom->scanned)
        return 1;
    return atom->leaf.kind == LEAF_REGEX ? 300 : 30;
}

static int
by_expense(const void *a, const void *b)
{
    const struct plan *const *x = a;
    const struct plan *const *y = b;

    return ((*x)->expense > (*y)->expense) - ((*x)->expense < (*y)->expense);
}

static struct plan *
plan_leaf(struct compiler *c, const struct node *node, bool negated)
{
    struct plan *plan = arena_zalloc(&c->temporary, sizeof(*plan));
    const struct atom *atom = c->rs->atoms.items[node->atom];

    if (plan == NULL)
        return NULL;
    plan->kind = NODE_LEAF;
    plan->negated = negated;
    plan->atom = atom;
    plan->n_leaves = 1;
    plan->expense = atom_expense(atom);
    plan->traffic = negated ? INFINITY : atom_traffic(atom);
    return plan;
}

/* What the parts of an AND or OR say about the whole. */
static void
sum_up(struct plan *plan)
{
    bool is_and = plan->kind == NODE_AND;
    size_t i;

    plan->traffic = is_and ? INFINITY : 0;
    for (i = 0; i < plan->n_children; i++) {
        const struct plan *child = plan->children[i];

        plan->n_leaves += child->n_leaves;
        plan->expense += child->expense;
        if (is_and ? child->traffic < plan->traffic : child->traffic > plan->traffic)
            plan->traffic = child->traffic;
    }
    if (!is_and)
        plan->traffic += (double)plan->n_children / 64;
    qsort(plan->children, plan->n_children, sizeof(struct plan *), by_expense);
}

static struct plan *plan_node(struct compiler *c, const struct node *node, bool negated);

/* The children of @node; those that are of the same kind as the whole give theirs. */
static struct plan *
plan_group(struct compiler *c, const struct node *node, bool negated)
{
    enum node_kind kind = (node->kind == NODE_AND) != negated ? NODE_AND : NODE_OR;
    struct plan *plan = arena_zalloc(&c->temporary, sizeof(*plan));
    struct plan *firsts = NULL;
    const struct node *child;
    size_t n = 0;
    size_t at = 0;

    for (child = node->children; child != NULL; child = child->next)
        n++;
    firsts = arena_zalloc(&c->temporary, n * sizeof(*firsts));
    if (plan == NULL || firsts == NULL)
        return NULL;
    for (child = node->children, at = 0; child != NULL; child = child->next, at++) {
        struct plan *part = plan_node(c, child, negated);

        if (part == NULL)
            return NULL;
        firsts[at] = *part;
        plan->n_children += part->kind == kind ? part->n_children : 1;
    }
    plan->kind = kind;
    plan->children = arena_alloc(&c->temporary, plan->n_children * sizeof(struct plan *));
    if (plan->children == NULL)
        return NULL;
    for (n = 0, at = 0; at < plan->n_children; n++) {
        if (firsts[n].kind == kind) {
            memcpy(plan->children + at, firsts[n].children, firsts[n].n_children * sizeof(struct plan *));
            at += firsts[n].n_children;
        } else {
            plan->children[at++] = &firsts[n];
        }
    }
    sum_up(plan);
    return plan->n_children == 1 ? plan->children[0] : plan;
}

/* As deep as find_atoms() has seen. Return: NULL once memory ran out. */
static struct plan *
plan_node(struct compiler *c, const struct node *node, bool negated)
{
    while (node->kind == NODE_NOT) {
        node = node->children;
        negated = !negated;
    }
    return node->kind == NODE_LEAF ? plan_leaf(c, node, negated) : plan_group(c, node, negated);
}

static int
add_witnesses(struct compiler *c, const struct plan *plan, uint32_t rule)
{
    size_t best = 0;
    size_t i;
    int r = 0;

    if (plan->kind == NODE_LEAF) {
        r = numbers_add(&c->witness_atoms, plan->atom->number);
        return r == 0 ? numbers_add(&c->witness_rules, rule) : r;
    }
    if (plan->kind == NODE_AND) {
        for (i = 1; i < plan->n_children; i++)
            if (plan->children[i]->traffic < plan->children[best]->traffic)
                best = i;
        return add_witnesses(c, plan->children[best], rule);
    }
    for (i = 0; i < plan->n_children && r == 0; i++)
        r = add_witnesses(c, plan->children[i], rule);
    return r;
}

static int
add_step(struct compiler *c, struct step step, uint32_t *at)
{
    if (c->n_steps == c->steps_cap) {
        size_t cap = c->steps_cap == 0 ? LIST_CAP_MIN : c->steps_cap * 2;
        struct step *steps = cap > STEPS_MAX ? NULL : reallocarray(c->steps, cap, sizeof(*steps));

        if (steps == NULL)
            return error_origin(-ENOMEM);
        c->steps = steps;
        c->steps_cap = cap;
    }
    *at = (uint32_t)c->n_steps;
    c->steps[c->n_steps++] = step;
    return 0;
}

/* Written from the end, so that where to go on is known. Sets @entry to where @plan's code begins. */
static int
add_code(struct compiler *c, const struct plan *plan, uint32_t on_true, uint32_t on_false, uint32_t *entry)
{
    uint32_t next = plan->kind == NODE_AND ? on_true : on_false;
    size_t i;
    int r = 0;

    if (plan->kind == NODE_LEAF)
        return add_step(c,
            (struct step){plan->atom->number, plan->negated ? on_false : on_true, plan->negated ? on_true : on_false},
            entry);
    for (i = plan->n_children; i-- > 0 && r == 0;)
        r = plan->kind == NODE_AND ? add_code(c, plan->children[i], next, on_false, &next)
                                   : add_code(c, plan->children[i], on_true, next, &next);
    *entry = next;
    return r;
}

static void
note_scopes(const struct ruleset *rs, const struct plan *plan, uint64_t *scopes)
{
    size_t i;

    if (plan->kind == NODE_LEAF && plan->atom->scanned)
        bit_set(scopes, plan->atom->scope);
    for (i = 0; i < plan->n_children; i++)
        note_scopes(rs, plan->children[i], scopes);
}

static bool
asks_fields(const struct plan *plan)
{
    size_t i;

    if (plan->kind == NODE_LEAF)
        return plan->atom->scope != SCOPE_KEYWORDS;
    for (i = 0; i < plan->n_children; i++)
        if (asks_fields(plan->children[i]))
            return true;
    return false;
}

static int
find_source(struct ruleset *rs, const struct logsource *asked, uint32_t *source)
{
    uint64_t *scopes;
    size_t i;

    for (i = 0; i < rs->n_sources; i++)
        if (logsource_eq(&rs->sources[i].logsource, asked)) {
            *source = (uint32_t)i;
            return 0;
        }
    scopes = arena_zalloc(&rs->arena, BIT_WORDS(rs->atoms.n_scopes) * sizeof(*scopes));
    if (scopes == NULL)
        return error_origin(-ENOMEM);
    *source = (uint32_t)rs->n_sources;
    rs->sources[rs->n_sources++] = (struct rule_source){*asked, scopes, false};
    return 0;
}

static int
compile_rule(struct compiler *c, const struct sigma_rule *rule)
{
    uint32_t number = rule->rule.number;
    struct rule_code *code = &c->code[number];
    struct rule_source *source;
    struct plan *plan;
    int r = find_source(c->rs, &rule->rule.logsource, &code->source);

    code->entry = STEP_FAIL;
    if (r < 0 || rule->condition == NULL)
        return r;
    plan = plan_node(c, rule->condition, false);
    if (plan == NULL)
        return error_origin(-ENOMEM);
    source = &c->rs->sources[code->source];
    source->asks_fields = source->asks_fields || asks_fields(plan);
    note_scopes(c->rs, plan, (uint64_t *)source->scopes);
    if (isinf(plan->traffic)) {
        r = numbers_add(&c->always_sources, code->source);
        if (r == 0)
            r = numbers_add(&c->always_rules, number);
    } else {
        r = add_witnesses(c, plan, number);
    }
    if (r == 0)
        r = add_code(c, plan, STEP_MATCH, STEP_FAIL, &code->entry);
    arena_reset(&c->temporary);
    return r < 0 ? error_trace(r) : 0;
}

/* The pairs (@keys[i], @values[i]) as one list of values for each key. */
static int
make_lists(
    struct lists *out, const struct numbers *keys, const struct numbers *values, size_t n_keys, struct arena *arena)
{
    uint32_t *first = arena_zalloc(arena, (n_keys + 2) * sizeof(*first));
    uint32_t *items = arena_alloc(arena, (values->n + 1) * sizeof(*items));
    size_t i;

    if (first == NULL || items == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < keys->n; i++)
        first[keys->items[i] + 2]++;
    for (i = 2; i < n_keys + 2; i++)
        first[i] += first[i - 1];
    for (i = 0; i < keys->n; i++)
        items[first[keys->items[i] + 1]++] = values->items[i];
    *out = (struct lists){first, items};
    return 0;
}

static int
make_names(struct ruleset *rs)
{
    size_t n_slots = 16;
    size_t i;
    size_t at;

    while (n_slots < rs->atoms.n_scopes * 4)
        n_slots *= 2;
    rs->names = arena_zalloc(&rs->arena, n_slots * sizeof(*rs->names));
    if (rs->names == NULL)
        return error_origin(-ENOMEM);
    rs->names_mask = n_slots - 1;
    for (i = 1; i < rs->atoms.n_scopes; i++) {
        for (at = rs->atoms.scopes[i].hash & rs->names_mask; rs->names[at] != 0;)
            at = (at + 1) & rs->names_mask;
        rs->names[at] = (uint32_t)i;
    }
    return 0;
}

static int
make_indexes(struct ruleset *rs, struct diag *diag)
{
    size_t i;
    int r = 0;

    rs->indexes = arena_zalloc(&rs->arena, rs->atoms.n_scopes * sizeof(*rs->indexes));
    if (rs->indexes == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; rs->trust != PREFILTER_DISTRUSTED && i < rs->atoms.n_scopes && r == 0; i++) {
        r = index_build(&rs->indexes[i], &rs->atoms.scopes[i], rs->trust, &rs->arena, diag);
        if (r == 0 && rs->indexes[i].scan != NULL)
            r = prefilter_scratch_fit(&rs->scratch, rs->indexes[i].scan);
    }
    return r < 0 ? error_trace(r) : 0;
}

static int
make_scanned(struct ruleset *rs)
{
    uint64_t *scanned = arena_zalloc(&rs->arena, BIT_WORDS(rs->atoms.n + 1) * sizeof(*scanned));
    size_t i;

    if (scanned == NULL)
        return error_origin(-ENOMEM);
    for (i = 0; i < rs->atoms.n; i++)
        if (rs->atoms.items[i]->scanned)
            bit_set(scanned, i);
    rs->scanned = scanned;
    return 0;
}

static int
keep(struct compiler *c)
{
    struct ruleset *rs = c->rs;
    struct step *steps = arena_alloc(&rs->arena, (c->n_steps + 1) * sizeof(*steps));
    int r;

    if (steps == NULL)
        return error_origin(-ENOMEM);
    if (c->n_steps > 0)
        memcpy(steps, c->steps, c->n_steps * sizeof(*steps));
    rs->steps = steps;
    rs->code = c->code;
    r = make_lists(&rs->witness_of, &c->witness_atoms, &c->witness_rules, rs->atoms.n, &rs->arena);
    if (r == 0)
        r = make_lists(&rs->always, &c->always_sources, &c->always_rules, rs->n_sources, &rs->arena);
    return r < 0 ? error_trace(r) : 0;
}

static int
compile_all(struct compiler *c, struct sigma_rules *rules, struct diag *diag)
{
    struct ruleset *rs = c->rs;
    const struct sigma_rule *rule;
    int r;

    rs->sources = arena_alloc(&rs->arena, (rs->rules.n + 1) * sizeof(*rs->sources));
    c->code = arena_zalloc(&rs->arena, (rs->rules.n + 1) * sizeof(*c->code));
    if (rs->sources == NULL || c->code == NULL)
        return error_origin(-ENOMEM);
    r = make_names(rs);
    if (r == 0)
        r = make_indexes(rs, diag);
    if (r == 0)
        r = make_scanned(rs);
    for (rule = rules->first; rule != NULL && r == 0; rule = rule->next)
        if (rule->status == RULE_LOADED && rule->filter == NULL)
            r = compile_rule(c, rule);
    if (r == 0)
        r = keep(c);
    return r < 0 ? error_trace(r) : 0;
}

int
compile_rules(struct ruleset *rs, struct sigma_rules *rules, struct diag *diag)
{
    struct compiler c = {.rs = rs};
    int r = arena_init(&c.temporary, 0, TEMPORARY_BYTES_MAX);

    if (r == 0)
        r = compile_all(&c, rules, diag);
    arena_fini(&c.temporary);
    free(c.steps);
    free(c.witness_atoms.items);
    free(c.witness_rules.items);
    free(c.always_sources.items);
    free(c.always_rules.items);
    return r < 0 ? error_trace(r) : 0;
}
