/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/sigma_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/nearest.h"
#include "detect/sigma_condition.h"
#include "detect/sigma_correlation.h"
#include "detect/sigma_detection.h"
#include "detect/sigma_filter.h"

enum { REASON_MAX = 512, YAML_BYTES_FIRST = 65536, YAML_BYTES_MAX = 256 << 20 };

/* One file on its way; each of its documents is read by itself, so that broken YAML harms only its own document. */
struct file_reader {
    struct sigma_rules *rules;
    struct diag *diag;
    const char *file;
    struct arena yaml; /* the tree of the document at hand */
    unsigned line;     /* lines before the document at hand */
};

void
sigma_rules_init(struct sigma_rules *rules, struct arena *arena)
{
    *rules = (struct sigma_rules){.arena = arena, .end = &rules->first};
}

static void
set_outcome(struct sigma_rules *rules, struct sigma_rule *rule, enum rule_status status, struct diag_place at,
    const char *reason)
{
    if (rule->status != RULE_LOADED)
        return;
    rule->status = status;
    rule->at = at;
    rule->reason = arena_copy(rules->arena, slice_str(reason));
}

void
sigma_reject(
    struct sigma_rules *rules, struct sigma_rule *rule, struct diag *diag, struct diag_place at, const char *fmt, ...)
{
    char reason[REASON_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    set_outcome(rules, rule, RULE_REJECTED, at, reason);
    diag_error(diag, at, "%s", reason);
}

static void
skip(struct sigma_draft *d, struct diag_place at, const char *reason)
{
    set_outcome(d->rules, d->rule, RULE_SKIPPED, sigma_draft_place(d, at), reason);
}

static struct sigma_rule *
add_rule(struct sigma_rules *rules, const char *file)
{
    struct sigma_rule *rule = arena_zalloc(rules->arena, sizeof(*rule));

    if (rule == NULL)
        return NULL;
    rule->status = RULE_LOADED;
    rule->rule.file = slice_str(file);
    *rules->end = rule;
    rules->end = &rule->next;
    rules->n++;
    return rule;
}

static const char *
copy_name(struct sigma_rules *rules, const char *file)
{
    size_t n = strlen(file) + 1;
    char *name = arena_text(rules->arena, n);

    return name == NULL ? NULL : memcpy(name, file, n);
}

int
sigma_refuse(struct sigma_rules *rules, const char *file, struct diag *diag, const char *why)
{
    struct diag_place whole = {copy_name(rules, file), 1, 1};
    struct sigma_rule *rule = whole.file == NULL ? NULL : add_rule(rules, whole.file);

    if (rule == NULL)
        return error_origin(-ENOMEM);
    sigma_reject(rules, rule, diag, whole, "%s", why);
    return 0;
}

/* Of the document where it has no such key. */
static struct diag_place
place_of_value(const struct sigma_draft *d, const struct yaml_node *doc, const char *key)
{
    const struct yaml_node *value = yaml_get(doc, key);

    return sigma_draft_place(d, value == NULL ? doc->at : value->at);
}

/* A rule that only serves a correlation beside it may have no more than a name. */
static void
read_identity(struct sigma_draft *d, const struct yaml_node *doc)
{
    struct rule *rule = &d->rule->rule;

    rule->title = sigma_draft_text(d, doc, "title");
    rule->uid = sigma_draft_text(d, doc, "id");
    rule->name = sigma_draft_text(d, doc, "name");
    rule->author = sigma_draft_text(d, doc, "author");
    d->rule->id_at = place_of_value(d, doc, "id");
    d->rule->name_at = place_of_value(d, doc, "name");
    if (rule->title.n == 0)
        rule->title = rule->name;
    if (rule->title.n == 0 && d->rule->status == RULE_LOADED)
        sigma_draft_problem(d, doc->at, "a rule needs a 'title'");
    if (rule->uid.n == 0)
        rule->uid = rule->title;
}

static void
read_level(struct sigma_draft *d, const struct yaml_node *doc)
{
    struct slice level = sigma_draft_text(d, doc, "level");

    d->rule->rule.level = RULE_MEDIUM;
    if (level.n > 0 && !rule_level_parse(level, &d->rule->rule.level))
        sigma_draft_problem(d, yaml_get(doc, "level")->at,
            "unknown level '" SLICE_FMT "'; known are informational, low, medium, high, critical", SLICE_ARG(level));
}

static void
read_status(struct sigma_draft *d, const struct yaml_node *doc)
{
    static const char *const loaded[] = {"stable", "test", "experimental"};
    struct slice status = sigma_draft_text(d, doc, "status");
    const struct yaml_node *node = yaml_get(doc, "status");
    size_t i;

    if (status.n == 0)
        return;
    if (slice_eq(status, SLICE("deprecated")) || slice_eq(status, SLICE("unsupported"))) {
        skip(d, node->at, status.p[0] == 'd' ? "its status is deprecated" : "its status is unsupported");
        return;
    }
    for (i = 0; i < ARRAY_LEN(loaded); i++)
        if (slice_eq(status, slice_str(loaded[i])))
            return;
    sigma_draft_warning(d, node->at,
        "unknown status '" SLICE_FMT "'; known are stable, test, experimental, deprecated, unsupported",
        SLICE_ARG(status));
}

static void
read_taxonomy(struct sigma_draft *d, const struct yaml_node *doc)
{
    struct slice taxonomy = sigma_draft_text(d, doc, "taxonomy");

    if (taxonomy.n > 0 && !slice_eq(taxonomy, SLICE("sigma")))
        sigma_draft_problem(d, yaml_get(doc, "taxonomy")->at,
            "unknown taxonomy '" SLICE_FMT "'; fields are named by 'sigma'", SLICE_ARG(taxonomy));
}

/* Tags "iso27001.…" name controls. */
static void
read_tags(struct sigma_draft *d, const struct yaml_node *doc)
{
    struct rule *rule = &d->rule->rule;
    struct slice *controls;
    size_t i;

    rule->tags = sigma_draft_texts(d, doc, "tags", &rule->n_tags);
    controls = sigma_draft_alloc(d, (rule->n_tags + 1) * sizeof(*controls));
    if (controls == NULL)
        return;
    for (i = 0; i < rule->n_tags; i++) {
        struct slice tag = rule->tags[i];

        if (cursor_skip_text(&tag, SLICE("iso27001.")) && tag.n > 0)
            controls[rule->n_controls++] = tag;
    }
    rule->controls = controls;
}

/* Relations bind nothing here; only their shape is looked at, so that a typing error does not stay hidden. */
static void
read_related(struct sigma_draft *d, const struct yaml_node *doc)
{
    const struct yaml_node *related = yaml_get(doc, "related");
    const struct yaml_node *entry;

    if (related == NULL || yaml_is_null(related))
        return;
    for (entry = related->children; entry != NULL; entry = entry->next)
        if (yaml_get(entry, "id") == NULL || yaml_get(entry, "type") == NULL)
            sigma_draft_warning(d, entry->at, "an entry of 'related' has an 'id' and a 'type'");
    if (related->kind != YAML_SEQUENCE)
        sigma_draft_warning(d, related->at, "'related' takes a list");
}

static void
read_own_key(struct sigma_draft *d, const struct yaml_node *doc)
{
    const struct yaml_node *own = yaml_get(doc, "ismsd");
    const struct yaml_node *entry;

    if (own == NULL)
        return;
    if (own->kind != YAML_MAPPING) {
        sigma_draft_problem(d, own->at, "'ismsd' takes a map, as {group-by: [src_ip]}");
        return;
    }
    for (entry = own->children; entry != NULL; entry = entry->next)
        if (!slice_eq(entry->key, SLICE("group-by")))
            sigma_draft_problem(
                d, entry->key_at, "'ismsd' has no '" SLICE_FMT "', only 'group-by'", SLICE_ARG(entry->key));
    d->rule->rule.group_by = sigma_draft_texts(d, own, "group-by", &d->rule->rule.n_group_by);
}

/* `definition` tells people how to log. What else stands here would narrow the rule, and cannot. */
static void
warn_of_other_attributes(struct sigma_draft *d, const struct yaml_node *logsource)
{
    static const char *const known[] = {"product", "category", "service", "definition"};
    const struct yaml_node *entry;
    char hint[NEAREST_HINT_MAX];

    for (entry = logsource->children; entry != NULL; entry = entry->next)
        if (!sigma_draft_is_one_of(entry->key, known, ARRAY_LEN(known), hint))
            sigma_draft_warning(d, entry->key_at,
                "'logsource' is told by product, category and service; '" SLICE_FMT "' does not count%s",
                SLICE_ARG(entry->key), hint);
}

static void
read_logsource(struct sigma_draft *d, const struct yaml_node *doc)
{
    const struct yaml_node *node = yaml_get(doc, "logsource");
    struct logsource *ls = &d->rule->rule.logsource;

    if (node == NULL || node->kind != YAML_MAPPING) {
        sigma_draft_problem(
            d, node == NULL ? doc->at : node->at, "a rule needs 'logsource', a map of product, category and service");
        return;
    }
    ls->product = sigma_draft_text(d, node, "product");
    ls->category = sigma_draft_text(d, node, "category");
    ls->service = sigma_draft_text(d, node, "service");
    if (ls->product.n + ls->category.n + ls->service.n == 0)
        sigma_draft_problem(d, node->at, "'logsource' names no product, category or service");
    warn_of_other_attributes(d, node);
}

static void
warn_of_unused(struct sigma_draft *d, const struct sigma_identifier *id)
{
    for (; id != NULL; id = id->next)
        if (!id->used)
            sigma_draft_warning(d, id->at, "the condition does not use '" SLICE_FMT "'", SLICE_ARG(id->name));
}

/* Where it may have been meant is told, since every key of that map is somebody's to choose. */
static void
refuse_without_condition(struct sigma_draft *d, const struct yaml_node *detection)
{
    struct nearest near = {.wrong = SLICE("condition")};
    const struct yaml_node *entry;

    for (entry = detection->children; entry != NULL; entry = entry->next)
        nearest_consider(&near, entry->key);
    for (entry = detection->children; entry != NULL && near.name.p != entry->key.p; entry = entry->next)
        continue;
    if (near.name.p == NULL || entry == NULL)
        sigma_draft_problem(d, detection->at, "'detection' has no 'condition'");
    else
        sigma_draft_problem(
            d, entry->key_at, "'detection' has no 'condition'; is it meant by '" SLICE_FMT "'?", SLICE_ARG(near.name));
}

static void
read_detection(struct sigma_draft *d, const struct yaml_node *detection)
{
    const struct yaml_node *condition = yaml_get(detection, "condition");
    struct sigma_identifier *ids;

    if (detection->kind != YAML_MAPPING) {
        sigma_draft_problem(d, detection->at, "'detection' takes a map of identifiers and a 'condition'");
        return;
    }
    if (condition == NULL) {
        refuse_without_condition(d, detection);
        return;
    }
    ids = sigma_detection_read(d, detection, NULL);
    if (d->rule->status != RULE_LOADED)
        return;
    d->rule->condition = sigma_condition_read(d, condition, ids);
    if (d->rule->status == RULE_LOADED)
        warn_of_unused(d, ids);
}

/* What kind of document it is: a rule, a correlation, a filter. */
static void
read_body(struct sigma_draft *d, const struct yaml_node *doc)
{
    const struct yaml_node *correlation = yaml_get(doc, "correlation");
    const struct yaml_node *detection = yaml_get(doc, "detection");
    const struct yaml_node *filter = yaml_get(doc, "filter");
    const struct yaml_node *action = yaml_get(doc, "action");

    if (action != NULL) {
        sigma_draft_problem(d, action->key_at, "'action' is the old way to join rules; write each rule out");
    } else if (filter != NULL) {
        read_logsource(d, doc);
        sigma_filter_read(d, filter);
    } else if (correlation != NULL) {
        sigma_correlation_read(d, correlation);
        sigma_correlation_read_generate(d, doc);
        if (yaml_get(doc, "ismsd") != NULL)
            sigma_draft_problem(d, yaml_get(doc, "ismsd")->key_at, "a correlation folds by its own 'group-by'");
    } else if (detection != NULL) {
        read_own_key(d, doc);
        read_logsource(d, doc);
        read_detection(d, detection);
    } else {
        sigma_draft_problem(d, doc->at, "no Sigma rule: it has no 'detection', no 'correlation' and no 'filter'");
    }
}

/* Authors may add keys of their own; what comes near one of Sigma's is more likely a slip that would go unseen. */
static void
warn_of_slips(struct sigma_draft *d, const struct yaml_node *doc)
{
    static const char *const known[] = {"title", "id", "name", "related", "taxonomy", "status", "description",
        "license", "author", "references", "date", "modified", "logsource", "detection", "fields", "falsepositives",
        "level", "tags", "scope", "correlation", "generate", "filter", "action", "ismsd"};
    const struct yaml_node *entry;
    char hint[NEAREST_HINT_MAX];

    for (entry = doc->children; entry != NULL; entry = entry->next)
        if (!sigma_draft_is_one_of(entry->key, known, ARRAY_LEN(known), hint) && hint[0] != '\0')
            sigma_draft_warning(
                d, entry->key_at, "'" SLICE_FMT "' is no key of Sigma's%s", SLICE_ARG(entry->key), hint);
}

static void
read_rule(struct sigma_draft *d, const struct yaml_node *doc)
{
    d->rule->at = sigma_draft_place(d, doc->at);
    d->rule->rule.line = d->rule->at.line;
    if (doc->kind != YAML_MAPPING) {
        sigma_draft_problem(d, doc->at, "no Sigma rule: a map is expected");
        return;
    }
    warn_of_slips(d, doc);
    read_identity(d, doc);
    read_status(d, doc);
    if (d->rule->status == RULE_SKIPPED)
        return;
    read_level(d, doc);
    read_taxonomy(d, doc);
    read_tags(d, doc);
    read_related(d, doc);
    read_body(d, doc);
}

/* Hands what the YAML reader found wrong on to the rule and the list of problems, with the file's own lines. */
static void
reject_yaml(struct sigma_draft *d, const struct diag *found)
{
    size_t i;

    for (i = 0; i < found->n; i++) {
        const struct diag_item *item = &found->items[i];

        sigma_draft_problem(d, (struct diag_place){d->file, item->line, item->column}, "%s", item->text);
    }
}

/* Reads the rule in @doc, NULL where there is none; @found is what YAML has against it. */
static int
read_document(struct file_reader *fr, const struct yaml_node *doc, const struct diag *found, struct slice text)
{
    struct sigma_draft d = {.rules = fr->rules, .diag = fr->diag, .file = fr->file, .line_offset = fr->line};

    if (found->n == 0 && (doc == NULL || yaml_is_null(doc)))
        return 0;
    d.rule = add_rule(fr->rules, fr->file);
    if (d.rule == NULL)
        return 0;
    if (fr->rules->now.ns != 0)
        d.rule->text = (struct rule_text){fr->file, arena_copy(fr->rules->arena, text), fr->line, fr->rules->now};
    if (doc != NULL)
        read_rule(&d, doc);
    reject_yaml(&d, found);
    return fr->rules->digest == NULL ? 0 : fr->rules->digest(fr->rules->digest_ctx, text, d.rule->rule.sha256);
}

static int
read_text(struct file_reader *fr, struct slice text)
{
    CLEANUP_DIAG struct diag found = {0};
    struct yaml_documents docs;
    int r;

    r = yaml_parse(&docs, text, fr->file, &fr->yaml, &found);
    if (r < 0)
        return error_trace(r);
    r = read_document(fr, docs.n == 0 ? NULL : docs.items[0], &found, text);
    if (r < 0)
        return error_trace(r);
    arena_reset(&fr->yaml);
    return fr->rules->arena->overflowed ? error_origin(-ENOMEM) : 0;
}

static struct slice
take_line(struct slice *in)
{
    struct slice line = cursor_until(in, '\n');

    if (cursor_skip(in, '\n'))
        line.n++;
    return line;
}

/* Wherever it stands, a line "---" begins a document and a line "..." ends one (YAML 1.2 section 9.1.2). */
static bool
is_marker(struct slice line, struct slice marker)
{
    return cursor_skip_text(&line, marker) &&
           (line.n == 0 || line.p[0] == ' ' || line.p[0] == '\t' || line.p[0] == '\r' || line.p[0] == '\n');
}

static bool
has_content(struct slice line)
{
    line = slice_trim(line);
    return line.n > 0 && line.p[0] != '#' && line.p[0] != '%';
}

/* Takes the first document off @in, with the comments and directives before it; it holds one document or none. */
static struct slice
take_document(struct slice *in, unsigned *n_lines)
{
    struct slice all = *in;
    bool begun = false;

    *n_lines = 0;
    while (in->n > 0) {
        struct slice before = *in;
        struct slice line = take_line(in);

        if (begun && is_marker(line, SLICE("---"))) {
            *in = before;
            break;
        }
        begun |= has_content(line);
        ++*n_lines;
        if (is_marker(line, SLICE("...")))
            break;
    }
    return slice_head(all, all.n - in->n);
}

/* What was said of the document when it was read first need not be said again. */
int
sigma_read_again(struct sigma_rules *rules, const struct rule_text *text)
{
    CLEANUP_DIAG struct diag said = {0};
    struct file_reader fr = {
        .rules = rules, .diag = &said, .file = copy_name(rules, text->file), .line = text->lines_before};
    struct sigma_rule **end = rules->end;
    int r;

    if (fr.file == NULL)
        return error_origin(-ENOMEM);
    r = arena_init(&fr.yaml, YAML_BYTES_FIRST, YAML_BYTES_MAX);
    if (r == 0)
        r = read_text(&fr, text->text);
    arena_fini(&fr.yaml);
    if (r < 0)
        return error_trace(r);
    ASSERT(*end != NULL && (*end)->next == NULL); /* it was one document before */
    (*end)->kept = true;
    (*end)->text.as_of = text->as_of;
    return 0;
}

int
sigma_read(struct sigma_rules *rules, struct slice text, const char *file, struct diag *diag)
{
    struct file_reader fr = {.rules = rules, .diag = diag, .file = copy_name(rules, file)};
    int r;

    if (fr.file == NULL)
        return error_origin(-ENOMEM);
    r = arena_init(&fr.yaml, YAML_BYTES_FIRST, YAML_BYTES_MAX);
    while (r == 0 && text.n > 0) {
        unsigned n_lines;

        r = read_text(&fr, take_document(&text, &n_lines));
        fr.line += n_lines;
    }
    arena_fini(&fr.yaml);
    return r;
}
