/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the writer share: the store itself, and the move of a record that every noun is made of.
 *
 * An operation begins with store_enter() and ends with store_leave(): the first failure stays until the transaction is
 * undone.
 */

#include "base/map.h"
#include "model/record_id.h"
#include "store/evidence.h"
#include "store/journal.h"
#include "store/noun.h"
#include "store/store.h"

enum { STORE_RECORD_MAX = 512 }; /* of a record's name; source/ and a name may be long */

struct store_mark {
    struct journal_mark journal;
    struct evidence_mark evidence;
    int64_t numbers[NOUNS];
    int64_t run;
};

struct store {
    struct db *db;
    struct journal journal;
    struct evidence evidence;
    struct counters *counters;
    struct map *rules;    /* uid and version → struct rule_ref */
    struct arena scratch; /* of one operation */
    struct buffer note, set, was;
    int64_t numbers[NOUNS]; /* last given */
    int64_t run;            /* number of the present run; 0: not begun */
    struct store_mark mark; /* at store_begin() */
    bool begun;             /* between store_begin() and what ends it: only then is there something to undo */
    int failure;            /* of this transaction */
    bool in_doubt;          /* a sync failed: what is on disk is only known after opening again */
    char *state_dir;
    char *origin;
    int64_t checkpoint_interval_ns;
    uint64_t segment_bytes;
    int lock;
};

/** store_path() - the path of @name in the state folder, the caller's to free. Return: NULL without memory. */
char *store_path(const struct store *s, const char *name);

/** store_enter() - begin an operation. Return: 0, or the failure this transaction already had. */
int store_enter(struct store *s);

/** store_leave() - end an operation with @r, which is noted where it is a failure. Return: @r. */
int store_leave(struct store *s, int r);

/* ---- a record's move: entry and row in one step; between store_enter() and store_leave() ---- */

/** store_number() - give @record, a new one of @kind, its number. */
void store_number(struct store *s, enum noun_kind kind, void *record);

/**
 * store_write() - the entry "<noun>.<move->verb>", and the record as it then stands
 * @kind:    of the record
 * @old:     as it stood; NULL: it is new, and numbered
 * @new:     as it stands
 * @telling: see noun_changes()
 * @move:    who, why, when; the verb
 * @seq:     set to the entry's number; may be NULL
 *
 * What is in s->note goes into the entry. Return: 0 or negative errno.
 */
int store_write(struct store *s, enum noun_kind kind, const void *old, const void *new, enum noun_telling telling,
    const struct store_move *move, uint64_t *seq);

/** store_read() - the record of @kind and @number into @out, its text in @arena. Return: 0, STORE_E_NOT_FOUND, or
 * -errno. */
int store_read(struct store *s, enum noun_kind kind, int64_t number, struct arena *arena, void *out);

/**
 * store_append() - the entry "@noun.<move->verb>" about @record, a name, which may be empty
 *
 * What is in s->note (an object), s->set and s->was goes into it. Return: 0 or negative errno.
 */
int store_append(struct store *s, const char *noun, const struct store_move *move, struct slice record);

/** store_record_name() - the name @record, a struct of @kind, has in entries. Return: {NULL, 0} where memory ran out.
 */
struct slice store_record_name(struct store *s, enum noun_kind kind, const void *record);

/** store_plain() - @text as plain UTF-8 (canonical_text()). Return: {NULL, 0} where memory ran out. */
struct slice store_plain(struct store *s, struct slice text);

/** store_daemon() - a move of the daemon's own. */
static inline struct store_move
store_daemon(const char *verb, struct walltime at)
{
    return (struct store_move){.verb = verb, .actor = SLICE("ismsd"), .at = at};
}

/* ---- operations that are the same for every kind that people move: @record is a struct of @kind ---- */

/** store_record_open() - a new record: numbers it; entry "<noun>.opened". Return: 0 or negative errno. */
int store_record_open(struct store *s, enum noun_kind kind, void *record, const struct store_move *move);

/** store_record_put() - @record as it stands after @move. Return: 0, STORE_E_NOT_FOUND, or negative errno. */
int store_record_put(struct store *s, enum noun_kind kind, const void *record, const struct store_move *move);

/** store_record_load() - record @number into @out, its text in @arena. Return: likewise. */
int store_record_load(struct store *s, enum noun_kind kind, int64_t number, struct arena *arena, void *out);
