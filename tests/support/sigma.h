/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma: rules read in a test, and a rule's tree as text a person can compare:
 *
 *     User = 'admin'                     whole value       Image = *'\cmd'?'exe'   wildcards and literals in turn
 *     ~ = *'sudo'*                       keyword           f cased = 'A'           with case
 *     f /abc/ims    f in 10.0.0.0/8      f >= 5            f hour = 3              f null    f exists   f missing
 *     f = field g   f contains field g   f starts field g  (a and b)  (a or b)     not a
 */

#include <arpa/inet.h>

#include "base/buffer.h"
#include "base/regex.h"
#include "detect/sigma_reader.h"
#include "support/unit.h"

enum { SIGMA_TEST_BYTES_MAX = 64 << 20 };

/** A list of rules with what it lives in; sigma_test_fini() frees it. */
struct sigma_test {
    struct arena arena;
    struct sigma_rules rules;
    struct diag diag;
};

/** What placeholders stand for in rules read from now on. */
__attribute__((unused)) static const struct sigma_list *sigma_test_lists;
__attribute__((unused)) static size_t sigma_test_n_lists;

__attribute__((unused)) static void
sigma_test_init(struct sigma_test *t)
{
    *t = (struct sigma_test){0};
    ck_assert_int_eq(arena_init(&t->arena, 65536, SIGMA_TEST_BYTES_MAX), 0);
    sigma_rules_init(&t->rules, &t->arena);
    t->rules.lists = sigma_test_lists;
    t->rules.n_lists = sigma_test_n_lists;
}

__attribute__((unused)) static void
sigma_test_fini(struct sigma_test *t)
{
    diag_fini(&t->diag);
    arena_fini(&t->arena);
}

/** sigma_test_read() - the documents of @text, as file @file. Return: the first of them. */
__attribute__((unused)) static struct sigma_rule *
sigma_test_read(struct sigma_test *t, const char *file, const char *text)
{
    struct sigma_rule **end = t->rules.end;

    ck_assert_int_eq(sigma_read(&t->rules, slice_str(text), file, &t->diag), 0);
    return *end;
}

static void sigma_print(struct buffer *out, const struct node *node);

static void
sigma_print_tokens(struct buffer *out, const struct leaf *leaf)
{
    size_t i;
    size_t k;

    if (leaf->n_tokens == 0)
        buffer_add(out, SLICE("''"));
    for (i = 0; i < leaf->n_tokens; i++) {
        const struct token *token = &leaf->tokens[i];

        if (token->kind != TOKEN_LITERAL) {
            buffer_add_char(out, token->kind == TOKEN_ANY ? '*' : token->kind == TOKEN_ONE ? '?' : '-');
            continue;
        }
        buffer_add_char(out, '\'');
        for (k = 0; k < token->literal.n; k++)
            if ((unsigned char)token->literal.p[k] < ' ')
                buffer_printf(out, "{%02x}", (unsigned char)token->literal.p[k]);
            else
                buffer_add_char(out, token->literal.p[k]);
        buffer_add_char(out, '\'');
    }
}

static void
sigma_print_net(struct buffer *out, const struct leaf *leaf)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char text[INET6_ADDRSTRLEN];
    bool v4 = memcmp(leaf->net, mapped, sizeof(mapped)) == 0;

    ck_assert_ptr_nonnull(inet_ntop(v4 ? AF_INET : AF_INET6, leaf->net + (v4 ? 12 : 0), text, sizeof(text)));
    buffer_printf(out, "in %s/%u", text, leaf->prefix_bits - (v4 ? 96 : 0));
}

static void
sigma_print_leaf(struct buffer *out, const struct leaf *leaf)
{
    static const char *const ops[] = {">", ">=", "<", "<=", "=", "!="};
    static const char *const parts[] = {"minute", "hour", "day", "week", "month", "year"};
    static const char *const hows[] = {"=", "contains", "starts", "ends"};

    buffer_add(out, leaf->field.n == 0 ? SLICE("~") : leaf->field);
    buffer_add(out, leaf->cased ? SLICE(" cased ") : SLICE(" "));
    switch (leaf->kind) {
    case LEAF_TEXT:
        buffer_add(out, SLICE("= "));
        sigma_print_tokens(out, leaf);
        break;
    case LEAF_REGEX:
        buffer_printf(out, "/" SLICE_FMT "/%s%s%s", SLICE_ARG(leaf->regex),
            (leaf->regex_flags & REGEX_CASELESS) != 0 ? "i" : "", (leaf->regex_flags & REGEX_MULTILINE) != 0 ? "m" : "",
            (leaf->regex_flags & REGEX_DOTALL) != 0 ? "s" : "");
        break;
    case LEAF_CIDR:
        sigma_print_net(out, leaf);
        break;
    case LEAF_NUMBER:
        buffer_printf(out, "%s %g", ops[leaf->op], leaf->number);
        break;
    case LEAF_TIME:
        buffer_printf(out, "%s %s %g", parts[leaf->part], ops[leaf->op], leaf->number);
        break;
    case LEAF_NULL:
        buffer_add(out, SLICE("null"));
        break;
    case LEAF_EXISTS:
        buffer_add(out, leaf->negated ? SLICE("missing") : SLICE("exists"));
        break;
    case LEAF_FIELDREF:
        buffer_printf(out, "%s field " SLICE_FMT, hows[leaf->how], SLICE_ARG(leaf->other));
        break;
    }
}

static void
sigma_print_joined(struct buffer *out, const struct node *node, const char *word)
{
    const struct node *child;

    buffer_add_char(out, '(');
    for (child = node->children; child != NULL; child = child->next) {
        if (child != node->children)
            buffer_printf(out, " %s ", word);
        sigma_print(out, child);
    }
    buffer_add_char(out, ')');
}

__attribute__((unused)) static void
sigma_print(struct buffer *out, const struct node *node)
{
    switch (node->kind) {
    case NODE_LEAF:
        sigma_print_leaf(out, node->leaf);
        break;
    case NODE_NOT:
        buffer_add(out, SLICE("not "));
        sigma_print(out, node->children);
        break;
    default:
        sigma_print_joined(out, node, node->kind == NODE_AND ? "and" : "or");
        break;
    }
}

enum { SIGMA_DOCUMENT_MAX = 65536 };

/** sigma_test_document() - a rule whose `detection` is @detection, each line of it indented by four. */
__attribute__((unused)) static const char *
sigma_test_document(char out[static SIGMA_DOCUMENT_MAX], const char *detection)
{
    ck_assert_int_lt(snprintf(out, SIGMA_DOCUMENT_MAX, "title: t\nlogsource: {product: p}\ndetection:\n%s", detection),
        SIGMA_DOCUMENT_MAX);
    return out;
}

/** ck_detection_reads() - the detection @detection is loaded and its tree is @want. */
__attribute__((unused)) static void
ck_detection_reads(const char *detection, const char *want)
{
    char document[SIGMA_DOCUMENT_MAX];
    CLEANUP_BUFFER struct buffer got = {0};
    struct sigma_test t;
    struct sigma_rule *rule;

    sigma_test_init(&t);
    rule = sigma_test_read(&t, "t.yml", sigma_test_document(document, detection));
    ck_assert_ptr_nonnull(rule);
    ck_assert_msg(rule->status == RULE_LOADED, "not loaded: %.*s", (int)rule->reason.n, rule->reason.p);
    sigma_print(&got, rule->condition);
    ck_slice_eq(buffer_slice(&got), want);
    sigma_test_fini(&t);
}

/** ck_item_reads() - the one item @item, as "f|contains: x", has the tree @want. */
__attribute__((unused)) static void
ck_item_reads(const char *item, const char *want)
{
    char detection[SIGMA_DOCUMENT_MAX / 2];

    (void)snprintf(detection, sizeof(detection), "    sel:\n        %s\n    condition: sel\n", item);
    ck_detection_reads(detection, want);
}

/** ck_detection_fails() - the detection @detection is rejected, at @line and @column of it, and the reason holds
 * @reason. */
__attribute__((unused)) static void
ck_detection_fails(const char *detection, unsigned line, unsigned column, const char *reason)
{
    char document[SIGMA_DOCUMENT_MAX];
    struct sigma_test t;
    struct sigma_rule *rule;

    sigma_test_init(&t);
    rule = sigma_test_read(&t, "t.yml", sigma_test_document(document, detection));
    ck_assert_ptr_nonnull(rule);
    ck_assert_msg(rule->status == RULE_REJECTED, "loaded: %s", detection);
    ck_assert_msg(
        slice_search(rule->reason, slice_str(reason)) != SIZE_MAX, "reason: %.*s", (int)rule->reason.n, rule->reason.p);
    ck_assert_str_eq(rule->at.file, "t.yml");
    ck_assert_uint_eq(rule->at.line, line + 3);
    ck_assert_uint_eq(rule->at.column, column);
    ck_assert_uint_ge(t.diag.n_errors, 1);
    sigma_test_fini(&t);
}

/** ck_item_fails() - the one item @item is rejected at @column of it, and the reason holds @reason. */
__attribute__((unused)) static void
ck_item_fails(const char *item, unsigned column, const char *reason)
{
    char detection[SIGMA_DOCUMENT_MAX / 2];

    (void)snprintf(detection, sizeof(detection), "    sel:\n        %s\n    condition: sel\n", item);
    ck_detection_fails(detection, 2, column + 8, reason);
}
