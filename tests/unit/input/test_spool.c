/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a spool promises on a disk that works: order, numbers, places; and what it does with files that are damaged,
 * torn, or not its own. A disk that fails: test_spool_faults.c.
 */

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "spool_rig.h"
#include "support/allocations.h"

START_TEST(frames_come_back_in_order_with_all_that_came_with_them)
{
    rig_reopen(0);
    rig_add(1, 1000);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    rig_expect(1, 1000);
    rig_add(1001, 1003);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    rig_expect(1001, 1003);
    ck_assert_uint_eq(rig_count(SPOOL_C_APPENDED), 1003);
    ck_assert_uint_eq(rig_count(SPOOL_C_SYNCED), 1003);
    ck_assert_uint_eq(rig_count(SPOOL_C_SYNCS), 2);
}
END_TEST

START_TEST(what_is_not_synced_is_not_given_out)
{
    struct spool_record r;

    rig_reopen(0);
    rig_add(1, 10);
    ck_assert(spool_unsynced(rig_spool));
    ck_assert_int_eq(spool_read(rig_spool, &r), SPOOL_E_END);
    ck_assert_uint_eq(spool_synced(rig_spool), 0);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    ck_assert(!spool_unsynced(rig_spool));
    ck_assert_uint_eq(spool_synced(rig_spool), 10);
    rig_expect(1, 10);
}
END_TEST

START_TEST(with_and_without_compression_it_is_the_same)
{
    for (unsigned level = 0; level < 4; level += 3) {
        rig_settings.compression = level;
        rig_reopen(0);
        rig_add(1, 5000);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
        ck_assert(level == 0 || spool_level(rig_spool).bytes < 5000 * 200);
        rig_expect(1, 5000);
        rig_reopen(0);
        rig_expect(1, 5000);
        spool_close(TAKE(rig_spool));
        rig_empty();
    }
}
END_TEST

START_TEST(a_frame_may_be_empty_or_as_long_as_the_limit_and_hold_any_byte)
{
    static char longest[65536];
    struct spool_record r = {.raw = {"", 0}};
    struct spool_record back;
    size_t i;

    for (i = 0; i < sizeof(longest); i++)
        longest[i] = (char)(i * 31 + i / 251);
    rig_reopen(0);
    ck_assert_int_eq(spool_append(rig_spool, &r), 0);
    r.raw = slice_of(longest, sizeof(longest));
    ck_assert_int_eq(spool_append(rig_spool, &r), 0);
    ck_assert_int_eq(spool_append(rig_spool, &r), 0);
    ck_assert_int_eq(spool_append(rig_spool, &r), 0);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    ck_assert_int_eq(spool_read(rig_spool, &back), 0);
    ck_assert_uint_eq(back.raw.n, 0);
    for (i = 0; i < 3; i++) {
        ck_assert_int_eq(spool_read(rig_spool, &back), 0);
        ck_assert(slice_eq(back.raw, r.raw));
    }
}
END_TEST

START_TEST(it_goes_on_where_it_was_on_record_and_numbers_go_on)
{
    uint64_t place;

    rig_reopen(0);
    for (uint64_t i = 1; i <= 200; i += 20) {
        rig_add(i, i + 19);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
    }
    ck_assert_uint_ge(rig_files(".spool", NULL), 3);
    for (place = 0; place <= 200; place++) {
        rig_reopen(place);
        rig_expect(place + 1, 200);
        rig_add(201, 202);
        rig_reopen(place); /* without a sync: those are gone */
        rig_expect(place + 1, 200);
    }
    rig_add(201, 202);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    rig_expect(201, 202);
}
END_TEST

START_TEST(a_number_is_never_given_twice_though_the_folder_is_emptied)
{
    struct spool_record r = rig_frame(1);

    rig_reopen(0);
    rig_add(1, 10);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    spool_close(TAKE(rig_spool));
    rig_empty();
    rig_reopen(10);
    ck_assert_int_eq(spool_append(rig_spool, &r), 0);
    ck_assert_uint_eq(r.number, 11);
}
END_TEST

START_TEST(segments_that_are_wholly_on_record_are_deleted)
{
    rig_reopen(0);
    for (uint64_t i = 1; i <= 1000; i += 50) {
        rig_add(i, i + 49);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
    }
    ck_assert_uint_gt(rig_files(".spool", NULL), 8);
    rig_expect(1, 1000);
    spool_forget(rig_spool, 999);
    ck_assert_uint_eq(spool_level(rig_spool).n_frames, 1);
    ck_assert_uint_le(rig_files(".spool", NULL), 2);
    ck_assert(!spool_is_empty(rig_spool));
    spool_forget(rig_spool, 1000);
    ck_assert(spool_is_empty(rig_spool));
    rig_reopen(1000);
    ck_assert_uint_eq(rig_files("", NULL), 0);
    ck_assert_uint_eq(spool_level(rig_spool).bytes, 0);
    ck_assert_uint_eq(rig_count(SPOOL_C_LOST) + rig_count(SPOOL_C_BAD) + rig_count(SPOOL_C_CUT), 0);
}
END_TEST

START_TEST(what_waits_and_since_when_can_be_asked)
{
    struct spool_record r;

    rig_reopen(0);
    ck_assert_int_eq(spool_level(rig_spool).oldest.ns, 0);
    rig_add(1, 100);
    ck_assert_uint_eq(spool_level(rig_spool).n_frames, 100);
    ck_assert_int_eq(spool_level(rig_spool).oldest.ns, NS_PER_MS);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    rig_expect(1, 100);
    spool_forget(rig_spool, 40);
    ck_assert_uint_eq(spool_level(rig_spool).n_frames, 60);
    rig_reopen(40);
    ck_assert_int_eq(spool_read(rig_spool, &r), 0);
    ck_assert_int_eq(spool_level(rig_spool).oldest.ns, 41 * NS_PER_MS);
    spool_forget(rig_spool, 100);
    ck_assert_int_eq(spool_level(rig_spool).oldest.ns, 0);
}
END_TEST

START_TEST(it_is_full_at_its_size_with_room_for_what_was_read_already_and_empties)
{
    struct spool_record r = rig_frame(7);
    uint64_t n = 0;
    uint64_t n_more = 0;

    rig_settings.bytes_max = 1 << 20;
    rig_settings.sync_bytes = 64 * 1024;
    rig_settings.compression = 0;
    rig_reopen(0);
    while (!spool_is_full(rig_spool)) {
        ck_assert_int_eq(spool_append(rig_spool, &r), 0);
        n++;
    }
    ck_assert_uint_gt(n, (1 << 20) / 400);
    while (spool_append(rig_spool, &r) == 0)
        n_more++;
    ck_assert_uint_gt(n_more * r.raw.n, 2 << 20);
    ck_assert_uint_lt(spool_level(rig_spool).bytes, 6 << 20);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    while (spool_read(rig_spool, &r) == 0)
        n--;
    ck_assert_uint_eq(n + n_more, 0);
    spool_forget(rig_spool, spool_synced(rig_spool));
    ck_assert(!spool_is_full(rig_spool));
}
END_TEST

START_TEST(files_are_the_owner_s_alone)
{
    struct stat st;

    (void)umask(0);
    rig_reopen(0);
    rig_add(1, 1);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    ck_assert_int_eq(stat(rig_path(RIG_FIRST), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    ck_assert_int_eq(stat(rig_path(""), &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
    ck_assert_int_eq(stat(rig_root, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0700);
}
END_TEST

START_TEST(links_are_not_followed_and_what_is_no_file_is_set_aside)
{
    struct spool_record r;
    int was;

    rig_reopen(0);
    rig_add(1, 5);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    spool_close(TAKE(rig_spool));
    ck_assert_int_eq(rename(rig_path(RIG_FIRST), "elsewhere"), 0);
    ck_assert_int_eq(symlink("../../elsewhere", rig_path(RIG_FIRST)), 0);
    ck_assert_int_eq(mkfifo(rig_path("00000000000000000009.spool"), 0600), 0);
    was = rig_quiet_begin();
    rig_reopen(0);
    rig_quiet_end(was);
    ck_assert_int_eq(spool_read(rig_spool, &r), SPOOL_E_END);
    ck_assert_uint_eq(rig_files(".spool.bad", NULL), 2);
    ck_assert_uint_eq(rig_count(SPOOL_C_BAD), 2);
    ck_assert_int_eq(unlink("elsewhere"), 0);
}
END_TEST

START_TEST(a_folder_that_is_a_link_is_refused)
{
    char path[128];
    struct spool *s = NULL;

    (void)snprintf(path, sizeof(path), "%s/lane-0", rig_root);
    ck_assert_int_eq(symlink("/tmp", path), 0);
    ck_assert_int_lt(spool_open(&s, &rig_settings, 0), 0);
    ck_assert_ptr_null(s);
    ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(names_that_are_not_ours_are_left_alone)
{
    static const char *const names[] = {"1.spool", "00000000000000000000.spool", "00000000000000000001.spool~",
        "99999999999999999999.spool", "README", "00000000000000000001", "-0000000000000000001.spool"};

    rig_reopen(0);
    spool_close(TAKE(rig_spool));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        rig_store(names[i], SLICE("not a segment"));
    rig_reopen(0);
    ck_assert_uint_eq(rig_files("", NULL), ARRAY_LEN(names));
    ck_assert_uint_eq(rig_count(SPOOL_C_BAD) + rig_count(SPOOL_C_CUT), 0);
    rig_add(1, 3);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    rig_expect(1, 3);
}
END_TEST

/* Files that another program wrote, by what input/spool_format.h says. */
START_TEST(the_bytes_are_those_that_are_written_down)
{
    static const struct {
        const char *seed;
        const char *name;
        uint64_t first;
        uint64_t last;
    } files[] = {
        {"plain", RIG_FIRST, 1, 3},
        {"zstd", RIG_FIRST, 1, 20},
        {"groups", "00000000000000000007.spool", 7, 21},
    };

    rig_reopen(0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP_BUFFER struct buffer seed = {0};
        struct spool_record r;
        char path[512];

        spool_close(TAKE(rig_spool));
        rig_empty();
        (void)snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/spool/%s", TEST_SOURCE_DIR, files[i].seed);
        ck_assert_int_eq(file_read(path, 1 << 20, &seed), 0);
        rig_store(files[i].name, buffer_slice(&seed));
        rig_reopen(0);
        for (uint64_t n = files[i].first; n <= files[i].last; n++) {
            ck_assert_int_eq(spool_read(rig_spool, &r), 0);
            ck_assert_uint_eq(r.number, n);
            ck_slice_eq(r.input, "tcp");
            ck_slice_eq(r.peer, "192.0.2.1");
            ck_assert_int_eq(r.received.ns, 1000000000 * NS_PER_S);
        }
        ck_assert_int_eq(spool_read(rig_spool, &r), SPOOL_E_END);
        ck_assert_uint_eq(rig_count(SPOOL_C_CUT) + rig_count(SPOOL_C_BAD) + rig_count(SPOOL_C_LOST), 0);
    }
}
END_TEST

/* ---- what a crash and a bad disk leave ---- */

enum { FIRST_GROUP = 6, BOTH_GROUPS = 10 };

/* Two groups: the second one's block is the last. Return: where that begins. */
static size_t
two_groups(struct slice *file)
{
    size_t at;

    rig_reopen(0);
    rig_add(1, FIRST_GROUP);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    at = spool_level(rig_spool).bytes;
    rig_add(FIRST_GROUP + 1, BOTH_GROUPS);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    spool_close(TAKE(rig_spool));
    *file = rig_load(RIG_FIRST);
    ck_assert_uint_gt(file->n, at);
    rig_empty();
    return at;
}

START_TEST(a_tail_torn_at_any_byte_is_cut_and_counted_and_costs_only_its_group)
{
    struct slice file;
    size_t last = two_groups(&file);
    size_t n;
    int was = rig_quiet_begin();

    for (n = last; n < file.n; n++) {
        rig_store(RIG_FIRST, slice_head(file, n));
        rig_reopen(0);
        ck_assert_uint_eq(rig_count(SPOOL_C_CUT), n - last);
        ck_assert_uint_eq(rig_count(SPOOL_C_BAD), 0);
        rig_expect(1, FIRST_GROUP);
        rig_add(FIRST_GROUP + 1, FIRST_GROUP + 2); /* what comes then takes the numbers that were not given out */
        ck_assert_int_eq(spool_sync(rig_spool), 0);
        rig_expect(FIRST_GROUP + 1, FIRST_GROUP + 2);
        rig_reopen(0);
        ck_assert_uint_eq(rig_count(SPOOL_C_CUT), 0);
        rig_expect(1, FIRST_GROUP + 2);
        spool_close(TAKE(rig_spool));
        rig_empty();
    }
    for (n = 0; n < last; n++) { /* and before: nothing wrong, all of it told */
        uint64_t n_read;

        rig_store(RIG_FIRST, slice_head(file, n));
        rig_reopen(0);
        ck_assert_uint_eq(rig_read_all(&n_read), 0);
        ck_assert(n <= SPOOL_SEGMENT_HEADER || rig_count(SPOOL_C_CUT) > 0);
        spool_close(TAKE(rig_spool));
        rig_empty();
    }
    rig_quiet_end(was);
    free((char *)file.p);
}
END_TEST

/* Zeros behind the end, as a file system leaves them that wrote the size before the bytes. */
START_TEST(a_tail_of_zeros_is_cut)
{
    char zeros[5000] = {0};
    struct slice file;
    struct buffer longer = {0};
    int was = rig_quiet_begin();

    (void)two_groups(&file);
    buffer_add(&longer, file);
    buffer_add(&longer, slice_of(zeros, sizeof(zeros)));
    rig_store(RIG_FIRST, buffer_slice(&longer));
    rig_reopen(0);
    rig_quiet_end(was);
    ck_assert_uint_eq(rig_count(SPOOL_C_CUT), sizeof(zeros));
    rig_expect(1, BOTH_GROUPS);
    buffer_fini(&longer);
    free((char *)file.p);
}
END_TEST

/* Whether the spool told, in one way or the other, that frames are missing. */
static bool
is_told(void)
{
    return rig_count(SPOOL_C_BAD) > 0 || rig_count(SPOOL_C_CUT) > 0 || rig_count(SPOOL_C_LOST) > 0;
}

START_TEST(a_bit_flipped_anywhere_gives_no_wrong_frame_and_is_told)
{
    struct slice file;
    size_t i;
    int bit;
    int was = rig_quiet_begin();

    for (unsigned level = 0; level < 2; level++) {
        rig_settings.compression = level;
        (void)two_groups(&file);
        for (i = 0; i < file.n; i++)
            for (bit = 0; bit < 8; bit += 3) {
                uint64_t n_read;

                ((char *)file.p)[i] ^= (char)(1 << bit);
                rig_store(RIG_FIRST, file);
                ((char *)file.p)[i] ^= (char)(1 << bit);
                rig_reopen(0);
                (void)rig_read_all(&n_read);
                ck_assert_uint_lt(n_read, BOTH_GROUPS);
                ck_assert_msg(is_told(), "byte %zu: %zu frames, and not a word", i, (size_t)n_read);
                ck_assert_msg(i < SPOOL_SEGMENT_HEADER || n_read >= BOTH_GROUPS - FIRST_GROUP, "byte %zu took both groups", i);
                spool_close(TAKE(rig_spool));
                rig_empty();
            }
        free((char *)file.p);
    }
    rig_quiet_end(was);
}
END_TEST

START_TEST(behind_a_damaged_block_the_next_ones_are_read_and_the_file_is_kept_aside)
{
    struct slice file;
    struct slice rest;
    size_t at;
    int was = rig_quiet_begin();

    at = two_groups(&file) / 2;
    for (int whole_header = 0; whole_header < 2; whole_header++) {
        rig_store(RIG_FIRST, file);
        rig_reopen(0);
        rig_add(BOTH_GROUPS + 1, 40);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
        spool_close(TAKE(rig_spool));
        rest = rig_load(RIG_FIRST);
        ((char *)rest.p)[whole_header ? at : SPOOL_SEGMENT_HEADER + 20] ^= 4;
        rig_store(RIG_FIRST, rest);
        free((char *)rest.p);
        rig_reopen(0);
        rig_expect(FIRST_GROUP + 1, 40);
        ck_assert_uint_eq(rig_count(SPOOL_C_LOST), FIRST_GROUP);
        ck_assert_uint_eq(rig_count(SPOOL_C_BAD), 1);
        spool_forget(rig_spool, 40);
        ck_assert_uint_eq(rig_files(".bad", NULL), 1);
        ck_assert_uint_eq(spool_level(rig_spool).n_set_aside, 1);
        ck_assert_int_eq(access(rig_path(RIG_FIRST ".bad"), F_OK), 0);
        spool_close(TAKE(rig_spool));
        rig_empty();
    }
    rig_quiet_end(was);
    free((char *)file.p);
}
END_TEST

START_TEST(a_segment_without_a_header_is_set_aside_at_once_and_the_others_are_read)
{
    int was = rig_quiet_begin();

    rig_reopen(0);
    for (uint64_t i = 1; i <= 300; i += 20) {
        rig_add(i, i + 19);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
    }
    ck_assert_uint_gt(rig_files(".spool", NULL), 2);
    spool_close(TAKE(rig_spool));
    rig_store(RIG_FIRST, SLICE("nonsense that is longer than the header of a segment"));
    rig_reopen(0);
    ck_assert_uint_eq(rig_count(SPOOL_C_BAD), 0); /* not looked at yet */
    {
        uint64_t n_read;

        ck_assert_uint_eq(rig_read_all(&n_read), 300);
        ck_assert_uint_gt(n_read, 100);
        ck_assert_uint_eq(rig_count(SPOOL_C_LOST), 300 - n_read);
    }
    ck_assert_uint_eq(rig_count(SPOOL_C_BAD), 1);
    ck_assert_uint_eq(rig_files(".spool.bad", NULL), 1);
    rig_quiet_end(was);
}
END_TEST

START_TEST(a_block_in_a_message_is_no_block)
{
    char fake[SPOOL_BLOCK_HEADER + 100];
    struct spool_record r = rig_frame(1);
    struct slice file;
    uint64_t n_read;
    int was = rig_quiet_begin();

    /* A message holds a block of its own making, and the block before it is damaged: searching must not find it. */
    spool_block_header_write(
        fake, 0, &(struct spool_block_header){.first = 2, .n_records = 1, .plain_bytes = 60, .stored_bytes = 60});
    memset(fake + SPOOL_BLOCK_HEADER, 'x', sizeof(fake) - SPOOL_BLOCK_HEADER);
    r.raw = slice_of(fake, sizeof(fake));
    rig_settings.compression = 0;
    rig_reopen(0);
    ck_assert_int_eq(spool_append(rig_spool, &r), 0);
    ck_assert_int_eq(spool_sync(rig_spool), 0);
    spool_close(TAKE(rig_spool));
    file = rig_load(RIG_FIRST);
    ((char *)file.p)[SPOOL_SEGMENT_HEADER + 1] ^= 1;
    rig_store(RIG_FIRST, file);
    rig_reopen(0);
    ck_assert_uint_eq(rig_read_all(&n_read), 0);
    ck_assert_uint_eq(rig_count(SPOOL_C_CUT), file.n - SPOOL_SEGMENT_HEADER);
    free((char *)file.p);
    rig_quiet_end(was);
}
END_TEST

/* ---- kill -9 ---- */

struct shared {
    _Atomic uint64_t synced;
};

/* Writes groups of frames for as long as it lives, and says after each what is on the disk. */
static _Noreturn void
write_for_ever(struct shared *shared, uint64_t from)
{
    uint64_t n;

    for (n = from;; n += 1 + n % 37) {
        rig_add(n, n + n % 37);
        if (spool_sync(rig_spool) != 0)
            abort();
        shared->synced = spool_synced(rig_spool);
    }
}

START_TEST(what_was_said_to_be_synced_is_there_after_a_kill_in_order_and_once)
{
    struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t from = 1;
    unsigned seed = (unsigned)getpid();
    int was = rig_quiet_begin();

    ck_assert_ptr_ne(shared, MAP_FAILED);
    for (int round = 0; round < 40; round++) {
        uint64_t last;
        uint64_t n_read;
        pid_t child;

        shared->synced = 0;
        child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            rig_reopen(from - 1);
            write_for_ever(shared, from);
        }
        while (shared->synced == 0)
            (void)usleep(200);
        (void)usleep((useconds_t)(rand_r(&seed) % 8000));
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        rig_reopen(from - 1);
        last = rig_read_all(&n_read);
        ck_assert_uint_ge(last, shared->synced);
        ck_assert_uint_eq(n_read, last - from + 1);
        ck_assert_uint_eq(rig_count(SPOOL_C_LOST) + rig_count(SPOOL_C_BAD), 0);
        from = last + 1;
    }
    rig_quiet_end(was);
    ck_assert_int_eq(munmap(shared, sizeof(*shared)), 0);
}
END_TEST

START_TEST(nothing_is_allocated_for_a_frame)
{
    struct spool_record r;
    size_t before;

    rig_settings.segment_bytes = 64 << 20;
    rig_reopen(0);
    for (uint64_t i = 1; i <= 10001; i += 1000) {
        rig_add(i, i + 999);
        ck_assert_int_eq(spool_sync(rig_spool), 0);
    }
    for (uint64_t i = 0; i < 3000; i++)
        ck_assert_int_eq(spool_read(rig_spool, &r), 0);
    before = allocations_count();
    for (uint64_t i = 11001; i <= 15001; i += 1000) {
        for (uint64_t k = i; k < i + 1000; k++) {
            r = rig_frame(k);
            if (spool_append(rig_spool, &r) != 0)
                break;
        }
        (void)spool_sync(rig_spool);
        for (uint64_t k = 0; k < 2000; k++)
            if (spool_read(rig_spool, &r) != 0)
                break;
    }
    ck_assert_uint_eq(allocations_count(), before);
    ck_assert_uint_eq(spool_synced(rig_spool), 16000);
    ck_assert_uint_eq(r.number, 13000);
}
END_TEST

UNIT_MAIN_WITH("spool", rig_begin, rig_end, frames_come_back_in_order_with_all_that_came_with_them,
    what_is_not_synced_is_not_given_out, with_and_without_compression_it_is_the_same,
    a_frame_may_be_empty_or_as_long_as_the_limit_and_hold_any_byte, it_goes_on_where_it_was_on_record_and_numbers_go_on,
    a_number_is_never_given_twice_though_the_folder_is_emptied, segments_that_are_wholly_on_record_are_deleted,
    what_waits_and_since_when_can_be_asked, it_is_full_at_its_size_with_room_for_what_was_read_already_and_empties,
    files_are_the_owner_s_alone, links_are_not_followed_and_what_is_no_file_is_set_aside,
    a_folder_that_is_a_link_is_refused, names_that_are_not_ours_are_left_alone,
    the_bytes_are_those_that_are_written_down, a_tail_torn_at_any_byte_is_cut_and_counted_and_costs_only_its_group,
    a_tail_of_zeros_is_cut, a_bit_flipped_anywhere_gives_no_wrong_frame_and_is_told,
    behind_a_damaged_block_the_next_ones_are_read_and_the_file_is_kept_aside,
    a_segment_without_a_header_is_set_aside_at_once_and_the_others_are_read, a_block_in_a_message_is_no_block,
    what_was_said_to_be_synced_is_there_after_a_kill_in_order_and_once, nothing_is_allocated_for_a_frame)
