/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lists: what the placeholders of rules stand for, from the settings and from files.
 *
 * A file has one value a line; blanks around it, empty lines and lines that begin with # do not count. A file that
 * cannot be read is an error, and its list is empty, so that the rules which need it say so.
 */

#include "detect/sigma_reader.h"

/** lists_read() - set the lists of @rules, in their arena. Return: 0, or negative errno of the machine. */
int lists_read(struct sigma_rules *rules, const struct rule_list *lists, size_t n, struct diag *diag);
