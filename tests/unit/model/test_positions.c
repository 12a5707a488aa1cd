/* SPDX-License-Identifier: Apache-2.0 */
#include "model/positions.h"
#include "support/unit.h"

static struct positions *positions;

static void
begin(void)
{
    ck_assert_int_eq(positions_new(&positions), 0);
}

static void
end(void)
{
    positions_free(TAKE(positions));
}

static int
claim(const char *stream, int32_t partition, unsigned reader, int64_t *offset)
{
    struct position at = {.stream = slice_str(stream), .partition = partition, .offset = 99};
    int r = positions_claim(positions, &at, reader);

    *offset = at.offset;
    return r;
}

static void
set(const char *stream, int32_t partition, int64_t offset)
{
    const struct position at = {slice_str(stream), partition, 1, offset};

    ck_assert_int_eq(positions_set(positions, &at), 0);
}

START_TEST(a_partition_goes_on_where_it_was_committed)
{
    int64_t offset;

    begin();
    set("kafka/in/a", 0, 12);
    set("kafka/in/a", 1, 5);
    set("kafka/in/a", 0, 20);
    ck_assert_int_eq(claim("kafka/in/a", 0, 1, &offset), 0);
    ck_assert_int_eq(offset, 20);
    ck_assert_int_eq(claim("kafka/in/a", 1, 1, &offset), 0);
    ck_assert_int_eq(offset, 5);
    end();
}
END_TEST

START_TEST(one_never_read_begins_at_none)
{
    int64_t offset;

    begin();
    set("kafka/in/a", 0, 12);
    ck_assert_int_eq(claim("kafka/in/b", 0, 1, &offset), 0);
    ck_assert_int_eq(offset, POSITION_NONE);
    end();
}
END_TEST

START_TEST(nobody_reads_what_another_has_under_way)
{
    int64_t offset;

    begin();
    ck_assert_int_eq(claim("kafka/in/a", 0, 1, &offset), 0);
    ck_assert_int_eq(claim("kafka/in/a", 0, 1, &offset), 0);
    ck_assert_int_eq(claim("kafka/in/a", 0, 2, &offset), POSITIONS_E_HELD);
    ck_assert_int_eq(claim("kafka/in/a", 1, 2, &offset), 0);
    set("kafka/in/a", 0, 30);
    positions_release(positions, SLICE("kafka/in/a"), 0, 2); /* not its to release */
    ck_assert_int_eq(claim("kafka/in/a", 0, 2, &offset), POSITIONS_E_HELD);
    positions_release(positions, SLICE("kafka/in/a"), 0, 1);
    ck_assert_int_eq(claim("kafka/in/a", 0, 2, &offset), 0);
    ck_assert_int_eq(offset, 30);
    end();
}
END_TEST

UNIT_MAIN("positions", a_partition_goes_on_where_it_was_committed, one_never_read_begins_at_none,
    nobody_reads_what_another_has_under_way)
