/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Check: what no single setting can know: whether the settings fit together.
 */

#include "base/diag.h"
#include "config/settings.h"
#include "parsers/yaml.h"

/** A value of the file that could not be taken, so that its default stands in the settings. A list. */
struct settings_unread {
    const struct yaml_node *node;
    const struct settings_unread *next;
};

/**
 * settings_check() - add what does not fit in @s to @diag
 * @s:      what could be read
 * @root:   the document it was read from, for places
 * @unread: what could not; no more is said of it here, and all else is checked all the same
 * @diag:   every problem
 */
void settings_check(
    const struct settings *s, const struct yaml_node *root, const struct settings_unread *unread, struct diag *diag);
