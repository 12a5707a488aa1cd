/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Privileges: what root was needed for is opened; from here on an ordinary user.
 */

/**
 * privileges_make_dirs() - make the folders the daemon writes in, where they do not exist, and give those to @user
 * @user: a login name; empty, or where we are not root: nobody else
 * @dirs: their names, NULL at the end
 *
 * Return: 0, or negative errno (-ENOENT: no such user); what failed is logged.
 */
int privileges_make_dirs(const char *user, const char *const *dirs);

/**
 * privileges_drop() - become @user with its groups, for good
 * @user: as above; empty, or where we are not root: stay who we are
 * @dirs: as above; that we may still write there is looked at
 *
 * Return: 0, or negative errno; what failed is logged.
 */
int privileges_drop(const char *user, const char *const *dirs);
