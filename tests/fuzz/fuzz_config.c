/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Configuration: whatever is taken prints as text that is taken again, and prints the same once more.
 */

#include "config/load.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fuzz.h"

static struct settings *
load(struct slice text, struct diag *diag)
{
    char path[64];
    struct settings *s;
    int fd = memfd_create("config", 0);

    ASSERT(fd >= 0 && write(fd, text.n == 0 ? "" : text.p, text.n) == (ssize_t)text.n);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    ASSERT(settings_load(&s, path, diag) == 0);
    (void)close(fd);
    ASSERT((s == NULL) == (diag->n_errors > 0));
    return s;
}

static char *
print(const struct settings *s, size_t *n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, n);

    ASSERT(f != NULL);
    settings_print(s, f);
    ASSERT(fclose(f) == 0);
    return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    CLEANUP_DIAG struct diag diag = {0};
    CLEANUP(settings_free) struct settings *s = load(slice_of((const char *)data, n), &diag);
    CLEANUP(settings_free) struct settings *again = NULL;
    CLEANUP_FREE char *first = NULL;
    CLEANUP_FREE char *second = NULL;
    size_t n_first;
    size_t n_second;

    if (s == NULL)
        return 0;
    first = print(s, &n_first);
    again = load(slice_of(first, n_first), &diag);
    ASSERT(again != NULL);
    second = print(again, &n_second);
    ASSERT(slice_eq(slice_of(first, n_first), slice_of(second, n_second)));
    return 0;
}
