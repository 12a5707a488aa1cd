/* SPDX-License-Identifier: Apache-2.0 */

/*
 * A record's move: entry and row in one step, for every kind of record alike.
 */

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "store/store_internal.h"

int
store_enter(struct store *s)
{
    ASSERT(db_in_transaction(s->db));
    if (s->failure < 0)
        return error_trace(s->failure);
    arena_reset(&s->scratch);
    buffer_reset(&s->note);
    buffer_reset(&s->set);
    buffer_reset(&s->was);
    return 0;
}

int
store_leave(struct store *s, int r)
{
    if (r < 0 && s->failure == 0)
        s->failure = r;
    return r < 0 ? error_trace(r) : r;
}

/* The time of a record that names its year. */
static struct walltime
opened_of(enum noun_kind kind, const void *record)
{
    switch (kind) {
    case NOUN_ALERT:
        return ((const struct alert *)record)->opened;
    case NOUN_INCIDENT:
        return ((const struct incident *)record)->opened;
    case NOUN_NONCONFORMITY:
        return ((const struct nonconformity *)record)->detected;
    case NOUN_MAINTENANCE:
        return ((const struct maintenance *)record)->declared;
    default:
        return (struct walltime){0};
    }
}

struct slice
store_record_name(struct store *s, enum noun_kind kind, const void *record)
{
    static const enum record_kind kinds[NOUNS] = {[NOUN_ALERT] = RECORD_ALERT,
        [NOUN_INCIDENT] = RECORD_INCIDENT,
        [NOUN_NONCONFORMITY] = RECORD_NONCONFORMITY,
        [NOUN_MAINTENANCE] = RECORD_MAINTENANCE};
    char id[RECORD_ID_MAX];

    if (kind == NOUN_SOURCE) {
        CLEANUP_BUFFER struct buffer b = {0};

        buffer_add(&b, SLICE("source/"));
        buffer_add(&b, ((const struct source_record *)record)->name);
        return b.failed ? (struct slice){NULL, 0} : arena_copy(&s->scratch, buffer_slice(&b));
    }
    (void)record_id_print(kinds[kind], opened_of(kind, record), noun_number(&nouns[kind], record), id);
    return arena_copy(&s->scratch, slice_str(id));
}

struct slice
store_plain(struct store *s, struct slice text)
{
    CLEANUP_BUFFER struct buffer b = {0};

    if (text.n == 0)
        return text;
    return arena_copy(&s->scratch, canonical_text(&b, text));
}

int
store_append(struct store *s, const char *noun, const struct store_move *move, struct slice record)
{
    const struct entry e = {
        .noun = noun,
        .verb = move->verb,
        .at = move->at,
        .by = store_plain(s, move->actor),
        .reason = store_plain(s, move->reason),
        .record = record,
        .note = buffer_slice(&s->note),
        .set = buffer_slice(&s->set),
        .was = buffer_slice(&s->was),
    };
    int r;

    if (s->scratch.overflowed || s->note.failed || s->set.failed || s->was.failed)
        return error_origin(-ENOMEM);
    r = journal_append(&s->journal, &e, NULL);
    return r < 0 ? error_trace(r) : 0;
}

void
store_number(struct store *s, enum noun_kind kind, void *record)
{
    noun_set_number(&nouns[kind], record, ++s->numbers[kind]);
}

static int
write_row(struct store *s, const struct noun *noun, const char *sql, const void *record, uint64_t seq)
{
    CLEANUP_QUERY struct query q = query_on(s->db, sql);
    int r;

    noun_bind(noun, record, &q);
    query_int(&q, (int64_t)seq);
    query_int(&q, noun_number(noun, record));
    r = query_run(&q);
    return r < 0 ? error_trace(r) : 0;
}

int
store_write(struct store *s, enum noun_kind kind, const void *old, const void *new, enum noun_telling telling,
    const struct store_move *move, uint64_t *seq)
{
    const struct noun *noun = &nouns[kind];
    uint64_t at = s->journal.now.tree.size;
    const void *record = noun_clean(noun, new, &s->scratch);
    int r;

    if (record == NULL)
        return error_origin(-ENOMEM);
    noun_changes(noun, old, record, telling, &s->set, &s->was);
    r = store_append(s, noun->name, move, store_record_name(s, kind, old == NULL ? record : old));
    if (r == 0)
        r = write_row(s, noun, old == NULL ? noun->insert_sql : noun->update_sql, record, at);
    if (r < 0)
        return error_trace(r);
    if (seq != NULL)
        *seq = at;
    return 0;
}

int
store_read(struct store *s, enum noun_kind kind, int64_t number, struct arena *arena, void *out)
{
    const struct noun *noun = &nouns[kind];
    CLEANUP_QUERY struct query q = query_on(s->db, noun->load_sql);
    int r;

    query_int(&q, number);
    r = query_row(&q);
    if (r < 0)
        return error_trace(r);
    if (r == 0)
        return STORE_E_NOT_FOUND;
    noun_take(noun, &q, out);
    return noun_keep(noun, out, arena) ? 0 : error_origin(-ENOMEM);
}

/* ---- whole operations ---- */

int
store_record_open(struct store *s, enum noun_kind kind, void *record, const struct store_move *move)
{
    struct store_move opened = *move;
    int r;

    opened.verb = "opened";
    r = store_enter(s);
    if (r == 0) {
        store_number(s, kind, record);
        r = store_write(s, kind, NULL, record, NOUN_TELLS_CHANGES, &opened, NULL);
    }
    return store_leave(s, r);
}

static int
put(struct store *s, enum noun_kind kind, const void *record, const struct store_move *move)
{
    const struct noun *noun = &nouns[kind];
    void *old = arena_alloc(&s->scratch, noun->size);
    int r;

    if (old == NULL)
        return error_origin(-ENOMEM);
    r = store_read(s, kind, noun_number(noun, record), &s->scratch, old);
    if (r == 0)
        r = store_write(s, kind, old, record, NOUN_TELLS_CHANGES, move, NULL);
    return r < 0 ? error_trace(r) : r;
}

int
store_record_put(struct store *s, enum noun_kind kind, const void *record, const struct store_move *move)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = put(s, kind, record, move);
    return store_leave(s, r);
}

int
store_record_load(struct store *s, enum noun_kind kind, int64_t number, struct arena *arena, void *out)
{
    int r;

    r = store_enter(s);
    if (r == 0)
        r = store_read(s, kind, number, arena, out);
    return store_leave(s, r);
}
