/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Replay: run a fuzz target over every file of a folder, without libFuzzer.
 *
 *     replay_NAME FOLDER…
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "fuzz/fuzz.h"

enum { FILE_BYTES_MAX = 16 << 20 };

/* The target gets a block that ends with the file, so that reading past it is seen. */
static void
run_bytes(struct slice bytes)
{
    uint8_t *copy = malloc(bytes.n + (bytes.n == 0));

    ASSERT(copy != NULL);
    if (bytes.n > 0)
        memcpy(copy, bytes.p, bytes.n);
    (void)LLVMFuzzerTestOneInput(copy, bytes.n);
    free(copy);
}

static int
run(void *ctx, const char *path)
{
    CLEANUP_BUFFER struct buffer bytes = {0};
    unsigned *n_files = ctx;
    int r = file_read(path, FILE_BYTES_MAX, &bytes);

    if (r != 0)
        return r;
    printf("%s\n", path);
    (void)fflush(stdout);
    run_bytes(buffer_slice(&bytes));
    ++*n_files;
    return 0;
}

int
main(int argc, char **argv)
{
    static const char *const any[] = {"", NULL};
    unsigned n_files = 0;
    int i;

    for (i = 1; i < argc; i++) {
        int r = file_walk(argv[i], any, run, &n_files);

        if (r != 0) {
            errno = r < 0 ? -r : EFBIG;
            perror(argv[i]);
            return 1;
        }
    }
    printf("%u files\n", n_files);
    return n_files == 0;
}
