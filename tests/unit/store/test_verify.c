/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Each test is an attack by somebody who has the files in hands. What it loses when one fails: the auditor is told that
 * all is well.
 */

#include "store/verify.h"

#include <signal.h>
#include <sys/wait.h>

#include "store_fixture.h"

#define NO_GUARDS                                                   \
    "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete;" \
    "DROP TRIGGER checkpoint_no_update; DROP TRIGGER checkpoint_no_delete;"

/* A source that is configured, speaks, and need not any more: the last changes no state, but is a change. */
static void
sources(void)
{
    struct source_record source = {.name = SLICE("fw1"), .required = true, .since = NOON, .silence_ns = NS_PER_S};
    struct store_move move = fixture_move("", "ismsd", seconds_after_noon(210));

    source.state = SOURCE_REGISTERED;
    IN_TRANSACTION(seconds_after_noon(210), { ck_assert_int_eq(store_source_put(fixture_store, &source, &move), 0); });
    source.state = SOURCE_ACTIVE;
    source.since = seconds_after_noon(220);
    IN_TRANSACTION(seconds_after_noon(220), { ck_assert_int_eq(store_source_put(fixture_store, &source, &move), 0); });
    source.required = false;
    IN_TRANSACTION(seconds_after_noon(230), { ck_assert_int_eq(store_source_put(fixture_store, &source, &move), 0); });
}

/* A day's work, closed in order; then @sql by another hand. */
static void
attack(const char *sql)
{
    struct store_run previous;

    fixture_begin();
    ck_assert_int_eq(store_run_start(fixture_store, NOON, SLICE("test"), &previous), 0);
    fixture_history(20, 10);
    fixture_history(20, 10);
    sources();
    ck_assert_int_eq(store_run_stop(fixture_store, seconds_after_noon(300)), 0);
    fixture_close();
    fixture_expect("");
    if (sql[0] != '\0')
        fixture_sql(sql);
}

START_TEST(names_an_altered_entry)
{
    attack(NO_GUARDS "UPDATE ledger SET body = replace(body, 'ana', 'eve') WHERE body LIKE '%incident.acknowledged%'"
                     " AND seq = (SELECT min(seq) FROM ledger WHERE body LIKE '%incident.acknowledged%')");
    fixture_expect("ledger 10 : the entry is not what was hashed when it was added");
    fixture_expect("do not lead to the root signed in the checkpoint");
    fixture_end();
}
END_TEST

START_TEST(names_the_entries_between_two_checkpoints_where_the_leaf_was_altered_as_well)
{
    attack(NO_GUARDS "UPDATE ledger SET body = replace(body, 'ana', 'eve'),"
                     " leaf = x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'"
                     " WHERE body LIKE '%incident.acknowledged%'");
    fixture_expect("do not lead to the root signed in the checkpoint");
    fixture_end();
}
END_TEST

START_TEST(names_a_tail_that_was_cut_off)
{
    attack(NO_GUARDS "DELETE FROM ledger WHERE seq >= (SELECT max(seq) - 1 FROM ledger)");
    fixture_expect("are missing at the end");
    fixture_end();
}
END_TEST

START_TEST(names_a_tail_that_was_cut_off_with_its_checkpoints)
{
    attack(NO_GUARDS "DELETE FROM ledger WHERE seq >= 20; DELETE FROM checkpoint WHERE size > 20;"
                     "UPDATE tree SET size = 20");
    fixture_expect("entries are missing: this checkpoint is of size");
    fixture_end();
}
END_TEST

START_TEST(names_entries_taken_from_the_middle)
{
    attack(NO_GUARDS "DELETE FROM ledger WHERE seq IN (5, 6)");
    fixture_expect("ledger 5 : entries 5 to 6 are missing");
    fixture_end();
}
END_TEST

START_TEST(names_two_entries_that_changed_places)
{
    attack(NO_GUARDS "CREATE TABLE t AS SELECT seq, body, leaf FROM ledger WHERE seq IN (5, 6);"
                     "UPDATE ledger SET body = (SELECT body FROM t WHERE t.seq = 11 - ledger.seq),"
                     " leaf = (SELECT leaf FROM t WHERE t.seq = 11 - ledger.seq) WHERE seq IN (5, 6)");
    fixture_expect("ledger 5 : the entry says that it is entry 6");
    fixture_expect("ledger 6 : the entry says that it is entry 5");
    fixture_end();
}
END_TEST

START_TEST(names_an_entry_that_is_no_json_any_more)
{
    attack(
        "CREATE TABLE l (seq INTEGER PRIMARY KEY, body TEXT, leaf BLOB, record TEXT);"
        "INSERT INTO l SELECT seq, body, leaf, record FROM ledger; DROP TABLE ledger; ALTER TABLE l RENAME TO ledger;"
        "UPDATE ledger SET body = 'gone' WHERE seq = 7");
    fixture_expect("ledger 7 : the entry is not JSON");
    fixture_end();
}
END_TEST

START_TEST(names_an_entry_added_from_outside)
{
    attack("INSERT INTO ledger (seq, body, leaf) SELECT max(seq) + 1, '{}', leaf FROM ledger");
    fixture_expect("were added from outside");
    fixture_end();
}
END_TEST

START_TEST(names_a_record_that_was_altered_without_an_entry)
{
    attack("UPDATE incident SET severity = 'S4' WHERE number = 1");
    fixture_expect("I-2026-000001: severity is 'S4' on record, but 'S2' by the entries");
    fixture_end();
}
END_TEST

START_TEST(names_a_time_that_was_altered_without_an_entry)
{
    attack("UPDATE incident SET acknowledged = acknowledged - 1 WHERE number = 2");
    fixture_expect("I-2026-000002: acknowledged is '");
    fixture_end();
}
END_TEST

START_TEST(names_a_count_that_was_altered)
{
    attack("UPDATE alert SET count = 3 WHERE number = 1");
    fixture_expect("A-2026-000001: count is '3' on record, but its minutes and the one that runs are '20'");
    fixture_end();
}
END_TEST

/* An open alert: @count detections, of which two are kept, a minute apart; the latest comes another minute later. */
static void
attack_open_alert(uint64_t count, const char *sql)
{
    struct event event = fixture_event();
    struct detection d = {.rule = &fixture_rule, .event = &event, .detected = NOON};
    struct alert alert = fixture_alert();

    alert.n_kept = 2;
    alert.count = alert.n_minute = count;
    alert.last_seen = alert.last_detected = seconds_after_noon(count > 2 ? 120 : 60);
    fixture_begin();
    IN_TRANSACTION(NOON, {
        ck_assert_int_eq(store_alert_open(fixture_store, &alert, NOON), 0);
        ck_assert_int_eq(store_alert_detection(fixture_store, &alert, 1, &d), 0);
        event.time = d.detected = seconds_after_noon(60);
        ck_assert_int_eq(store_alert_detection(fixture_store, &alert, 2, &d), 0);
        event.time = d.detected = seconds_after_noon(120);
        ck_assert_int_eq(store_alert_update(fixture_store, &alert, count > 2 ? &d : NULL), 0);
    });
    fixture_close();
    fixture_expect("");
    fixture_sql(sql);
}

START_TEST(names_what_an_open_alert_says_against_its_detections)
{
    static const struct {
        uint64_t count;
        const char *sql;
        const char *words;
    } attacks[] = {
        {2, "UPDATE alert SET n_kept = 1", "A-2026-000001: n_kept is '1' on record, but '2' detections are kept"},
        {3, "UPDATE alert SET n_kept = n_kept + 1", "A-2026-000001: n_kept is '3' on record, but '2'"},
        {2, "UPDATE alert SET occurred = occurred + 1", "A-2026-000001: occurred is '"},
        {2, "UPDATE alert SET last_seen = last_seen - 1", "A-2026-000001: last_seen is '"},
        {2, "UPDATE alert SET last_seen = last_seen + 1", "A-2026-000001: last_seen is '"},
        {3, "UPDATE alert SET last_seen = last_seen - 1", "A-2026-000001: last_seen is '"},
        {2, "UPDATE alert SET last_detected = last_detected + 1", "A-2026-000001: last_detected is '"},
        {3, "UPDATE alert SET last_detected = last_detected - 1", "A-2026-000001: last_detected is '"},
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(attacks); i++) {
        attack_open_alert(attacks[i].count, attacks[i].sql);
        fixture_expect(attacks[i].words);
        fixture_end();
    }
}
END_TEST

START_TEST(names_a_minute_that_was_altered)
{
    attack("UPDATE alert_minute SET n = n - 1 WHERE alert = 2");
    fixture_expect("A-2026-000002, minute 29923921: n is '9' on record, but '10' by the entries");
    fixture_end();
}
END_TEST

START_TEST(names_a_record_that_was_deleted)
{
    attack("DELETE FROM nonconformity WHERE number = 2");
    fixture_expect("N-2026-000002: the record is missing");
    fixture_end();
}
END_TEST

START_TEST(names_a_record_that_no_entry_opened)
{
    attack("INSERT INTO nonconformity (number, last_seq, state, grade, detected)"
           " SELECT 3, 1, 'rejected', 'minor', detected FROM nonconformity WHERE number = 1");
    fixture_expect("N-2026-000003: state is 'rejected' on record, but 'nothing' by the entries");
    fixture_end();
}
END_TEST

START_TEST(names_a_decision_that_was_altered)
{
    attack("UPDATE decision SET by = 'eve' WHERE incident = 1");
    fixture_expect(": by is 'eve' on record, but 'ana' by the entries");
    fixture_end();
}
END_TEST

START_TEST(names_a_state_of_a_source_that_was_altered_or_deleted)
{
    static const char *const attacks[] = {
        "UPDATE source_state SET since = since + 1 WHERE state = 'active' AND required = 1",
        "UPDATE source_state SET state = 'silent' WHERE required = 0",
        "UPDATE source_state SET required = 0 WHERE state = 'registered'",
        "DELETE FROM source_state WHERE state = 'registered'",
        "INSERT INTO source_state (source, seq, since, state, required) VALUES (1, 3, 5, 'silent', 1)",
    };
    static const char *const words[] = {
        "source_state -1 of entry 28: since is '1795435420000000001' on record, but '1795435420000000000' by the "
        "entries",
        "of entry 29: state is 'silent' on record, but 'active' by the entries",
        "of entry 27: required is '0' on record, but '1' by the entries",
        "of entry 27: is missing, but should be {\"source\":\"source/fw1\"",
        "of entry 3: no entry speaks of this row, {\"source\":\"source/fw1\"",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(attacks); i++) {
        attack(attacks[i]);
        fixture_expect(words[i]);
        fixture_end();
    }
}
END_TEST

START_TEST(names_a_run_of_the_daemon_that_was_altered_or_deleted)
{
    static const char *const attacks[] = {
        "DELETE FROM run",
        "UPDATE run SET stopped = stopped + 1",
        "UPDATE run SET stopped = NULL",
        "UPDATE run SET started = started + 1",
        "UPDATE run SET alive = alive + 1",
    };
    static const char *const words[] = {
        "run 2 1: is missing, but should be {\"started\":1795435200000000000",
        "run 2 1: stopped is '1795435500000000001' on record, but '1795435500000000000' by the entries",
        "run 2 1: stopped is 'nothing' on record, but '1795435500000000000' by the entries",
        "run 2 1: started is '1795435200000000001' on record, but '1795435200000000000' by the entries",
        "run 2 1: alive is '1795435500000000001' on record, but '1795435500000000000' by the entries",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(attacks); i++) {
        attack(attacks[i]);
        fixture_expect(words[i]);
        fixture_end();
    }
    attack("INSERT INTO run (number, started, alive) VALUES (2, 5, 5)");
    fixture_expect("run -1 2: no entry speaks of this row");
    fixture_end();
}
END_TEST

/* It never said when it stopped; the next start says when it was last alive. */
START_TEST(names_a_killed_run_whose_last_sign_of_life_was_altered)
{
    struct store_run previous;

    attack("");
    fixture_open_at(seconds_after_noon(400));
    ck_assert_int_eq(store_run_start(fixture_store, seconds_after_noon(400), SLICE("test"), &previous), 0);
    fixture_close();
    fixture_open_at(seconds_after_noon(500));
    ck_assert_int_eq(store_run_start(fixture_store, seconds_after_noon(500), SLICE("test"), &previous), 0);
    fixture_close();
    fixture_expect("");
    fixture_sql("UPDATE run SET alive = alive + 1 WHERE number = 2");
    fixture_expect("run 32 2: alive is '1795435600000000001' on record, but '1795435600000000000' by the entries");
    fixture_end();
}
END_TEST

START_TEST(names_an_altered_byte_of_evidence)
{
    attack("");
    fixture_shell("sed -i '3s/root/toor/' evidence/000001.jsonl");
    fixture_expect("000001.jsonl: line 4 does not follow the line before it");
    fixture_expect("detection 3, in 000001.jsonl line 3: sha256 is '");
    fixture_end();
}
END_TEST

START_TEST(names_an_altered_last_line_of_evidence)
{
    attack("");
    fixture_shell("sed -i '$s/root/toor/' evidence/000001.jsonl");
    fixture_expect("is not what the entry covers");
    fixture_end();
}
END_TEST

START_TEST(names_evidence_that_was_cut_or_taken_away)
{
    attack("");
    fixture_shell("cp evidence/000001.jsonl whole && sed -i '$d' evidence/000001.jsonl");
    fixture_expect("bytes of whole lines where the entry covers");
    fixture_shell("rm evidence/000001.jsonl");
    fixture_expect("the file has 0 bytes of whole lines");
    fixture_shell("mv whole evidence/000001.jsonl");
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(names_a_file_of_evidence_whose_row_was_deleted_or_altered)
{
    attack("DELETE FROM segment");
    fixture_expect("segment 26 000001.jsonl: is missing, but should be {");
    fixture_end();
    attack("UPDATE segment SET records = records + 1");
    fixture_expect("000001.jsonl: records is '23' on record, but '22' by the entries");
    fixture_end();
    attack("INSERT INTO segment (number, bytes, records, head) SELECT 7, bytes, records, head FROM segment");
    fixture_expect("segment -1 000007.jsonl: no entry speaks of this row");
    fixture_end();
}
END_TEST

START_TEST(names_evidence_that_goes_on_without_an_entry)
{
    attack("");
    fixture_shell("echo '{\"x\":1}' >>evidence/000001.jsonl");
    fixture_expect("000001.jsonl: the file goes on after line 22, the last one that an entry covers");
    fixture_end();
}
END_TEST

/* What a crash leaves before the database's commit: the next start cuts it off. */
START_TEST(takes_what_an_interrupted_commit_left_for_no_finding)
{
    attack("");
    fixture_shell("h=$(tail -1 evidence/000001.jsonl | sha256sum | cut -d' ' -f1)"
                  " && printf '{\"prev\":\"%s\"}\n{\"half' $h >>evidence/000001.jsonl");
    fixture_expect("");
    fixture_end();
}
END_TEST

START_TEST(names_a_detection_that_was_deleted_or_pointed_elsewhere)
{
    attack("DELETE FROM detection WHERE alert = 1 AND n = 2");
    fixture_expect("detection -1 A-2026-000001, detection 2: is missing, but line 2 of 000001.jsonl speaks of it");
    fixture_sql("UPDATE detection SET offset = 0 WHERE alert = 1 AND n = 3");
    fixture_expect("A-2026-000001, detection 3, in 000001.jsonl line 3: offset is '0' on record, but '");
    fixture_end();
}
END_TEST

START_TEST(names_a_checkpoint_that_was_taken_away)
{
    attack(
        NO_GUARDS "DELETE FROM checkpoint WHERE size = (SELECT size FROM checkpoint ORDER BY size LIMIT 1 OFFSET 1)");
    fixture_expect("which this entry announces, is missing");
    fixture_end();
}
END_TEST

START_TEST(takes_no_checkpoint_for_broken_and_never_for_intact)
{
    attack(NO_GUARDS "DELETE FROM checkpoint");
    fixture_shell("rm -rf checkpoints");
    fixture_expect("there is no checkpoint: nothing here is signed");
    fixture_end();
}
END_TEST

/* Signs the ledger of a second store, whose key is another, and puts its note in place of ours. */
START_TEST(names_a_checkpoint_signed_by_another_key)
{
    attack(NO_GUARDS);
    fixture_shell(
        "mkdir other && sqlite3 records.db \"SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1\" >other/note"
        " && head -3 other/note >other/text"
        " && openssl genpkey -algorithm ed25519 -out other/key 2>other/log"
        " && openssl pkeyutl -sign -inkey other/key -rawin -in other/text -out other/sig"
        " && { printf 'AAAA' | cat - other/sig | base64 -w0 >other/b64; }"
        " && { cat other/text; printf '\\n\\342\\200\\224 test.example/isms %s\\n' \"$(cat other/b64)\"; } >other/new"
        " && sqlite3 records.db \"UPDATE checkpoint SET note = CAST(readfile('other/new') AS TEXT)"
        " WHERE size = (SELECT max(size) FROM checkpoint)\"");
    fixture_expect("is not signed by the ledger's key");
    fixture_end();
}
END_TEST

START_TEST(names_a_checkpoint_whose_signature_is_broken)
{
    attack(NO_GUARDS "UPDATE checkpoint SET note = 'x' || note WHERE size = 2");
    fixture_expect("the checkpoint of size 2 is another ledger's");
    fixture_sql("UPDATE checkpoint SET note = replace(substr(note, 2), char(10) || '2' || char(10), char(10) || '3' || "
                "char(10))"
                " WHERE size = 2");
    fixture_expect("the checkpoint of size 2 bears a signature that does not verify");
    fixture_end();
}
END_TEST

START_TEST(names_a_public_key_file_that_is_not_the_ledgers)
{
    attack("");
    fixture_shell("openssl genpkey -algorithm ed25519 2>log | openssl pkey -pubout -out ledger.pub");
    fixture_expect("ledger.pub: this is not the key the ledger began with");
    fixture_end();
}
END_TEST

/* A whole new ledger under a new key is only caught by what was kept elsewhere. */
START_TEST(a_ledger_written_anew_is_caught_by_the_key_and_the_checkpoint_kept_elsewhere)
{
    CLEANUP_FREE char *verifier = NULL;
    CLEANUP_FREE char *note = NULL;
    char path[128];
    size_t n = 0;
    FILE *f;

    attack("");
    fixture_shell("sqlite3 records.db \"SELECT json_extract(body, '\\$.note.verifier') FROM ledger WHERE seq = 0\" >v"
                  " && cp checkpoints/checkpoint n && rm -rf records.db* ledger.* evidence checkpoints");
    fixture_open_at(NOON);
    fixture_history(20, 10);
    fixture_history(20, 10);
    fixture_close();
    fixture_expect("");
    (void)snprintf(path, sizeof(path), "%s/v", fixture_dir);
    f = fopen(path, "re");
    ck_assert_int_gt(getdelim(&verifier, &n, '\n', f), 0);
    (void)fclose(f);
    (void)snprintf(path, sizeof(path), "%s/n", fixture_dir);
    f = fopen(path, "re");
    n = 0;
    ck_assert_int_gt(getdelim(&note, &n, '\0', f), 0);
    (void)fclose(f);
    ck_assert_int_eq(
        fixture_verify(&(struct verify_trust){.verifier = slice_trim(slice_str(verifier))}), VERIFY_E_BROKEN);
    ck_assert_int_eq(fixture_verify(&(struct verify_trust){.checkpoint = slice_str(note)}), VERIFY_E_BROKEN);
    buffer_fini(&fixture_findings);
    fixture_end();
}
END_TEST

START_TEST(names_a_public_key_file_that_was_taken_away)
{
    attack("");
    fixture_shell("rm ledger.pub");
    fixture_expect("checkpoint -1 ledger.pub: this is missing or empty, but should hold the key the ledger began with");
    fixture_end();
}
END_TEST

START_TEST(names_files_of_checkpoints_that_were_emptied)
{
    attack("");
    fixture_shell("for f in checkpoints/*.txt; do cp $f aside; : > $f; done");
    fixture_expect("2026-11-23.txt: the file in checkpoints/ holds none, but ");
    fixture_shell("mv aside checkpoints/2026-11-23.txt && : > checkpoints/checkpoint");
    fixture_expect(" checkpoint: the file in checkpoints/ holds none, but ");
    fixture_end();
}
END_TEST

START_TEST(names_files_of_checkpoints_that_were_taken_away)
{
    attack("");
    fixture_shell("mkdir aside && mv checkpoints/*.txt aside");
    fixture_expect("2026-11-23.txt: the file is missing in checkpoints/");
    fixture_shell("mv aside/* checkpoints && rm checkpoints/checkpoint");
    fixture_expect(" checkpoint: the file is missing in checkpoints/");
    fixture_shell("rm -r checkpoints");
    fixture_expect("2026-11-23.txt: the file is missing in checkpoints/");
    fixture_end();
}
END_TEST

START_TEST(a_damaged_database_is_broken_not_unreadable)
{
    attack("");
    fixture_shell("dd if=/dev/urandom of=records.db bs=4096 seek=3 count=6 conv=notrunc 2>log");
    ck_assert_int_eq(fixture_verify(NULL), VERIFY_E_BROKEN);
    buffer_fini(&fixture_findings);
    fixture_end();
}
END_TEST

/* The daemon goes on writing while somebody verifies: what is committed in between is no finding. */
START_TEST(verifies_beside_the_running_writer)
{
    pid_t child;
    int i;

    fixture_begin();
    fixture_close();
    child = fork();
    if (child == 0) {
        fixture_open_at(NOON);
        for (;;)
            fixture_history(40, 20);
    }
    for (i = 0; i < 10; i++)
        fixture_expect("");
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    fixture_end();
}
END_TEST

START_TEST(says_where_there_is_no_store)
{
    struct verify_summary summary;

    ck_assert_int_eq(store_verify("/tmp", NULL, fixture_found, NULL, &summary), VERIFY_E_NONE);
}
END_TEST

START_TEST(stock_tools_check_a_line_of_evidence_and_a_leaf)
{
    attack("");
    fixture_shell("h=$(sed -n 3p evidence/000001.jsonl | sha256sum | cut -d' ' -f1)"
                  " && sed -n 4p evidence/000001.jsonl | grep -q \"\\\"prev\\\":\\\"$h\\\"\"");
    fixture_shell("h=$({ printf '\\000'; sqlite3 records.db 'SELECT body FROM ledger WHERE seq = 3' | tr -d '\\n'; } |"
                  " sha256sum | cut -d' ' -f1)"
                  " && test \"$h\" = \"$(sqlite3 records.db 'SELECT lower(hex(leaf)) FROM ledger WHERE seq = 3')\"");
    fixture_shell(
        "n=checkpoints/checkpoint; head -3 $n >cp.txt && tail -1 $n | sed 's/.* //' | base64 -d | tail -c 64 >sig"
        " && openssl pkeyutl -verify -pubin -inkey ledger.pub -rawin -in cp.txt -sigfile sig >log");
    fixture_end();
}
END_TEST

UNIT_MAIN("verify", names_an_altered_entry,
    names_the_entries_between_two_checkpoints_where_the_leaf_was_altered_as_well, names_a_tail_that_was_cut_off,
    names_a_tail_that_was_cut_off_with_its_checkpoints, names_entries_taken_from_the_middle,
    names_two_entries_that_changed_places, names_an_entry_that_is_no_json_any_more, names_an_entry_added_from_outside,
    names_a_record_that_was_altered_without_an_entry, names_a_time_that_was_altered_without_an_entry,
    names_a_count_that_was_altered, names_what_an_open_alert_says_against_its_detections,
    names_a_minute_that_was_altered, names_a_record_that_was_deleted, names_a_record_that_no_entry_opened,
    names_a_decision_that_was_altered, names_a_state_of_a_source_that_was_altered_or_deleted,
    names_a_run_of_the_daemon_that_was_altered_or_deleted, names_a_killed_run_whose_last_sign_of_life_was_altered,
    names_an_altered_byte_of_evidence, names_an_altered_last_line_of_evidence,
    names_evidence_that_was_cut_or_taken_away, names_a_file_of_evidence_whose_row_was_deleted_or_altered,
    names_evidence_that_goes_on_without_an_entry, takes_what_an_interrupted_commit_left_for_no_finding,
    names_a_detection_that_was_deleted_or_pointed_elsewhere, names_a_checkpoint_that_was_taken_away,
    takes_no_checkpoint_for_broken_and_never_for_intact, names_a_checkpoint_signed_by_another_key,
    names_a_checkpoint_whose_signature_is_broken, names_a_public_key_file_that_is_not_the_ledgers,
    names_a_public_key_file_that_was_taken_away, names_files_of_checkpoints_that_were_emptied,
    names_files_of_checkpoints_that_were_taken_away,
    a_ledger_written_anew_is_caught_by_the_key_and_the_checkpoint_kept_elsewhere,
    a_damaged_database_is_broken_not_unreadable, verifies_beside_the_running_writer, says_where_there_is_no_store,
    stock_tools_check_a_line_of_evidence_and_a_leaf)
