/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every record of the corpus yields the fields that another reader of audit records finds in it. Where that one words a
 * value anew (success for yes, unset for 4294967295, a context in parts), the record's own wording counts as found.
 */
#include "base/base64.h"
#include "base/cursor.h"
#include "base/file.h"
#include "parsers/auditd.h"
#include "parsers/json.h"
#include "support/corpus.h"
#include "support/unit.h"

#include <strings.h>

#define DATA   "expect.audit_normalised.data."
#define EXPECT "expect.audit_normalised."

static size_t n_records;
static size_t n_wanted;
static size_t n_missed;

static const struct {
    const char *theirs;
    const char *ours;
} names[] = {
    {"result", "res"},
    {"result", "success"},
    {"result", "seresult"},
    {"family", "saddr_fam"},
    {"addr", "laddr"},
    {"port", "lport"},
    {"arch", "ARCH"},
    {"syscall", "SYSCALL"},
};

static const struct {
    const char *theirs;
    const char *ours;
} values[] = {
    {"unset", "4294967295"},
    {"unset", "-1"},
    {"success", "1"},
    {"success", "yes"},
    {"fail", "no"},
    {"fail", "0"},
    {"fail", "failed"},
    {"ipv4", "inet"},
    {"ipv6", "inet6"},
    {"unix", "local"},
};

static bool
same_value(struct slice theirs, struct slice ours)
{
    size_t i;

    if (slice_eq(theirs, ours))
        return true;
    for (i = 0; i < ARRAY_LEN(values); i++)
        if (slice_eq(theirs, slice_str(values[i].theirs)) && slice_eq(ours, slice_str(values[i].ours)))
            return true;
    return false;
}

/* subj_role of subj=user:role:domain:level[:category] */
static bool
is_part(struct slice theirs, struct slice value, const struct field *f)
{
    struct slice rest = f->value;

    if (!slice_eq(slice_head(theirs, slice_find(theirs, '_')), f->name))
        return false;
    while (rest.n > 0) {
        if (slice_starts(rest, value))
            return true;
        (void)cursor_until(&rest, ':');
        (void)cursor_skip(&rest, ':');
    }
    return false;
}

static bool
same_name(struct slice theirs, struct slice ours)
{
    size_t i;

    if (slice_eq(theirs, ours))
        return true;
    for (i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq(theirs, slice_str(names[i].theirs)) && slice_eq(ours, slice_str(names[i].ours)))
            return true;
    return false;
}

static bool
is_found(const struct fields *found, struct slice name, struct slice value)
{
    size_t i;

    for (i = 0; i < found->n; i++) {
        const struct field *f = &found->items[i];

        if ((same_name(name, f->name) && same_value(value, f->value)) || is_part(name, value, f))
            return true;
    }
    return false;
}

static void
check_record(const struct fields *vector, struct slice raw, struct arena *arena)
{
    struct slice id = fields_find(vector->items, vector->n, SLICE("id"))->value;
    struct auditd_stamp stamp;
    struct fields found;
    size_t i;

    fields_init(&found, arena, 256);
    ck_assert_msg(auditd_parse(raw, &stamp, &found) == 0, SLICE_FMT ": no record", SLICE_ARG(id));
    n_records++;
    for (i = 0; i < vector->n; i++) {
        const struct field *want = &vector->items[i];

        if (slice_eq(want->name, SLICE(EXPECT "sequence")))
            ck_assert(slice_eq(want->value, stamp.serial));
        if (slice_eq(want->name, SLICE(EXPECT "record_type")) && !slice_starts(want->value, SLICE("unknown")))
            ck_assert_msg(slice_eq_nocase(want->value, found.items[0].value), SLICE_FMT ": type", SLICE_ARG(id));
        if (!slice_starts(want->name, SLICE(DATA)))
            continue;
        n_wanted++;
        if (is_found(&found, slice_from(want->name, strlen(DATA)), want->value))
            continue;
        n_missed++;
        (void)fprintf(stderr, SLICE_FMT ": not " SLICE_FMT " = " SLICE_FMT "\n", SLICE_ARG(id), SLICE_ARG(want->name),
            SLICE_ARG(want->value));
    }
}

static void
check_vector(struct slice line)
{
    CLEANUP_BUFFER struct buffer raw = {0};
    struct fields vector;
    struct arena arena;

    ck_assert_int_eq(arena_init(&arena, 0, 1 << 24), 0);
    fields_init(&vector, &arena, 1024);
    ck_assert_int_eq(json_flatten(line, &vector, NULL), 0);
    ck_assert(base64_decode(&raw, fields_find(vector.items, vector.n, SLICE("input"))->value));
    if (fields_find(vector.items, vector.n, SLICE(EXPECT "sequence")) != NULL)
        check_record(&vector, buffer_slice(&raw), &arena);
    arena_fini(&arena);
}

START_TEST(every_record_yields_the_fields_that_are_in_it)
{
    CLEANUP_BUFFER struct buffer text = {0};
    char path[4096];
    struct slice rest;

    if (access(corpus_path("syslog/auditd-golibaudit.jsonl", path), R_OK) != 0) {
        (void)printf("skipped: no corpus\n");
        return;
    }
    ck_assert_int_eq(file_read(path, 1 << 26, &text), 0);
    for (rest = buffer_slice(&text); rest.n > 0; (void)cursor_skip(&rest, '\n'))
        check_vector(cursor_until(&rest, '\n'));
    (void)printf("%zu records, %zu fields, %zu missed\n", n_records, n_wanted, n_missed);
    ck_assert_uint_gt(n_records, 80);
    ck_assert_uint_le(n_missed * 100, n_wanted);
}
END_TEST

UNIT_MAIN("auditd_corpus", every_record_yields_the_fields_that_are_in_it)
