/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How much CPU one JSON event costs: json_flatten(), which yields flat fields with joined and hashed names, against
 * simdjson's DOM with a walk over all leaves, which yields neither. Both sides take the same events in turn, several
 * times; the medians are compared.
 *
 *     bench_json [rounds]
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "base/json_writer.h"
#include "parsers/json.h"
#include "simdjson_walk.h"

enum { N_EVENTS = 500, ROUNDS_DEFAULT = 41, ROUNDS_MAX = 101, PASSES = 20, FIELDS_MAX = 1024 };

struct event {
    size_t at; /* in the corpus's text */
    size_t n;
};

struct corpus {
    const char *name;
    struct buffer text;
    struct event events[N_EVENTS];
};

typedef size_t side_fn(const struct corpus *c);

static uint32_t seed = 1;

static uint32_t
draw(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static const char *const programs[] = {"powershell", "rundll32", "backup_agent", "reportviewer", "svchost", "wmiprvse"};
static const char *const folders[] = {"System32", "SysWOW64", "Temp", "Installer\\cache"};
static const char *const users[] = {"j.weber", "SYSTEM", "m.okafor", "svc-backup", "l.nguyen"};

#define PICK(a) (a)[draw(ARRAY_LEN(a))]

static void text_field(struct json_writer *w, const char *key, const char *fmt, ...) PRINTF_LIKE(3, 4);

static void
text_field(struct json_writer *w, const char *key, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    json_field_text(w, key, text);
}

/* What a process creation tells about the process; Windows paths, so nearly every value has escapes. */
static void
process_fields(struct json_writer *w)
{
    const char *program = PICK(programs);

    text_field(w, "UtcTime", "2026-03-%02u 09:%02u:%02u.%03u", 1 + draw(28), draw(60), draw(60), draw(1000));
    text_field(
        w, "ProcessGuid", "{%08x-%04x-%04x-0000-%08x4711}", draw(1u << 24), draw(65536), draw(65536), draw(1u << 24));
    text_field(w, "ProcessId", "%u", draw(30000));
    text_field(w, "Image", "C:\\Windows\\%s\\%s.exe", PICK(folders), program);
    text_field(w, "FileVersion", "10.0.%u.%u (release)", draw(30000), draw(4000));
    text_field(w, "Description", "Host for %s tasks", program);
    text_field(w, "Product", "Example Workplace Suite");
    text_field(w, "Company", "Example GmbH");
    text_field(w, "OriginalFileName", "%s.exe", program);
    text_field(w, "CommandLine",
        "\"C:\\Windows\\%s\\%s.exe\" -NoLogo -File \"D:\\jobs\\night run\\step%u.ps1\" -Target srv%02u", PICK(folders),
        program, draw(100), draw(40));
    text_field(w, "CurrentDirectory", "C:\\Users\\%s\\AppData\\Local\\", PICK(users));
    text_field(w, "User", "CORP\\%s", PICK(users));
    text_field(w, "LogonGuid", "{%08x-%04x-%04x-0000-00200000}", draw(1u << 24), draw(65536), draw(65536));
    text_field(w, "LogonId", "0x%x", draw(1u << 24));
    text_field(w, "TerminalSessionId", "%u", draw(4));
    text_field(w, "IntegrityLevel", draw(2) == 0 ? "Medium" : "High");
    text_field(w, "Hashes", "SHA256=%08X%08X%08X%08X%08X%08X%08X%08X,IMPHASH=%08X%08X%08X%08X", draw(1u << 24),
        draw(1u << 24), draw(1u << 24), draw(1u << 24), draw(1u << 24), draw(1u << 24), draw(1u << 24), draw(1u << 24),
        draw(1u << 24), draw(1u << 24), draw(1u << 24), draw(1u << 24));
    text_field(w, "ParentImage", "C:\\Windows\\explorer.exe");
    text_field(w, "ParentProcessId", "%u", draw(30000));
    text_field(w, "ParentCommandLine", "C:\\Windows\\Explorer.EXE /factory,{%08x-0000}", draw(1u << 24));
    text_field(w, "ParentUser", "CORP\\%s", PICK(users));
}

static void
message_field(struct json_writer *w, const char *key)
{
    text_field(w, key,
        "A process was created.\r\n\r\nIt runs for %s since %u minutes in session %u of this machine.\r\nIts parent is "
        "known, "
        "its publisher is trusted, and the rule r%u of the workplace policy lets it start.\r\n\r\nWhat it may reach: "
        "the "
        "file servers of its site, the print service, the update service.\r\nWhat it may not: registry hives of other "
        "users, raw disks, memory of other processes.\r\nQuestions go to the service desk, ticket class %u.",
        PICK(users), draw(100), draw(9), draw(1000), draw(50));
}

static void
flat_event(struct json_writer *w)
{
    json_object(w);
    json_field_int(w, "EventID", 1);
    json_field_int(w, "Version", 5);
    json_field_int(w, "RecordNumber", draw(1u << 24));
    text_field(w, "Channel", "Example-Process/Operational");
    text_field(w, "Provider_Name", "Example-Process");
    text_field(w, "Computer", "ws%04u.corp.example", draw(3000));
    text_field(w, "Keywords", "0x8000000000000000");
    json_field_bool(w, "Archived", false);
    process_fields(w);
    message_field(w, "Message");
    json_close(w);
}

/* The shape of an agent's document: the record itself two levels down, and what the agent adds around it. */
static void
nested_event(struct json_writer *w)
{
    json_object(w);
    text_field(w, "@timestamp", "2026-03-%02uT09:%02u:%02u.%03uZ", 1 + draw(28), draw(60), draw(60), draw(1000));
    json_key(w, "agent");
    json_object(w);
    text_field(w, "name", "ws%04u", draw(3000));
    text_field(w, "type", "winlogbeat");
    text_field(w, "id", "%08x-%04x-%04x", draw(1u << 24), draw(65536), draw(65536));
    json_close(w);
    json_key(w, "host");
    json_object(w);
    text_field(w, "name", "ws%04u.corp.example", draw(3000));
    json_key(w, "ip");
    json_array(w);
    json_string(w, SLICE("192.0.2.17"));
    json_string(w, SLICE("2001:db8::17"));
    json_close(w);
    json_key(w, "os");
    json_object(w);
    text_field(w, "family", "windows");
    text_field(w, "build", "19045.%u", draw(5000));
    json_close(w);
    json_close(w);
    json_key(w, "event");
    json_object(w);
    json_field_int(w, "code", 1);
    text_field(w, "kind", "event");
    json_key(w, "category");
    json_array(w);
    json_string(w, SLICE("process"));
    json_close(w);
    json_close(w);
    json_key(w, "winlog");
    json_object(w);
    text_field(w, "channel", "Example-Process/Operational");
    json_field_int(w, "record_id", draw(1u << 24));
    json_key(w, "process");
    json_object(w);
    json_field_int(w, "pid", draw(30000));
    json_key(w, "thread");
    json_object(w);
    json_field_int(w, "id", draw(30000));
    json_close(w);
    json_close(w);
    json_key(w, "event_data");
    json_object(w);
    process_fields(w);
    json_close(w);
    json_close(w);
    message_field(w, "message");
    json_key(w, "tags");
    json_null(w);
    json_close(w);
}

static void
corpus_make(struct corpus *c, const char *name, void (*event)(struct json_writer *w))
{
    size_t i;

    c->name = name;
    for (i = 0; i < N_EVENTS; i++) {
        struct json_writer w;

        c->events[i].at = c->text.n;
        json_begin(&w, &c->text);
        event(&w);
        c->events[i].n = c->text.n - c->events[i].at;
    }
    if (buffer_reserve(&c->text, simdjson_padding()) == NULL)
        exit(1);
}

static size_t
ours(const struct corpus *c)
{
    static struct arena arena;
    size_t n_leaves = 0;
    size_t i;

    if (arena.current == NULL && arena_init(&arena, 1u << 20, 1u << 20) < 0)
        exit(1);
    for (i = 0; i < N_EVENTS; i++) {
        struct fields fields;

        arena_reset(&arena);
        fields_init(&fields, &arena, FIELDS_MAX);
        if (json_flatten(slice_of(c->text.p + c->events[i].at, c->events[i].n), &fields, NULL) != 0)
            exit(1);
        n_leaves += fields.n;
    }
    return n_leaves;
}

static size_t
theirs(const struct corpus *c)
{
    struct walk_result result = {0};
    size_t i;

    for (i = 0; i < N_EVENTS; i++)
        if (!simdjson_walk(c->text.p + c->events[i].at, c->events[i].n, &result))
            exit(1);
    return result.n_leaves;
}

/* CPU nanoseconds an event. */
static double
measure(side_fn *side, const struct corpus *c, size_t *n_leaves)
{
    clock_t start = clock();
    int i;

    for (i = 0; i < PASSES; i++)
        *n_leaves = side(c);
    return (double)(clock() - start) * (1e9 / CLOCKS_PER_SEC) / PASSES / N_EVENTS;
}

static int
by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void
compare(const struct corpus *c, int rounds)
{
    double ns[2][ROUNDS_MAX];
    size_t n_leaves[2] = {0, 0};
    int i;

    for (i = 0; i < rounds; i++) {
        ns[0][i] = measure(ours, c, &n_leaves[0]);
        ns[1][i] = measure(theirs, c, &n_leaves[1]);
    }
    qsort(ns[0], (size_t)rounds, sizeof(double), by_value);
    qsort(ns[1], (size_t)rounds, sizeof(double), by_value);
    if (n_leaves[0] != n_leaves[1]) {
        (void)fprintf(stderr, "%s: %zu leaves here, %zu there\n", c->name, n_leaves[0], n_leaves[1]);
        exit(1);
    }
    printf("%-8s %6zu %7.1f %12.0f %12.0f %8.2f\n", c->name, c->text.n / N_EVENTS, (double)n_leaves[0] / N_EVENTS,
        ns[0][rounds / 2], ns[1][rounds / 2], ns[0][rounds / 2] / ns[1][rounds / 2]);
}

int
main(int argc, char **argv)
{
    static struct corpus flat;
    static struct corpus nested;
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : ROUNDS_DEFAULT;

    if (rounds < 1 || rounds > ROUNDS_MAX)
        return 1;
    corpus_make(&flat, "flat", flat_event);
    corpus_make(&nested, "nested", nested_event);
    printf("CPU per event, median of %ld alternated rounds; simdjson %s\n", rounds, simdjson_name());
    printf("%-8s %6s %7s %12s %12s %8s\n", "events", "bytes", "leaves", "ismsd ns", "simdjson ns", "ratio");
    compare(&flat, (int)rounds);
    compare(&nested, (int)rounds);
    buffer_fini(&flat.text);
    buffer_fini(&nested.text);
    return 0;
}
