/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Config text: a configuration given as text goes through a file, as it does in life.
 */

#include <stdio.h>
#include <unistd.h>

#include "config/load.h"
#include "support/unit.h"

static char config_path[] = "/tmp/ismsd-config-XXXXXX";

/* Loads @text. Return: the settings, NULL where there was an error in @diag. */
__attribute__((unused)) static struct settings *
config_load_text(struct slice text, struct diag *diag)
{
    struct settings *s;
    FILE *f;
    int fd;

    memcpy(config_path + sizeof(config_path) - 7, "XXXXXX", 6);
    fd = mkstemp(config_path);
    ck_assert_int_ge(fd, 0);
    f = fdopen(fd, "w");
    ck_assert_uint_eq(fwrite(text.p, 1, text.n, f), text.n);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(settings_load(&s, config_path, diag), 0);
    ck_assert_int_eq(unlink(config_path), 0);
    ck_assert_int_eq(s == NULL, diag->n_errors > 0);
    return s;
}
