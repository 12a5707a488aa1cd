/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/ruleset.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "detect/compile.h"
#include "detect/lists.h"
#include "detect/sigma_filter.h"
#include "detect/trust.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, RULESET_BYTES_MAX = 1 << 30 };

/* What is needed while rule files are read. */
struct reading {
    const char *const *paths;
    size_t n_paths;
    const struct ruleset_options *options;
    struct sigma_rules *rules;
    struct diag *diag;
};

static void
ruleset_free(struct rules *rules)
{
    struct ruleset *rs = (struct ruleset *)((char *)rules - offsetof(struct ruleset, rules));
    size_t i;

    for (i = 0; rs->indexes != NULL && i < rs->atoms.n_scopes; i++)
        index_fini(&rs->indexes[i]);
    prefilter_scratch_free(rs->scratch);
    atoms_fini(&rs->atoms);
    arena_fini(&rs->arena);
    free(rs);
}

/* What cannot be opened is the author's problem; what fails after that is the machine's. */
static bool
is_authors(int r)
{
    return r == -ENOENT || r == -EACCES || r == -ENOTDIR || r == -ELOOP || r == -EISDIR;
}

static int
read_rules(void *ctx, const char *path)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct reading *reading = ctx;
    char reason[128];
    int r;

    if (slice_ends(slice_str(path), SLICE(".samples.yaml")))
        return 0;
    r = file_read(path, FILE_BYTES_MAX, &text);
    if (r == FILE_E_TOO_LARGE)
        r = sigma_refuse(reading->rules, path, reading->diag, "a rule file of more than 16 MiB is not read");
    else if (is_authors(r))
        r = sigma_refuse(reading->rules, path, reading->diag, strerror_r(-r, reason, sizeof(reason)));
    else if (r == 0)
        r = sigma_read(reading->rules, buffer_slice(&text), path, reading->diag);
    return r < 0 ? error_trace(r) : 0;
}

static int
read_paths(struct reading *reading)
{
    static const char *const suffixes[] = {".yml", ".yaml", NULL};
    size_t i;

    for (i = 0; i < reading->n_paths; i++) {
        int r = file_walk(reading->paths[i], suffixes, read_rules, reading);

        if (is_authors(r))
            diag_error(reading->diag, (struct diag_place){reading->paths[i], 0, 0}, "%s", strerror(-r));
        else if (r < 0)
            return error_trace(r);
    }
    return 0;
}

static int
make_texts(struct ruleset *rs, const struct sigma_rules *rules)
{
    struct rule_text *texts = arena_zalloc(&rs->arena, (rs->rules.n + 1) * sizeof(*texts));
    const struct sigma_rule *rule;

    if (texts == NULL)
        return error_origin(-ENOMEM);
    for (rule = rules->first; rule != NULL; rule = rule->next)
        if (rule->status == RULE_LOADED && rule->filter == NULL)
            texts[rule->rule.number] = rule->text;
    rs->texts = texts;
    return 0;
}

static enum rule_status
reported_status(const struct sigma_rule *rule)
{
    return rule->kept && rule->status == RULE_LOADED ? RULE_KEPT : rule->status;
}

static int
make_reports(struct ruleset *rs, const struct sigma_rules *rules)
{
    const struct sigma_rule *rule;

    rs->reports = arena_alloc(&rs->arena, (rules->n + 1) * sizeof(*rs->reports));
    if (rs->reports == NULL)
        return error_origin(-ENOMEM);
    for (rule = rules->first; rule != NULL; rule = rule->next)
        rs->reports[rs->n_reports++] = (struct rule_report){rule->rule.uid, rule->rule.title, rule->at.file,
            rule->at.line, rule->at.column, reported_status(rule), rule->filter != NULL, rule->reason};
    return 0;
}

/* What a file lost by a mistake is read as it was, behind all files. Return: as keep_lost(). */
static int
keep(struct ruleset *rs, const struct reading *reading, size_t *n)
{
    struct sigma_rule **end = reading->rules->end;
    int r = keep_lost(reading->options->before, reading->rules, n);

    if (r == 0)
        r = sigma_filters_apply(reading->rules, *end, reading->diag);
    if (r == 0)
        r = compile_atoms(rs, reading->rules, *end, reading->diag);
    return r < 0 ? error_trace(r) : 0;
}

/* A mistake of a correlation may show only when all is linked; what is kept for it takes part, so it is linked again.
 */
static int
link_all(struct ruleset *rs, const struct reading *reading)
{
    struct rule *items = NULL;
    size_t n = 1;
    int pass;
    int r = 0;

    for (pass = 0; pass < 2 && r == 0 && n > 0; pass++) {
        r = sigma_link(reading->rules, &items, &rs->rules.n, reading->diag);
        if (r == 0 && pass == 0)
            r = keep(rs, reading, &n);
    }
    rs->rules.items = items;
    return r < 0 ? error_trace(r) : 0;
}

static int
read_all(struct ruleset *rs, struct reading *reading)
{
    size_t n;
    int r;

    r = read_paths(reading);
    if (r == 0)
        r = sigma_filters_apply(reading->rules, reading->rules->first, reading->diag);
    if (r == 0)
        r = compile_atoms(rs, reading->rules, reading->rules->first, reading->diag);
    if (r == 0)
        r = keep(rs, reading, &n);
    if (r == 0)
        r = link_all(rs, reading);
    if (r < 0)
        return error_trace(r);
    sigma_filters_report(reading->rules, reading->diag);
    keep_explain(reading->options->before, reading->rules, reading->diag);
    return 0;
}

static int
load(struct ruleset *rs, const char *const *paths, size_t n_paths, const struct ruleset_options *options,
    struct diag *diag)
{
    struct sigma_rules rules;
    struct reading reading = {paths, n_paths, options, &rules, diag};
    int r;

    sigma_rules_init(&rules, &rs->arena);
    rules.digest = options->digest;
    rules.digest_ctx = options->digest_ctx;
    rules.now = options->now;
    r = lists_read(&rules, options->lists, options->n_lists, diag);
    if (r == 0)
        r = read_all(rs, &reading);
    if (r == 0)
        r = compile_rules(rs, &rules, diag);
    if (r == 0 && options->now.ns != 0)
        r = make_texts(rs, &rules);
    if (r == 0)
        r = make_reports(rs, &rules);
    return r < 0 ? error_trace(r) : 0;
}

/* A fault of the machine and not of what anybody wrote: it goes to the log. */
static enum prefilter_trust
measure_trust(void)
{
    enum prefilter_trust trust = trust_measure();

    if (trust == PREFILTER_LITERALS)
        log_warning("detect", "this build of Vectorscan loses matches of regular expressions, so these are found "
                              "by their literals and PCRE2, which is slower; Hyperscan 5.4 has no such fault");
    if (trust == PREFILTER_DISTRUSTED)
        log_warning("detect", "Vectorscan cannot be used here, so every rule is evaluated by itself, which is "
                              "hundreds of times slower");
    return trust;
}

int
ruleset_load(struct ruleset **out, const char *const *paths, size_t n_paths, const struct ruleset_options *options,
    struct diag *diag)
{
    static const struct ruleset_options defaults = {.prefilter = true};
    CLEANUP(ruleset_unref) struct ruleset *rs = NULL;
    int r;

    rs = calloc(1, sizeof(*rs));
    if (rs == NULL)
        return error_origin(-ENOMEM);
    rs->rules.refs = 1;
    rs->rules.free = ruleset_free;
    if (options == NULL)
        options = &defaults;
    if (options->prefilter)
        rs->trust = measure_trust();
    r = arena_init(&rs->arena, 0, RULESET_BYTES_MAX);
    if (r == 0)
        r = atoms_init(&rs->atoms, &rs->arena);
    if (r == 0)
        r = load(rs, paths, n_paths, options, diag);
    if (r < 0)
        return error_trace(r);
    (void)malloc_trim(0); /* compiling took several times of what stays */
    *out = TAKE(rs);
    return 0;
}

struct rules *
ruleset_rules(struct ruleset *rs)
{
    return &rs->rules;
}

void
ruleset_unref(struct ruleset *rs)
{
    if (rs != NULL)
        rules_unref(&rs->rules);
}

const struct rule_report *
ruleset_reports(const struct ruleset *rs, size_t *n)
{
    *n = rs->n_reports;
    return rs->reports;
}

uint32_t
ruleset_scope(const struct ruleset *rs, const struct field *field)
{
    size_t at;

    for (at = field->name_hash & rs->names_mask; rs->names[at] != 0; at = (at + 1) & rs->names_mask) {
        const struct scope *scope = &rs->atoms.scopes[rs->names[at]];

        if (scope->hash == field->name_hash && field_named(field, scope->name, scope->hash))
            return rs->names[at];
    }
    return SCOPE_KEYWORDS;
}

static bool
covers_any(const struct logsource *asked, const struct logsource *const *given, size_t n_given)
{
    size_t i;

    for (i = 0; i < n_given; i++)
        if (logsource_covers(asked, given[i]))
            return true;
    return false;
}

bool
ruleset_asks(
    const struct ruleset *rs, const struct logsource *logsource, const struct logsource *const *given, size_t n_given)
{
    size_t i;

    for (i = 0; i < rs->n_sources; i++) {
        const struct rule_source *s = &rs->sources[i];

        if (logsource_covers(&s->logsource, logsource) &&
            (s->asks_fields || !covers_any(&s->logsource, given, n_given)))
            return true;
    }
    return false;
}

size_t
ruleset_count(const struct ruleset *rs, enum rule_status status)
{
    size_t n;
    const struct rule_report *reports = ruleset_reports(rs, &n);
    size_t count = 0;
    size_t i;

    for (i = 0; i < n; i++)
        count += reports[i].status == status && !reports[i].is_filter;
    return count;
}

const char *
rule_status_name(enum rule_status status)
{
    static const char *const names[] = {
        // clang-format off
        [RULE_LOADED]   = "loaded",
        [RULE_REJECTED] = "rejected",
        [RULE_SKIPPED]  = "skipped",
        [RULE_KEPT]     = "kept",
        // clang-format on
    };

    return names[status];
}
