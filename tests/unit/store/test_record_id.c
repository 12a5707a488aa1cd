/* SPDX-License-Identifier: Apache-2.0 */
#include "model/record_id.h"
#include "store_fixture.h"

START_TEST(prints_kind_year_of_opening_and_number)
{
    char id[RECORD_ID_MAX];

    ck_assert_str_eq(record_id_print(RECORD_ALERT, NOON, 123, id), "A-2026-000123");
    ck_assert_str_eq(record_id_print(RECORD_INCIDENT, NOON, 1, id), "I-2026-000001");
    ck_assert_str_eq(record_id_print(RECORD_NONCONFORMITY, NOON, 12345678, id), "N-2026-12345678");
}
END_TEST

START_TEST(reads_what_it_prints_and_what_people_type)
{
    struct record_id id;

    ck_assert(record_id_parse(SLICE("I-2026-000123"), &id));
    ck_assert_int_eq(id.kind, RECORD_INCIDENT);
    ck_assert_uint_eq(id.year, 2026);
    ck_assert_int_eq(id.number, 123);
    ck_assert(record_id_parse(SLICE("n-7"), &id));
    ck_assert_int_eq(id.kind, RECORD_NONCONFORMITY);
    ck_assert_uint_eq(id.year, 0);
    ck_assert_int_eq(id.number, 7);
}
END_TEST

START_TEST(refuses_what_is_no_name_of_a_record)
{
    static const char *const wrong[] = {
        "", "I", "I-", "X-2026-1", "I-2026-", "I-2026-0", "I-2026-12x", "I-20266-1", "I 2026 1", "I-2026-1 ", "2026-1"};
    struct record_id id;
    size_t i;

    for (i = 0; i < ARRAY_LEN(wrong); i++)
        ck_assert_msg(!record_id_parse(slice_str(wrong[i]), &id), "'%s'", wrong[i]);
}
END_TEST

UNIT_MAIN("record_id", prints_kind_year_of_opening_and_number, reads_what_it_prints_and_what_people_type,
    refuses_what_is_no_name_of_a_record)
