/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Corpus: real data beside the source tree, for tests that read it where it is and pass where it is not.
 *
 *     if (!corpus_unpack("sigma/rules-all.tar.zst", "rules"))
 *         return;
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

/** corpus_path() - where @name of the corpus is; TEST_SOURCE_DIR stands beside it. Return: @out. */
__attribute__((unused)) static const char *
corpus_path(const char *name, char out[static 4096])
{
    const char *root = getenv("ISMS_CORPUS");

    if (root != NULL)
        (void)snprintf(out, 4096, "%s/%s", root, name);
    else
        (void)snprintf(out, 4096, "%s/../shared/corpus/%s", TEST_SOURCE_DIR, name);
    return out;
}

/** corpus_unpack() - the archive @name into the new folder @folder. Return: false, having said so, where there is none.
 */
__attribute__((unused)) static bool
corpus_unpack(const char *name, const char *folder)
{
    char path[4096];
    int status = -1;
    pid_t pid;

    if (access(corpus_path(name, path), R_OK) != 0) {
        (void)printf("skipped: no corpus\n");
        return false;
    }
    (void)mkdir(folder, 0755);
    pid = fork();
    if (pid == 0) {
        (void)execlp("tar", "tar", "--zstd", "-xf", path, "-C", folder, (char *)NULL);
        _exit(127);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "tar could not unpack %s", path);
    return true;
}
