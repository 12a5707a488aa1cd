/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_rules.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "store/store_internal.h"

enum { STORE_RULES_MAX = 100000 };

struct rule_ref {
    int64_t number;
    size_t n;
    char key[]; /* version, then uid */
};

int
store_rules_init(struct store *s)
{
    int r = map_new(&s->rules, STORE_RULES_MAX);

    return r < 0 ? error_trace(r) : 0;
}

void
store_rules_fini(struct store *s)
{
    size_t cursor = 0;
    struct rule_ref *ref;

    if (s->rules == NULL)
        return;
    while ((ref = map_next(s->rules, &cursor)) != NULL)
        free(ref);
    map_free(TAKE(s->rules));
}

/* Without memory for a new map, the database answers every time. */
void
store_rules_forget(struct store *s)
{
    store_rules_fini(s);
    (void)store_rules_init(s);
}

static int
insert_rule(struct store *s, struct slice uid, struct slice version)
{
    CLEANUP_QUERY struct query q = query_on(
        s->db, "INSERT INTO rule (uid, sha256) VALUES (?, ?) ON CONFLICT DO NOTHING");
    int r;

    query_text(&q, uid);
    query_blob(&q, version);
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
select_rule(struct store *s, struct slice uid, struct slice version, int64_t *number)
{
    CLEANUP_QUERY struct query q = query_on(s->db, "SELECT number FROM rule WHERE uid = ? AND sha256 = ?");
    int r;

    query_text(&q, uid);
    query_blob(&q, version);
    r = query_row(&q);
    if (r != QUERY_ROW)
        return error_origin(r < 0 ? r : -ENOENT);
    *number = query_take_int(&q);
    return 0;
}

/* A full map forgets nothing and learns nothing: the database answers then. */
static int
remember(struct store *s, struct slice key, int64_t number)
{
    struct rule_ref *ref = malloc(sizeof(*ref) + key.n);
    int r;

    if (ref == NULL)
        return error_origin(-ENOMEM);
    ref->number = number;
    ref->n = key.n;
    memcpy(ref->key, key.p, key.n);
    r = map_put(s->rules, slice_of(ref->key, ref->n), ref);
    if (r != 0)
        free(ref);
    return r < 0 ? error_trace(r) : 0;
}

int
store_rules_number(struct store *s, const struct rule *rule, int64_t *number)
{
    char *p = arena_text(&s->scratch, sizeof(rule->sha256) + rule->uid.n);
    struct slice version = slice_of((const char *)rule->sha256, sizeof(rule->sha256));
    const struct rule_ref *ref;
    struct slice key;
    int r;

    if (p == NULL)
        return error_origin(-ENOMEM);
    memcpy(p, version.p, version.n);
    memcpy(p + version.n, rule->uid.p, rule->uid.n);
    key = slice_of(p, version.n + rule->uid.n);
    ref = s->rules == NULL ? NULL : map_get(s->rules, key);
    if (ref != NULL) {
        *number = ref->number;
        return 0;
    }
    r = insert_rule(s, rule->uid, version);
    if (r == 0)
        r = select_rule(s, rule->uid, version, number);
    if (r == 0 && s->rules != NULL)
        r = remember(s, key, *number);
    return r < 0 ? error_trace(r) : 0;
}
