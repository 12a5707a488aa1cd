/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store/reader_kpi.h"
#include "store/reader_ledger.h"
#include "store/reader_records.h"
#include "store/schema.h"
#include "store/store_correlation.h"
#include "store_fixture.h"

static struct reader_status
status_now(void)
{
    CLEANUP(reader_close) struct reader *r = NULL;
    struct reader_status status;

    ck_assert_int_eq(reader_open(&r, fixture_dir), 0);
    ck_assert_int_eq(reader_status(r, &status), 0);
    return status;
}

START_TEST(a_new_ledger_is_signed_from_its_first_entry_and_verifies)
{
    struct stat st;
    char path[128];

    fixture_begin();
    fixture_expect("");
    ck_assert_uint_eq(status_now().checkpoint_size, 2);
    (void)snprintf(path, sizeof(path), "%s/ledger.key", fixture_dir);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    fixture_end();
}
END_TEST

START_TEST(one_process_writes_at_a_time)
{
    struct store_settings settings;
    struct store *second = NULL;

    fixture_begin();
    settings = fixture_settings();
    ck_assert_int_eq(store_open(&second, &settings, NOON), STORE_E_BUSY);
    ck_assert_ptr_null(second);
    fixture_end();
}
END_TEST

START_TEST(everything_of_a_transaction_is_undone_together)
{
    struct event event = fixture_event();
    struct detection d = {.rule = &fixture_rule, .event = &event, .detected = NOON};
    struct alert alert = fixture_alert();
    struct reader_status before;

    fixture_begin();
    before = status_now();
    ck_assert_int_eq(store_begin(fixture_store), 0);
    ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
    ck_assert_int_eq(store_alert_detection(fixture_store, &alert, 1, &d), 0);
    store_rollback(fixture_store);
    ck_assert_uint_eq(status_now().ledger_size, before.ledger_size);
    ck_assert_uint_eq(status_now().evidence_bytes, 0);
    alert = fixture_alert();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
        ck_assert_int_eq(store_alert_detection(fixture_store, &alert, 1, &d), 0);
    });
    ck_assert_int_eq(alert.number, 1);
    fixture_expect("");
    fixture_end();
}
END_TEST

/* The child commits one alert after the other and dies in the middle of it. */
START_TEST(a_kill_leaves_whole_transactions_and_nothing_else)
{
    int round;

    fixture_begin();
    fixture_close();
    for (round = 0; round < 8; round++) {
        struct reader_status status;
        pid_t child = fork();

        if (child == 0) {
            fixture_open_at(NOON);
            for (;;)
                fixture_history(40, 20);
        }
        ck_assert_int_gt(child, 0);
        usleep(150000 + 31000 * (unsigned)round);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        fixture_open_at(NOON);
        fixture_expect("");
        status = status_now();
        ck_assert_uint_ge(status.n_alerts, status.n_incidents);
        fixture_close();
    }
    ck_assert_uint_gt(status_now().n_alerts, 0);
    fixture_open_at(NOON);
    fixture_end();
}
END_TEST

START_TEST(a_torn_tail_of_evidence_is_cut_and_counted)
{
    fixture_begin();
    fixture_history(10, 5);
    fixture_close();
    fixture_shell("printf '{\"alert\":9,\"half' >> evidence/000001.jsonl");
    fixture_open_at(NOON);
    ck_assert_uint_eq(counters_get(store_counters(fixture_store), STORE_C_EVIDENCE_CUT), 16);
    fixture_history(10, 5);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(a_checkpoint_is_due_each_interval_even_when_nothing_happens)
{
    struct reader_status before;

    fixture_begin();
    before = status_now();
    IN_TRANSACTION(seconds_after_noon(59), (void)0);
    ck_assert_uint_eq(status_now().checkpoint_size, before.checkpoint_size);
    IN_TRANSACTION(seconds_after_noon(60), (void)0);
    ck_assert_uint_eq(status_now().checkpoint_size, before.checkpoint_size + 1);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(every_thousandth_entry_is_a_checkpoint)
{
    struct store_move move = fixture_move("test.noted", "ana", NOON);
    int i;

    fixture_begin();
    IN_TRANSACTION(NOON, {
        for (i = 0; i < 2500; i++)
            ck_assert_int_eq(store_note(fixture_store, &move, SLICE("x")), 0);
    });
    ck_assert_uint_eq(status_now().checkpoint_size, 2002);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(knows_how_long_it_was_down)
{
    struct store_run previous;

    fixture_begin();
    ck_assert_int_eq(store_run_start(fixture_store, NOON, SLICE("0.1"), &previous), 0);
    ck_assert_int_eq(previous.started.ns, 0);
    IN_TRANSACTION(seconds_after_noon(61), (void)0);
    fixture_close();
    fixture_open_at(seconds_after_noon(600));
    ck_assert_int_eq(store_run_start(fixture_store, seconds_after_noon(600), SLICE("0.1"), &previous), 0);
    ck_assert_int_eq(previous.started.ns, NOON.ns);
    ck_assert_int_eq(previous.alive.ns, seconds_after_noon(61).ns);
    ck_assert_int_eq(previous.stopped.ns, 0);
    ck_assert_int_eq(store_run_stop(fixture_store, seconds_after_noon(700)), 0);
    fixture_close();
    fixture_open_at(seconds_after_noon(800));
    ck_assert_int_eq(store_run_start(fixture_store, seconds_after_noon(800), SLICE("0.1"), &previous), 0);
    ck_assert_int_eq(previous.stopped.ns, seconds_after_noon(700).ns);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(refuses_a_ledger_changed_while_it_was_down)
{
    struct store_settings settings = fixture_settings();

    fixture_begin();
    fixture_history(10, 5);
    fixture_close();
    fixture_sql("DROP TRIGGER ledger_no_delete; DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_BROKEN);
    fixture_end();
}
END_TEST

/* Else the next line would be written from the file's beginning, over those that entries cover. */
START_TEST(refuses_to_cut_evidence_that_the_ledger_covers)
{
    struct store_settings settings = fixture_settings();

    fixture_begin();
    fixture_history(10, 5);
    fixture_close();
    fixture_shell("cp evidence/000001.jsonl whole && cp records.db whole.db");
    fixture_sql("UPDATE segment SET bytes = bytes / 2");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_BROKEN);
    fixture_sql("DELETE FROM segment");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_BROKEN);
    fixture_shell("cmp evidence/000001.jsonl whole && mv whole.db records.db");
    fixture_open_at(NOON);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(refuses_another_key_and_another_origin)
{
    struct store_settings settings = fixture_settings();

    fixture_begin();
    fixture_close();
    settings.origin = "test.example/other";
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_KEY);
    settings = fixture_settings();
    fixture_shell("mv ledger.key aside");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_KEY);
    fixture_shell("openssl genpkey -algorithm ed25519 -out ledger.key && chmod 600 ledger.key");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_KEY);
    fixture_shell("mv aside ledger.key && chmod 644 ledger.key");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_KEY);
    fixture_end();
}
END_TEST

START_TEST(refuses_a_newer_schema)
{
    struct store_settings settings = fixture_settings();
    struct reader *r = NULL;

    fixture_begin();
    fixture_close();
    fixture_sql("PRAGMA user_version = 99");
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), STORE_E_NEWER);
    ck_assert_int_eq(reader_open(&r, fixture_dir), STORE_E_NEWER);
    fixture_end();
}
END_TEST

static const struct migration two_steps[] = {
    {1, "a", "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (7)"},
    {2, "b", "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x * 2"},
};

static const struct migration bad_second[] = {
    {1, "a", "CREATE TABLE a (x INTEGER) STRICT"},
    {2, "b", "CREATE TABLE b (x INTEGER) STRICT; CREATE TABLE a (x INTEGER) STRICT"},
};

START_TEST(migrations_run_once_each_and_whole_or_not)
{
    CLEANUP(db_close) struct db *db = NULL;
    CLEANUP(db_close) struct db *other = NULL;
    int version;

    ck_assert_int_eq(db_open(&db, ":memory:", DB_WRITER), 0);
    ck_assert_int_eq(schema_migrate(db, two_steps, 1, NOON), 0);
    ck_assert_int_eq(schema_migrate(db, two_steps, 2, NOON), 0);
    ck_assert_int_eq(schema_migrate(db, two_steps, 2, NOON), 0);
    ck_assert_int_eq(schema_migrate(db, two_steps, 1, NOON), SCHEMA_E_NEWER);
    {
        CLEANUP_QUERY struct query q = query_on(db, "SELECT y, (SELECT count(*) FROM migration) FROM a");

        ck_assert_int_eq(query_row(&q), QUERY_ROW);
        ck_assert_int_eq(query_take_int(&q), 14);
        ck_assert_int_eq(query_take_int(&q), 2);
    }
    ck_assert_int_eq(db_open(&other, ":memory:", DB_WRITER), 0);
    ck_assert_int_lt(schema_migrate(other, bad_second, 2, NOON), 0);
    ck_assert_int_eq(schema_version(other, &version), 0);
    ck_assert_int_eq(version, 1);
    ck_assert_int_eq(db_script(other, "SELECT * FROM a"), 0);
    ck_assert_int_lt(db_script(other, "SELECT * FROM b"), 0);
}
END_TEST

START_TEST(the_ledger_takes_no_update_no_delete_and_no_wrong_type)
{
    CLEANUP(db_close) struct db *db = NULL;
    char path[128];

    fixture_begin();
    (void)snprintf(path, sizeof(path), "%s/records.db", fixture_dir);
    ck_assert_int_eq(db_open(&db, path, DB_WRITER), 0);
    ck_assert_int_lt(db_script(db, "UPDATE ledger SET body = '{}' WHERE seq = 0"), 0);
    ck_assert_int_lt(db_script(db, "DELETE FROM ledger WHERE seq = 0"), 0);
    ck_assert_int_lt(db_script(db, "REPLACE INTO ledger (seq, body, leaf) SELECT 0, '{}', leaf FROM ledger"), 0);
    ck_assert_int_lt(db_script(db, "UPDATE checkpoint SET note = ''"), 0);
    ck_assert_int_lt(db_script(db, "DELETE FROM checkpoint"), 0);
    ck_assert_int_lt(db_script(db, "INSERT INTO alert_minute (minute, alert, n) VALUES ('x', 1, 1)"), 0);
    ck_assert_int_lt(
        db_script(db, "INSERT INTO incident (number, last_seq, state, opened) VALUES (1, 1, 'new', 'x')"), 0);
    ck_assert_int_lt(db_script(db, "UPDATE ledger SET record = 'x' WHERE seq = 0"), 0);
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(a_finished_segment_is_followed_by_the_next_and_the_chain_goes_on)
{
    struct store_settings settings = fixture_settings();
    int i;

    fixture_begin();
    fixture_close();
    settings.segment_bytes = 4000;
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), 0);
    for (i = 0; i < 6; i++)
        fixture_history(10, 5);
    fixture_close();
    ck_assert_int_eq(store_open(&fixture_store, &settings, NOON), 0);
    fixture_history(10, 5);
    ck_assert_uint_ge(status_now().evidence_segments, 3);
    fixture_expect("");
    fixture_end();
}
END_TEST

UNIT_MAIN("store", a_new_ledger_is_signed_from_its_first_entry_and_verifies, one_process_writes_at_a_time,
    everything_of_a_transaction_is_undone_together, a_kill_leaves_whole_transactions_and_nothing_else,
    a_torn_tail_of_evidence_is_cut_and_counted, a_checkpoint_is_due_each_interval_even_when_nothing_happens,
    every_thousandth_entry_is_a_checkpoint, knows_how_long_it_was_down, refuses_a_ledger_changed_while_it_was_down,
    refuses_to_cut_evidence_that_the_ledger_covers, refuses_another_key_and_another_origin, refuses_a_newer_schema,
    migrations_run_once_each_and_whole_or_not, the_ledger_takes_no_update_no_delete_and_no_wrong_type,
    a_finished_segment_is_followed_by_the_next_and_the_chain_goes_on)
