/* SPDX-License-Identifier: Apache-2.0 */
#include "subscriber.h"

#include <math.h>
#include <stdio.h>

#include "parsers/json.h"

START_TEST(a_message_is_its_topic_and_an_object_around_the_body)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s = connect_subscriber(p, "");

    publish(p, "alert/A-1", "{\"level\":\"high\"}");
    expect(p, s, "alert/A-1",
        "{\"schema\":1,\"topic\":\"alert/"
        "A-1\",\"seq\":1,\"at\":\"2026-11-23T12:00:00Z\",\"body\":{\"level\":\"high\"}}");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(each_topic_has_a_sequence_of_its_own)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s = connect_subscriber(p, "");

    publish(p, "a", "{}");
    expect(p, s, "a", "\"seq\":1,");
    publish(p, "a", "{}");
    publish(p, "b", "{}");
    publish(p, "a", "{}");
    expect(p, s, "a", "\"seq\":2,");
    expect(p, s, "b", "\"seq\":1,");
    expect(p, s, "a", "\"seq\":3,");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(who_subscribes_late_gets_the_last_value_of_each_topic_asked_for)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s;

    publish(p, "kpi/K01", "{\"v\":1}");
    publish(p, "kpi/K01", "{\"v\":2}");
    publish(p, "kpi/K02", "{\"v\":3}");
    publish(p, "incident/I-1", "{\"v\":4}");
    s = connect_subscriber(p, "kpi/");
    expect(p, s, "kpi/K01", "\"seq\":2,");
    ck_assert_ptr_nonnull(strstr(received.json, "{\"v\":2}"));
    expect(p, s, "kpi/K02", "{\"v\":3}");
    expect_quiet(p, s);
    ck_assert_uint_eq(counted(p, PUBLISHER_C_REPLAYED), 2);
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(a_second_subscriber_to_the_same_topic_gets_the_last_value_too)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *first;
    void *second;

    publish(p, "kpi/K01", "{\"v\":1}");
    first = connect_subscriber(p, "kpi/");
    expect(p, first, "kpi/K01", "{\"v\":1}");
    second = connect_subscriber(p, "kpi/");
    expect(p, second, "kpi/K01", "{\"v\":1}");
    zmq_close(first);
    zmq_close(second);
    publisher_close(p);
}
END_TEST

START_TEST(a_value_sent_again_keeps_its_sequence_so_that_it_is_known)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *first = connect_subscriber(p, "kpi/");
    void *second;

    publish(p, "kpi/K01", "{\"v\":1}");
    expect(p, first, "kpi/K01", "\"seq\":1,");
    second = connect_subscriber(p, "kpi/");
    expect(p, second, "kpi/K01", "\"seq\":1,");
    publish(p, "kpi/K01", "{\"v\":2}");
    while (expect(p, first, "kpi/K01", "\"seq\":"), strstr(received.json, "\"seq\":2,") == NULL)
        ck_assert_ptr_nonnull(strstr(received.json, "\"seq\":1,"));
    expect(p, second, "kpi/K01", "\"seq\":2,");
    zmq_close(first);
    zmq_close(second);
    publisher_close(p);
}
END_TEST

START_TEST(an_end_of_a_subscription_replays_nothing)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s = connect_subscriber(p, "kpi/");

    publish(p, "kpi/K01", "{}");
    expect(p, s, "kpi/K01", "\"seq\":1,");
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_UNSUBSCRIBE, "kpi/", 4), 0);
    expect_quiet(p, s);
    publish(p, "kpi/K01", "{}");
    expect_quiet(p, s);
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(a_subscription_longer_than_any_topic_is_taken_and_gives_nothing)
{
    struct publisher *p = open_publisher(NULL, NULL);
    char topic[2000];
    void *s;

    memset(topic, 'k', sizeof(topic) - 1);
    topic[sizeof(topic) - 1] = '\0';
    publish(p, "k", "{}");
    s = connect_subscriber(p, topic);
    expect_quiet(p, s);
    subscribe(s, "k");
    expect(p, s, "k", "\"seq\":1,");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(topics_beyond_the_limit_push_the_quietest_out_and_that_is_counted)
{
    struct publisher *p = open_publisher(NULL, NULL);
    char topic[32];
    void *s;
    int i;

    for (i = 0; i < 4100; i++) {
        (void)snprintf(topic, sizeof(topic), "alert/%d", i);
        publish(p, topic, "{}");
    }
    ck_assert_uint_eq(counted(p, PUBLISHER_C_TOPICS_EVICTED), 4);
    s = connect_subscriber(p, "alert/3");
    expect(p, s, "alert/30", "\"seq\":1,");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(without_a_subscriber_nothing_is_lost_and_nothing_blocks)
{
    struct publisher *p = open_publisher(NULL, NULL);
    int i;

    for (i = 0; i < 20000; i++)
        publish(p, "kpi/K01", "{}");
    ck_assert_uint_eq(counted(p, PUBLISHER_C_SENT), 20000);
    ck_assert_uint_eq(counted(p, PUBLISHER_C_DROPPED), 0);
    publisher_close(p);
}
END_TEST

START_TEST(a_subscriber_that_reads_nothing_does_not_block_the_publisher)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s = connect_subscriber(p, "");
    static char body[8192];
    int i;

    memset(body, ' ', sizeof(body) - 1);
    body[0] = '{';
    body[sizeof(body) - 2] = '}';
    publish(p, "first", "{}");
    expect(p, s, "first", "\"seq\":1,");
    for (i = 0; i < 30000; i++)
        publish(p, "flood", body);
    publish(p, "last", "{}");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(a_kpi_is_published_under_its_id_and_stratum)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s = connect_subscriber(p, "kpi/");
    struct kpi_value v = {.def = kpi_catalogue(0),
        .stratum = "",
        .value = 12.5,
        .p50 = 12.5,
        .p90 = NAN,
        .max = NAN,
        .n = 3,
        .at = AT,
        .from = AT};

    ck_assert_int_eq(publisher_kpi(p, &v), 0);
    expect(p, s, "kpi/K01", "\"id\":\"K01\"");
    ck_assert_ptr_nonnull(strstr(received.json, "\"value\":12.5"));
    ck_assert_ptr_nonnull(strstr(received.json, "\"p90\":null"));
    v.stratum = "S1";
    ck_assert_int_eq(publisher_kpi(p, &v), 0);
    expect(p, s, "kpi/K01/S1", "\"severity\":\"S1\"");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(a_topic_with_odd_bytes_is_escaped_in_the_json)
{
    struct publisher *p = open_publisher(NULL, NULL);
    void *s = connect_subscriber(p, "");

    publish(p, "a\"b\n", "{}");
    expect(p, s, "a\"b\n", "\"topic\":\"a\\\"b\\n\"");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(an_address_in_use_is_refused)
{
    struct publisher *p = open_publisher(NULL, NULL);
    const struct publisher_settings same = {publisher_endpoint(p), NULL, NULL};
    const struct publisher_settings nonsense = {"carrier-pigeon://roof", NULL, NULL};
    struct publisher *other = NULL;

    ck_assert_int_eq(publisher_open(&other, &same), PUBLISH_E_ADDRESS);
    ck_assert_int_eq(publisher_open(&other, &nonsense), PUBLISH_E_ADDRESS);
    ck_assert_ptr_null(other);
    publisher_close(p);
}
END_TEST

UNIT_MAIN_WITH("publisher", clients_begin, clients_end, a_message_is_its_topic_and_an_object_around_the_body,
    each_topic_has_a_sequence_of_its_own, who_subscribes_late_gets_the_last_value_of_each_topic_asked_for,
    a_second_subscriber_to_the_same_topic_gets_the_last_value_too,
    a_value_sent_again_keeps_its_sequence_so_that_it_is_known, an_end_of_a_subscription_replays_nothing,
    a_subscription_longer_than_any_topic_is_taken_and_gives_nothing,
    topics_beyond_the_limit_push_the_quietest_out_and_that_is_counted,
    without_a_subscriber_nothing_is_lost_and_nothing_blocks,
    a_subscriber_that_reads_nothing_does_not_block_the_publisher, a_kpi_is_published_under_its_id_and_stratum,
    a_topic_with_odd_bytes_is_escaped_in_the_json, an_address_in_use_is_refused)
