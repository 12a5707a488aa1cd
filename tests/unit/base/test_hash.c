/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "support/unit.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(the_keyed_hash_is_the_same_all_through_a_process)
{
    char a[] = "192.0.2.1";
    char b[] = "192.0.2.1";

    ck_assert_uint_eq(hash_keyed(slice_str(a)), hash_keyed(slice_str(b)));
    ck_assert_uint_eq(hash_keyed(slice_of(NULL, 0)), hash_keyed(SLICE("")));
}
END_TEST

/* What another process, with a key of its own, makes of @s. */
static uint64_t
hash_elsewhere(struct slice s)
{
    uint64_t h = 0;
    int ends[2];
    pid_t pid;

    ck_assert_int_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        h = hash_keyed(s);
        _exit(write(ends[1], &h, sizeof(h)) == sizeof(h) ? 0 : 1);
    }
    ck_assert_int_eq(read(ends[0], &h, sizeof(h)), sizeof(h));
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_int_eq(close(ends[0]) | close(ends[1]), 0);
    return h;
}

START_TEST(the_key_is_another_one_in_every_process)
{
    ck_assert_uint_ne(hash_elsewhere(SLICE("key")), hash_elsewhere(SLICE("key")));
}
END_TEST

START_TEST(every_bit_and_the_length_matter_to_the_keyed_hash)
{
    char text[40] = {0};
    uint64_t before = hash_keyed(slice_of(text, 0));
    size_t i;
    int bit;

    for (i = 1; i < sizeof(text); i++) {
        uint64_t h = hash_keyed(slice_of(text, i));

        ck_assert_uint_ne(h, before);
        before = h;
        for (bit = 0; bit < 8; bit++) {
            text[i - 1] = (char)(1 << bit);
            ck_assert_uint_ne(hash_keyed(slice_of(text, i)), h);
            text[i - 1] = 0;
        }
    }
}
END_TEST

/* 64 buckets of 1,000 each on average; a chi-squared of 63 degrees stays under 120 in all but one of 20,000 runs. */
START_TEST(the_keyed_hash_spreads_near_keys_evenly)
{
    unsigned buckets[64] = {0};
    double chi = 0;
    char key[32];
    int i;

    for (i = 0; i < 64000; i++) {
        int n = snprintf(key, sizeof(key), "10.0.%d.%d", i / 256, i % 256);

        buckets[hash_keyed(slice_of(key, (size_t)n)) % 64]++;
    }
    for (i = 0; i < 64; i++)
        chi += (buckets[i] - 1000.0) * (buckets[i] - 1000.0) / 1000.0;
    ck_assert_double_lt(chi, 120);
}
END_TEST

START_TEST(the_name_hash_is_never_zero_and_tells_names_apart)
{
    static const char *const names[] = {"", "a", "b", "ab", "ba", "abc", "abcd", "abcde", "abcdef", "abcdefg",
        "abcdefgh", "abcdefghi", "Image", "image", "ParentImage", "CommandLine", "ParentCommandLine"};
    size_t i;
    size_t k;

    for (i = 0; i < ARRAY_LEN(names); i++) {
        ck_assert_uint_ne(hash_name(slice_str(names[i])), 0);
        for (k = 0; k < i; k++)
            ck_assert_uint_ne(hash_name(slice_str(names[i])), hash_name(slice_str(names[k])));
    }
}
END_TEST

START_TEST(a_tail_is_its_bytes_in_order_and_no_others)
{
    const char bytes[] = "\x01\x82\x03\x84\x05\x86\x07\xff";
    size_t n;

    for (n = 0; n < 8; n++) {
        uint64_t want = 0;

        memcpy(&want, bytes, n);
        ck_assert_uint_eq(hash_tail(bytes, n), want);
    }
}
END_TEST

UNIT_MAIN("hash", the_keyed_hash_is_the_same_all_through_a_process, the_key_is_another_one_in_every_process,
    every_bit_and_the_length_matter_to_the_keyed_hash, the_keyed_hash_spreads_near_keys_evenly,
    the_name_hash_is_never_zero_and_tells_names_apart, a_tail_is_its_bytes_in_order_and_no_others)
