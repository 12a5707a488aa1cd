/* SPDX-License-Identifier: Apache-2.0 */
#include "input/relp_answers.h"
#include "support/unit.h"

/* What may be said with everything up to @unit on record, as "TXNR:answer ". */
static void
ck_said(struct relp_answers *a, uint64_t unit, const char *want)
{
    CLEANUP_BUFFER struct buffer got = {0};
    enum relp_answer answer;
    uint32_t txnr;

    while (relp_answers_take(a, unit, &txnr, &answer))
        buffer_printf(&got, "%u:%d ", txnr, answer);
    ck_slice_eq(buffer_slice(&got), want);
}

START_TEST(a_message_is_answered_once_its_unit_is_on_record)
{
    struct relp_answers a = {0};

    relp_answers_begin(&a, 1);
    for (uint64_t unit = 1; unit <= 3; unit++)
        for (int i = 0; i < 2; i++)
            ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, unit), 0);
    ck_said(&a, 0, "");
    ck_said(&a, 2, "1:0 2:0 3:0 4:0 ");
    ck_assert_uint_eq(a.n_owed, 2);
    ck_said(&a, 2, "");
    ck_said(&a, 9, "5:0 6:0 ");
    ck_assert_uint_eq(a.n_owed, 0);
    relp_answers_fini(&a);
}
END_TEST

START_TEST(what_may_be_said_at_once_waits_for_what_was_asked_before)
{
    struct relp_answers a = {0};

    relp_answers_begin(&a, 1);
    ck_assert_int_eq(relp_answers_owe(&a, RELP_OPENED_0, 0), 0);
    ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, 1), 0);
    ck_assert_int_eq(relp_answers_owe(&a, RELP_UNKNOWN, 0), 0);
    ck_said(&a, 0, "1:1 ");
    ck_said(&a, 1, "2:0 3:5 ");
    relp_answers_fini(&a);
}
END_TEST

START_TEST(numbers_begin_again_behind_the_last)
{
    struct relp_answers a = {0};

    relp_answers_begin(&a, 999999998);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, 1), 0);
    ck_said(&a, 1, "999999998:0 999999999:0 1:0 2:0 ");
    relp_answers_fini(&a);
}
END_TEST

START_TEST(many_messages_of_a_unit_take_as_much_memory_as_one)
{
    struct relp_answers a = {0};
    size_t one;

    ck_assert_uint_eq(relp_answers_bytes(&a), 0);
    ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, 1), 0);
    one = relp_answers_bytes(&a);
    for (int i = 0; i < 100000; i++)
        ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, 1), 0);
    ck_assert_uint_eq(relp_answers_bytes(&a), one);
    relp_answers_fini(&a);
}
END_TEST

/* As many units under way as there may be, moving on: the places of those that were answered are used again. */
START_TEST(a_long_session_takes_no_more_memory_than_a_short_one)
{
    struct relp_answers a = {0};
    enum relp_answer answer;
    uint32_t txnr;
    uint32_t next = 1;

    relp_answers_begin(&a, 1);
    for (uint64_t unit = 1; unit <= 10000; unit++) {
        for (int i = 0; i < 3; i++)
            ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, unit), 0);
        while (unit > 5 && relp_answers_take(&a, unit - 5, &txnr, &answer))
            ck_assert_uint_eq(txnr, next++);
    }
    ck_assert_uint_eq(a.n_owed, 15);
    ck_assert_uint_le(relp_answers_bytes(&a), 1024);
    relp_answers_fini(&a);
}
END_TEST

START_TEST(what_a_storm_took_is_given_back)
{
    struct relp_answers a = {0};
    enum relp_answer answer;
    uint32_t txnr;

    for (uint64_t unit = 1; unit <= 10000; unit++)
        ck_assert_int_eq(relp_answers_owe(&a, RELP_OK, unit), 0);
    ck_assert_uint_gt(relp_answers_bytes(&a), 10000);
    while (relp_answers_take(&a, 10000, &txnr, &answer))
        ;
    ck_assert_uint_le(relp_answers_bytes(&a), 4096);
    relp_answers_fini(&a);
}
END_TEST

START_TEST(answers_are_frames_that_tell_their_length)
{
    CLEANUP_BUFFER struct buffer out = {0};

    relp_answer_print(&out, 7, RELP_OK);
    relp_answer_print(&out, 1, RELP_OPENED_1);
    relp_answer_print(&out, 999999999, RELP_UNKNOWN);
    ck_slice_eq(buffer_slice(&out), "7 rsp 6 200 OK\n"
                                    "1 rsp 57 200 OK\nrelp_version=1\nrelp_software=ismsd\ncommands=syslog\n"
                                    "999999999 rsp 28 500 there is no such command\n");
}
END_TEST

UNIT_MAIN("relp_answers", a_message_is_answered_once_its_unit_is_on_record,
    what_may_be_said_at_once_waits_for_what_was_asked_before, numbers_begin_again_behind_the_last,
    many_messages_of_a_unit_take_as_much_memory_as_one, a_long_session_takes_no_more_memory_than_a_short_one,
    what_a_storm_took_is_given_back, answers_are_frames_that_tell_their_length)
