/* SPDX-License-Identifier: Apache-2.0 */
#include "normalize/audit.h"

#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"

enum {
    CMDLINE_MAX = 16 * 1024,
    VALUES_MAX = 8 * 1024 + 512, /* two paths of PATH_MAX, and numbers */
    HOST_MAX = 255,
    KEY_MAX = HOST_MAX + 32,
};

/* Which records there are of a set. */
enum {
    HAS_SYSCALL = 1 << 0,
    HAS_EXECVE = 1 << 1,
    HAS_REST = 1 << 2,
    HAS_ALL = HAS_SYSCALL | HAS_EXECVE | HAS_REST,
};

enum value { VALUE_EXE, VALUE_PID, VALUE_PPID, VALUE_USER, VALUE_UID, VALUE_SES, VALUE_CWD, VALUES };

static const struct slice value_names[VALUES] = {
    // clang-format off
    [VALUE_EXE]  = {"joined.exe", 10},
    [VALUE_PID]  = {"joined.pid", 10},
    [VALUE_PPID] = {"joined.ppid", 11},
    [VALUE_USER] = {"joined.user", 11},
    [VALUE_UID]  = {"joined.uid", 10},
    [VALUE_SES]  = {"joined.ses", 10},
    [VALUE_CWD]  = {"joined.cwd", 10},
    // clang-format on
};

struct set {
    struct list by_age; /* or among the free */
    struct list in_bucket;
    uint64_t hash;            /* keyed, of host, stamp and serial: what a set is known by */
    struct walltime received; /* its first record */
    unsigned has;
    struct slice values[VALUES]; /* in its text */
    size_t n_text;
    size_t n_cmdline;
    struct set_text *text;
};

/** Apart, so that only the pages of what is used are ever touched. */
struct set_text {
    char values[VALUES_MAX];
    char cmdline[CMDLINE_MAX];
};

struct audit {
    struct counters *counters;
    unsigned first_counter;
    size_t n_sets;
    struct list free;     /* the one used last first, so that few pages are touched */
    struct list by_age;   /* the oldest first */
    struct list *buckets; /* as many as there are sets */
    struct set_text *texts;
    struct set sets[];
};

int
audit_new(struct audit **out, size_t sets_max, struct counters *counters, unsigned first_counter)
{
    CLEANUP(audit_free) struct audit *a = NULL;
    size_t i;

    a = calloc(1, sizeof(*a) + sets_max * sizeof(a->sets[0]));
    if (a == NULL)
        return error_origin(-ENOMEM);
    a->buckets = calloc(sets_max + 1, sizeof(*a->buckets));
    a->texts = calloc(sets_max + 1, sizeof(*a->texts));
    if (a->buckets == NULL || a->texts == NULL)
        return error_origin(-ENOMEM);
    a->counters = counters;
    a->first_counter = first_counter;
    a->n_sets = sets_max;
    list_init(&a->free);
    list_init(&a->by_age);
    for (i = 0; i < sets_max; i++) {
        list_init(&a->buckets[i]);
        list_init(&a->sets[i].in_bucket);
        a->sets[i].text = &a->texts[i];
        list_append(&a->free, &a->sets[i].by_age);
    }
    *out = TAKE(a);
    return 0;
}

void
audit_free(struct audit *a)
{
    if (a == NULL)
        return;
    free(a->buckets);
    free(a->texts);
    free(a);
}

static void
count(struct audit *a, enum audit_counter id)
{
    counters_add(a->counters, a->first_counter + id, 1);
}

/* --- the table --- */

static uint64_t
hash_of(struct slice host, const struct auditd_stamp *stamp)
{
    char key[KEY_MAX];
    size_t n = 0;

    host = slice_head(host, HOST_MAX);
    if (host.n > 0)
        memcpy(key, host.p, host.n);
    n = host.n;
    memcpy(key + n, &stamp->time.ns, sizeof(stamp->time.ns));
    n += sizeof(stamp->time.ns);
    memcpy(key + n, stamp->serial.p, stamp->serial.n);
    return hash_keyed(slice_of(key, n + stamp->serial.n));
}

static void
give_back(struct audit *a, struct set *s)
{
    list_remove(&s->in_bucket);
    list_remove(&s->by_age);
    list_append(a->free.next, &s->by_age); /* before the first */
}

static struct set *
oldest(struct audit *a)
{
    return list_empty(&a->by_age) ? NULL : LIST_ITEM(a->by_age.next, struct set, by_age);
}

static void
drop_late(struct audit *a, struct walltime now)
{
    struct set *s;

    while ((s = oldest(a)) != NULL && now.ns - s->received.ns > AUDIT_WAIT_NS) {
        count(a, AUDIT_C_TIMED_OUT);
        give_back(a, s);
    }
}

static struct set *
find(struct audit *a, uint64_t hash)
{
    LIST_EACH(&a->buckets[hash % a->n_sets], link)
    if (LIST_ITEM(link, struct set, in_bucket)->hash == hash)
        return LIST_ITEM(link, struct set, in_bucket);
    return NULL;
}

static struct set *
begin(struct audit *a, uint64_t hash, struct walltime received)
{
    struct set *s;

    if (list_empty(&a->free)) {
        count(a, AUDIT_C_EVICTED);
        give_back(a, oldest(a));
    }
    s = LIST_ITEM(a->free.next, struct set, by_age);
    list_remove(&s->by_age);
    list_append(&a->by_age, &s->by_age);
    list_append(&a->buckets[hash % a->n_sets], &s->in_bucket);
    s->hash = hash;
    s->received = received;
    s->has = 0;
    s->n_text = 0;
    s->n_cmdline = 0;
    memset(s->values, 0, sizeof(s->values));
    return s;
}

static struct set *
find_or_begin(struct audit *a, uint64_t hash, struct walltime received)
{
    struct set *s = find(a, hash);

    return s != NULL ? s : begin(a, hash, received);
}

/* --- what records tell --- */

static struct slice
field(const struct fields *fields, size_t first, struct slice name)
{
    size_t i;

    for (i = first; i < fields->n; i++)
        if (slice_eq(fields->items[i].name, name))
            return fields->items[i].value;
    return (struct slice){NULL, 0};
}

/* Appends as much of @value as there is room for. Return: the copy. */
static struct slice
append(struct audit *a, char *to, size_t *n, size_t n_max, struct slice value)
{
    struct slice copy = {to + *n, value.n};

    if (value.n > n_max - *n) {
        copy.n = n_max - *n;
        count(a, AUDIT_C_CUT);
    }
    if (copy.n > 0)
        memcpy(to + *n, value.p, copy.n);
    *n += copy.n;
    return copy;
}

static void
keep(struct audit *a, struct set *s, enum value which, struct slice value)
{
    if (value.n > 0)
        s->values[which] = append(a, s->text->values, &s->n_text, VALUES_MAX, value);
}

static bool
starts_program(const struct fields *fields, size_t first)
{
    struct slice call = field(fields, first, SLICE("SYSCALL"));

    return slice_eq(call, SLICE("execve")) || slice_eq(call, SLICE("execveat"));
}

/* A user's name is known where the sender told it, and that of 0 everywhere. */
static struct slice
user_name(const struct fields *fields, size_t first)
{
    struct slice name = field(fields, first, SLICE("UID"));
    struct slice uid = field(fields, first, SLICE("uid"));

    if (name.n > 0)
        return name;
    return slice_eq(uid, SLICE("0")) ? SLICE("root") : uid;
}

/* Of a start that failed nothing else follows: no program runs. */
static void
take_syscall(struct audit *a, uint64_t hash, struct walltime received, const struct fields *fields, size_t first)
{
    struct set *s;

    if (!starts_program(fields, first))
        return;
    if (slice_eq(field(fields, first, SLICE("success")), SLICE("no"))) {
        s = find(a, hash);
        if (s != NULL)
            give_back(a, s);
        return;
    }
    s = find_or_begin(a, hash, received);
    s->has |= HAS_SYSCALL;
    keep(a, s, VALUE_EXE, field(fields, first, SLICE("exe")));
    keep(a, s, VALUE_PID, field(fields, first, SLICE("pid")));
    keep(a, s, VALUE_PPID, field(fields, first, SLICE("ppid")));
    keep(a, s, VALUE_USER, user_name(fields, first));
    keep(a, s, VALUE_UID, field(fields, first, SLICE("uid")));
    keep(a, s, VALUE_SES, field(fields, first, SLICE("ses")));
}

static void
take_execve(struct audit *a, uint64_t hash, struct walltime received, const struct fields *fields, size_t first)
{
    struct set *s = find_or_begin(a, hash, received);
    size_t i;

    s->has |= HAS_EXECVE;
    for (i = first; i < fields->n; i++) {
        bool goes_on;

        if (!auditd_argument(fields->items[i].name, &goes_on))
            continue;
        if (!goes_on && s->n_cmdline > 0)
            (void)append(a, s->text->cmdline, &s->n_cmdline, CMDLINE_MAX, SLICE(" "));
        (void)append(a, s->text->cmdline, &s->n_cmdline, CMDLINE_MAX, fields->items[i].value);
    }
}

static void
take_rest(struct audit *a, uint64_t hash, const struct fields *fields, size_t first)
{
    struct set *s = find(a, hash);

    if (s == NULL)
        return;
    s->has |= HAS_REST;
    keep(a, s, VALUE_CWD, field(fields, first, SLICE("cwd")));
}

/* --- what becomes of them --- */

static void
present(struct audit *a, struct set *s, struct fields *fields)
{
    size_t i;

    fields_add(fields, SLICE("audit_joined"), SLICE("execve"), VALUE_TEXT);
    fields_add(fields, SLICE("joined.cmdline"), arena_copy(fields->arena, slice_of(s->text->cmdline, s->n_cmdline)),
        VALUE_TEXT);
    for (i = 0; i < VALUES; i++)
        if (s->values[i].n > 0)
            fields_add(fields, value_names[i], arena_copy(fields->arena, s->values[i]), VALUE_TEXT);
    count(a, AUDIT_C_JOINED);
    give_back(a, s);
}

static bool
is_rest(struct slice type)
{
    return slice_eq(type, SLICE("CWD")) || slice_eq(type, SLICE("PATH")) || slice_eq(type, SLICE("PROCTITLE")) ||
           slice_eq(type, SLICE("EOE"));
}

void
audit_add(struct audit *a, struct slice host, const struct auditd_stamp *stamp, struct walltime received,
    struct fields *fields, size_t first)
{
    struct slice type = field(fields, first, SLICE("type"));
    uint64_t hash = hash_of(host, stamp);
    struct set *s;

    if (a->n_sets == 0)
        return;
    drop_late(a, received);
    if (slice_eq(type, SLICE("SYSCALL")))
        take_syscall(a, hash, received, fields, first);
    else if (slice_eq(type, SLICE("EXECVE")))
        take_execve(a, hash, received, fields, first);
    else if (is_rest(type) && !list_empty(&a->by_age))
        take_rest(a, hash, fields, first);
    else
        return;
    s = find(a, hash);
    if (s != NULL && s->has == HAS_ALL)
        present(a, s, fields);
}

static void
copy_set(struct set *to, const struct set *from)
{
    size_t i;

    to->has = from->has;
    to->n_text = from->n_text;
    to->n_cmdline = from->n_cmdline;
    memcpy(to->text->values, from->text->values, from->n_text);
    memcpy(to->text->cmdline, from->text->cmdline, from->n_cmdline);
    for (i = 0; i < VALUES; i++)
        if (from->values[i].n > 0)
            to->values[i] = slice_of(to->text->values + (from->values[i].p - from->text->values), from->values[i].n);
}

void
audit_carry(struct audit *a, const struct audit *before)
{
    if (a->n_sets == 0)
        return;
    LIST_EACH(&before->by_age, link)
    {
        const struct set *s = LIST_ITEM(link, struct set, by_age);

        copy_set(begin(a, s->hash, s->received), s);
    }
}
