/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Check: what no single setting can know: whether the settings fit together.
 */

#include "base/diag.h"
#include "config/settings.h"
#include "parsers/yaml.h"

/** settings_check() - add what does not fit in @s to @diag, with the places of @root, the document @s was read from. */
void settings_check(const struct settings *s, const struct yaml_node *root, struct diag *diag);
