/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Schema: the tables of records.db, as a list of migrations, each run once and noted in `migration`.
 *
 * A migration once released is never altered; what changes is a new one. Internal to store/.
 */

#include "store/db.h"

enum { SCHEMA_E_NEWER = 1 };

struct migration {
    int version;
    const char *about;
    const char *sql;
};

extern const struct migration schema_migrations[];
extern const size_t schema_n_migrations;

/** schema_version() - what the database holds as @version; 0 of an empty one. Return: 0 or negative errno. */
int schema_version(struct db *db, int *version);

/**
 * schema_migrate() - bring the database to the last of the @n migrations in @list, which stand in order
 *
 * Each migration is one transaction: done or not begun. Return: 0, SCHEMA_E_NEWER, or negative errno.
 */
int schema_migrate(struct db *db, const struct migration *list, size_t n, struct walltime now);
