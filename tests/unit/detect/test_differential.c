/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Random rules and random events, put to the matcher with the prefilter and without, and to a walk over the rule's tree
 * that knows neither atoms nor indexes nor code: all three must agree. What a user would lose otherwise is a detection.
 *
 * The words are few and alike, so that rules match often, and hold what is hard: letters beyond ASCII that fold into
 * it, letters whose folding is longer, bytes that are no UTF-8, NUL, dashes, wildcards, empty values.
 */

#include "base/regex.h"
#include "base/utf8.h"
#include "detect/fold.h"
#include "detect/sigma_reader.h"
#include "support/matching.h"

enum { ROUNDS = 60, RULES = 40, EVENTS = 120, TREES_BYTES_MAX = 64 << 20, TEXT_MAX = 400 };

static uint32_t seed;

static uint32_t
draw(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

#define PICK(a) (a)[draw(ARRAY_LEN(a))]

static const char *const pieces[] = {"a", "A", "b", "ab", "Ba", "s", "k", "sk", " ", "-", "/", "\xe2\x80\x93", "\\",
    "1", "12", "é", "É", "\xc5\xbf", "\xe2\x84\xaa", "п", "П", "\xc8\xba", "\xe2\xb1\xa5", "x", "longer word",
    "Longer Word"};
static const char *const broken[] = {"\xff", "\xc3", "\xe2\x84", "\xed\xa0\x80"};
static const char *const wildcards[] = {"*", "?", "\\*", "\\?"};
static const char *const expressions[] = {"a", "b+", ".", "[^a]", "\\bk", "(ab|sk)", "s$", "^a", "a{2,3}", "(?i)k",
    "\\s", "\\d+", "é", "[é-ы]", "(?=b)", "(?<!a)b", "(a)\\1", "a++", "\\W", "x?", "longer", "[[:alpha:]]+", "\\B",
    "\\Z", "(?|ab|sk)", "longer(?R)?"};
static const char *const names[] = {"f", "g", "h", "long name"};
static const char *const modifiers[] = {"", "|contains", "|startswith", "|endswith", "|contains|all", "|cased",
    "|contains|cased", "|endswith|cased", "|contains|windash", "|windash", "|re", "|re", "|re|i", "|neq"};
static const char *const conditions[] = {"s1", "s1 and s2", "s1 or s2", "not s1", "s1 and not s2", "not (s1 or s2)",
    "not (s1 and not s2)", "s1 and (s2 or not s3)", "1 of s*", "all of s*", "not 1 of s*", "(s1 or s2) and (s2 or s3)",
    "not not s1", "s1 or not s2"};

/* ---- writing rules */

static void
yaml_text(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_add_char(out, '\\');
        buffer_add_char(out, *text);
    }
}

static void
write_words(struct buffer *out, bool is_regex)
{
    uint32_t n = 1 + draw(4);

    buffer_add_char(out, '"');
    while (n-- > 0) {
        const char *word = is_regex ? PICK(expressions) : draw(8) == 0 ? PICK(wildcards) : PICK(pieces);

        yaml_text(out, !is_regex && strcmp(word, "\\") == 0 ? "\\\\" : word);
    }
    buffer_add_char(out, '"');
}

static void
write_values(struct buffer *out, bool is_regex, bool single)
{
    uint32_t n = single ? 1 : 1 + draw(3);
    uint32_t i;

    buffer_add_char(out, '[');
    for (i = 0; i < n; i++) {
        buffer_add(out, i == 0 ? SLICE("") : SLICE(", "));
        write_words(out, is_regex);
    }
    buffer_add(out, SLICE("]"));
}

static void
write_field_item(struct buffer *out)
{
    static const char *const others[] = {"|exists: true", "|exists: false", ": null", ": ''", "|gte: 12", "|lt: 5",
        "|cidr: 10.0.0.0/8", "|fieldref: g", "|fieldref|contains: h", ": '*'", ": 12"};
    const char *modifier = PICK(modifiers);

    buffer_printf(out, "    %s", PICK(names));
    if (draw(5) == 0) {
        buffer_printf(out, "%s\n", PICK(others));
        return;
    }
    buffer_printf(out, "%s: ", modifier);
    write_values(out, strncmp(modifier, "|re", 3) == 0, false);
    buffer_add_char(out, '\n');
}

static void
write_detection(struct buffer *out, unsigned number)
{
    uint32_t kind = draw(8);

    buffer_printf(out, "  s%u:\n", number);
    if (kind == 0) {
        buffer_add(out, SLICE("    '|re': "));
        write_values(out, true, false);
    } else if (kind <= 2) {
        buffer_add(out, kind == 1 ? SLICE("    '|all': ") : SLICE("    "));
        write_values(out, false, false);
    } else {
        write_field_item(out);
    }
    buffer_add_char(out, '\n');
}

static void
write_rules(struct buffer *out)
{
    unsigned i;
    unsigned k;

    for (i = 0; i < RULES; i++) {
        buffer_printf(out, "---\ntitle: r%u\nlogsource: {product: p}\ndetection:\n", i);
        for (k = 1; k <= 3; k++)
            write_detection(out, k);
        buffer_printf(out, "  condition: %s\nlevel: low\n", PICK(conditions));
    }
}

/* ---- the walk over the tree */

static struct regex_scratch *scratch;

static size_t
characters(struct slice s, bool cased, uint32_t *out)
{
    size_t n = 0;

    while (s.n > 0) {
        uint32_t c;
        size_t len = utf8_decode(s, &c);

        if (len == 0) {
            c = 0x80000000u | (unsigned char)s.p[0]; /* a broken byte equals only itself */
            len = 1;
        }
        out[n++] = cased || c >= 0x80000000u ? c : fold_char(c);
        s = slice_from(s, len);
    }
    return n;
}

static bool
text_fits(const struct leaf *leaf, size_t token, size_t at_in_token, const uint32_t *value, size_t n)
{
    uint32_t literal[TEXT_MAX];
    size_t n_literal;
    size_t i;

    if (token == leaf->n_tokens)
        return n == 0;
    switch (leaf->tokens[token].kind) {
    case TOKEN_ANY:
        for (i = 0; i <= n; i++)
            if (text_fits(leaf, token + 1, 0, value + i, n - i))
                return true;
        return false;
    case TOKEN_ONE:
        return n > 0 && text_fits(leaf, token + 1, 0, value + 1, n - 1);
    case TOKEN_DASH:
        return n > 0 && (*value == '-' || *value == '/' || (*value >= 0x2013 && *value <= 0x2015)) &&
               text_fits(leaf, token + 1, 0, value + 1, n - 1);
    case TOKEN_LITERAL:
        n_literal = characters(leaf->tokens[token].literal, leaf->cased, literal);
        if (n_literal > n || memcmp(literal, value, n_literal * sizeof(*literal)) != 0)
            return false;
        return text_fits(leaf, token + 1, at_in_token, value + n_literal, n - n_literal);
    }
    return false;
}

static bool
regex_fits(const struct leaf *leaf, struct slice value)
{
    struct regex_problem problem;
    struct regex *regex;
    bool fits;

    ck_assert_int_eq(regex_new(&regex, leaf->regex, leaf->regex_flags, &problem), 0);
    fits = regex_match(regex, value, scratch) == 0;
    regex_free(regex);
    return fits;
}

static bool
number_fits(const struct leaf *leaf, struct slice value)
{
    CLEANUP_FREE char *z = slice_dup(value);
    char *end;
    double number = strtod(z, &end);

    if (end == z || *end != '\0' || strspn(z, "-0123456789.") != value.n)
        return false;
    return leaf->op == COMPARE_GTE ? number >= leaf->number : number < leaf->number;
}

/* By bytes, as far as one value is looked for in another: both may be broken. */
static bool
reference_fits(const struct leaf *leaf, struct slice value, const struct event *event)
{
    char mine[FOLD_BYTES_MAX(TEXT_MAX)];
    char other[FOLD_BYTES_MAX(TEXT_MAX)];
    struct slice a = slice_of(mine, fold_text(value, mine));
    size_t i;

    for (i = 0; i < event->n_fields; i++) {
        const struct field *f = &event->fields[i];
        struct slice b = slice_of(other, fold_text(f->value, other));

        if (slice_eq(f->name, leaf->other) && f->type != VALUE_NULL &&
            (leaf->how == FIELDREF_CONTAINS ? memmem(a.p, a.n, b.p, b.n) != NULL : slice_eq(a, b)))
            return true;
    }
    return false;
}

static bool
value_fits(const struct leaf *leaf, struct slice value, const struct event *event)
{
    uint32_t text[TEXT_MAX];

    switch (leaf->kind) {
    case LEAF_TEXT:
        return text_fits(leaf, 0, 0, text, characters(value, leaf->cased, text));
    case LEAF_REGEX:
        return regex_fits(leaf, value);
    case LEAF_NUMBER:
        return number_fits(leaf, value);
    case LEAF_CIDR:
        return slice_starts(value, SLICE("10.")); /* the only network there is */
    case LEAF_FIELDREF:
        return reference_fits(leaf, value, event);
    default:
        ck_abort();
    }
}

static bool
leaf_fits(const struct leaf *leaf, const struct event *event)
{
    bool is_keyword = leaf->field.n == 0;
    bool present = false;
    bool null = false;
    size_t i;

    if (is_keyword && !event->structured)
        return value_fits(leaf, event->text, event);
    for (i = 0; i < event->n_fields; i++) {
        const struct field *f = &event->fields[i];

        if (is_keyword ? f->type != VALUE_TEXT : !slice_eq(f->name, leaf->field))
            continue;
        present = true;
        null |= f->type == VALUE_NULL;
        if (f->type != VALUE_NULL && leaf->kind != LEAF_NULL && leaf->kind != LEAF_EXISTS &&
            value_fits(leaf, f->value, event))
            return true;
    }
    if (leaf->kind == LEAF_NULL)
        return !present || null;
    return leaf->kind == LEAF_EXISTS && present != leaf->negated;
}

static bool
node_fits(const struct node *node, const struct event *event)
{
    const struct node *child;

    switch (node->kind) {
    case NODE_LEAF:
        return leaf_fits(node->leaf, event);
    case NODE_NOT:
        return !node_fits(node->children, event);
    case NODE_AND:
        for (child = node->children; child != NULL; child = child->next)
            if (!node_fits(child, event))
                return false;
        return true;
    case NODE_OR:
        for (child = node->children; child != NULL; child = child->next)
            if (node_fits(child, event))
                return true;
        return false;
    }
    return false;
}

/* ---- events */

static struct slice
draw_value(char out[static TEXT_MAX])
{
    uint32_t n = draw(7);
    size_t used = 0;

    if (draw(4) == 0) {
        used = draw(150);
        memset(out, 'm', used); /* what matters may stand far from the start: a vector's length and more */
    }
    while (n-- > 0) {
        const char *word = draw(20) == 0 ? PICK(broken) : PICK(pieces);

        memcpy(out + used, word, strlen(word));
        used += strlen(word);
        if (draw(60) == 0)
            out[used++] = '\0';
        if (draw(60) == 0)
            out[used++] = '\n';
    }
    return slice_of(out, used);
}

static void
draw_field(struct field *f, char text[static TEXT_MAX])
{
    static const char *const numbers[] = {"12", "5", "0", "4.5", "120"};
    static const char *const addresses[] = {"10.1.2.3", "192.168.1.1", "::1"};
    uint32_t kind = draw(10);

    *f = (struct field){.name = slice_str(PICK(names)), .type = VALUE_TEXT};
    f->name_hash = field_hash(f->name);
    if (kind == 0) {
        f->type = VALUE_NULL;
        f->value = SLICE("");
    } else if (kind == 1) {
        f->type = VALUE_NUMBER;
        f->value = slice_str(PICK(numbers));
    } else if (kind == 2) {
        f->value = slice_str(PICK(addresses));
    } else {
        f->value = draw_value(text);
    }
}

struct drawn {
    struct event event;
    struct field fields[6];
    char text[7][TEXT_MAX];
};

static void
draw_event(struct drawn *d)
{
    size_t i;

    d->event = (struct event){.structured = draw(3) > 0, .fields = d->fields, .n_fields = draw(7)};
    for (i = 0; i < d->event.n_fields; i++)
        draw_field(&d->fields[i], d->text[i]);
    d->event.text = draw_value(d->text[6]);
}

/* ---- the comparison */

static size_t
compare(struct matching *t, const struct sigma_rules *trees, unsigned round)
{
    struct drawn drawn;
    const struct sigma_rule *rule;
    size_t n_hits = 0;
    char what[100];
    unsigned i;

    for (i = 0; i < EVENTS; i++) {
        size_t hit = 0;

        (void)snprintf(what, sizeof(what), "event %u of round %u", i, round);
        draw_event(&drawn);
        n_hits += matching_event(t, &drawn.event, what);
        for (rule = trees->first; rule != NULL; rule = rule->next) {
            bool matches = hit < t->n_hits && slice_eq(t->hits[hit]->title, rule->rule.title);

            if (rule->status != RULE_LOADED)
                continue;
            ck_assert_msg(matches == node_fits(rule->condition, &drawn.event), "rule %.*s %s on %s",
                SLICE_ARG(rule->rule.title), matches ? "is invented" : "is lost", what);
            hit += matches;
        }
        ck_assert_uint_eq(hit, t->n_hits);
    }
    return n_hits;
}

static size_t
play_round(unsigned round)
{
    CLEANUP_BUFFER struct buffer yaml = {0};
    struct sigma_rules trees;
    struct matching t;
    struct arena arena;
    size_t n_hits;
    char path[] = "differential-XXXXXX.yml";
    FILE *f = fdopen(mkstemps(path, 4), "w");

    seed = round;
    write_rules(&yaml);
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(yaml.p, 1, yaml.n, f), yaml.n);
    ck_assert_int_eq(fclose(f), 0);
    matching_open(&t, path, true);
    (void)unlink(path);
    ck_assert_int_eq(arena_init(&arena, 0, TREES_BYTES_MAX), 0);
    sigma_rules_init(&trees, &arena);
    ck_assert_int_eq(sigma_read(&trees, buffer_slice(&yaml), path, &t.diag), 0);
    ck_assert_uint_ge(ruleset_rules(t.on)->n, RULES / 2);
    n_hits = compare(&t, &trees, round);
    matching_close(&t);
    arena_fini(&arena);
    return n_hits;
}

START_TEST(neither_loses_nor_invents_a_match)
{
    const char *rounds = getenv("ISMS_ROUNDS");
    unsigned n = rounds == NULL ? ROUNDS : (unsigned)atoi(rounds);
    size_t n_hits = 0;
    unsigned round;

    ck_assert_int_eq(regex_scratch_new(&scratch), 0);
    for (round = 1; round <= n; round++)
        n_hits += play_round(round);
    regex_scratch_free(scratch);
    (void)printf("%zu matches\n", n_hits);
    ck_assert_uint_ge(n_hits, (size_t)n * EVENTS);
}
END_TEST

UNIT_MAIN("differential", neither_loses_nor_invents_a_match)
