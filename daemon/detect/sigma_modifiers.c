/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_modifiers.h"

#include "base/regex.h"
#include "detect/sigma_modify.h"

#define TEXT     (1u << LEAF_TEXT)
#define REGEX    (1u << LEAF_REGEX)
#define NUMBER   (1u << LEAF_NUMBER)
#define TIME     (1u << LEAF_TIME)
#define FIELDREF (1u << LEAF_FIELDREF)
#define BOTH     (AFFIX_BEFORE | AFFIX_AFTER)

static void
mark_item(struct sigma_draft *d, struct sigma_item *item, struct sigma_value *v, const struct sigma_modifier *m)
{
    (void)d, (void)v;
    item->marks |= (unsigned)m->argument;
}

static const struct sigma_modifier table[] = {
    // clang-format off
    /* name           what it asks for                                              takes                    as written  function                   argument */
    {"contains",      "the value holds the text anywhere",                          TEXT | REGEX | FIELDREF, false, sigma_modify_affix,        BOTH},
    {"startswith",    "the value begins with the text",                             TEXT | REGEX | FIELDREF, false, sigma_modify_affix,        AFFIX_AFTER},
    {"endswith",      "the value ends with the text",                               TEXT | REGEX | FIELDREF, false, sigma_modify_affix,        AFFIX_BEFORE},
    {"all",           "every one of the values fits, not any",                      0,                       false, mark_item,                 ITEM_ALL},
    {"cased",         "upper and lower case differ",                                0,                       false, mark_item,                 ITEM_CASED},
    {"neq",           "not so",                                                     0,                       false, mark_item,                 ITEM_NEGATED},
    {"exists",        "the field is there (true) or not (false)",                   TEXT,                    true,  sigma_modify_exists,       0},
    {"re",            "a regular expression (PCRE2) finds something in the value",  TEXT,                    true,  sigma_modify_re,           0},
    {"i",             "after re: upper and lower case do not differ",               REGEX,                   false, sigma_modify_re_flag,      REGEX_CASELESS},
    {"ignorecase",    "the same as i",                                              REGEX,                   false, sigma_modify_re_flag,      REGEX_CASELESS},
    {"m",             "after re: ^ and $ stand for every line's ends",              REGEX,                   false, sigma_modify_re_flag,      REGEX_MULTILINE},
    {"multiline",     "the same as m",                                              REGEX,                   false, sigma_modify_re_flag,      REGEX_MULTILINE},
    {"s",             "after re: . takes a line end too",                           REGEX,                   false, sigma_modify_re_flag,      REGEX_DOTALL},
    {"dotall",        "the same as s",                                              REGEX,                   false, sigma_modify_re_flag,      REGEX_DOTALL},
    {"windash",       "the dash of an option may be any of - / \u2013 \u2014 \u2015", TEXT,                  false, sigma_modify_windash,      0},
    {"base64",        "the text as base64",                                         TEXT,                    false, sigma_modify_base64,       0},
    {"base64offset",  "the text within something that is base64, wherever it began", TEXT,                   false, sigma_modify_base64offset, 0},
    {"wide",          "the text as UTF-16, low byte first",                         TEXT,                    false, sigma_modify_utf16,        UTF16_LITTLE},
    {"utf16le",       "the same as wide",                                           TEXT,                    false, sigma_modify_utf16,        UTF16_LITTLE},
    {"utf16be",       "the text as UTF-16, high byte first",                        TEXT,                    false, sigma_modify_utf16,        UTF16_BIG},
    {"utf16",         "the text as UTF-16 behind a byte order mark",                TEXT,                    false, sigma_modify_utf16,        UTF16_MARKED},
    {"cidr",          "the value is an address of the network",                     TEXT,                    true,  sigma_modify_cidr,         0},
    {"lt",            "the value is a number below this one",                       TEXT | TIME,             true,  sigma_modify_compare,      COMPARE_LT},
    {"lte",           "the value is a number up to this one",                       TEXT | TIME,             true,  sigma_modify_compare,      COMPARE_LTE},
    {"gt",            "the value is a number above this one",                       TEXT | TIME,             true,  sigma_modify_compare,      COMPARE_GT},
    {"gte",           "the value is a number from this one",                        TEXT | TIME,             true,  sigma_modify_compare,      COMPARE_GTE},
    {"minute",        "the minute of the time stamp, 0 to 59",                      TEXT | NUMBER,           true,  sigma_modify_time,         TIME_MINUTE},
    {"hour",          "the hour of the time stamp, 0 to 23",                        TEXT | NUMBER,           true,  sigma_modify_time,         TIME_HOUR},
    {"day",           "the day of the time stamp's month, 1 to 31",                 TEXT | NUMBER,           true,  sigma_modify_time,         TIME_DAY},
    {"week",          "the week (ISO 8601) of the time stamp's year, 1 to 53",      TEXT | NUMBER,           true,  sigma_modify_time,         TIME_WEEK},
    {"month",         "the month of the time stamp, 1 to 12",                       TEXT | NUMBER,           true,  sigma_modify_time,         TIME_MONTH},
    {"year",          "the year of the time stamp",                                 TEXT | NUMBER,           true,  sigma_modify_time,         TIME_YEAR},
    {"fieldref",      "the value is that of another field of the event",            TEXT,                    false, sigma_modify_fieldref,     0},
    {"expand",        "placeholders as %admins% stand for a configured list",       TEXT,                    false, sigma_modify_expand,       0},
    // clang-format on
};

/* What a value is by now, for people. */
static const char *const kind_names[] = {
    // clang-format off
    [LEAF_TEXT]     = "text",
    [LEAF_REGEX]    = "a regular expression",
    [LEAF_CIDR]     = "a network",
    [LEAF_NUMBER]   = "a number to compare with",
    [LEAF_TIME]     = "a part of a time",
    [LEAF_NULL]     = "null",
    [LEAF_EXISTS]   = "a test for existence",
    [LEAF_FIELDREF] = "a field's name",
    // clang-format on
};

const struct sigma_modifier *
sigma_modifiers(size_t *n)
{
    *n = ARRAY_LEN(table);
    return table;
}

const struct sigma_modifier *
sigma_modifiers_find(struct slice name)
{
    size_t i;

    for (i = 0; i < ARRAY_LEN(table); i++)
        if (slice_eq(name, slice_str(table[i].name)))
            return &table[i];
    return NULL;
}

const char *
sigma_modifiers_hint(struct slice name, char out[static NEAREST_HINT_MAX])
{
    struct nearest near = {.wrong = name};
    size_t i;

    for (i = 0; i < ARRAY_LEN(table); i++)
        nearest_consider(&near, slice_str(table[i].name));
    return nearest_hint(&near, out);
}

static bool
takes(struct sigma_draft *d, const struct sigma_item *item, const struct sigma_value *v, const struct sigma_modifier *m)
{
    if ((m->takes & 1u << v->leaf.kind) == 0) {
        sigma_draft_problem(d, v->node->at, "'|%s' cannot be applied to %s", m->name, kind_names[v->leaf.kind]);
        return false;
    }
    if (m->as_written && v->shaped_by != NULL) {
        sigma_draft_problem(d, item->modifier_at, "'|%s' must stand before '|%s'", m->name, v->shaped_by);
        return false;
    }
    return true;
}

bool
sigma_modifiers_apply(struct sigma_draft *d, struct sigma_item *item, const struct sigma_modifier *m)
{
    struct sigma_value *v = item->values;
    bool all_taken = true;

    if (m->takes == 0) {
        m->apply(d, item, NULL, m);
        return true;
    }
    while (v != NULL) {
        struct sigma_value *next = v->next; /* before alternatives are put behind it */

        if (takes(d, item, v, m))
            m->apply(d, item, v, m);
        else
            all_taken = false;
        v = next;
    }
    return all_taken;
}
