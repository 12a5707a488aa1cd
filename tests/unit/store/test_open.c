/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Opening a store: what does not agree is named, nothing is written over it, and opening again goes on with the same
 * run and the same counters.
 */
#include <sys/stat.h>

#include "store/reader_kpi.h"
#include "store_fixture.h"

static char said[8192]; /* by the last open_and_listen() */

/* Opens the store. Return: the outcome; what was logged is in `said`. */
static int
open_and_listen(void)
{
    struct store_settings settings = fixture_settings();
    int before = dup(STDERR_FILENO);
    FILE *f = tmpfile();
    size_t n;
    int r;

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(dup2(fileno(f), STDERR_FILENO), 0);
    r = store_open(&fixture_store, &settings, NOON);
    ck_assert_int_ge(dup2(before, STDERR_FILENO), 0);
    rewind(f);
    n = fread(said, 1, sizeof(said) - 1, f);
    said[n] = '\0';
    (void)fclose(f);
    (void)close(before);
    return r;
}

/* What somebody changed while the daemon was down, and the words that must point there. */
static const struct {
    const char *sql;
    const char *words;
} tamperings[] = {
    // clang-format off
    {"DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE seq = 0",
     "records.db: the first entry of the ledger, 0, is missing"},
    {"DROP TRIGGER checkpoint_no_delete; DELETE FROM checkpoint",
     "records.db: there is no checkpoint, but the ledger has entries"},
    {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET note = 'x'",
     "its note is not written as one"},
    {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET note = replace(note, 'test.example/isms', 'a.example/b')",
     "its note is of another ledger"},
    {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET note = replace(note, char(10) || size || char(10),"
     " char(10) || (size + 1) || char(10))", "its note was changed: the signature does not verify"},
    {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET size = size - 1", ": its note is of size "},
    {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET slots = x'00'", ": 1 bytes of slots are not those of such a tree"},
    {"DROP TRIGGER checkpoint_no_update; UPDATE checkpoint SET slots = zeroblob(length(slots))",
     ": its slots have the root "},
    {"DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE seq = (SELECT max(seq) - 1 FROM ledger)",
     " is missing: the next one there is "},
    {"DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE seq > 0", "the ledger ends with entry 0, but checkpoint "},
    {"DROP TRIGGER ledger_no_update; UPDATE ledger SET body = json_set(body, '$.by', 'eve')"
     " WHERE seq = (SELECT max(seq) FROM ledger)", "with other hashes: an entry since the checkpoint was changed"},
    {"UPDATE tree SET size = size - 1", "records.db: the row of tree is of size "},
    {"DELETE FROM tree", "records.db: the row of tree is of size 0"},
    {"UPDATE segment SET bytes = 7", "records.db: the last row of segment is [000001.jsonl: 7 bytes, "},
    {"DELETE FROM segment", "the last row of segment is [there is none], the ledger's last entry about evidence says [000001"},
    // clang-format on
};

START_TEST(what_does_not_agree_is_named)
{
    size_t i;

    fixture_begin();
    fixture_history(10, 5);
    IN_TRANSACTION(seconds_after_noon(300), (void)0); /* a checkpoint */
    fixture_history(10, 5);
    fixture_close();
    fixture_shell("sqlite3 records.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null && cp records.db whole.db");
    for (i = 0; i < ARRAY_LEN(tamperings); i++) {
        int r;

        fixture_sql(tamperings[i].sql);
        r = open_and_listen();
        ck_assert_msg(r == STORE_E_BROKEN, "%s: %d", tamperings[i].sql, r);
        ck_assert_msg(strstr(said, tamperings[i].words) != NULL, "%s: %s", tamperings[i].sql, said);
        fixture_shell("rm -f records.db-wal records.db-shm && cp whole.db records.db");
    }
    fixture_open_at(NOON);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(the_public_key_stays_what_it_was_where_the_key_is_another_ledgers)
{
    fixture_begin();
    fixture_close();
    fixture_shell("cp ledger.pub aside.pub && cp ledger.key aside.key");
    fixture_shell("openssl genpkey -algorithm ed25519 -out ledger.key && chmod 600 ledger.key");
    ck_assert_int_eq(open_and_listen(), STORE_E_KEY);
    ck_assert_msg(strstr(said, "the ledger began as [test.example/isms+") != NULL, "%s", said);
    fixture_shell("cmp ledger.pub aside.pub && mv aside.key ledger.key");
    fixture_open_at(NOON);
    fixture_end();
}
END_TEST

START_TEST(the_public_key_is_written_where_it_is_missing_or_differs_and_only_then)
{
    struct stat before;
    struct stat after;
    char path[128];

    fixture_begin();
    fixture_close();
    (void)snprintf(path, sizeof(path), "%s/ledger.pub", fixture_dir);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_int_eq(open_and_listen(), 0);
    fixture_close();
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(after.st_ino, before.st_ino);
    fixture_shell("mv ledger.pub aside.pub");
    ck_assert_int_eq(open_and_listen(), 0);
    ck_assert_str_eq(said, "");
    fixture_close();
    fixture_shell("cmp ledger.pub aside.pub && echo other > ledger.pub");
    ck_assert_int_eq(open_and_listen(), 0);
    ck_assert_msg(strstr(said, "ledger.pub was not the public half of the ledger's key") != NULL, "%s", said);
    fixture_shell("cmp ledger.pub aside.pub && test ! -e ledger.pub.new");
    fixture_end();
}
END_TEST

static int
keep_run(void *ctx, const struct store_run *run)
{
    *(struct store_run *)ctx = *run;
    return 0;
}

static struct store_run
last_run(void)
{
    CLEANUP(reader_close) struct reader *r = NULL;
    struct store_run run = {0};

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_runs(r, (struct walltime){0}, seconds_after_noon(100000), keep_run, &run), 0);
    return run;
}

/* Else a daemon that went on after a full disk would be on record as one that never stopped. */
START_TEST(opened_again_it_goes_on_with_the_same_run_and_the_same_counters)
{
    struct store_run previous;
    uint64_t entries;

    fixture_begin();
    ck_assert_int_eq(store_run_start(fixture_store, NOON, SLICE("0.1"), &previous), 0);
    fixture_history(10, 5);
    entries = counters_get(store_counters(fixture_store), STORE_C_ENTRIES);
    ck_assert_int_eq(store_reopen(fixture_store, seconds_after_noon(300)), 0);
    ck_assert_uint_eq(counters_get(store_counters(fixture_store), STORE_C_ENTRIES), entries);
    IN_TRANSACTION(seconds_after_noon(400), (void)0);
    ck_assert_int_eq(last_run().alive.ns, seconds_after_noon(400).ns);
    ck_assert_int_eq(store_run_stop(fixture_store, seconds_after_noon(500)), 0);
    ck_assert_int_eq(last_run().stopped.ns, seconds_after_noon(500).ns);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(opened_again_what_was_not_committed_is_undone)
{
    struct alert alert = fixture_alert();

    fixture_begin();
    ck_assert_int_eq(store_begin(fixture_store), 0);
    ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
    ck_assert_int_eq(store_reopen(fixture_store, NOON), 0);
    fixture_history(10, 5);
    fixture_expect("");
    fixture_end();
}
END_TEST

/* Whoever waits may try again and again: nothing else opens it meanwhile. */
START_TEST(what_cannot_be_opened_again_stays_locked_and_refuses_until_it_can)
{
    struct store_settings settings = fixture_settings();
    struct store *other = NULL;

    fixture_begin();
    fixture_shell("mv ledger.key aside");
    ck_assert_int_eq(store_reopen(fixture_store, NOON), STORE_E_KEY);
    ck_assert_int_lt(store_begin(fixture_store), 0);
    ck_assert_int_eq(store_open(&other, &settings, NOON), STORE_E_BUSY);
    ck_assert_int_eq(store_reopen(fixture_store, NOON), STORE_E_KEY);
    fixture_shell("mv aside ledger.key");
    ck_assert_int_eq(store_reopen(fixture_store, NOON), 0);
    fixture_history(10, 5);
    fixture_expect("");
    fixture_end();
}
END_TEST

UNIT_MAIN("open", what_does_not_agree_is_named, the_public_key_stays_what_it_was_where_the_key_is_another_ledgers,
    the_public_key_is_written_where_it_is_missing_or_differs_and_only_then,
    opened_again_it_goes_on_with_the_same_run_and_the_same_counters, opened_again_what_was_not_committed_is_undone,
    what_cannot_be_opened_again_stays_locked_and_refuses_until_it_can)
