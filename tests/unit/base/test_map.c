/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "support/unit.h"

#include <stdio.h>

enum { N_KEYS = 5000 };

static char keys[N_KEYS][8];

static struct slice
key(unsigned i)
{
    (void)snprintf(keys[i], sizeof(keys[i]), "k%u", i);
    return slice_str(keys[i]);
}

START_TEST(finds_what_was_put_while_others_come_and_go)
{
    CLEANUP(map_free) struct map *m = NULL;
    unsigned i;

    ck_assert_int_eq(map_new(&m, N_KEYS), 0);
    for (i = 0; i < N_KEYS; i++)
        ck_assert_int_eq(map_put(m, key(i), keys[i]), 0);
    for (i = 0; i < N_KEYS; i += 2)
        ck_assert_ptr_eq(map_remove(m, key(i)), keys[i]);
    for (i = 0; i < N_KEYS; i++)
        ck_assert_ptr_eq(map_get(m, key(i)), i % 2 == 0 ? NULL : keys[i]);
    ck_assert_uint_eq(map_length(m), N_KEYS / 2);
}
END_TEST

START_TEST(refuses_a_new_key_beyond_its_limit_and_still_replaces)
{
    CLEANUP(map_free) struct map *m = NULL;
    int a = 0;
    int b = 0;

    ck_assert_int_eq(map_new(&m, 1), 0);
    ck_assert_int_eq(map_put(m, SLICE("x"), &a), 0);
    ck_assert_int_eq(map_put(m, SLICE("y"), &a), MAP_E_FULL);
    ck_assert_int_eq(map_put(m, SLICE("x"), &b), 0);
    ck_assert_ptr_eq(map_get(m, SLICE("x")), &b);
}
END_TEST

UNIT_MAIN("map", finds_what_was_put_while_others_come_and_go, refuses_a_new_key_beyond_its_limit_and_still_replaces)
