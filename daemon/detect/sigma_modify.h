/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sigma modify: the functions behind the table of modifiers, by family. sigma_modifiers.h says how they are called.
 */

#include "detect/sigma_modifiers.h"

enum { AFFIX_BEFORE = 1, AFFIX_AFTER = 2 };     /* argument of affix: where anything may stand */
enum { UTF16_LITTLE, UTF16_BIG, UTF16_MARKED }; /* argument of utf16: byte order; little with a mark in front */

/* sigma_modify_text.c: what a text is made of */
sigma_modify_fn sigma_modify_affix;
sigma_modify_fn sigma_modify_windash;

/* sigma_modify_expand.c: what placeholders stand for */
sigma_modify_fn sigma_modify_expand;

/* sigma_modify_encoding.c: how a text looks after some program wrote it */
sigma_modify_fn sigma_modify_utf16;
sigma_modify_fn sigma_modify_base64;
sigma_modify_fn sigma_modify_base64offset;

/* sigma_modify_test.c: tests other than of text */
sigma_modify_fn sigma_modify_re;
sigma_modify_fn sigma_modify_re_flag;
sigma_modify_fn sigma_modify_cidr;
sigma_modify_fn sigma_modify_compare;
sigma_modify_fn sigma_modify_time;
sigma_modify_fn sigma_modify_fieldref;
sigma_modify_fn sigma_modify_exists;
