/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/verbs.h"

#include <string.h>

const struct verb verbs[] = {
    // clang-format off
    {"status", VERB_READS, VERB_SHEET, {NULL}, {NULL}, {NULL},
     "what the daemon is doing: events, inputs, drops, ledger"},
    {"counters", VERB_READS, VERB_ROWS, {NULL}, {NULL}, {"name", "value", "help"},
     "every counter: drops, limits, rejections, evictions"},
    {"inputs", VERB_READS, VERB_ROWS, {NULL}, {NULL},
     {"name", "type", "address", "frames", "bytes", "connections", "truncated", "unfinished", "dropped", "buffer"},
     "each input and what came through it"},
    {"partitions", VERB_READS, VERB_ROWS, {NULL}, {NULL},
     {"input", "topic", "partition", "lane", "state", "next", "recorded", "end", "lag", "time_lag", "gap_records"},
     "each partition that a Kafka input reads: how far it is, and how far behind"},
    {"sources", VERB_READS, VERB_ROWS, {NULL}, {NULL},
     {"name", "state", "need", "criticality", "events", "usual", "quiet", "silence", "skew", "owner"},
     "log sources: what should speak, and whether it does; who speaks unasked, what is held against them, maintenance"},
    {"sources show", VERB_READS, VERB_SHEET, {"name"}, {NULL}, {NULL},
     "one log source: what the register says of it, and what was seen"},
    {"sources adopt", VERB_READS, VERB_LINES, {"name"}, {NULL}, {NULL},
     "the lines that make a learned host a source, to be put into the configuration"},
    {"maintenance list", VERB_READS, VERB_ROWS, {NULL}, {"all!", "limit"},
     {"id", "state", "scope", "starts", "until", "by", "reason", "report"},
     "when nothing is held against log sources: planned and active; --all: what was, too"},
    {"maintenance declare", VERB_WRITES, VERB_SHEET, {"scope"}, {"for", "from", "until", "reason"}, {NULL},
     "a log source, or all, is in maintenance: --for 2h, or --until a time; now, or --from one"},
    {"maintenance end", VERB_WRITES, VERB_SHEET, {"id"}, {"reason"}, {NULL},
     "before its time"},
    {"rules status", VERB_READS, VERB_ROWS, {NULL}, {"all!"},
     {"id", "level", "status", "matches", "title", "reason"},
     "rules that matched, and those rejected or kept, with the reason; --all: every one"},
    {"alert list", VERB_READS, VERB_ROWS, {NULL}, {"all!", "limit"},
     {"id", "state", "level", "count", "kept", "last_seen", "title", "group", "incident"},
     "alerts: detections folded by rule and group"},
    {"alert show", VERB_READS, VERB_SHEET, {"id"}, {NULL}, {NULL},
     "one alert with its counts and the events behind it"},
    {"incident list", VERB_READS, VERB_ROWS, {NULL}, {"all!", "state", "severity", "limit"},
     {"id", "state", "severity", "opened", "owner", "title", "group"},
     "incidents that wait for somebody"},
    {"incident show", VERB_READS, VERB_SHEET, {"id"}, {NULL}, {NULL},
     "one incident: its times, decisions, timeline and evidence"},
    {"incident ack", VERB_WRITES, VERB_SHEET, {"id"}, {"reason"}, {NULL},
     "I have seen it: stops the time to acknowledge"},
    {"incident assign", VERB_WRITES, VERB_SHEET, {"id", "owner"}, {"reason"}, {NULL},
     "give it to somebody"},
    {"incident comment", VERB_WRITES, VERB_SHEET, {"id", "text"}, {NULL}, {NULL},
     "add to its timeline"},
    {"incident decide", VERB_WRITES, VERB_SHEET, {"id", "outcome"}, {"reason", "severity", "category", "criteria", "verdict"},
     {NULL}, "declared or rejected, by which criteria and why (A.5.25)"},
    {"incident contain", VERB_WRITES, VERB_SHEET, {"id"}, {"reason", "at"}, {NULL},
     "it spreads no further; the reason says by what criterion"},
    {"incident recover", VERB_WRITES, VERB_SHEET, {"id"}, {"reason", "at"}, {NULL},
     "service is back"},
    {"incident resolve", VERB_WRITES, VERB_SHEET, {"id"}, {"verdict", "cause-class", "cause", "reason", "at"}, {NULL},
     "nothing is left to do; needs verdict, cause class and cause"},
    {"incident close", VERB_WRITES, VERB_SHEET, {"id"}, {"review", "waiver", "reason"}, {NULL},
     "S1 and S2 need a post-incident review or a waiver; S1 a second person"},
    {"incident reopen", VERB_WRITES, VERB_SHEET, {"id"}, {"reason"}, {NULL},
     "back to declared"},
    {"incident regrade", VERB_WRITES, VERB_SHEET, {"id", "severity"}, {"reason"}, {NULL},
     "change its severity; the gravest it had is kept"},
    {"incident correct", VERB_WRITES, VERB_SHEET, {"id", "stamp", "at"}, {"reason"}, {NULL},
     "a time on record is wrong: occurred, detected, … and the right one; the old one stays in the ledger"},
    {"nonconformity list", VERB_READS, VERB_ROWS, {NULL}, {"all!", "limit"},
     {"id", "state", "grade", "trigger", "scope", "occurrences", "detected", "due", "statement"},
     "requirements not met: candidates and confirmed ones"},
    {"nonconformity show", VERB_READS, VERB_SHEET, {"id"}, {NULL}, {NULL},
     "one nonconformity with its evidence"},
    {"nonconformity confirm", VERB_WRITES, VERB_SHEET, {"id"}, {"reason", "grade", "owner", "due"}, {NULL},
     "it is one; it is due, to be corrected, at a date or after the limit of its grade"},
    {"nonconformity reject", VERB_WRITES, VERB_SHEET, {"id"}, {"reason"}, {NULL},
     "it is none, because; it stays in the register"},
    {"kpi", VERB_READS, VERB_ROWS, {"id?"}, {NULL},
     {"id", "name", "severity", "value", "unit", "n", "open", "p50", "p90", "note"},
     "key performance indicators, from the records"},
    {"reload", VERB_WRITES, VERB_SHEET, {NULL}, {NULL}, {NULL},
     "read configuration and rules again, as SIGHUP does"},
    {"verify", VERB_OFFLINE, VERB_SHEET, {"state_dir?"}, {"verifier", "checkpoint"}, {NULL},
     "recompute ledger, checkpoints, evidence and records from the files; by a key and a file of notes kept elsewhere"},
    {"parse", VERB_OFFLINE, VERB_ROWS, {NULL}, {"framing", "received"}, {NULL},
     "standard input as syslog: one JSON object a frame"},
    {"rules check", VERB_OFFLINE, VERB_ROWS, {"dir"}, {NULL}, {NULL},
     "read rules and report every problem with file, line and column"},
    {"rules match", VERB_OFFLINE, VERB_ROWS, {NULL}, {"rules", "no-routing!", "no-prefilter!"}, {NULL},
     "which rules match each JSON event of standard input"},
    // clang-format on
};

const size_t n_verbs = ARRAY_LEN(verbs);

/* How many of the words spell the verb's name; 0 where they do not. */
static size_t
spelled(const char *name, char *const *words, size_t n_words)
{
    struct slice rest = slice_str(name);
    size_t i;

    for (i = 0; i < n_words && rest.n > 0; i++) {
        struct slice word = slice_str(words[i]);

        if (!slice_starts(rest, word) || (rest.n > word.n && rest.p[word.n] != ' '))
            return 0;
        rest = slice_from(rest, rest.n > word.n ? word.n + 1 : word.n);
    }
    return rest.n == 0 ? i : 0;
}

const struct verb *
verb_find(char *const *words, size_t n_words, size_t *used)
{
    const struct verb *best = NULL;
    size_t i;

    *used = 0;
    for (i = 0; i < n_verbs; i++) {
        size_t n = spelled(verbs[i].name, words, n_words);

        if (n > *used) {
            *used = n;
            best = &verbs[i];
        }
    }
    return best;
}

const struct verb *
verb_named(struct slice name)
{
    size_t i;

    for (i = 0; i < n_verbs; i++)
        if (slice_eq(name, slice_str(verbs[i].name)))
            return &verbs[i];
    return NULL;
}

static bool
listed(const char *const *names, struct slice name)
{
    for (; *names != NULL; names++) {
        struct slice one = slice_str(*names);

        if (one.n > 0 && (one.p[one.n - 1] == '?' || one.p[one.n - 1] == '!'))
            one.n--;
        if (slice_eq(one, name))
            return true;
    }
    return false;
}

bool
verb_takes(const struct verb *v, struct slice name)
{
    return listed(v->positionals, name) || listed(v->options, name);
}
