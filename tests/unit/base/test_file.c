/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "support/unit.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/ismsd-file-XXXXXX";

static const char *
path_of(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void
write_file(const char *name, const char *text)
{
    FILE *f = fopen(path_of(name), "w");

    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

/* Each test runs in a process of its own, with a folder of its own. */
static void
begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
done(void)
{
    char command[300];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(a_file_is_read_whole_behind_what_is_there)
{
    CLEANUP_BUFFER struct buffer out = {0};

    begin();
    write_file("a", "hello");
    buffer_add(&out, SLICE("> "));
    ck_assert_int_eq(file_read(path_of("a"), 100, &out), 0);
    ck_slice_eq(buffer_slice(&out), "> hello");
    done();
}
END_TEST

START_TEST(a_file_may_be_as_long_as_the_limit_and_no_longer)
{
    CLEANUP_BUFFER struct buffer out = {0};

    begin();
    write_file("a", "12345");
    ck_assert_int_eq(file_read(path_of("a"), 5, &out), 0);
    ck_assert_int_eq(file_read(path_of("a"), 4, &out), FILE_E_TOO_LARGE);
    ck_assert_int_eq(file_read("/dev/zero", 1u << 20, &out), FILE_E_TOO_LARGE);
    done();
}
END_TEST

START_TEST(what_cannot_be_read_says_why)
{
    CLEANUP_BUFFER struct buffer out = {0};

    begin();
    ck_assert_int_eq(file_read(path_of("none"), 10, &out), -ENOENT);
    ck_assert_int_eq(file_read(folder, 10, &out), -EISDIR);
    done();
}
END_TEST

START_TEST(a_secret_that_others_may_read_is_refused)
{
    static const struct {
        mode_t mode;
        int want;
    } cases[] = {{0600, 0}, {0400, 0}, {0640, FILE_E_EXPOSED}, {0604, FILE_E_EXPOSED}, {0620, FILE_E_EXPOSED},
        {0644, FILE_E_EXPOSED}, {0601, FILE_E_EXPOSED}};
    size_t i;

    begin();
    write_file("key", "secret");
    for (i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_BUFFER struct buffer out = {0};

        ck_assert_int_eq(chmod(path_of("key"), cases[i].mode), 0);
        ck_assert_msg(file_read_secret(path_of("key"), 100, &out) == cases[i].want, "mode %o", (unsigned)cases[i].mode);
        ck_slice_eq(buffer_slice(&out), cases[i].want == 0 ? "secret" : "");
    }
    done();
}
END_TEST

START_TEST(a_secret_of_somebody_else_is_refused)
{
    CLEANUP_BUFFER struct buffer out = {0};

    if (geteuid() != 0) {
        (void)printf("skipped: needs root\n");
        return;
    }
    begin();
    write_file("key", "secret");
    ck_assert_int_eq(chmod(path_of("key"), 0600), 0);
    ck_assert_int_eq(chown(path_of("key"), 12345, 12345), 0);
    ck_assert_int_eq(file_read_secret(path_of("key"), 100, &out), FILE_E_EXPOSED);
    done();
}
END_TEST

static int
collect(void *ctx, const char *path)
{
    buffer_printf(ctx, "%s ", path + strlen(folder));
    return strstr(path, "stop") != NULL ? 7 : 0;
}

static void
make_tree(void)
{
    begin();
    ck_assert_int_eq(mkdir(path_of("b"), 0755), 0);
    ck_assert_int_eq(mkdir(path_of("b/c"), 0755), 0);
    write_file("z.yml", "");
    write_file("a.yaml", "");
    write_file("b/x.yml", "");
    write_file("b/c/y.yml", "");
    write_file("b/readme.md", "");
}

static const char *const suffixes[] = {".yml", ".yaml", NULL};

START_TEST(a_walk_visits_wanted_files_in_order)
{
    CLEANUP_BUFFER struct buffer seen = {0};

    make_tree();
    ck_assert_int_eq(file_walk(folder, suffixes, collect, &seen), 0);
    ck_slice_eq(buffer_slice(&seen), "/a.yaml /b/c/y.yml /b/x.yml /z.yml ");
    done();
}
END_TEST

START_TEST(a_file_named_itself_is_visited_whatever_it_is_called)
{
    CLEANUP_BUFFER struct buffer seen = {0};

    make_tree();
    ck_assert_int_eq(file_walk(path_of("b/readme.md"), suffixes, collect, &seen), 0);
    ck_slice_eq(buffer_slice(&seen), "/b/readme.md ");
    done();
}
END_TEST

START_TEST(a_walk_ends_with_what_the_visitor_returns)
{
    CLEANUP_BUFFER struct buffer seen = {0};

    make_tree();
    write_file("b/stop.yml", "");
    ck_assert_int_eq(file_walk(folder, suffixes, collect, &seen), 7);
    ck_slice_eq(buffer_slice(&seen), "/a.yaml /b/c/y.yml /b/stop.yml ");
    ck_assert_int_eq(file_walk(path_of("none"), suffixes, collect, &seen), -ENOENT);
    done();
}
END_TEST

START_TEST(a_link_that_leads_nowhere_is_visited_so_that_somebody_notices)
{
    CLEANUP_BUFFER struct buffer seen = {0};

    begin();
    ck_assert_int_eq(symlink("/nonexistent", path_of("rule.yml")), 0);
    ck_assert_int_eq(symlink("/nonexistent", path_of("other.txt")), 0);
    ck_assert_int_eq(file_walk(folder, suffixes, collect, &seen), 0);
    ck_slice_eq(buffer_slice(&seen), "/rule.yml ");
    done();
}
END_TEST

START_TEST(a_folder_that_links_to_itself_does_not_hold_the_walk)
{
    CLEANUP_BUFFER struct buffer seen = {0};

    begin();
    write_file("a.yml", "");
    ck_assert_int_eq(symlink(folder, path_of("loop")), 0);
    ck_assert_int_eq(file_walk(folder, suffixes, collect, &seen), 0);
    ck_slice_eq(buffer_slice(&seen), "/a.yml ");
    done();
}
END_TEST

UNIT_MAIN("file", a_file_is_read_whole_behind_what_is_there, a_file_may_be_as_long_as_the_limit_and_no_longer,
    what_cannot_be_read_says_why, a_secret_that_others_may_read_is_refused, a_secret_of_somebody_else_is_refused,
    a_walk_visits_wanted_files_in_order, a_file_named_itself_is_visited_whatever_it_is_called,
    a_walk_ends_with_what_the_visitor_returns, a_link_that_leads_nowhere_is_visited_so_that_somebody_notices,
    a_folder_that_links_to_itself_does_not_hold_the_walk)
