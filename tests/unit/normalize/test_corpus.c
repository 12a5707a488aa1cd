/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Every Windows event of the upstream regression set, flat and as exporters nest it, reaches the log source of the rule
 * it belongs to.
 */
#include "base/cursor.h"
#include "base/file.h"
#include "fixture.h"
#include "support/corpus.h"

enum { COLUMNS = 8, COLUMN_ID = 0, COLUMN_PRODUCT = 4, COLUMN_CATEGORY, COLUMN_SERVICE };

static size_t n_events;
static size_t n_unreached;

static bool
is_reached(const struct event *e, const struct logsource *rule)
{
    unsigned i;

    for (i = 0; i < e->n_logsources; i++)
        if (logsource_covers(rule, e->logsources[i]))
            return true;
    return false;
}

static void
read_events(struct fixture *f, const char *folder, struct slice id, const struct logsource *rule)
{
    CLEANUP_BUFFER struct buffer text = {0};
    char path[4096];
    struct slice rest;

    (void)snprintf(path, sizeof(path), "regression-unpacked/regression/%s/" SLICE_FMT ".ndjson", folder, SLICE_ARG(id));
    ck_assert_int_eq(file_read(path, 1 << 26, &text), 0);
    for (rest = buffer_slice(&text); rest.n > 0; (void)cursor_skip(&rest, '\n')) {
        struct slice line = cursor_until(&rest, '\n');
        const struct event *e = fixture_read_from(f, line, NULL);

        ck_assert(e->structured);
        n_events++;
        if (is_reached(e, rule))
            continue;
        n_unreached++;
        (void)fprintf(stderr, "%s: not " SLICE_FMT "/" SLICE_FMT "/" SLICE_FMT "\n", path, SLICE_ARG(rule->product),
            SLICE_ARG(rule->category), SLICE_ARG(rule->service));
    }
}

static void
read_row(struct fixture *f, struct slice row)
{
    struct slice columns[COLUMNS];
    struct logsource rule;
    size_t i;

    for (i = 0; i < COLUMNS; i++) {
        columns[i] = cursor_until(&row, '\t');
        (void)cursor_skip(&row, '\t');
    }
    rule = (struct logsource){columns[COLUMN_PRODUCT], columns[COLUMN_CATEGORY], columns[COLUMN_SERVICE]};
    read_events(f, "events_flat", columns[COLUMN_ID], &rule);
    read_events(f, "events", columns[COLUMN_ID], &rule);
}

START_TEST(every_windows_event_reaches_its_rules_log_source)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct fixture f;
    struct slice rest;

    if (!corpus_unpack("sigma/regression.tar.zst", "regression-unpacked"))
        return;
    fixture_init(&f);
    fixture_open(&f);
    ck_assert_int_eq(file_read("regression-unpacked/regression/manifest.tsv", 1 << 24, &text), 0);
    rest = buffer_slice(&text);
    (void)cursor_until(&rest, '\n');
    while (cursor_skip(&rest, '\n') && rest.n > 0)
        read_row(&f, cursor_until(&rest, '\n'));
    ck_assert_uint_gt(n_events, 400);
    ck_assert_msg(n_unreached == 0, "%zu of %zu events do not reach their rule", n_unreached, n_events);
    fixture_close(&f);
}
END_TEST

UNIT_MAIN("corpus", every_windows_event_reaches_its_rules_log_source)
