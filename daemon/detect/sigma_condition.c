/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_condition.h"

#include "base/cursor.h"
#include "base/nearest.h"

/*
 *     condition = and *( "or" and )
 *     and       = not *( "and" not )
 *     not       = "not" not / operand
 *     operand   = "(" condition ")" / ( "1" / "any" / "all" ) "of" ( "them" / pattern ) / identifier
 *     identifier = 1*( ALPHA / DIGIT / "_" / "-" )
 *     pattern    = 1*( ALPHA / DIGIT / "_" / "-" / "*" )
 *
 * Operators are in lower case. `them` is every identifier that does not begin with `_`.
 */

struct parser {
    struct sigma_draft *d;
    struct sigma_identifier *ids;
    struct diag_place at;
    const struct yaml_node *text;
    struct slice rest; /* behind the word at hand */
    struct slice word; /* the word at hand; empty at the end */
    unsigned depth;
    bool failed; /* the first problem is noted, there is no sense in more */
};

static struct node *parse_condition(struct parser *p);

static struct diag_place
place_of(const struct parser *p, struct slice word)
{
    return yaml_place(p->text, word.p == NULL ? 0 : (size_t)(word.p - p->text->text.p));
}

static struct node *
fail_with_hint(struct parser *p, const char *what, const char *hint)
{
    if (p->failed)
        return NULL;
    p->failed = true;
    if (p->word.n == 0)
        sigma_draft_problem(p->d, place_of(p, p->word), "the condition breaks off: %s%s", what, hint);
    else
        sigma_draft_problem(
            p->d, place_of(p, p->word), "in the condition, at '" SLICE_FMT "': %s%s", SLICE_ARG(p->word), what, hint);
    return NULL;
}

static struct node *
fail(struct parser *p, const char *what)
{
    return fail_with_hint(p, what, "");
}

/* No identifier is called, or fits, the word at hand. */
static struct node *
fail_to_find(struct parser *p, const char *what)
{
    struct nearest near = {.wrong = p->word};
    const struct sigma_identifier *id;
    char hint[NEAREST_HINT_MAX];

    for (id = p->ids; id != NULL; id = id->next)
        nearest_consider(&near, id->name);
    return fail_with_hint(p, what, nearest_hint(&near, hint));
}

static bool
in_word(char c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-' || c == '*';
}

/* Takes the next word off the rest: letters and their like, or one character of any other kind. */
static void
advance(struct parser *p)
{
    size_t n = 0;

    p->rest = slice_trim(p->rest);
    while (n < p->rest.n && in_word(p->rest.p[n]))
        n++;
    if (n == 0 && p->rest.n > 0)
        n = 1;
    p->word = slice_head(p->rest, n);
    p->rest = slice_from(p->rest, n);
}

static bool
at_word(const struct parser *p, const char *word)
{
    return slice_eq(p->word, slice_str(word));
}

static bool
skip_word(struct parser *p, const char *word)
{
    if (!at_word(p, word))
        return false;
    advance(p);
    return true;
}

/* Whether @name fits @pattern, in which `*` stands for any characters. */
static bool
fits_pattern(struct slice name, struct slice pattern)
{
    struct slice star = {NULL, 0}; /* the pattern behind the last `*` met */
    struct slice retry = name;     /* where that star's part of the name may end next */

    while (name.n > 0) {
        if (pattern.n > 0 && pattern.p[0] == '*') {
            pattern = star = slice_from(pattern, 1);
            retry = name;
        } else if (pattern.n > 0 && pattern.p[0] == name.p[0]) {
            pattern = slice_from(pattern, 1);
            name = slice_from(name, 1);
        } else if (star.p != NULL) {
            pattern = star;
            name = retry = slice_from(retry, 1);
        } else {
            return false;
        }
    }
    (void)cursor_skip_all(&pattern, '*');
    return pattern.n == 0;
}

/* The identifier's tree once more: a copy of its top, the same below, counted as if it were a tree of its own. */
static struct node *
refer_to(struct parser *p, struct sigma_identifier *id)
{
    struct node *node = sigma_draft_node(p->d, NODE_LEAF, p->at);

    id->used = true;
    if (node == NULL || id->node == NULL) {
        p->failed = true;
        return NULL;
    }
    *node = *id->node;
    node->next = NULL;
    p->d->n_nodes += id->n_nodes;
    return node;
}

static struct node *
parse_selector(struct parser *p, enum node_kind kind)
{
    bool them = at_word(p, "them");
    struct sigma_identifier *id;
    struct sigma_nodes nodes;

    sigma_nodes_init(&nodes);
    for (id = p->ids; id != NULL && !p->failed; id = id->next)
        if (them ? !slice_starts(id->name, SLICE("_")) : fits_pattern(id->name, p->word))
            sigma_nodes_add(&nodes, refer_to(p, id));
    if (nodes.n == 0)
        return p->word.n == 0 ? fail(p, "after 'of' comes 'them' or a pattern") : fail_to_find(p, "no identifier fits");
    advance(p);
    return sigma_nodes_join(p->d, &nodes, kind, p->at);
}

static bool
is_operator(struct slice word)
{
    return slice_eq_nocase(word, SLICE("and")) || slice_eq_nocase(word, SLICE("or")) ||
           slice_eq_nocase(word, SLICE("not")) || slice_eq_nocase(word, SLICE("of"));
}

static struct node *
fail_at_operand(struct parser *p)
{
    if (is_operator(p->word))
        return fail(p, "an identifier is expected; operators are written in lower case, between identifiers");
    if (slice_find(p->word, '*') < p->word.n)
        return fail(p, "a pattern stands only behind '1 of' or 'all of'");
    return fail_to_find(p, "there is no such identifier");
}

static struct node *
fail_at_operator(struct parser *p)
{
    if (at_word(p, "|"))
        return fail(p, "counting in a condition is the old way; write a correlation of type event_count");
    return fail(p, is_operator(p->word) ? "operators are written in lower case, between identifiers"
                                        : "'and' or 'or' is expected");
}

static struct node *
parse_operand(struct parser *p)
{
    struct slice word = p->word;
    struct sigma_identifier *id;
    struct node *node;

    if (skip_word(p, "(")) {
        node = parse_condition(p);
        return skip_word(p, ")") ? node : fail(p, "')' is missing");
    }
    for (id = p->ids; id != NULL && !slice_eq(id->name, word); id = id->next)
        continue;
    if (word.n == 0)
        return fail(p, "an identifier is expected");
    advance(p);
    if (skip_word(p, "of")) {
        if (slice_eq(word, SLICE("1")) || slice_eq(word, SLICE("any")))
            return parse_selector(p, NODE_OR);
        if (slice_eq(word, SLICE("all")))
            return parse_selector(p, NODE_AND);
        p->word = word;
        return fail(p, "only '1 of', 'any of' and 'all of' are known");
    }
    if (id != NULL)
        return refer_to(p, id);
    p->word = word;
    return fail_at_operand(p);
}

static struct node *
parse_not(struct parser *p)
{
    struct sigma_nodes nodes;
    bool negated = false;
    struct node *node;

    while (skip_word(p, "not"))
        negated = !negated;
    node = parse_operand(p);
    if (node == NULL || !negated)
        return node;
    sigma_nodes_init(&nodes);
    sigma_nodes_add(&nodes, node);
    return sigma_nodes_join(p->d, &nodes, NODE_NOT, p->at);
}

static struct node *
parse_and(struct parser *p)
{
    struct sigma_nodes nodes;

    sigma_nodes_init(&nodes);
    do
        sigma_nodes_add(&nodes, parse_not(p));
    while (!p->failed && skip_word(p, "and"));
    return sigma_nodes_join(p->d, &nodes, NODE_AND, p->at);
}

static struct node *
parse_condition(struct parser *p)
{
    struct sigma_nodes nodes;

    if (++p->depth > SIGMA_CONDITION_DEPTH_MAX)
        return fail(p, "nested too deeply");
    sigma_nodes_init(&nodes);
    do
        sigma_nodes_add(&nodes, parse_and(p));
    while (!p->failed && skip_word(p, "or"));
    p->depth--;
    return sigma_nodes_join(p->d, &nodes, NODE_OR, p->at);
}

static struct node *
read_one(struct sigma_draft *d, const struct yaml_node *text, struct sigma_identifier *ids)
{
    struct parser p = {.d = d, .ids = ids, .at = text->at, .text = text, .rest = text->text};
    struct node *node;

    if (text->kind != YAML_SCALAR || text->text.n > SIGMA_CONDITION_BYTES_MAX) {
        sigma_draft_problem(d, text->at, "a condition is one text of at most %d bytes", SIGMA_CONDITION_BYTES_MAX);
        return NULL;
    }
    advance(&p);
    node = parse_condition(&p);
    if (!p.failed && p.word.n > 0)
        return fail_at_operator(&p);
    return p.failed ? NULL : node;
}

struct node *
sigma_condition_read(struct sigma_draft *d, const struct yaml_node *condition, struct sigma_identifier *ids)
{
    struct sigma_nodes nodes;
    const struct yaml_node *entry;

    if (condition->kind != YAML_SEQUENCE)
        return read_one(d, condition, ids);
    if (condition->children == NULL) {
        sigma_draft_problem(d, condition->at, "an empty list of conditions");
        return NULL;
    }
    sigma_nodes_init(&nodes);
    for (entry = condition->children; entry != NULL; entry = entry->next)
        sigma_nodes_add(&nodes, read_one(d, entry, ids));
    return sigma_nodes_join(d, &nodes, NODE_OR, condition->at);
}
