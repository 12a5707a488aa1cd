/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Privileges: what root was needed for is opened; from here on an ordinary user.
 */

/**
 * privileges_drop() - become @user with its groups, for good
 * @user: a login name; empty, or where we are not root: stay who we are
 * @dirs: folders the daemon writes in, NULL at the end: made where they do not exist, and given to @user
 *
 * Return: 0, or negative errno (-ENOENT: no such user); what failed is logged.
 */
int privileges_drop(const char *user, const char *const *dirs);
