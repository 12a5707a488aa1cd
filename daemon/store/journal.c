/* SPDX-License-Identifier: Apache-2.0 */
#include "store/journal.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
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

/* A checkpoint's note, with the slots it was made from. */
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
