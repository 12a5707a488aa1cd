/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Taking up a ledger, or beginning one. What is there is followed from the last checkpoint to the end, not from the
 * beginning, which is verification's; each check that fails names in the log what it found and what should be there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/log.h"
#include "ledger/canonical.h"
#include "store/journal.h"

/* ---- beginning ---- */

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
    r = journal_append(j, &e, NULL);
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

/* ---- taking up what is there ---- */

/* Whether the ledger began with this key, and with this origin, which is in the verifier's name. */
static int
check_key(struct journal *j, struct slice verifier)
{
    CLEANUP_QUERY struct query q = query_on(
        j->db, "SELECT json_extract(body, '$.note.verifier') FROM ledger WHERE seq = 0");
    CLEANUP_BUFFER struct buffer text = {0};
    struct slice first;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0) {
        log_error("store", "records.db: the first entry of the ledger, 0, is missing");
        return STORE_E_BROKEN;
    }
    first = query_take_text(&q);
    if (slice_eq(first, verifier))
        return 0;
    buffer_add_escaped(&text, first);
    log_error("store", "the ledger began as [" SLICE_FMT "]; with this key and origin it would be [" SLICE_FMT "]",
        SLICE_ARG(buffer_slice(&text)), SLICE_ARG(verifier));
    return STORE_E_KEY;
}

/* Reads @note, which stands at @size. Return: 0, or STORE_E_BROKEN where it says anything else. */
static int
open_note(struct journal *j, struct slice note, uint64_t size, const struct public_key *key, struct checkpoint *c)
{
    static const char *const reasons[] = {
        // clang-format off
        [CHECKPOINT_E_FORM]      = "its note is not written as one",
        [CHECKPOINT_E_ORIGIN]    = "its note is of another ledger",
        [CHECKPOINT_E_KEY]       = "its note is not signed by ledger.key",
        [CHECKPOINT_E_SIGNATURE] = "its note was changed: the signature does not verify",
        // clang-format on
    };
    int r = checkpoint_open(c, note, slice_str(j->origin), key, j->hasher);

    if (r < 0)
        return error_trace(r);
    if (r > 0) {
        log_error("store", "records.db: checkpoint %" PRIu64 ": %s", size, reasons[r]);
        return STORE_E_BROKEN;
    }
    if (c->size == size)
        return 0;
    log_error("store", "records.db: checkpoint %" PRIu64 ": its note is of size %" PRIu64, size, c->size);
    return STORE_E_BROKEN;
}

/* Takes the tree of @c from the slots stored beside it, which must have its root. */
static int
take_slots(struct journal *j, struct slice slots, const struct checkpoint *c)
{
    char want[DIGEST_HEX + 1];
    char have[DIGEST_HEX + 1];
    struct digest root;
    int r;

    if (!tree_unpack(&j->now.tree, c->size, slots)) {
        log_error("store", "records.db: checkpoint %" PRIu64 ": %zu bytes of slots are not those of such a tree",
            c->size, slots.n);
        return STORE_E_BROKEN;
    }
    r = tree_root(&j->now.tree, j->hasher, &root);
    if (r < 0)
        return error_trace(r);
    if (digest_eq(&root, &c->root))
        return 0;
    log_error("store", "records.db: checkpoint %" PRIu64 ": its slots have the root %s, its note was signed over %s",
        c->size, digest_hex(&root, have), digest_hex(&c->root, want));
    return STORE_E_BROKEN;
}

static int
load_checkpoint(struct journal *j, const struct public_key *key)
{
    CLEANUP_QUERY struct query q = query_on(
        j->db, "SELECT size, at, note, slots FROM checkpoint ORDER BY size DESC LIMIT 1");
    struct checkpoint c;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0) {
        log_error("store", "records.db: there is no checkpoint, but the ledger has entries");
        return STORE_E_BROKEN;
    }
    j->now.checkpoint_size = (uint64_t)query_take_int(&q);
    j->now.checkpoint_at = query_take_time(&q);
    r = open_note(j, query_take_text(&q), j->now.checkpoint_size, key, &c);
    if (r == 0)
        r = take_slots(j, query_take_text(&q), &c);
    return r < 0 ? error_trace(r) : r;
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
        uint64_t seq = (uint64_t)query_take_int(&q);

        if (seq != j->now.tree.size) {
            log_error("store", "records.db: ledger entry %" PRIu64 " is missing: the next one there is %" PRIu64,
                j->now.tree.size, seq);
            return STORE_E_BROKEN;
        }
        r = hasher_leaf(j->hasher, query_take_text(&q), &leaf);
        if (r == 0)
            r = tree_add(&j->now.tree, j->hasher, &leaf);
        if (r < 0)
            return error_trace(r);
    }
    return r < 0 ? error_trace(r) : 0;
}

/* Entries before the checkpoint are the verification's to read; but none may have gone from the end. */
static int
check_end(struct journal *j)
{
    CLEANUP_QUERY struct query q = query_on(j->db, "SELECT max(seq) FROM ledger");
    uint64_t last;
    int r;

    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    last = (uint64_t)query_take_int(&q);
    if (last + 1 == j->now.tree.size)
        return 0;
    log_error("store", "records.db: the ledger ends with entry %" PRIu64 ", but checkpoint %" PRIu64 " covers more",
        last, j->now.checkpoint_size);
    return STORE_E_BROKEN;
}

/* Whether the tree arrived at is the one stored with the last commit. */
static int
check_tree(struct journal *j)
{
    CLEANUP_QUERY struct query q = query_on(j->db, "SELECT size, slots FROM tree");
    CLEANUP_BUFFER struct buffer slots = {0};
    uint64_t size = 0;
    bool same = false;
    int r;

    tree_pack(&j->now.tree, &slots);
    if (slots.failed)
        return error_origin(-ENOMEM);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == QUERY_ROW) {
        size = (uint64_t)query_take_int(&q);
        same = size == j->now.tree.size && slice_eq(query_take_text(&q), buffer_slice(&slots));
    }
    if (same)
        return 0;
    log_error("store",
        "records.db: the row of tree is of size %" PRIu64 ", the entries lead to one of size %" PRIu64 "%s", size,
        j->now.tree.size,
        size == j->now.tree.size ? " with other hashes: an entry since the checkpoint was changed" : "");
    return STORE_E_BROKEN;
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
        r = check_end(j);
    if (r == 0)
        r = check_tree(j);
    return r < 0 ? error_trace(r) : r;
}

/* ---- either ---- */

static int
is_empty(struct journal *j, bool *empty)
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
        r = is_empty(j, &empty);
    if (r < 0)
        return error_trace(r);
    if (empty)
        r = begin_ledger(j, buffer_slice(&verifier), now);
    else
        r = take_up(j, &public, buffer_slice(&verifier));
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
    *j = (struct journal){0};
}
