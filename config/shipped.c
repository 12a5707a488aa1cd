/* SPDX-License-Identifier: Apache-2.0 */
#include "config/shipped.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Cuts the last part off @path. Return: whether there was one. */
static int
cut_last(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL)
        return 0;
    *slash = '\0';
    return 1;
}

const char *
shipped_folder(char out[static PATH_MAX])
{
    static const char beside[] = "/share/ismsd";
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof(beside));

    if (n > 0) {
        out[n] = '\0';
        if (cut_last(out) && cut_last(out)) {
            memcpy(out + strlen(out), beside, sizeof(beside)); /* readlink left room for it */
            if (access(out, X_OK) == 0)
                return out;
        }
    }
    (void)snprintf(out, PATH_MAX, "/usr/share/ismsd");
    return out;
}
