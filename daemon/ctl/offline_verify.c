/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/offline.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "store/verify.h"

enum {
    SHOWN_MAX = 20, /* findings a table, for people: one cause may have a hundred thousand */
    NOTE_MAX = 64 * 1024,
};

struct report {
    bool json;
    struct buffer line;
    uint64_t n[VERIFY_SUBJECTS]; /* findings so far */
};

static void
print_line(const struct buffer *line)
{
    (void)printf(SLICE_FMT "\n", SLICE_ARG(buffer_slice(line)));
}

static void
write_finding(struct buffer *line, const struct verify_finding *f)
{
    struct json_writer w;

    json_begin(&w, line);
    json_object(&w);
    json_field_text(&w, "table", verify_subjects[f->subject].name);
    json_field_int(&w, "entry", f->seq);
    json_field_string(&w, "key", f->key);
    json_field_string(&w, "text", f->text);
    json_close(&w);
}

/* "incident I-2026-000001, entry 9: severity is …" */
static void
say_finding(struct buffer *line, const struct verify_finding *f)
{
    buffer_printf(line, "%s", verify_subjects[f->subject].name);
    if (f->key.n > 0)
        buffer_add_char(line, ' ');
    buffer_add_escaped(line, f->key);
    if (f->seq >= 0)
        buffer_printf(line, ", entry %" PRId64, f->seq);
    buffer_add(line, SLICE(": "));
    buffer_add_escaped(line, f->text);
}

static void
print_finding(void *ctx, const struct verify_finding *f)
{
    struct report *report = ctx;

    buffer_reset(&report->line);
    if (report->json)
        write_finding(&report->line, f);
    else if (++report->n[f->subject] <= SHOWN_MAX)
        say_finding(&report->line, f);
    else
        return;
    print_line(&report->line);
}

/* What no entry covers, in one sentence: "lag, alert (key, minute), …". */
static void
say_uncovered(struct buffer *out, bool yet)
{
    const char *comma = "";
    size_t i;

    for (i = 0; i < VERIFY_SUBJECTS; i++) {
        const struct verify_subject_row *row = &verify_subjects[i];
        const char *columns = yet ? row->yet : row->never;

        if (columns == NULL)
            continue;
        buffer_printf(out, "%s%s", comma, row->name);
        if (strcmp(columns, "all") != 0)
            buffer_printf(out, " (%s)", columns);
        comma = "; ";
    }
}

static void
write_subjects(struct json_writer *w, const struct verify_summary *s)
{
    size_t i;

    json_key(w, "tables");
    json_array(w);
    for (i = 0; i < VERIFY_SUBJECTS; i++) {
        const struct verify_subject_row *row = &verify_subjects[i];

        json_object(w);
        json_field_text(w, "table", row->name);
        json_field_int(w, "rows", (int64_t)s->n_rows[i]);
        json_field_int(w, "differences", (int64_t)s->n_found[i]);
        json_field_text(w, "checked_by", row->by);
        json_field_text(w, "not_covered", row->never == NULL ? "" : row->never);
        json_field_text(w, "not_covered_yet", row->yet == NULL ? "" : row->yet);
        json_close(w);
    }
    json_close(w);
}

static void
write_summary(struct buffer *line, const struct verify_summary *s, bool intact)
{
    CLEANUP_BUFFER struct buffer never = {0};
    CLEANUP_BUFFER struct buffer yet = {0};
    struct json_writer w;

    say_uncovered(&never, false);
    say_uncovered(&yet, true);
    json_begin(&w, line);
    json_object(&w);
    json_field_bool(&w, "intact", intact);
    json_field_int(&w, "entries", (int64_t)s->n_rows[VERIFY_LEDGER]);
    json_field_int(&w, "signed", (int64_t)s->n_signed);
    json_field_int(&w, "checkpoints", (int64_t)s->n_rows[VERIFY_CHECKPOINT]);
    json_field_int(&w, "evidence", (int64_t)s->n_rows[VERIFY_EVIDENCE]);
    json_field_int(&w, "findings", (int64_t)s->n_findings);
    json_field_text(&w, "root", s->root);
    json_field_text(&w, "verifier", s->verifier);
    json_field_string(&w, "not_covered", buffer_slice(&never));
    json_field_string(&w, "not_covered_yet", buffer_slice(&yet));
    write_subjects(&w, s);
    json_close(&w);
}

static void
say_subjects(const struct report *report, const struct verify_summary *s)
{
    size_t i;

    for (i = 0; i < VERIFY_SUBJECTS; i++)
        if (report->n[i] > SHOWN_MAX)
            (void)printf("%s: and %" PRIu64 " more\n", verify_subjects[i].name, report->n[i] - SHOWN_MAX);
    if (s->n_findings > 0)
        (void)printf("\n");
    (void)printf("%-20s %10s %12s  %s\n", "TABLE", "ROWS", "DIFFERENCES", "CHECKED BY");
    for (i = 0; i < VERIFY_SUBJECTS; i++)
        (void)printf("%-20s %10" PRIu64 " %12" PRIu64 "  %s\n", verify_subjects[i].name, s->n_rows[i], s->n_found[i],
            verify_subjects[i].by);
}

static void
say_summary(struct report *report, const struct verify_summary *s, bool intact)
{
    struct buffer *line = &report->line;
    uint64_t n = s->n_rows[VERIFY_LEDGER];

    say_subjects(report, s);
    buffer_reset(line);
    buffer_add(line, SLICE("\nnot covered by the ledger: "));
    say_uncovered(line, false);
    buffer_add(line, SLICE("; and, until the alert closes or the run ends: "));
    say_uncovered(line, true);
    buffer_add(line, SLICE("\nsigned by "));
    buffer_add_escaped(line, slice_str(s->verifier[0] == '\0' ? "nobody" : s->verifier));
    buffer_printf(line, "\n%s: %" PRIu64 " entries, %" PRIu64 " not yet signed, root %s", intact ? "intact" : "BROKEN",
        n, n > s->n_signed ? n - s->n_signed : 0, s->root);
    print_line(line);
}

/* Says how it went. Return: the exit code. */
static int
conclude(struct report *report, const struct verify_summary *s, const char *dir, int r)
{
    buffer_reset(&report->line);
    switch (r) {
    case 0:
    case VERIFY_E_BROKEN:
        if (!report->json) {
            say_summary(report, s, r == 0);
        } else {
            write_summary(&report->line, s, r == 0);
            print_line(&report->line);
        }
        return r == 0 ? EXIT_DONE : EXIT_REFUSED;
    case VERIFY_E_NONE:
        (void)fprintf(stderr, "ismsctl: there are no records in %s\n", dir);
        return EXIT_REFUSED;
    case VERIFY_E_KEY:
        (void)fprintf(stderr, "ismsctl: the verifier is a line of the form NAME+HASH+KEY, as verify prints it\n");
        return EXIT_USAGE;
    default:
        log_failure("ctl", r, "cannot verify");
        return EXIT_MACHINE;
    }
}

int
offline_verify(const struct invocation *inv, const struct settings *settings)
{
    const char *dir = invocation_get(inv, "state_dir");
    const char *verifier = invocation_get(inv, "verifier");
    const char *checkpoint = invocation_get(inv, "checkpoint");
    CLEANUP_BUFFER struct buffer note = {0};
    struct verify_trust trust = {slice_str(verifier == NULL ? "" : verifier), {NULL, 0}};
    struct report report = {.json = inv->json};
    struct verify_summary summary = {0};
    int r = 0;

    if (dir == NULL)
        dir = settings->state_dir;
    if (checkpoint != NULL)
        r = file_read(checkpoint, NOTE_MAX, &note);
    if (r != 0) {
        (void)fprintf(stderr, "ismsctl: %s cannot be read\n", checkpoint);
        return EXIT_MACHINE;
    }
    trust.checkpoint = buffer_slice(&note);
    r = store_verify(dir, &trust, print_finding, &report, &summary);
    r = conclude(&report, &summary, dir, r);
    buffer_fini(&report.line);
    return r;
}
