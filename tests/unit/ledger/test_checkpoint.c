/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "support/unit.h"

static char dir[] = "/tmp/isms-checkpoint-XXXXXX";
static char path[128];

/* The path of the file @name in this test's own folder. */
static const char *
in_dir(const char *name)
{
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    return path;
}

static void
save(const char *name, struct slice s)
{
    FILE *f = fopen(in_dir(name), "wb");

    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(s.p, 1, s.n, f), s.n);
    ck_assert_int_eq(fclose(f), 0);
}

static struct hasher *h;
static struct signing_key *key;
static struct public_key public;
static struct buffer note;

static void
make_note(void)
{
    struct checkpoint c = {SLICE("example.org/isms"), 1234, {{1, 2, 3}}};

    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(hasher_new(&h), 0);
    ck_assert_int_eq(signing_key_create(&key, in_dir("ledger.key")), 0);
    signing_key_public(key, &public);
    ck_assert_int_eq(checkpoint_sign(&c, key, h, &note), 0);
}

static void
clean_up(void)
{
    char command[160];

    signing_key_close(key);
    hasher_free(h);
    buffer_fini(&note);
    (void)snprintf(command, sizeof(command), "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(opens_what_it_signed)
{
    struct checkpoint c;

    make_note();
    ck_assert_int_eq(checkpoint_open(&c, buffer_slice(&note), SLICE("example.org/isms"), &public, h), 0);
    ck_assert_uint_eq(c.size, 1234);
    ck_assert_int_eq(c.root.b[2], 3);
    ck_assert(slice_starts(buffer_slice(&note), SLICE("example.org/isms\n1234\nAQID")));
    clean_up();
}
END_TEST

START_TEST(refuses_an_altered_size_another_ledger_and_another_key)
{
    struct public_key other = {{7}};
    struct checkpoint c;
    char *size;

    make_note();
    ck_assert_int_eq(
        checkpoint_open(&c, buffer_slice(&note), SLICE("example.org/other"), &public, h), CHECKPOINT_E_ORIGIN);
    ck_assert_int_eq(checkpoint_open(&c, buffer_slice(&note), SLICE("example.org/isms"), &other, h), CHECKPOINT_E_KEY);
    ck_assert_int_eq(checkpoint_open(&c, checkpoint_text(buffer_slice(&note)), SLICE("example.org/isms"), &public, h),
        CHECKPOINT_E_FORM);
    size = memmem(note.p, note.n, "1234", 4);
    *size = '2';
    ck_assert_int_eq(
        checkpoint_open(&c, buffer_slice(&note), SLICE("example.org/isms"), &public, h), CHECKPOINT_E_SIGNATURE);
    clean_up();
}
END_TEST

/* Whatever follows the empty line is a signature (C2SP signed-note), or somebody wrote into the note. */
START_TEST(signatures_of_others_are_passed_over_and_nothing_else_is)
{
    static const struct {
        const char *more;
        int outcome;
    } notes[] = {
        {"", 0},
        {"\xe2\x80\x94 witness.example AAAAAAAA\n", 0},
        {"\xe2\x80\x94 example.org/isms AAAAAAAA\n", 0},
        {"x", CHECKPOINT_E_FORM},
        {"x\n", CHECKPOINT_E_FORM},
        {"\n", CHECKPOINT_E_KEY}, /* all of it is text then, and nobody signed it */
        {"- witness.example AAAAAAAA\n", CHECKPOINT_E_FORM},
        {"\xe2\x80\x94 witness.example\n", CHECKPOINT_E_FORM},
        {"\xe2\x80\x94 witness.example AAAA!\n", CHECKPOINT_E_FORM},
        {"\xe2\x80\x94 witness.example AAAA\n", CHECKPOINT_E_FORM},
        {"\xe2\x80\x94 witness.example AAAAAAAA", CHECKPOINT_E_FORM},
    };
    struct checkpoint c;
    size_t n;
    size_t i;

    make_note();
    n = note.n;
    for (i = 0; i < ARRAY_LEN(notes); i++) {
        buffer_add(&note, slice_str(notes[i].more));
        ck_assert_msg(
            checkpoint_open(&c, buffer_slice(&note), SLICE("example.org/isms"), &public, h) == notes[i].outcome, "%zu",
            i);
        note.n = n;
    }
    clean_up();
}
END_TEST

START_TEST(stock_openssl_verifies_it_and_refuses_it_altered)
{
    CLEANUP_BUFFER struct buffer pem = {0};
    CLEANUP_BUFFER struct buffer sig = {0};
    char command[512];
    struct slice text;
    struct slice encoded;

    make_note();
    text = checkpoint_text(buffer_slice(&note));
    encoded = slice_from(buffer_slice(&note), slice_find_last(buffer_slice(&note), ' ') + 1);
    ck_assert(base64_decode(&sig, slice_trim(encoded)));
    ck_assert_int_eq(public_key_pem(&public, &pem), 0);
    save("ledger.pub", buffer_slice(&pem));
    save("cp.txt", text);
    save("sig.bin", slice_from(buffer_slice(&sig), KEY_HASH_BYTES));
    (void)snprintf(command, sizeof(command),
        "cd %s && openssl pkeyutl -verify -pubin -inkey ledger.pub -rawin -in cp.txt -sigfile sig.bin >log 2>&1", dir);
    ck_assert_int_eq(system(command), 0);
    text.n--;
    save("cp.txt", text);
    ck_assert_int_ne(system(command), 0);
    clean_up();
}
END_TEST

START_TEST(the_key_is_its_owners_alone_and_never_replaced)
{
    struct signing_key *again = NULL;
    struct public_key same;
    struct stat st;

    make_note();
    ck_assert_int_eq(stat(in_dir("ledger.key"), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(signing_key_create(&again, in_dir("ledger.key")), -EEXIST);
    ck_assert_int_eq(signing_key_open(&again, in_dir("ledger.key")), 0);
    signing_key_public(again, &same);
    ck_assert_mem_eq(same.b, public.b, PUBLIC_KEY_BYTES);
    signing_key_close(again);
    ck_assert_int_eq(chmod(in_dir("ledger.key"), 0644), 0);
    ck_assert_int_eq(signing_key_open(&again, in_dir("ledger.key")), SIGNING_E_EXPOSED);
    ck_assert_int_eq(signing_key_open(&again, in_dir("none.key")), SIGNING_E_NONE);
    save("text.key", SLICE("not a key\n"));
    ck_assert_int_eq(chmod(in_dir("text.key"), 0600), 0);
    ck_assert_int_eq(signing_key_open(&again, in_dir("text.key")), SIGNING_E_FORM);
    clean_up();
}
END_TEST

START_TEST(a_verifier_line_reads_back_and_a_wrong_hash_is_refused)
{
    CLEANUP_BUFFER struct buffer line = {0};
    struct public_key same;
    struct slice name;

    make_note();
    ck_assert_int_eq(verifier_print(SLICE("example.org/isms"), &public, h, &line), 0);
    ck_assert(verifier_parse(buffer_slice(&line), h, &name, &same));
    ck_slice_eq(name, "example.org/isms");
    ck_assert_mem_eq(same.b, public.b, PUBLIC_KEY_BYTES);
    line.p[0] = 'E';
    ck_assert(!verifier_parse(buffer_slice(&line), h, &name, &same));
    clean_up();
}
END_TEST

UNIT_MAIN("checkpoint", opens_what_it_signed, refuses_an_altered_size_another_ledger_and_another_key,
    signatures_of_others_are_passed_over_and_nothing_else_is, stock_openssl_verifies_it_and_refuses_it_altered,
    the_key_is_its_owners_alone_and_never_replaced, a_verifier_line_reads_back_and_a_wrong_hash_is_refused)
