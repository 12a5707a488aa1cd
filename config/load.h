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

/**
 * settings_read() - as settings_load(), but what could be read is handed out whatever @diag says of the rest
 *
 * For who looks for further problems, never to run by: where a value could not be taken its default stands.
 *
 * Return: 0 with *@out set, NULL only where there is no document at all; negative errno of the machine.
 */
int settings_read(struct settings **out, const char *path, struct diag *diag);
void settings_free(struct settings *s);
CLEANUP_DEFINE(settings_free, struct settings *)

/** settings_print() - the effective configuration as YAML that settings_load() reads back to the same settings. */
void settings_print(const struct settings *s, FILE *stream);

/** settings_reference() - the reference page, in Markdown: every setting with its type, bounds, default and sentence.
 */
void settings_reference(FILE *stream);
