/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Load: a configuration file into settings, and settings back into a file.
 */

#include <stdio.h>

#include "base/diag.h"
#include "config/settings.h"

/**
 * settings_load() - read @path (NULL: defaults only) and check it whole; every problem goes to @diag
 *
 * Return: 0 with *@out set when @diag has no error; 0 with *@out NULL when it has; negative errno of the machine.
 */
int settings_load(struct settings **out, const char *path, struct diag *diag);
void settings_free(struct settings *s);
CLEANUP_DEFINE(settings_free, struct settings *)

/** settings_print() - the effective configuration as YAML that settings_load() reads back to the same settings. */
void settings_print(const struct settings *s, FILE *stream);

/** settings_reference() - the reference page, in Markdown: every setting with its type, bounds, default and sentence. */
void settings_reference(FILE *stream);
