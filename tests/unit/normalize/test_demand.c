/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/normalize/fixture.h"

#define SSHD "<38>1 2026-03-14T15:00:00Z web1 sshd 1201 - - Failed password for root from 203.0.113.9 port 40022 ssh2"

/* Rules ask for fields of one service only. */
static bool
asks_of_service(const void *ctx, const struct logsource *ls, const struct logsource *const *given, size_t n_given)
{
    (void)given;
    (void)n_given;
    return slice_eq(ls->service, slice_str(ctx));
}

static void
open_with_demand(struct fixture *f, const char *service)
{
    fixture_open(f);
    normalizer_scratch_free(f->scratch);
    ck_assert_int_eq(normalizer_scratch_new(&f->scratch, f->normalizer, asks_of_service, service), 0);
}

static struct slice
value(const struct fixture *f, const char *name)
{
    return event_value(&f->event, slice_str(name));
}

START_TEST(text_that_no_rule_asks_for_is_left_and_decoded_once_the_event_is_kept)
{
    struct fixture f;

    fixture_init(&f);
    open_with_demand(&f, "cron");
    (void)fixture_read(&f, SSHD);
    ck_assert(f.event.undecoded && !f.event.decoded);
    ck_slice_eq(value(&f, "hostname"), "web1");
    ck_slice_eq(f.event.text, "sshd[1201]: Failed password for root from 203.0.113.9 port 40022 ssh2");
    ck_assert_ptr_null(value(&f, "src_ip").p);
    ck_assert_uint_eq(fixture_count(&f, "normalize_undecoded"), 1);
    ck_assert_uint_eq(fixture_count(&f, "normalize_decoded"), 0);
    normalizer_decode(f.scratch, &f.event);
    ck_assert(!f.event.undecoded && f.event.decoded);
    ck_slice_eq(value(&f, "src_ip"), "203.0.113.9");
    ck_slice_eq(value(&f, "hostname"), "web1");
    ck_assert_uint_eq(fixture_count(&f, "normalize_decoded"), 1);
    fixture_close(&f);
}
END_TEST

START_TEST(decoding_again_adds_nothing)
{
    struct fixture f;
    size_t n;

    fixture_init(&f);
    open_with_demand(&f, "cron");
    (void)fixture_read(&f, SSHD);
    normalizer_decode(f.scratch, &f.event);
    n = f.event.n_fields;
    normalizer_decode(f.scratch, &f.event);
    ck_assert_uint_eq(f.event.n_fields, n);
    ck_assert_uint_eq(fixture_count(&f, "normalize_decoded"), 1);
    fixture_close(&f);
}
END_TEST

START_TEST(what_a_rule_asks_for_is_decoded_at_once)
{
    struct fixture f;

    fixture_init(&f);
    open_with_demand(&f, "sshd");
    (void)fixture_read(&f, SSHD);
    ck_assert(!f.event.undecoded && f.event.decoded);
    ck_slice_eq(value(&f, "src_ip"), "203.0.113.9");
    (void)fixture_read(&f, "<78>1 2026-03-14T15:00:00Z db1 CRON 1 - - (root) CMD (/usr/bin/true)");
    ck_assert(f.event.undecoded);
    fixture_close(&f);
}
END_TEST

/* sudo's own log source is linux/sudo, but its messages may come from PAM, which are linux/auth too. */
START_TEST(a_log_source_that_only_the_text_tells_counts_as_asked_for)
{
    struct fixture f;

    fixture_init(&f);
    open_with_demand(&f, "auth");
    (void)fixture_read(&f, "<85>1 2026-03-14T15:00:00Z db1 cron 1 - - pam_unix(cron:session): session opened for user "
                           "root(uid=0) by (uid=0)");
    ck_assert(!f.event.undecoded && f.event.decoded);
    fixture_close(&f);
}
END_TEST

START_TEST(a_time_that_only_the_text_tells_is_read_at_once)
{
    struct fixture f;

    fixture_init(&f);
    open_with_demand(&f, "cron");
    (void)fixture_read(&f, "<30>1 - www1 apache2 1 - - 203.0.113.7 - - [14/Mar/2026:15:00:00 +0000] \"GET / HTTP/1.1\" "
                           "200 5 \"-\" \"-\"");
    ck_assert(!f.event.undecoded && f.event.decoded && f.event.time_given);
    fixture_close(&f);
}
END_TEST

START_TEST(the_configured_log_source_counts_as_asked_for)
{
    struct fixture f;

    fixture_init(&f);
    f.input.product = "linux";
    f.input.service = "appliance";
    open_with_demand(&f, "appliance");
    (void)fixture_read(&f, SSHD);
    ck_assert(!f.event.undecoded && f.event.decoded);
    fixture_close(&f);
}
END_TEST

UNIT_MAIN("demand", text_that_no_rule_asks_for_is_left_and_decoded_once_the_event_is_kept, decoding_again_adds_nothing,
    what_a_rule_asks_for_is_decoded_at_once, a_log_source_that_only_the_text_tells_counts_as_asked_for,
    a_time_that_only_the_text_tells_is_read_at_once, the_configured_log_source_counts_as_asked_for)
