/* SPDX-License-Identifier: Apache-2.0 */

/*
 * CURVE: who may read along, and which key files are taken.
 */
#include "subscriber.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "publish/keys.h"

struct pair {
    char public[KEY_TEXT + 1];
    char secret[KEY_TEXT + 1];
};

static struct pair server;
static struct pair ana;
static struct pair eve;
static char dir[64];

static void
begin(void)
{
    clients_begin();
    (void)snprintf(dir, sizeof(dir), "/tmp/isms-curve-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(zmq_curve_keypair(server.public, server.secret), 0);
    ck_assert_int_eq(zmq_curve_keypair(ana.public, ana.secret), 0);
    ck_assert_int_eq(zmq_curve_keypair(eve.public, eve.secret), 0);
}

static void
end(void)
{
    char line[128];

    clients_end();
    (void)snprintf(line, sizeof(line), "rm -rf %s", dir);
    ck_assert_int_eq(system(line), 0);
}

/* A file of this text and mode in the test's folder. Return: its path, one of a few kept. */
static const char *
file_of(const char *name, mode_t mode, const char *text)
{
    static char paths[4][128];
    static size_t n;
    char *path = paths[n++ % ARRAY_LEN(paths)];
    FILE *f;

    (void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
    return path;
}

static void *
connect_with(const struct publisher *p, const char *server_public, const struct pair *own)
{
    void *s = make_subscriber();

    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, server_public, KEY_TEXT + 1), 0);
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, own->public, KEY_TEXT + 1), 0);
    ck_assert_int_eq(zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, own->secret, KEY_TEXT + 1), 0);
    subscribe(s, "");
    ck_assert_int_eq(zmq_connect(s, publisher_endpoint(p)), 0);
    return s;
}

START_TEST(who_knows_the_servers_key_reads_along)
{
    struct publisher *p = open_publisher(file_of("secret", 0600, server.secret), NULL);
    void *s = connect_with(p, server.public, &eve);

    publish(p, "kpi/K01", "{}");
    expect(p, s, "kpi/K01", "\"seq\":1,");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(who_does_not_know_it_reads_nothing)
{
    struct publisher *p = open_publisher(file_of("secret", 0600, server.secret), NULL);
    void *plain = connect_subscriber(p, "");
    void *mistaken = connect_with(p, ana.public, &eve);

    publish(p, "kpi/K01", "{}");
    expect_quiet(p, plain);
    expect_quiet(p, mistaken);
    zmq_close(plain);
    zmq_close(mistaken);
    publisher_close(p);
}
END_TEST

static const char *
list_of_ana(void)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "# dashboards\n\n  %s   # ana\n", ana.public);
    return file_of("clients", 0644, text);
}

START_TEST(who_is_listed_reads_along)
{
    struct publisher *p = open_publisher(file_of("secret", 0600, server.secret), list_of_ana());
    void *s = connect_with(p, server.public, &ana);

    publish(p, "kpi/K01", "{}");
    expect(p, s, "kpi/K01", "\"seq\":1,");
    ck_assert_uint_eq(counted(p, PUBLISHER_C_REFUSED), 0);
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(who_is_not_listed_is_refused_and_counted)
{
    struct publisher *p = open_publisher(file_of("secret", 0600, server.secret), list_of_ana());
    void *s = connect_with(p, server.public, &eve);

    publish(p, "kpi/K01", "{}");
    expect_quiet(p, s);
    ck_assert_uint_ge(counted(p, PUBLISHER_C_REFUSED), 1);
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(a_refused_client_does_not_keep_a_listed_one_out)
{
    struct publisher *p = open_publisher(file_of("secret", 0600, server.secret), list_of_ana());
    void *bad = connect_with(p, server.public, &eve);
    void *good = connect_with(p, server.public, &ana);

    publish(p, "kpi/K01", "{}");
    expect(p, good, "kpi/K01", "\"seq\":1,");
    expect_quiet(p, bad);
    zmq_close(bad);
    zmq_close(good);
    publisher_close(p);
}
END_TEST

START_TEST(an_empty_list_lets_nobody_in)
{
    struct publisher *p = open_publisher(
        file_of("secret", 0600, server.secret), file_of("clients", 0644, "# nobody yet\n"));
    void *s = connect_with(p, server.public, &ana);

    publish(p, "kpi/K01", "{}");
    expect_quiet(p, s);
    ck_assert_uint_ge(counted(p, PUBLISHER_C_REFUSED), 1);
    zmq_close(s);
    publisher_close(p);
}
END_TEST

static int
try_open(const char *secret_file, const char *clients_file)
{
    const struct publisher_settings settings = {"tcp://127.0.0.1:*", secret_file, clients_file};
    struct publisher *p = NULL;
    int r = publisher_open(&p, &settings);

    ck_assert_msg((r == 0) == (p != NULL), "opened and refused at once");
    publisher_close(p);
    return r;
}

START_TEST(a_secret_key_others_may_read_is_refused)
{
    ck_assert_int_eq(try_open(file_of("secret", 0644, server.secret), NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0640, server.secret), NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0660, server.secret), NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0600, server.secret), NULL), 0);
    ck_assert_int_eq(try_open(file_of("secret", 0400, server.secret), NULL), 0);
}
END_TEST

START_TEST(what_is_no_key_is_refused)
{
    char longer[64];

    (void)snprintf(longer, sizeof(longer), "%sx", server.secret);
    ck_assert_int_eq(try_open("/nonexistent/secret", NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0600, ""), NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0600, "too short"), NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0600, longer), NULL), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0600,
                                  "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\""),
                         NULL),
        PUBLISH_E_KEY);
}
END_TEST

START_TEST(a_key_with_a_line_end_is_a_key)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%s\n", server.secret);
    ck_assert_int_eq(try_open(file_of("secret", 0600, text), NULL), 0);
}
END_TEST

START_TEST(a_list_with_a_line_that_is_no_key_is_refused_whole)
{
    char text[256];

    (void)snprintf(text, sizeof(text), "%s\nnot a key\n", ana.public);
    ck_assert_int_eq(try_open(file_of("secret", 0600, server.secret), file_of("clients", 0644, text)), PUBLISH_E_KEY);
    ck_assert_int_eq(try_open(file_of("secret", 0600, server.secret), "/nonexistent/clients"), PUBLISH_E_KEY);
}
END_TEST

/* Z85 itself uses '#', which also begins a comment. */
START_TEST(a_key_that_holds_a_number_sign_is_read_whole)
{
    struct pair odd = {"", ""};
    struct publisher *p;
    void *s;
    int i;

    for (i = 0; i < 1000 && strchr(odd.public, '#') == NULL; i++)
        ck_assert_int_eq(zmq_curve_keypair(odd.public, odd.secret), 0);
    ck_assert_ptr_nonnull(strchr(odd.public, '#'));
    p = open_publisher(file_of("secret", 0600, server.secret), file_of("clients", 0644, odd.public));
    s = connect_with(p, server.public, &odd);
    publish(p, "kpi/K01", "{}");
    expect(p, s, "kpi/K01", "\"seq\":1,");
    zmq_close(s);
    publisher_close(p);
}
END_TEST

START_TEST(a_key_behind_a_number_sign_is_a_comment)
{
    struct keys keys = {NULL, 0};
    char text[256];

    (void)snprintf(text, sizeof(text), "#%s\n# %s\n%s # %s\n", ana.public, eve.public, server.public, ana.public);
    ck_assert_int_eq(keys_read(file_of("clients", 0644, text), &keys), 0);
    ck_assert_uint_eq(keys.n, 1);
    ck_assert_str_eq(keys.items[0].text, server.public);
    keys_fini(&keys);
}
END_TEST

UNIT_MAIN_WITH("curve", begin, end, who_knows_the_servers_key_reads_along, who_does_not_know_it_reads_nothing,
    who_is_listed_reads_along, who_is_not_listed_is_refused_and_counted,
    a_refused_client_does_not_keep_a_listed_one_out, an_empty_list_lets_nobody_in,
    a_secret_key_others_may_read_is_refused, what_is_no_key_is_refused, a_key_with_a_line_end_is_a_key,
    a_list_with_a_line_that_is_no_key_is_refused_whole, a_key_that_holds_a_number_sign_is_read_whole,
    a_key_behind_a_number_sign_is_a_comment)
