/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/last_values.h"

#include <stdio.h>

#include "support/unit.h"

static void
put(struct last_values *l, const char *topic, const char *message, bool evicts)
{
    bool evicted;
    struct last_value *v = last_values_at(l, slice_str(topic), &evicted);

    ck_assert_ptr_nonnull(v);
    ck_assert_int_eq(evicted, evicts);
    buffer_reset(&v->message);
    buffer_add(&v->message, slice_str(message));
    v->seq++;
}

struct seen {
    char text[256];
};

static void
see(void *ctx, const struct last_value *v)
{
    struct seen *s = ctx;
    size_t n = strlen(s->text);

    (void)snprintf(s->text + n, sizeof(s->text) - n, "%.*s=%.*s#%llu ", SLICE_ARG(v->topic),
        SLICE_ARG(buffer_slice(&v->message)), (unsigned long long)v->seq);
}

#define ck_values(l, prefix, want)                           \
    do {                                                     \
        struct seen seen_ = {""};                            \
        last_values_each(l, slice_str(prefix), see, &seen_); \
        ck_assert_str_eq(seen_.text, want);                  \
    } while (0)

START_TEST(the_newest_message_of_each_topic_is_kept)
{
    struct last_values *l;

    ck_assert_int_eq(last_values_new(&l, 10), 0);
    put(l, "a", "1", false);
    put(l, "b", "2", false);
    put(l, "a", "3", false);
    ck_values(l, "", "b=2#1 a=3#2 ");
    last_values_free(l);
}
END_TEST

START_TEST(a_prefix_chooses_topics)
{
    struct last_values *l;

    ck_assert_int_eq(last_values_new(&l, 10), 0);
    put(l, "kpi/K01", "1", false);
    put(l, "kpi/K02", "2", false);
    put(l, "alert/A", "3", false);
    ck_values(l, "kpi/", "kpi/K01=1#1 kpi/K02=2#1 ");
    ck_values(l, "kpi/K02", "kpi/K02=2#1 ");
    ck_values(l, "kpi/K021", "");
    last_values_free(l);
}
END_TEST

START_TEST(the_topic_that_was_quiet_for_longest_makes_room)
{
    struct last_values *l;

    ck_assert_int_eq(last_values_new(&l, 2), 0);
    put(l, "a", "1", false);
    put(l, "b", "2", false);
    put(l, "a", "3", false);
    put(l, "c", "4", true);
    ck_values(l, "", "a=3#2 c=4#1 ");
    put(l, "b", "5", true);
    ck_values(l, "", "c=4#1 b=5#1 ");
    last_values_free(l);
}
END_TEST

START_TEST(a_topic_that_was_named_and_not_sent_is_not_replayed)
{
    struct last_values *l;
    bool evicted;

    ck_assert_int_eq(last_values_new(&l, 2), 0);
    ck_assert_ptr_nonnull(last_values_at(l, SLICE("a"), &evicted));
    ck_values(l, "", "");
    last_values_free(l);
}
END_TEST

START_TEST(nothing_is_freed_as_nothing)
{
    last_values_free(NULL);
}
END_TEST

UNIT_MAIN("last_values", the_newest_message_of_each_topic_is_kept, a_prefix_chooses_topics,
    the_topic_that_was_quiet_for_longest_makes_room, a_topic_that_was_named_and_not_sent_is_not_replayed,
    nothing_is_freed_as_nothing)
