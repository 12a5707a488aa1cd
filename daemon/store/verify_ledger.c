/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Entries in order, checkpoints beside them:
 *
 *     entry 0 … 12    heartbeat 13 │ entry 14 …
 *                                  └ checkpoint of size 14
 *
 * The tree grows from what the bodies hash to. Where it does not lead to a signed root, the entries since the last root
 * that was right are named, and the tree goes on from the slots of the checkpoint, which its signature covers; so each
 * alteration is found where it is, not only the first.
 */

#include <errno.h>
#include <inttypes.h>

#include "base/cursor.h"
#include "base/error.h"
#include "store/verify_internal.h"

enum { SIZE_DIGITS_MAX = 19 };

struct walk {
    struct verify *v;
    struct query checkpoints;
    bool has_checkpoint; /* one is at hand, not yet compared */
    uint64_t size;       /* of it */
    int64_t at;
    struct slice note;
    struct slice slots;
    struct tree tree;
    bool in_step;       /* the tree is that of all entries so far */
    uint64_t next;      /* number of the entry expected */
    uint64_t good;      /* size of the last checkpoint that was right, or reached */
    uint64_t announced; /* size of the checkpoint that the last heartbeat announced; 0: it has come */
    int64_t beat_at;    /* of that heartbeat */
    bool has_beat;      /* it announced the checkpoint at hand */
    uint64_t last_size; /* of the checkpoint before */
};

/* A row of the ledger. */
struct row {
    uint64_t seq;
    struct slice body;
    struct slice leaf;
    bool valid;
    int64_t says_seq;
    bool heartbeat;
    uint64_t previous;
    int64_t at; /* of a heartbeat */
};

static int
next_checkpoint(struct walk *w)
{
    int r = query_row(&w->checkpoints);

    w->has_checkpoint = r == QUERY_ROW;
    if (!w->has_checkpoint)
        return r < 0 ? error_trace(r) : 0;
    w->size = (uint64_t)query_take_int(&w->checkpoints);
    w->at = query_take_int(&w->checkpoints);
    w->note = query_take_text(&w->checkpoints);
    w->slots = query_take_text(&w->checkpoints);
    w->v->summary->n_rows[VERIFY_CHECKPOINT]++;
    return 0;
}

static const char *
refusal(int outcome)
{
    switch (outcome) {
    case CHECKPOINT_E_ORIGIN:
        return "is another ledger's";
    case CHECKPOINT_E_KEY:
        return "is not signed by the ledger's key";
    case CHECKPOINT_E_SIGNATURE:
        return "bears a signature that does not verify";
    default:
        return "is not in the form of a checkpoint";
    }
}

/* The note of a checkpoint, checked by the ledger's key. Return: 0, 1 where it was refused, or negative errno. */
static int
open_note(struct verify *v, struct slice note, struct checkpoint *c, const char **why)
{
    int r;

    if (!v->has_key) {
        *why = "cannot be checked without the ledger's key";
        return 1;
    }
    r = checkpoint_open(c, note, buffer_slice(&v->origin), &v->key, v->hasher);
    if (r < 0)
        return error_trace(r);
    *why = refusal(r);
    return r == 0 ? 0 : 1;
}

/* Compares the tree, where it is in step, with the root signed. */
static int
compare_root(struct walk *w, const struct checkpoint *c)
{
    struct digest root;
    int r;

    if (!w->in_step || w->tree.size != c->size)
        return 0;
    r = tree_root(&w->tree, w->v->hasher, &root);
    if (r < 0)
        return error_trace(r);
    if (!digest_eq(&root, &c->root)) {
        verify_find(w->v, VERIFY_LEDGER, (int64_t)w->good, SLICE(""),
            "entries %" PRIu64 " to %" PRIu64 " do not lead to the root signed in the checkpoint of size %" PRIu64,
            w->good, c->size - 1, c->size);
        w->in_step = false;
    }
    return 0;
}

/* What stands in a checkpoint's row beside the note: the tree it was signed with, and when, as the heartbeat says. */
static int
compare_row(struct walk *w)
{
    CLEANUP_BUFFER struct buffer slots = {0};

    if (w->has_beat && w->at != w->beat_at)
        verify_find(w->v, VERIFY_CHECKPOINT, (int64_t)w->size - 1, SLICE(""),
            "at is %" PRId64 " on record, but %" PRId64 " by the heartbeat", w->at, w->beat_at);
    tree_pack(&w->tree, &slots);
    if (slots.failed)
        return error_origin(-ENOMEM);
    if (w->in_step && w->tree.size == w->size && !slice_eq(w->slots, buffer_slice(&slots)))
        verify_find(w->v, VERIFY_CHECKPOINT, (int64_t)w->size - 1, SLICE(""),
            "the tree kept with the checkpoint of size %" PRIu64 " is not that of the entries", w->size);
    return 0;
}

/* Goes on from a checkpoint where the entries did not lead to it. */
static int
fall_in(struct walk *w, const struct checkpoint *c)
{
    struct tree tree;
    struct digest root;
    int r;

    if (w->in_step)
        return 0;
    if (!tree_unpack(&tree, c->size, w->slots))
        return 0;
    r = tree_root(&tree, w->v->hasher, &root);
    if (r < 0)
        return error_trace(r);
    if (digest_eq(&root, &c->root)) {
        w->tree = tree;
        w->in_step = true;
    }
    return 0;
}

static int
check_checkpoint(struct walk *w)
{
    struct checkpoint c = {0};
    const char *why;
    int r;

    w->has_beat = w->announced == w->size;
    if (w->has_beat)
        w->announced = 0;
    else
        verify_find(w->v, VERIFY_CHECKPOINT, (int64_t)w->size - 1, SLICE(""),
            "no heartbeat stands before the checkpoint of size %" PRIu64, w->size);
    w->last_size = w->size;
    r = open_note(w->v, w->note, &c, &why);
    if (r < 0)
        return error_trace(r);
    if (r > 0 || c.size != w->size) {
        verify_find(w->v, VERIFY_CHECKPOINT, (int64_t)w->size - 1, SLICE(""), "the checkpoint of size %" PRIu64 " %s",
            w->size, r > 0 ? why : "was signed for another size");
        return 0;
    }
    w->v->summary->n_signed = c.size;
    r = compare_root(w, &c);
    if (r == 0)
        r = compare_row(w);
    if (r == 0)
        r = fall_in(w, &c);
    w->good = c.size;
    return r < 0 ? error_trace(r) : 0;
}

/* Compares every checkpoint of at most @size entries. */
static int
pass_checkpoints(struct walk *w, uint64_t size)
{
    int r;

    while (w->has_checkpoint && w->size <= size) {
        r = check_checkpoint(w);
        if (r == 0)
            r = next_checkpoint(w);
        if (r < 0)
            return error_trace(r);
    }
    if (w->announced != 0 && w->announced <= size) {
        verify_find(w->v, VERIFY_CHECKPOINT, (int64_t)w->announced - 1, SLICE(""),
            "the checkpoint of size %" PRIu64 ", which this entry announces, is missing", w->announced);
        w->last_size = w->announced;
        w->announced = 0;
    }
    return 0;
}

static void
check_heartbeat(struct walk *w, const struct row *row)
{
    if (row->previous != w->last_size)
        verify_find(w->v, VERIFY_CHECKPOINT, (int64_t)row->seq, SLICE(""),
            "this entry names a checkpoint of size %" PRIu64 " as the one before it, but that is of size %" PRIu64,
            row->previous, w->last_size);
    w->announced = row->seq + 1;
    w->beat_at = row->at;
}

static int
check_entry(struct walk *w, const struct row *row)
{
    struct digest leaf;
    int r;

    r = hasher_leaf(w->v->hasher, row->body, &leaf);
    if (r < 0)
        return error_trace(r);
    if (!slice_eq(row->leaf, slice_of((const char *)leaf.b, DIGEST_BYTES)))
        verify_find(
            w->v, VERIFY_LEDGER, (int64_t)row->seq, SLICE(""), "the entry is not what was hashed when it was added");
    if (!row->valid)
        verify_find(w->v, VERIFY_LEDGER, (int64_t)row->seq, SLICE(""), "the entry is not JSON");
    else if (row->says_seq != (int64_t)row->seq)
        verify_find(w->v, VERIFY_LEDGER, (int64_t)row->seq, SLICE(""), "the entry says that it is entry %" PRId64,
            row->says_seq);
    w->in_step = w->in_step && w->tree.size == row->seq;
    r = w->in_step ? tree_add(&w->tree, w->v->hasher, &leaf) : 0;
    return r < 0 ? error_trace(r) : 0;
}

static void
take_row(struct query *q, struct row *row)
{
    row->seq = (uint64_t)query_take_int(q);
    row->body = query_take_text(q);
    row->leaf = query_take_text(q);
    row->valid = query_take_int(q) != 0;
    row->says_seq = query_take_int(q);
    row->heartbeat = slice_eq(query_take_text(q), SLICE("ledger.heartbeat"));
    row->previous = (uint64_t)query_take_int(q);
    row->at = query_take_int(q);
}

static int
walk_entry(struct walk *w, const struct row *row)
{
    int r;

    r = pass_checkpoints(w, row->seq);
    if (r < 0)
        return error_trace(r);
    if (row->seq != w->next)
        verify_find(w->v, VERIFY_LEDGER, (int64_t)w->next, SLICE(""), "entries %" PRIu64 " to %" PRIu64 " are missing",
            w->next, row->seq - 1);
    w->next = row->seq + 1;
    w->v->summary->n_rows[VERIFY_LEDGER]++;
    r = check_entry(w, row);
    if (r == 0 && row->heartbeat)
        check_heartbeat(w, row);
    return r < 0 ? error_trace(r) : 0;
}

static int
walk_entries(struct walk *w)
{
    CLEANUP_QUERY struct query q = query_on(w->v->db,
        "SELECT seq, body, leaf, valid,"
        " CASE valid WHEN 1 THEN json_extract(body, '$.seq') END,"
        " CASE valid WHEN 1 THEN json_extract(body, '$.verb') END,"
        " CASE valid WHEN 1 THEN json_extract(body, '$.note.previous') END,"
        " CASE valid WHEN 1 THEN json_extract(body, '$.at') END"
        " FROM (SELECT seq, body, leaf, json_valid(body) AS valid FROM ledger) ORDER BY seq");
    struct row row;
    int r;

    while ((r = query_row(&q)) == QUERY_ROW) {
        take_row(&q, &row);
        r = walk_entry(w, &row);
        if (r < 0)
            return error_trace(r);
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Checkpoints of more entries than there are: good ones tell that entries are gone, of at least so many. */
static int
check_beyond(struct walk *w, uint64_t *size)
{
    struct checkpoint c;
    const char *why;
    int r;

    *size = w->next;
    while (w->has_checkpoint) {
        r = open_note(w->v, w->note, &c, &why);
        if (r < 0)
            return error_trace(r);
        if (r == 0)
            *size = w->size;
        else
            verify_find(w->v, VERIFY_CHECKPOINT, -1, SLICE(""), "the checkpoint of size %" PRIu64 " %s", w->size, why);
        r = next_checkpoint(w);
        if (r < 0)
            return error_trace(r);
    }
    return 0;
}

/* What is beyond the last entry: checkpoints of more, and the tree as the last commit left it. */
static int
check_end(struct walk *w)
{
    CLEANUP_QUERY struct query q = query_on(w->v->db, "SELECT size, slots FROM tree");
    CLEANUP_BUFFER struct buffer slots = {0};
    uint64_t size;
    int r;

    r = check_beyond(w, &size);
    if (r == 0)
        r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r != QUERY_ROW) {
        verify_find(w->v, VERIFY_TREE, -1, SLICE(""), "the tree of the last commit is missing");
    } else {
        uint64_t stored = (uint64_t)query_take_int(&q);

        size = stored > size ? stored : size;
        tree_pack(&w->tree, &slots);
        if (w->in_step && stored == w->next && !slice_eq(query_take_text(&q), buffer_slice(&slots)))
            verify_find(w->v, VERIFY_TREE, (int64_t)w->good, SLICE(""),
                "entries from %" PRIu64 " on do not lead to the tree of the last commit", w->good);
        if (stored < w->next)
            verify_find(w->v, VERIFY_LEDGER, (int64_t)stored, SLICE(""),
                "entries from %" PRIu64 " on were added from outside", stored);
    }
    if (size > w->next)
        verify_find(w->v, VERIFY_LEDGER, (int64_t)w->next, SLICE(""),
            "entries %" PRIu64 " to %" PRIu64 " are missing at the end", w->next, size - 1);
    return 0;
}

static int
walk(struct walk *w)
{
    struct digest root;
    int r;

    r = next_checkpoint(w);
    if (r == 0)
        r = walk_entries(w);
    if (r == 0)
        r = pass_checkpoints(w, w->next);
    if (r == 0)
        r = check_end(w);
    if (r == 0)
        r = tree_root(&w->tree, w->v->hasher, &root);
    if (r < 0)
        return error_trace(r);
    (void)digest_hex(&root, w->v->summary->root);
    if (w->v->summary->n_rows[VERIFY_LEDGER] == 0)
        verify_find(w->v, VERIFY_LEDGER, -1, SLICE(""), "there are no entries");
    if (w->v->summary->n_rows[VERIFY_CHECKPOINT] == 0)
        verify_find(w->v, VERIFY_CHECKPOINT, -1, SLICE(""), "there is no checkpoint: nothing here is signed");
    return 0;
}

int
verify_ledger(struct verify *v)
{
    struct walk w = {.v = v, .in_step = true};
    int r;

    w.checkpoints = query_on(v->db, "SELECT size, at, note, slots FROM checkpoint ORDER BY size");
    r = walk(&w);
    query_end(&w.checkpoints);
    return r < 0 ? error_trace(r) : 0;
}

/* Compares a good note with what the database holds under its size. */
static void
compare_note(struct verify *v, const struct checkpoint *c, struct slice stored, const char *name)
{
    struct checkpoint own;
    const char *why;

    if (c->size > v->summary->n_rows[VERIFY_LEDGER])
        verify_find(v, VERIFY_LEDGER, (int64_t)v->summary->n_rows[VERIFY_LEDGER], slice_str(name),
            "entries are missing: this checkpoint is of size %" PRIu64 ", the ledger has %" PRIu64, c->size,
            v->summary->n_rows[VERIFY_LEDGER]);
    else if (stored.n == 0)
        verify_find(v, VERIFY_CHECKPOINT, (int64_t)c->size - 1, slice_str(name),
            "this checkpoint of size %" PRIu64 " is missing in the database", c->size);
    else if (open_note(v, stored, &own, &why) == 0 && !digest_eq(&own.root, &c->root))
        verify_find(v, VERIFY_CHECKPOINT, (int64_t)c->size - 1, slice_str(name),
            "this checkpoint of size %" PRIu64 " has another root: the ledger was written anew", c->size);
}

/* The size in @note, of whose form nothing is known yet: text = origin LF size LF … */
static uint64_t
size_of(struct slice note)
{
    uint64_t size = 0;

    (void)cursor_until(&note, '\n');
    (void)cursor_skip(&note, '\n');
    return cursor_digits(&note, SIZE_DIGITS_MAX, &size) ? size : 0;
}

/* A note that is byte for byte the one in the database was checked with that. */
int
verify_note(struct verify *v, struct slice note, const char *name)
{
    CLEANUP_QUERY struct query q = query_on(v->db, "SELECT note FROM checkpoint WHERE size = ?");
    struct checkpoint c = {0};
    struct slice stored = {NULL, 0};
    const char *why;
    int r;

    query_int(&q, (int64_t)size_of(note));
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == QUERY_ROW)
        stored = query_take_text(&q);
    if (stored.n > 0 && slice_eq(stored, note))
        return 0;
    r = open_note(v, note, &c, &why);
    if (r < 0)
        return error_trace(r);
    if (r > 0)
        verify_find(v, VERIFY_CHECKPOINT, -1, slice_str(name), "a checkpoint in this file %s", why);
    else
        compare_note(v, &c, stored, name);
    return 0;
}
