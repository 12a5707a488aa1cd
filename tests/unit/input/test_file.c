/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/stat.h>

#include "base/log.h"
#include "unit/input/rig.h"

static char folder[] = "/tmp/isms-file-XXXXXX";
static char path[64];
static char old_path[64];

static void
prepare(bool follow)
{
    struct input_settings *s = rig_add(INPUT_FILE);

    ck_assert_ptr_nonnull(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    (void)snprintf(old_path, sizeof(old_path), "%s/log.1", folder);
    s->path = path;
    s->follow = follow;
    s->from_start = true;
    rig_use_manual_clock();
}

static void
clean(void)
{
    rig_close();
    (void)unlink(path);
    (void)unlink(old_path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void
append(const char *to, const char *text)
{
    int fd = open(to, O_CREAT | O_WRONLY | O_APPEND, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
}

static void
read_all(void)
{
    for (int i = 0; i < 4; i++)
        (void)rig_poll(0);
}

/* Time passes, and what is there by then is read. */
static void
pass_ms(int ms)
{
    for (; ms > 0; ms -= 250) {
        clock_manual_advance(&rig.manual, 250 * NS_PER_MS);
        read_all();
    }
}

START_TEST(reads_a_file_to_its_end_and_is_done)
{
    prepare(false);
    append(path, "one\r\ntwo\n\nthree");
    rig_open();
    ck_assert(!inputs_done(rig.in));
    read_all();
    ck_assert(inputs_done(rig.in));
    ck_assert_uint_eq(rig.n_frames, 3);
    ck_frame(0, "one", 0);
    ck_frame(1, "two", 0);
    ck_frame(2, "three", FRAME_UNFINISHED);
    ck_assert_str_eq(rig.frames[0].peer, path);
    inputs_finish(rig.in, rig_take, NULL);
    ck_assert_uint_eq(rig.n_frames, 3);
    clean();
}
END_TEST

START_TEST(reads_a_large_file_in_bounded_turns_and_nothing_of_it_twice)
{
    enum { LINES = 20000 };
    char line[64];
    FILE *f;
    uint64_t before;

    prepare(false);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    for (int i = 0; i < LINES; i++)
        (void)fprintf(f, "%08d a line of a file that takes many turns to read\n", i);
    (void)fclose(f);
    rig_open();
    while (!inputs_done(rig.in)) {
        before = RIG_STAT(n_bytes);
        (void)rig_poll(-1);
        ck_assert_uint_le(RIG_STAT(n_bytes) - before, 512 * 1024);
    }
    ck_assert_uint_eq(rig.n_frames, LINES);
    for (int i = 0; i < LINES; i++) {
        (void)snprintf(line, sizeof(line), "%08d a line of a file that takes many turns to read", i);
        ck_frame((size_t)i, line, 0);
    }
    clean();
}
END_TEST

START_TEST(an_empty_file_is_done_without_a_frame)
{
    prepare(false);
    append(path, "");
    rig_open();
    read_all();
    ck_assert(inputs_done(rig.in));
    ck_assert_uint_eq(rig.n_frames, 0);
    clean();
}
END_TEST

START_TEST(says_so_when_there_is_no_such_file_or_it_is_a_folder)
{
    prepare(false);
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, rig.clock), -ENOENT);
    rig.input[0].path = folder;
    ck_assert_int_eq(inputs_open(&rig.in, &rig.settings, 0, 1, rig.clock), -EINVAL);
    clean();
}
END_TEST

START_TEST(follows_what_is_added_and_waits_for_the_end_of_a_line)
{
    prepare(true);
    append(path, "one\n");
    rig_open();
    read_all();
    ck_assert_uint_eq(rig.n_frames, 1);
    append(path, "two\nthr");
    pass_ms(250);
    ck_assert_uint_eq(rig.n_frames, 2);
    pass_ms(5000);
    ck_assert_uint_eq(rig.n_frames, 2);
    append(path, "ee\nfour");
    pass_ms(250);
    ck_frame(2, "three", 0);
    ck_assert(!inputs_done(rig.in));
    inputs_finish(rig.in, rig_take, NULL);
    ck_assert_uint_eq(rig.n_frames, 4);
    ck_frame(3, "four", FRAME_UNFINISHED);
    clean();
}
END_TEST

START_TEST(begins_at_the_end_where_asked_to)
{
    prepare(true);
    rig.input[0].from_start = false;
    append(path, "old\n");
    rig_open();
    read_all();
    append(path, "new\n");
    pass_ms(250);
    ck_assert_uint_eq(rig.n_frames, 1);
    ck_frame(0, "new", 0);
    clean();
}
END_TEST

START_TEST(waits_for_a_file_that_is_not_there_yet_and_reads_all_of_it)
{
    prepare(true);
    rig.input[0].from_start = false;
    rig_open();
    pass_ms(1000);
    append(path, "one\n");
    pass_ms(250);
    ck_assert_uint_eq(rig.n_frames, 1);
    ck_frame(0, "one", 0);
    clean();
}
END_TEST

START_TEST(finishes_a_renamed_file_before_it_reads_the_new_one)
{
    prepare(true);
    append(path, "a1\nha");
    rig_open();
    pass_ms(250);
    ck_assert_int_eq(rename(path, old_path), 0);
    pass_ms(2000);
    append(path, "b1\n");
    append(old_path, "lf\na2\n");
    pass_ms(500);
    ck_assert_uint_eq(rig.n_frames, 3);
    append(old_path, "a3\nleft");
    pass_ms(3000);
    ck_assert_uint_eq(rig.n_frames, 6);
    ck_frame(1, "half", 0);
    ck_frame(2, "a2", 0);
    ck_frame(3, "a3", 0);
    ck_frame(4, "left", FRAME_UNFINISHED);
    ck_frame(5, "b1", 0);
    append(path, "b2\n");
    pass_ms(250);
    ck_frame(6, "b2", 0);
    clean();
}
END_TEST

START_TEST(loses_and_repeats_nothing_over_many_rotations_by_rename)
{
    enum { ROUNDS = 300 };
    unsigned n = 0;
    char line[32];

    prepare(true);
    append(path, "");
    rig_open();
    log_set_level(LOG_LEVEL_WARNING);
    srand(7);
    for (int round = 0; round < ROUNDS; round++) {
        for (int k = rand() % 5; k > 0; k--) {
            (void)snprintf(line, sizeof(line), "line %u\n", n++);
            append(path, line);
        }
        if (rand() % 3 == 0) {
            ck_assert_int_eq(rename(path, old_path), 0);
            if (rand() % 2 == 0) {
                (void)snprintf(line, sizeof(line), "line %u\n", n++);
                append(old_path, line);
            }
            append(path, "");
        }
        pass_ms(250);
    }
    pass_ms(10000);
    ck_assert_uint_eq(rig.n_frames, n);
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(line, sizeof(line), "line %u", i);
        ck_frame(i, line, 0);
    }
    clean();
}
END_TEST

START_TEST(starts_again_when_the_file_was_truncated_in_place)
{
    prepare(true);
    append(path, "one\ntwo\nhalf");
    rig_open();
    pass_ms(250);
    ck_assert_uint_eq(rig.n_frames, 2);
    ck_assert_int_eq(truncate(path, 0), 0);
    append(path, "three\n");
    pass_ms(250);
    ck_assert_uint_eq(rig.n_frames, 4);
    ck_frame(2, "half", FRAME_UNFINISHED);
    ck_frame(3, "three", 0);
    append(path, "four\n");
    pass_ms(250);
    ck_assert_uint_eq(rig.n_frames, 5);
    ck_frame(4, "four", 0);
    clean();
}
END_TEST

START_TEST(goes_on_when_the_same_file_comes_back_to_its_path)
{
    prepare(true);
    append(path, "one\n");
    rig_open();
    pass_ms(250);
    ck_assert_int_eq(rename(path, old_path), 0);
    pass_ms(500);
    ck_assert_int_eq(rename(old_path, path), 0);
    append(path, "two\n");
    pass_ms(5000);
    ck_assert_uint_eq(rig.n_frames, 2);
    ck_frame(1, "two", 0);
    clean();
}
END_TEST

UNIT_MAIN("file", reads_a_file_to_its_end_and_is_done, reads_a_large_file_in_bounded_turns_and_nothing_of_it_twice,
    an_empty_file_is_done_without_a_frame, says_so_when_there_is_no_such_file_or_it_is_a_folder,
    follows_what_is_added_and_waits_for_the_end_of_a_line, begins_at_the_end_where_asked_to,
    waits_for_a_file_that_is_not_there_yet_and_reads_all_of_it, finishes_a_renamed_file_before_it_reads_the_new_one,
    loses_and_repeats_nothing_over_many_rotations_by_rename, starts_again_when_the_file_was_truncated_in_place,
    goes_on_when_the_same_file_comes_back_to_its_path)
