/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "support/unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static int
fail_here(void)
{
    return error_origin(-ENOSPC);
}

static int
forward(int depth)
{
    return depth == 0 ? error_trace(fail_here()) : error_trace(forward(depth - 1));
}

START_TEST(the_number_is_forwarded_unchanged_and_its_way_noted)
{
    ck_assert_int_eq(forward(0), -ENOSPC);
    ck_assert_ptr_nonnull(strstr(error_path(), "test_error.c:"));
    ck_assert_ptr_nonnull(strstr(error_path(), " < test_error.c:"));
    ck_assert_ptr_null(strchr(error_path(), '/'));
}
END_TEST

START_TEST(a_new_failure_begins_a_new_way)
{
    char first[512];

    (void)forward(5);
    (void)strncpy(first, error_path(), sizeof(first) - 1);
    first[sizeof(first) - 1] = '\0';
    (void)fail_here();
    ck_assert_uint_lt(strlen(error_path()), strlen(first));
    ck_assert_ptr_null(strstr(error_path(), "<"));
}
END_TEST

START_TEST(a_long_way_is_cut_not_overrun)
{
    ck_assert_int_eq(forward(1000), -ENOSPC);
    ck_assert_uint_lt(strlen(error_path()), 512);
}
END_TEST

static void *
look(void *arg)
{
    (void)arg;
    return (void *)(intptr_t)(error_path()[0] == '\0');
}

START_TEST(each_thread_has_its_own_way)
{
    pthread_t other;
    void *empty;

    (void)fail_here();
    ck_assert_int_eq(pthread_create(&other, NULL, look, NULL), 0);
    ck_assert_int_eq(pthread_join(other, &empty), 0);
    ck_assert_ptr_nonnull(empty);
}
END_TEST

UNIT_MAIN("error", the_number_is_forwarded_unchanged_and_its_way_noted, a_new_failure_begins_a_new_way,
    a_long_way_is_cut_not_overrun, each_thread_has_its_own_way)
