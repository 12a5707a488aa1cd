/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Shipped: where the rules and mappings that came with this program are.
 */

#include <linux/limits.h>

/**
 * shipped_folder() - the folder `share/ismsd` beside the `bin` this program runs from
 *
 * So a program finds what it was built with, installed anywhere or straight from its build tree. Where there is no
 * such folder: /usr/share/ismsd. Return: @out.
 */
const char *shipped_folder(char out[static PATH_MAX]);
