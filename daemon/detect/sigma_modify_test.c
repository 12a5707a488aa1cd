/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <math.h>

#include "base/cursor.h"
#include "detect/sigma_modify.h"

void
sigma_modify_re(struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    (void)item, (void)m;
    v->leaf.kind = LEAF_REGEX;
    v->leaf.regex = sigma_draft_copy(d, v->node->text);
    if (v->leaf.regex.n == 0)
        sigma_draft_problem(d, v->node->at, "an empty regular expression fits every value; use '|exists' for that");
}

void
sigma_modify_re_flag(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    (void)d, (void)item;
    v->leaf.regex_flags |= (unsigned)m->argument;
}

/* An address as 16 bytes, IPv4 as ::ffff:a.b.c.d. Return: its bits that a prefix may count, 0 where it is none. */
static unsigned
parse_address(struct slice text, unsigned char out[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char z[INET6_ADDRSTRLEN];

    if (text.n >= sizeof(z) || memchr(text.p, '\0', text.n) != NULL)
        return 0;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    if (inet_pton(AF_INET6, z, out) == 1)
        return 128;
    memcpy(out, mapped, sizeof(mapped));
    return inet_pton(AF_INET, z, out + sizeof(mapped)) == 1 ? 32 : 0;
}

/* network = address [ "/" 1*3DIGIT ], RFC 4632 section 3.1 and RFC 4291 section 2.3. */
static bool
parse_network(struct slice text, struct leaf *leaf)
{
    unsigned n_bits = parse_address(cursor_until(&text, '/'), leaf->net);
    unsigned prefix = n_bits;

    if (n_bits == 0 || (cursor_skip(&text, '/') && !cursor_number(&text, 3, &prefix)))
        return false;
    leaf->prefix_bits = 128 - n_bits + prefix;
    return text.n == 0 && prefix <= n_bits;
}

/* Clears what stands behind the prefix. Return: whether there was anything. */
static bool
clear_host_bits(struct leaf *leaf)
{
    bool cleared = false;
    unsigned i;

    for (i = leaf->prefix_bits; i < 128; i++) {
        unsigned char bit = (unsigned char)(0x80 >> i % 8);

        cleared |= (leaf->net[i / 8] & bit) != 0;
        leaf->net[i / 8] &= (unsigned char)~bit;
    }
    return cleared;
}

void
sigma_modify_cidr(struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    (void)item, (void)m;
    v->leaf.kind = LEAF_CIDR;
    if (!parse_network(v->node->text, &v->leaf))
        sigma_draft_problem(d, v->node->at, "'" SLICE_FMT "' is not a network; write 10.0.0.0/8 or fe80::/10",
            SLICE_ARG(v->node->text));
    else if (clear_host_bits(&v->leaf))
        sigma_draft_warning(d, v->node->at, "'" SLICE_FMT "' is an address within the network, taken for the network",
            SLICE_ARG(v->node->text));
}

static bool
read_number(struct sigma_draft *d, struct sigma_value *v, const struct sigma_modifier *m)
{
    if (sigma_value_number(v, &v->leaf.number))
        return true;
    sigma_draft_problem(d, v->node->at, "'|%s' takes a number, not '" SLICE_FMT "'", m->name, SLICE_ARG(v->node->text));
    return false;
}

void
sigma_modify_compare(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    (void)item;
    v->leaf.op = (enum compare_op)m->argument;
    if (v->leaf.kind == LEAF_TEXT && read_number(d, v, m))
        v->leaf.kind = LEAF_NUMBER;
}

void
sigma_modify_time(struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    static const struct {
        int from;
        int to;
    } range[] = {
        // clang-format off
        [TIME_MINUTE] = {0, 59},
        [TIME_HOUR]   = {0, 23},
        [TIME_DAY]    = {1, 31},
        [TIME_WEEK]   = {1, 53},
        [TIME_MONTH]  = {1, 12},
        [TIME_YEAR]   = {0, 9999},
        // clang-format on
    };

    (void)item;
    if (v->leaf.kind == LEAF_TEXT) {
        v->leaf.op = COMPARE_EQ;
        if (!read_number(d, v, m))
            return;
    }
    v->leaf.kind = LEAF_TIME;
    v->leaf.part = (enum time_part)m->argument;
    if (v->leaf.number != floor(v->leaf.number) || v->leaf.number < range[m->argument].from ||
        v->leaf.number > range[m->argument].to)
        sigma_draft_problem(d, v->node->at, "'|%s' takes a whole number from %d to %d", m->name,
            range[m->argument].from, range[m->argument].to);
}

/* `contains|fieldref` left wildcards around the name; `fieldref|contains` comes to the same. */
void
sigma_modify_fieldref(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    const struct token *tokens = v->leaf.tokens;
    size_t n = v->leaf.n_tokens;
    bool before = n > 0 && tokens[0].kind == TOKEN_ANY;
    bool after = n > 1 && tokens[n - 1].kind == TOKEN_ANY;

    (void)item;
    if (n != 1u + before + after || tokens[before].kind != TOKEN_LITERAL) {
        sigma_draft_problem(d, v->node->at, "'|%s' takes the name of a field", m->name);
        return;
    }
    v->leaf.kind = LEAF_FIELDREF;
    v->leaf.other = tokens[before].literal;
    if (before || after)
        v->leaf.how = before && after ? FIELDREF_CONTAINS : before ? FIELDREF_ENDS : FIELDREF_STARTS;
}

void
sigma_modify_exists(
    struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    bool exists;

    (void)item;
    if (!yaml_is_bool(v->node, &exists)) {
        sigma_draft_problem(d, v->node->at, "'|%s' takes true or false", m->name);
        return;
    }
    v->leaf.kind = LEAF_EXISTS;
    v->leaf.negated = !exists;
}
