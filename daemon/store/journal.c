/* SPDX-License-Identifier: Apache-2.0 */
#include "store/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "ledger/canonical.h"

static void
write_body(struct canonical *c, const struct entry *e, uint64_t seq)
{
    char verb[CANONICAL_KEY_MAX];

    (void)snprintf(verb, sizeof(verb), "%s%s%s", e->noun == NULL ? "" : e->noun, e->noun == NULL ? "" : ".", e->verb);
    canonical_object(c, NULL);
    canonical_int(c, "at", e->at.ns);
    canonical_string(c, "by", e->by);
    if (e->note.n > 0)
        canonical_raw(c, "note", e->note);
    if (e->reason.n > 0)
        canonical_string(c, "reason", e->reason);
    if (e->record.n > 0)
        canonical_string(c, "record", e->record);
    canonical_int(c, "seq", (int64_t)seq);
    if (e->set.n > 0)
        canonical_raw(c, "set", e->set);
    canonical_string(c, "verb", slice_str(verb));
    if (e->was.n > 2) /* {} says nothing */
        canonical_raw(c, "was", e->was);
    canonical_close(c);
}

/* The body in j->body becomes the next entry. */
static int
add_entry(struct journal *j)
{
    CLEANUP_QUERY struct query q = query_on(j->db, "INSERT INTO ledger (seq, body, leaf) VALUES (?, ?, ?)");
    struct digest leaf;
    int r;

    if (j->body.failed)
        return error_origin(-ENOMEM);
    r = hasher_leaf(j->hasher, buffer_slice(&j->body), &leaf);
    if (r < 0)
        return error_trace(r);
    query_int(&q, (int64_t)j->now.tree.size);
    query_text(&q, buffer_slice(&j->body));
    query_blob(&q, slice_of((const char *)leaf.b, DIGEST_BYTES));
    r = query_run(&q);
    if (r < 0)
        return error_trace(r);
    r = tree_add(&j->now.tree, j->hasher, &leaf);
    return r < 0 ? error_trace(r) : 0;
}

static int
append(struct journal *j, const struct entry *e)
{
    struct canonical c;
    int r;

    buffer_reset(&j->body);
    canonical_begin(&c, &j->body);
    write_body(&c, e, j->now.tree.size);
    r = add_entry(j);
    return r < 0 ? error_trace(r) : 0;
}

int
journal_append(struct journal *j, const struct entry *e, uint64_t *seq)
{
    int r;

    if (seq != NULL)
        *seq = j->now.tree.size;
    r = append(j, e);
    if (r < 0)
        return error_trace(r);
    if (j->now.tree.size - j->now.checkpoint_size < JOURNAL_CHECKPOINT_ENTRIES - 1)
        return 0;
    r = journal_checkpoint(j, e->at);
    return r < 0 ? error_trace(r) : 0;
}

static int
append_heartbeat(struct journal *j, struct walltime now)
{
    CLEANUP_BUFFER struct buffer note = {0};
    struct entry e = {.noun = "ledger", .verb = "heartbeat", .at = now, .by = SLICE("ismsd")};
    struct canonical c;
    int r;

    canonical_begin(&c, &note);
    canonical_object(&c, NULL);
    canonical_int(&c, "previous", (int64_t)j->now.checkpoint_size);
    canonical_close(&c);
    if (note.failed)
        return error_origin(-ENOMEM);
    e.note = buffer_slice(&note);
    r = append(j, &e);
    return r < 0 ? error_trace(r) : 0;
}

/* The note from @start on in j->notes, with the slots it was made from. */
static int
insert_checkpoint(struct journal *j, struct slice note, struct walltime now)
{
    CLEANUP_QUERY struct query q = query_on(
        j->db, "INSERT INTO checkpoint (size, at, note, slots) VALUES (?, ?, ?, ?)");
    CLEANUP_BUFFER struct buffer slots = {0};
    int r;

    tree_pack(&j->now.tree, &slots);
    if (slots.failed)
        return error_origin(-ENOMEM);
    query_int(&q, (int64_t)j->now.tree.size);
    query_int(&q, now.ns);
    query_text(&q, note);
    query_blob(&q, buffer_slice(&slots));
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
journal_checkpoint(struct journal *j, struct walltime now)
{
    struct checkpoint c = {.origin = slice_str(j->origin)};
    int r;

    r = append_heartbeat(j, now);
    if (r < 0)
        return error_trace(r);
    c.size = j->now.tree.size;
    r = tree_root(&j->now.tree, j->hasher, &c.root);
    if (r < 0)
        return error_trace(r);
    if (j->notes.n > 0)
        buffer_add_char(&j->notes, '\n');
    j->latest = j->notes.n;
    r = checkpoint_sign(&c, j->key, j->hasher, &j->notes);
    if (r < 0)
        return error_trace(r);
    r = insert_checkpoint(j, slice_from(buffer_slice(&j->notes), j->latest), now);
    if (r < 0)
        return error_trace(r);
    j->now.checkpoint_size = c.size;
    j->now.checkpoint_at = now;
    return 0;
}

int
journal_save(struct journal *j)
{
    CLEANUP_QUERY struct query q = query_on(j->db, "INSERT INTO tree (one, size, slots) VALUES (1, ?, ?)"
                                                   " ON CONFLICT DO UPDATE SET size = excluded.size,"
                                                   " slots = excluded.slots");
    CLEANUP_BUFFER struct buffer slots = {0};
    int r;

    tree_pack(&j->now.tree, &slots);
    if (slots.failed)
        return error_origin(-ENOMEM);
    query_int(&q, (int64_t)j->now.tree.size);
    query_blob(&q, buffer_slice(&slots));
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

static int
append_created(struct journal *j, struct slice verifier, struct walltime now)
{
    CLEANUP_BUFFER struct buffer note = {0};
    struct entry e = {.noun = "ledger", .verb = "created", .at = now, .by = SLICE("ismsd")};
    struct canonical c;
    int r;

    canonical_begin(&c, &note);
    canonical_object(&c, NULL);
    canonical_string(&c, "origin", slice_str(j->origin));
    canonical_string(&c, "verifier", verifier);
    canonical_close(&c);
    if (note.failed)
        return error_origin(-ENOMEM);
    e.note = buffer_slice(&note);
    r = append(j, &e);
    return r < 0 ? error_trace(r) : 0;
}

/* The first entry names the key that signs all of it; the first checkpoint covers it at once. */
static int
begin_ledger(struct journal *j, struct slice verifier, struct walltime now)
{
    int r;

    r = db_script(j->db, "BEGIN IMMEDIATE");
    if (r < 0)
        return error_trace(r);
    r = append_created(j, verifier, now);
    if (r == 0)
        r = journal_checkpoint(j, now);
    if (r == 0)
        r = journal_save(j);
    if (r == 0)
        r = db_script(j->db, "COMMIT");
    if (r < 0 && db_in_transaction(j->db))
        (void)db_script(j->db, "ROLLBACK");
    return r < 0 ? error_trace(r) : 0;
}

/* Whether the ledger began with this key, and with this origin, which is in the verifier's name. */
static int
check_key(struct journal *j, struct slice verifier)
{
    CLEANUP_QUERY struct query q = query_on(
        j->db, "SELECT json_extract(body, '$.note.verifier') FROM ledger WHERE seq = 0");
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0) {
        log_error("store", "the ledger's first entry is missing");
        return STORE_E_BROKEN;
    }
    if (slice_eq(query_take_text(&q), verifier))
        return 0;
    log_error("store", "the ledger began with another key or another origin than %s", j->origin);
    return STORE_E_KEY;
}

/* The last checkpoint, its signature, and that its root is that of the slots stored beside it. */
static int
load_checkpoint(struct journal *j, const struct public_key *key)
{
    CLEANUP_QUERY struct query q = query_on(
        j->db, "SELECT size, at, note, slots FROM checkpoint ORDER BY size DESC LIMIT 1");
    struct checkpoint c;
    struct digest root;
    struct slice note;
    uint64_t size;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0)
        return STORE_E_BROKEN;
    size = (uint64_t)query_take_int(&q);
    j->now.checkpoint_at = query_take_time(&q);
    note = query_take_text(&q);
    r = checkpoint_open(&c, note, slice_str(j->origin), key, j->hasher);
    if (r != 0 || c.size != size || !tree_unpack(&j->now.tree, size, query_take_text(&q)))
        return r < 0 ? error_trace(r) : STORE_E_BROKEN;
    r = tree_root(&j->now.tree, j->hasher, &root);
    if (r < 0)
        return error_trace(r);
    j->now.checkpoint_size = size;
    return digest_eq(&root, &c.root) ? 0 : STORE_E_BROKEN;
}

/* Adds the entries after the last checkpoint to the tree; they must follow one another. */
static int
replay_entries(struct journal *j)
{
    CLEANUP_QUERY struct query q = query_on(j->db, "SELECT seq, body FROM ledger WHERE seq >= ? ORDER BY seq");
    struct digest leaf;
    int r;

    query_int(&q, (int64_t)j->now.tree.size);
    while ((r = query_row(&q)) == QUERY_ROW) {
        if ((uint64_t)query_take_int(&q) != j->now.tree.size)
            return STORE_E_BROKEN;
        r = hasher_leaf(j->hasher, query_take_text(&q), &leaf);
        if (r == 0)
            r = tree_add(&j->now.tree, j->hasher, &leaf);
        if (r < 0)
            return error_trace(r);
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Whether the tree arrived at is the one stored with the last commit, and the checkpoint's last entry is there. */
static int
check_tree(struct journal *j)
{
    CLEANUP_QUERY struct query q = query_on(j->db, "SELECT size, slots, (SELECT max(seq) FROM ledger) FROM tree");
    CLEANUP_BUFFER struct buffer slots = {0};
    bool same;
    int r;

    tree_pack(&j->now.tree, &slots);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    same = r == QUERY_ROW && (uint64_t)query_take_int(&q) == j->now.tree.size &&
           slice_eq(query_take_text(&q), buffer_slice(&slots)) && (uint64_t)query_take_int(&q) + 1 == j->now.tree.size;
    return same ? 0 : STORE_E_BROKEN;
}

static int
take_up(struct journal *j, const struct public_key *key, struct slice verifier)
{
    int r;

    r = check_key(j, verifier);
    if (r == 0)
        r = load_checkpoint(j, key);
    if (r == 0)
        r = replay_entries(j);
    if (r == 0)
        r = check_tree(j);
    if (r == STORE_E_BROKEN)
        log_error("store", "the ledger does not agree with its last checkpoint: it was changed from outside");
    return r < 0 ? error_trace(r) : r;
}

static int
count_entries(struct journal *j, bool *empty)
{
    CLEANUP_QUERY struct query q = query_on(
        j->db, "SELECT NOT EXISTS (SELECT 1 FROM ledger) AND NOT EXISTS (SELECT 1 FROM checkpoint)");
    int r;

    r = query_row(&q);
    *empty = r == QUERY_ROW && query_take_int(&q) != 0;
    return r < 0 ? error_trace(r) : 0;
}

int
journal_open(struct journal *j, struct db *db, struct signing_key *key, const char *origin, struct walltime now)
{
    CLEANUP_BUFFER struct buffer verifier = {0};
    struct public_key public;
    bool empty = false;
    int r;

    *j = (struct journal){.db = db, .key = key, .origin = strdup(origin)};
    if (j->origin == NULL)
        return error_origin(-ENOMEM);
    r = hasher_new(&j->hasher);
    if (r < 0)
        return error_trace(r);
    signing_key_public(key, &public);
    r = verifier_print(slice_str(origin), &public, j->hasher, &verifier);
    if (r == 0)
        r = count_entries(j, &empty);
    if (r < 0)
        return error_trace(r);
    r = empty ? begin_ledger(j, buffer_slice(&verifier), now) : take_up(j, &public, buffer_slice(&verifier));
    return r < 0 ? error_trace(r) : r;
}

void
journal_close(struct journal *j)
{
    signing_key_close(j->key);
    hasher_free(j->hasher);
    buffer_fini(&j->body);
    buffer_fini(&j->notes);
    free(j->origin);
}
