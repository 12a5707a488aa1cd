/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_STEPS_MAX = 12 };

struct error_step {
    const char *file;
    int line;
};

static _Thread_local struct error_step steps[ERROR_STEPS_MAX];
static _Thread_local unsigned n_steps;
static _Thread_local char text[512];

int
error_note(int r, const char *file, int line, bool origin)
{
    ASSERT(r < 0);
    if (origin)
        n_steps = 0;
    if (n_steps < ERROR_STEPS_MAX)
        steps[n_steps++] = (struct error_step){file, line};
    return r;
}

const char *
error_path(void)
{
    size_t at = 0;
    unsigned i;

    text[0] = '\0';
    for (i = 0; i < n_steps && at < sizeof(text) - 1; i++) {
        const char *name = strrchr(steps[i].file, '/');
        int n = snprintf(text + at, sizeof(text) - at, "%s%s:%d", i == 0 ? "" : " < ",
            name == NULL ? steps[i].file : name + 1, steps[i].line);

        if (n < 0)
            break;
        at += (size_t)n;
    }
    return text;
}
