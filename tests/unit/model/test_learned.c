/* SPDX-License-Identifier: Apache-2.0 */
#include "model/learned.h"

#include <stdio.h>

#include "support/unit.h"

static struct learned l;

static struct learned_seen *
saw(const char *hostname, const char *peer, int64_t s)
{
    return learned_saw(&l, slice_str(hostname), slice_str(peer), (struct walltime){s * NS_PER_S});
}

/* Takes what the lane passed on, as the ledger does, and counts it. */
static uint64_t
take(size_t *n_hosts, uint64_t *n_forgotten)
{
    struct learned_table *t = learned_take(&l);
    uint64_t n_events = 0;
    size_t i;
    size_t k;

    *n_hosts = 0;
    *n_forgotten = 0;
    if (t == NULL)
        return 0;
    for (i = 0; i < LEARNED_SETS; i++)
        for (k = 0; k < LEARNED_WAYS; k++) {
            *n_hosts += t->sets[i][k].n_events > 0;
            n_events += t->sets[i][k].n_events;
        }
    *n_forgotten = t->n_forgotten;
    learned_return(&l, t);
    return n_events;
}

START_TEST(a_host_is_known_by_what_it_claims_and_else_by_its_address)
{
    const struct learned_seen *a;
    const struct learned_seen *b;
    size_t n_hosts;
    uint64_t n_forgotten;

    ck_assert_int_eq(learned_init(&l), 0);
    a = saw("web1", "192.0.2.1", 1);
    b = saw("", "192.0.2.1", 2);
    ck_assert_ptr_ne(a, b);
    ck_assert_ptr_eq(saw("web1", "192.0.2.9", 3), a);
    ck_assert(b->is_peer && !a->is_peer);
    ck_slice_eq(slice_of(a->peer, a->n_peer), "192.0.2.1");
    ck_assert_int_eq(a->first_ns, NS_PER_S);
    ck_assert_int_eq(a->last_ns, 3 * NS_PER_S);
    ck_assert_ptr_null(saw("", "", 4));
    learned_pass(&l);
    ck_assert_uint_eq(take(&n_hosts, &n_forgotten), 3);
    ck_assert_uint_eq(n_hosts, 2);
    learned_fini(&l);
}
END_TEST

START_TEST(while_the_ledger_has_one_table_the_lane_goes_on_in_the_other_and_loses_nothing)
{
    size_t n_hosts;
    uint64_t n_forgotten;

    ck_assert_int_eq(learned_init(&l), 0);
    learned_pass(&l);
    ck_assert_msg(learned_take(&l) == NULL, "nothing was seen");
    saw("a", "", 1);
    learned_pass(&l);
    saw("b", "", 2);
    learned_pass(&l); /* the first is not taken yet */
    saw("b", "", 3);
    ck_assert_uint_eq(take(&n_hosts, &n_forgotten), 1);
    learned_pass(&l);
    saw("c", "", 4);
    ck_assert_uint_eq(take(&n_hosts, &n_forgotten), 2);
    ck_assert_uint_eq(n_hosts, 1);
    learned_pass(&l);
    ck_assert_uint_eq(take(&n_hosts, &n_forgotten), 1);
    learned_fini(&l);
}
END_TEST

START_TEST(a_flood_of_names_forgets_counts_and_keeps_its_bounds)
{
    char name[300];
    size_t n_hosts;
    uint64_t n_forgotten;
    uint64_t n_events;
    int i;

    ck_assert_int_eq(learned_init(&l), 0);
    for (i = 0; i < 10000; i++) {
        int n = snprintf(name, sizeof(name), "host-%d-", i);

        memset(name + n, 'x', sizeof(name) - (size_t)n - 1);
        name[sizeof(name) - 1] = '\0';
        saw(name, name, i);
    }
    learned_pass(&l);
    n_events = take(&n_hosts, &n_forgotten);
    ck_assert_uint_le(n_hosts, LEARNED_SETS * LEARNED_WAYS);
    ck_assert_uint_ge(n_hosts, LEARNED_SETS * LEARNED_WAYS / 2);
    ck_assert_uint_eq(n_hosts + n_forgotten, 10000);
    ck_assert_uint_eq(n_events, n_hosts);
    learned_fini(&l);
}
END_TEST

START_TEST(who_speaks_is_not_forgotten_for_who_does_not)
{
    char name[32];
    const struct learned_seen *busy;
    int i;

    ck_assert_int_eq(learned_init(&l), 0);
    busy = saw("busy", "", 0);
    for (i = 1; i < 3000; i++) {
        (void)snprintf(name, sizeof(name), "once-%d", i);
        saw(name, "", i);
        ck_assert_ptr_eq(saw("busy", "", i), busy);
    }
    ck_assert_uint_eq(busy->n_events, 3000);
    learned_fini(&l);
}
END_TEST

UNIT_MAIN("learned", a_host_is_known_by_what_it_claims_and_else_by_its_address,
    while_the_ledger_has_one_table_the_lane_goes_on_in_the_other_and_loses_nothing,
    a_flood_of_names_forgets_counts_and_keeps_its_bounds, who_speaks_is_not_forgotten_for_who_does_not)
