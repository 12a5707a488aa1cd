/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/offline.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "store/verify.h"

struct report {
    bool json;
    struct buffer line;
};

static void
print_finding(void *ctx, const struct verify_finding *f)
{
    struct report *report = ctx;
    struct json_writer w;

    buffer_reset(&report->line);
    if (report->json) {
        json_begin(&w, &report->line);
        json_object(&w);
        json_field_text(&w, "check", verify_check_name(f->check));
        json_field_int(&w, "entry", f->seq);
        json_field_string(&w, "record", f->record);
        json_field_string(&w, "text", f->text);
        json_close(&w);
    } else {
        buffer_printf(&report->line, "%s", verify_check_name(f->check));
        if (f->seq >= 0)
            buffer_printf(&report->line, " entry %" PRId64, f->seq);
        if (f->record.n > 0)
            buffer_add_char(&report->line, ' ');
        buffer_add_escaped(&report->line, f->record);
        buffer_add(&report->line, SLICE(": "));
        buffer_add_escaped(&report->line, f->text);
    }
    (void)printf(SLICE_FMT "\n", SLICE_ARG(buffer_slice(&report->line)));
}

static void
print_summary(const struct verify_summary *s, bool json, bool intact)
{
    CLEANUP_BUFFER struct buffer line = {0};
    struct json_writer w;

    if (!json) {
        (void)printf("%" PRIu64 " entries, %" PRIu64 " checkpoints, %" PRIu64 " events in evidence, %" PRIu64
                     " records: %s\nroot %s\n",
            s->n_entries, s->n_checkpoints, s->n_evidence, s->n_records, intact ? "intact" : "BROKEN", s->root);
        return;
    }
    json_begin(&w, &line);
    json_object(&w);
    json_field_bool(&w, "intact", intact);
    json_field_int(&w, "entries", (int64_t)s->n_entries);
    json_field_int(&w, "checkpoints", (int64_t)s->n_checkpoints);
    json_field_int(&w, "evidence", (int64_t)s->n_evidence);
    json_field_int(&w, "records", (int64_t)s->n_records);
    json_field_int(&w, "findings", (int64_t)s->n_findings);
    json_field_text(&w, "root", s->root);
    json_close(&w);
    (void)printf(SLICE_FMT "\n", SLICE_ARG(buffer_slice(&line)));
}

int
offline_verify(const struct invocation *inv, const struct settings *settings)
{
    const char *dir = invocation_get(inv, "state_dir");
    struct report report = {.json = inv->json};
    struct verify_summary summary = {0};
    int r;

    if (dir == NULL)
        dir = settings->state_dir;
    r = store_verify(dir, NULL, print_finding, &report, &summary);
    buffer_fini(&report.line);
    if (r == VERIFY_E_NONE) {
        (void)fprintf(stderr, "ismsctl: there are no records in %s\n", dir);
        return EXIT_REFUSED;
    }
    if (r < 0) {
        log_failure("ctl", r, "cannot verify");
        return EXIT_MACHINE;
    }
    print_summary(&summary, inv->json, r == 0);
    return r == 0 ? EXIT_DONE : EXIT_REFUSED;
}
