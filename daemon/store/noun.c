/* SPDX-License-Identifier: Apache-2.0 */
#include "store/noun.h"

#include "base/utf8.h"

/* How an enum becomes a word and back, in the form the table of columns wants. */
#define NAMING(word, type, name, parse_name)              \
    static const char *print_##word(unsigned v)           \
    {                                                     \
        return name((type)v);                             \
    }                                                     \
    static bool parse_##word(struct slice s, unsigned *v) \
    {                                                     \
        type parsed = (type)0;                            \
        bool known = parse_name(s, &parsed);              \
                                                          \
        *v = known ? (unsigned)parsed : 0;                \
        return known;                                     \
    }                                                     \
    const struct naming word##_naming = {print_##word, parse_##word};

static const char *
alert_state_name(enum alert_state s)
{
    return s == ALERT_CLOSED ? "closed" : "open";
}

static bool
alert_state_parse(struct slice name, enum alert_state *s)
{
    *s = slice_eq(name, SLICE("closed")) ? ALERT_CLOSED : ALERT_OPEN;
    return true;
}

/* A severity not given yet is no word. */
static const char *
severity_name(enum incident_severity s)
{
    return s == 0 ? "" : incident_severity_name(s);
}

NAMING(level, enum rule_level, rule_level_name, rule_level_parse)
NAMING(alert_state, enum alert_state, alert_state_name, alert_state_parse)
NAMING(severity, enum incident_severity, severity_name, incident_severity_parse)
NAMING(incident_state, enum incident_state, incident_state_name, incident_state_parse)
NAMING(verdict, enum verdict, verdict_name, verdict_parse)
NAMING(grade, enum nonconformity_grade, nonconformity_grade_name, nonconformity_grade_parse)
NAMING(nonconformity_state, enum nonconformity_state, nonconformity_state_name, nonconformity_state_parse)
NAMING(source_state, enum source_state, source_state_name, source_state_parse)
NAMING(maintenance_state, enum maintenance_state, maintenance_state_name, maintenance_state_parse)

#define COLUMN_ROW(s, name, type, member, cover, naming) \
    {#name, COLUMN_##type, offsetof(s, member), COVER_##cover, naming},

static const struct column alert_columns[] = {ALERT_FIELDS(COLUMN_ROW)};
static const struct column incident_columns[] = {INCIDENT_FIELDS(COLUMN_ROW)};
static const struct column nonconformity_columns[] = {NONCONFORMITY_FIELDS(COLUMN_ROW)};
static const struct column source_columns[] = {SOURCE_FIELDS(COLUMN_ROW)};
static const struct column maintenance_columns[] = {MAINTENANCE_FIELDS(COLUMN_ROW)};

#define PLACE_IN_SQL(s, name, ...) "?, "
#define SETS_IN_SQL(s, name, ...)  "\"" #name "\" = ?, "

#define STATEMENTS(table, FIELDS)                                                                              \
    "INSERT INTO " table " (" FIELDS(COLUMN_IN_SQL) "last_seq, number) VALUES (" FIELDS(PLACE_IN_SQL) "?, ?)", \
        "UPDATE " table " SET " FIELDS(SETS_IN_SQL) "last_seq = ? WHERE number = ?",                           \
        SELECT_SQL(table, FIELDS) "WHERE number = ?"

// clang-format off
const struct noun nouns[NOUNS] = {
    [NOUN_ALERT] = {"alert", alert_columns, ARRAY_LEN(alert_columns), sizeof(struct alert_row),
        offsetof(struct alert_row, alert.number), ALERT_RECORD_SQL, STATEMENTS("alert", ALERT_FIELDS)},
    [NOUN_INCIDENT] = {"incident", incident_columns, ARRAY_LEN(incident_columns), sizeof(struct incident),
        offsetof(struct incident, number), INCIDENT_RECORD_SQL, STATEMENTS("incident", INCIDENT_FIELDS)},
    [NOUN_NONCONFORMITY] = {"nonconformity", nonconformity_columns, ARRAY_LEN(nonconformity_columns),
        sizeof(struct nonconformity), offsetof(struct nonconformity, number), NONCONFORMITY_RECORD_SQL,
        STATEMENTS("nonconformity", NONCONFORMITY_FIELDS)},
    [NOUN_SOURCE] = {"source", source_columns, ARRAY_LEN(source_columns), sizeof(struct source_row),
        offsetof(struct source_row, number), SOURCE_RECORD_SQL, STATEMENTS("source", SOURCE_FIELDS)},
    [NOUN_MAINTENANCE] = {"maintenance", maintenance_columns, ARRAY_LEN(maintenance_columns),
        sizeof(struct maintenance), offsetof(struct maintenance, number), MAINTENANCE_RECORD_SQL,
        STATEMENTS("maintenance", MAINTENANCE_FIELDS)},
};
// clang-format on

/* One field's value, whatever its type: nothing, a number or text. */
struct value {
    enum { NOTHING, NUMBER, WORDS } type;
    int64_t number;
    struct slice words;
};

static struct value
number_value(int64_t v)
{
    return v == 0 ? (struct value){0} : (struct value){NUMBER, v, {NULL, 0}};
}

static struct value
words_value(struct slice v)
{
    return v.n == 0 ? (struct value){0} : (struct value){WORDS, 0, v};
}

static struct value
column_get(const struct column *c, const void *record)
{
    const void *at = (const char *)record + c->offset;

    switch (c->type) {
    case COLUMN_INT:
    case COLUMN_U64:
        return number_value(*(const int64_t *)at);
    case COLUMN_UINT:
        return number_value(*(const unsigned *)at);
    case COLUMN_BOOL:
        return number_value(*(const bool *)at);
    case COLUMN_TIME:
        return number_value(((const struct walltime *)at)->ns);
    case COLUMN_TEXT:
        return words_value(*(const struct slice *)at);
    case COLUMN_NAME:
        return words_value(slice_str(c->naming->print(*(const unsigned *)at)));
    }
    return (struct value){0};
}

static void
column_take(const struct column *c, struct query *q, void *record)
{
    void *at = (char *)record + c->offset;

    switch (c->type) {
    case COLUMN_INT:
    case COLUMN_U64:
        *(int64_t *)at = query_take_int(q);
        break;
    case COLUMN_UINT:
        *(unsigned *)at = (unsigned)query_take_int(q);
        break;
    case COLUMN_BOOL:
        *(bool *)at = query_take_int(q) != 0;
        break;
    case COLUMN_TIME:
        *(struct walltime *)at = query_take_time(q);
        break;
    case COLUMN_TEXT:
        *(struct slice *)at = query_take_text(q);
        break;
    case COLUMN_NAME:
        (void)c->naming->parse(query_take_text(q), at);
        break;
    }
}

static bool
value_eq(const struct value *a, const struct value *b)
{
    return a->type == b->type && a->number == b->number && slice_eq(a->words, b->words);
}

static void
value_write(const struct value *v, struct canonical *c, const char *key)
{
    switch (v->type) {
    case NOTHING:
        canonical_null(c, key);
        break;
    case NUMBER:
        canonical_int(c, key, v->number);
        break;
    case WORDS:
        canonical_string(c, key, v->words);
        break;
    }
}

/* Whether a change of @c from @old to @new belongs into an entry. */
static bool
is_told(const struct column *c, const struct value *old, const struct value *new, enum noun_telling telling)
{
    switch (c->cover) {
    case COVER_ALWAYS:
        return !value_eq(old, new);
    case COVER_CLOSED:
        return telling == NOUN_TELLS_ALL;
    case COVER_NEVER:
        break;
    }
    return false;
}

void
noun_changes(const struct noun *noun, const void *old, const void *new, enum noun_telling telling, struct buffer *set,
    struct buffer *was)
{
    struct canonical set_json;
    struct canonical was_json;
    size_t n_told = 0;
    size_t i;

    canonical_begin(&set_json, set);
    canonical_begin(&was_json, was);
    for (i = 0; i < noun->n_columns; i++) {
        const struct column *c = &noun->columns[i];
        struct value before = old == NULL ? (struct value){0} : column_get(c, old);
        struct value after = column_get(c, new);

        if (!is_told(c, &before, &after, telling))
            continue;
        if (n_told++ == 0) {
            canonical_object(&set_json, NULL);
            canonical_object(&was_json, NULL);
        }
        value_write(&after, &set_json, c->name);
        if (old != NULL && c->cover == COVER_ALWAYS)
            value_write(&before, &was_json, c->name);
    }
    if (n_told > 0) {
        canonical_close(&set_json);
        canonical_close(&was_json);
    }
}

void
noun_bind(const struct noun *noun, const void *record, struct query *q)
{
    size_t i;

    for (i = 0; i < noun->n_columns; i++) {
        struct value v = column_get(&noun->columns[i], record);

        if (v.type == NUMBER)
            query_int(q, v.number);
        else
            query_text(q, v.words);
    }
}

void
noun_take(const struct noun *noun, struct query *q, void *record)
{
    size_t i;

    memset(record, 0, noun->size);
    noun_set_number(noun, record, query_take_int(q));
    for (i = 0; i < noun->n_columns; i++)
        column_take(&noun->columns[i], q, record);
}

int64_t
noun_number(const struct noun *noun, const void *record)
{
    int64_t number;

    memcpy(&number, (const char *)record + noun->number, sizeof(number));
    return number;
}

void
noun_set_number(const struct noun *noun, void *record, int64_t number)
{
    memcpy((char *)record + noun->number, &number, sizeof(number));
}

/* Calls @fn on each text of @record that is not empty; stops where it says no. */
static bool
each_text(
    const struct noun *noun, void *record, struct arena *arena, bool (*fn)(struct slice *text, struct arena *arena))
{
    size_t i;

    for (i = 0; i < noun->n_columns; i++) {
        struct slice *text = (struct slice *)(void *)((char *)record + noun->columns[i].offset);

        if (noun->columns[i].type == COLUMN_TEXT && text->n > 0 && !fn(text, arena))
            return false;
    }
    return true;
}

static bool
keep_text(struct slice *text, struct arena *arena)
{
    *text = arena_copy(arena, *text);
    return text->p != NULL;
}

static bool
clean_text(struct slice *text, struct arena *arena)
{
    CLEANUP_BUFFER struct buffer b = {0};

    if (utf8_valid(*text) && slice_find(*text, '\0') == text->n)
        return true;
    *text = canonical_text(&b, *text);
    return !b.failed && keep_text(text, arena);
}

bool
noun_keep(const struct noun *noun, void *record, struct arena *arena)
{
    return each_text(noun, record, arena, keep_text);
}

void *
noun_clean(const struct noun *noun, const void *record, struct arena *arena)
{
    void *copy = arena_alloc(arena, noun->size);

    if (copy == NULL)
        return NULL;
    memcpy(copy, record, noun->size);
    return each_text(noun, copy, arena, clean_text) ? copy : NULL;
}
