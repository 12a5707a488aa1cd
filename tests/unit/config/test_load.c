/* SPDX-License-Identifier: Apache-2.0 */
#include "config/window.h"
#include "config_text.h"

static struct diag diag;

static struct settings *
load_clean(const char *text)
{
    struct settings *s = config_load_text(slice_str(text), &diag);

    ck_assert_msg(s != NULL, "%u:%u: %s", diag.n == 0 ? 0 : diag.items[0].line, diag.n == 0 ? 0 : diag.items[0].column,
        diag.n == 0 ? "" : diag.items[0].text);
    return s;
}

/* @text is refused, and one of the problems stands at line:column and says @part. */
static void
ck_refused(const char *text, unsigned line, unsigned column, const char *part)
{
    struct settings *s = config_load_text(slice_str(text), &diag);
    bool found = false;
    size_t i;

    ck_assert_msg(s == NULL, "was taken: %s", text);
    for (i = 0; i < diag.n; i++)
        found |= diag.items[i].line == line && diag.items[i].column == column &&
                 strstr(diag.items[i].text, part) != NULL;
    ck_assert_msg(found, "%s\n%zu problems, first at %u:%u: %s", text, diag.n, diag.items[0].line, diag.items[0].column,
        diag.items[0].text);
    ck_assert_ptr_nonnull(strstr(diag.items[0].file, "/ismsd-config-"));
    diag_fini(&diag);
}

START_TEST(without_a_file_every_setting_has_its_default)
{
    CLEANUP(settings_free) struct settings *s = NULL;

    ck_assert_int_eq(settings_load(&s, NULL, &diag), 0);
    ck_assert_ptr_nonnull(s);
    ck_assert_uint_eq(diag.n, 0);
    ck_assert_ptr_null(s->file);
    ck_assert_uint_eq(s->lanes, 0);
    ck_assert_str_eq(s->state_dir, "/var/lib/ismsd");
    ck_assert_str_eq(s->control_socket, "/run/ismsd/control.sock");
    ck_assert_str_eq(s->user, "");
    ck_assert_uint_eq(s->n_inputs, 0);
    ck_assert(s->rules_prefilter);
    ck_assert_int_eq(s->alerts_fold_window_ms, 15 * 60 * 1000);
    ck_assert_uint_eq(s->alerts_detections_kept, 100);
    ck_assert_uint_eq(s->n_alerts_group_by, 1);
    ck_assert_str_eq(s->alerts_group_by[0], "hostname");
    ck_assert_uint_eq(s->records_incident_level, 3);
    ck_assert_int_eq(s->store_commit_interval_ms, 200);
    ck_assert_int_eq(s->ledger_checkpoint_interval_ms, 60000);
    ck_assert_int_eq(s->kpi_interval_ms, 5000);
    ck_assert_int_eq(s->kpi_window_ms, INT64_C(30) * 86400 * 1000);
    ck_assert_str_eq(s->publish_address, "tcp://127.0.0.1:5514");
    ck_assert_str_eq(s->publish_curve_secret_file, "");
}
END_TEST

START_TEST(an_empty_file_is_all_defaults_and_a_warning_that_nothing_will_come)
{
    CLEANUP(settings_free) struct settings *s = load_clean("# nothing\n---\n");

    ck_assert_uint_eq(diag.n_warnings, 1);
    ck_assert_uint_eq(s->alerts_detections_kept, 100);
    diag_fini(&diag);
}
END_TEST

START_TEST(an_input_has_its_defaults_and_what_was_said)
{
    CLEANUP(settings_free) struct settings *s = load_clean(
        "inputs:\n  - {name: a, type: tcp, port: 601, frame_max: 1MiB, idle_timeout: 1m30s, zone: -03:30}\n");
    const struct input_settings *in = &s->inputs[0];

    ck_assert_uint_eq(s->n_inputs, 1);
    ck_assert_str_eq(in->name, "a");
    ck_assert_int_eq(in->type, INPUT_TCP);
    ck_assert_uint_eq(in->port, 601);
    ck_assert_str_eq(in->address, "0.0.0.0");
    ck_assert_int_eq(in->framing, FRAMING_AUTO);
    ck_assert_uint_eq(in->frame_max_bytes, 1 << 20);
    ck_assert_int_eq(in->idle_timeout_ms, 90000);
    ck_assert_int_eq(in->zone_minutes, -210);
    ck_assert_uint_eq(in->connections_max, 1024);
    ck_assert_uint_eq(in->partial_bytes_max, 64 << 20);
    ck_assert_ptr_null(in->product);
    diag_fini(&diag);
}
END_TEST

/* RFC 5425 section 4.3. */
START_TEST(octet_counting_is_the_default_of_an_input_with_tls_and_lines_are_an_option)
{
    static const char text[] =
        "inputs:\n"
        "- {name: a, type: tcp, port: 1, tls: {certificate: c, key: k, clients: any}}\n"
        "- {name: b, type: tcp, port: 2, framing: lf, tls: {certificate: c, key: k, clients: any}}\n"
        "- {name: c, type: tcp, port: 3, tls: {certificate: c, key: k, clients: any}, framing: auto}\n"
        "- {name: d, type: tcp, port: 4}\n";
    CLEANUP(settings_free) struct settings *s = load_clean(text);

    ck_assert_int_eq(s->inputs[0].framing, FRAMING_OCTET);
    ck_assert_int_eq(s->inputs[1].framing, FRAMING_LF);
    ck_assert_int_eq(s->inputs[2].framing, FRAMING_AUTO);
    ck_assert_int_eq(s->inputs[3].framing, FRAMING_AUTO);
    diag_fini(&diag);
}
END_TEST

START_TEST(relp_alone_has_a_port_of_its_own)
{
    CLEANUP(settings_free) struct settings *s = load_clean("inputs:\n  - {name: a, type: relp}\n");

    ck_assert_int_eq(s->inputs[0].type, INPUT_RELP);
    ck_assert_uint_eq(s->inputs[0].port, 20514);
    ck_assert_uint_eq(s->inputs[0].unanswered_max, 1024);
    diag_fini(&diag);
}
END_TEST

START_TEST(a_source_has_a_zone_only_where_one_was_given)
{
    CLEANUP(settings_free) struct settings *s = load_clean(
        "sources:\n  - {name: a, hostname: h}\n"
        "  - {name: b, peer: '2001:db8::/32', zone: Z, silence: 0}\n");

    ck_assert(!s->sources[0].has_zone);
    ck_assert_int_eq(s->sources[0].silence_ms, 15 * 60 * 1000);
    ck_assert(s->sources[1].has_zone);
    ck_assert_int_eq(s->sources[1].zone_minutes, 0);
    ck_assert_int_eq(s->sources[1].silence_ms, 0);
    diag_fini(&diag);
}
END_TEST

START_TEST(nested_settings_and_lists_are_read)
{
    CLEANUP(settings_free) struct settings *s = load_clean("records: {contain_limit: {S1: 1h, S4: 2d}}\n"
                                                           "alerts: {group_by: [hostname, user name]}\n"
                                                           "rules: {paths: []}\n");

    ck_assert_int_eq(s->records_contain_limit_ms[1], 3600000);
    ck_assert_int_eq(s->records_contain_limit_ms[2], 8 * 3600000);
    ck_assert_int_eq(s->records_contain_limit_ms[4], 2 * 86400000);
    ck_assert_uint_eq(s->n_alerts_group_by, 2);
    ck_assert_str_eq(s->alerts_group_by[1], "user name");
    ck_assert_uint_eq(s->n_rules_paths, 0);
    diag_fini(&diag);
}
END_TEST

START_TEST(relative_paths_count_from_the_folder_of_the_file)
{
    CLEANUP(settings_free) struct settings *s = load_clean(
        "daemon: {state_dir: state, user: nobody}\nrules: {paths: [rules, /abs/rules]}\n");

    ck_assert_str_eq(s->state_dir, "/tmp/state");
    ck_assert_str_eq(s->rules_paths[0], "/tmp/rules");
    ck_assert_str_eq(s->rules_paths[1], "/abs/rules");
    ck_assert_str_eq(s->user, "nobody");
    ck_assert_str_eq(s->publish_curve_secret_file, "");
    ck_assert_str_eq(s->file, config_path);
    diag_fini(&diag);
}
END_TEST

START_TEST(a_file_named_relatively_is_found_again_after_a_change_of_folder)
{
    struct settings *s;
    FILE *f;

    ck_assert_int_eq(chdir("/tmp"), 0);
    f = fopen("ismsd-relative.yaml", "w");
    ck_assert_int_ge(fprintf(f, "daemon: {state_dir: state}\n"), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(settings_load(&s, "./ismsd-relative.yaml", &diag), 0);
    ck_assert_str_eq(s->file, "/tmp/ismsd-relative.yaml");
    ck_assert_str_eq(s->state_dir, "/tmp/state");
    ck_assert_int_eq(unlink("ismsd-relative.yaml"), 0);
    settings_free(s);
    diag_fini(&diag);
}
END_TEST

START_TEST(a_file_read_once_is_read_from_its_start)
{
    CLEANUP(settings_free) struct settings *s = load_clean("inputs:\n- {name: a, type: file, path: /x, follow: false}\n"
                                                           "- {name: b, type: file, path: /y}\n");

    ck_assert(s->inputs[0].from_start);
    ck_assert(!s->inputs[1].from_start);
    ck_refused(
        "inputs:\n- {name: a, type: file, path: /x, follow: false, from_start: false}\n", 2, 62, "read from its start");
    diag_fini(&diag);
}
END_TEST

START_TEST(unknown_names_are_refused_with_the_nearest_known)
{
    ck_refused("daemon:\n  lane: 2\n", 2, 3, "did you mean 'lanes'?");
    ck_refused("input: []\n", 1, 1, "did you mean 'inputs'?");
    ck_refused("inputs:\n  - {name: a, type: udp, prot: 514, port: 1}\n", 2, 26, "did you mean 'port'?");
    ck_refused("records:\n  contain_limit: {S5: 1h}\n", 2, 19, "did you mean 'S1'?");
    ck_refused("daemon: {wholly_different: 1}\n", 1, 10, "there is no 'wholly_different'");
}
END_TEST

START_TEST(values_of_the_wrong_type_are_refused_with_what_was_expected)
{
    ck_refused("daemon: {lanes: many}\n", 1, 17, "'lanes' must be a whole number from 0 to 256, not 'many'");
    ck_refused("daemon: {lanes: '2'}\n", 1, 17, "whole number");
    ck_refused("daemon: {lanes: [2]}\n", 1, 17, "not a list");
    ck_refused("daemon: {lanes: }\n", 1, 17, "not nothing");
    ck_refused("rules: {prefilter: yes}\n", 1, 20, "true or false");
    ck_refused("rules: {prefilter: 'true'}\n", 1, 20, "true or false");
    ck_refused("rules: {paths: rules}\n", 1, 16, "a list of at most 64 paths");
    ck_refused("rules: {paths: [a, [b]]}\n", 1, 16, "a list of at most");
    ck_refused("daemon: {log_level: loud}\n", 1, 21, "one of error, warning, notice, info, debug");
    ck_refused("daemon: {user: {a: b}}\n", 1, 16, "not a mapping");
    ck_refused("alerts: {fold_window: 15}\n", 1, 23, "a duration such as");
    ck_refused("alerts: {fold_window: 15 m}\n", 1, 23, "a duration such as");
    ck_refused("alerts: {fold_window: 30m1h}\n", 1, 23, "a duration such as");
    ck_refused("alerts: {fold_window: -1m}\n", 1, 23, "a duration such as");
    ck_refused("store: {segment_bytes: 64MB}\n", 1, 24, "a size such as");
    ck_refused("sources: [{name: a, hostname: h, zone: CET}]\n", 1, 40, "a zone such as");
    ck_refused("sources: [{name: a, hostname: h, zone: '+01:60'}]\n", 1, 40, "a zone such as");
    ck_refused("daemon: [1]\n", 1, 9, "'daemon' must be a mapping");
    ck_refused("inputs: {name: a}\n", 1, 9, "'inputs' must be a list");
    ck_refused("inputs: [a]\n", 1, 10, "each item must be a mapping");
    ck_refused("records: {contain_limit: 4h}\n", 1, 26, "must be a mapping");
    ck_refused("- a\n", 1, 1, "must be a mapping of sections");
    ck_refused("daemon: {user: \"a\\0b\"}\n", 1, 16, "a text of");
}
END_TEST

START_TEST(values_out_of_range_are_refused_with_the_range)
{
    ck_refused("daemon: {lanes: 257}\n", 1, 17, "from 0 to 256");
    ck_refused("daemon: {lanes: -1}\n", 1, 17, "from 0 to 256");
    ck_refused("daemon: {lanes: 99999999999999999999}\n", 1, 17, "from 0 to 256");
    ck_refused("ledger: {checkpoint_interval: 61s}\n", 1, 31, "from 1s to 1m");
    ck_refused("ledger: {checkpoint_interval: 0}\n", 1, 31, "from 1s to 1m");
    ck_refused("alerts: {fold_window: 999999999999999d}\n", 1, 23, "from 0 to 30d");
    ck_refused("inputs: [{name: a, type: udp, port: 65536}]\n", 1, 37, "from 0 to 65535");
    ck_refused("inputs: [{name: a, type: udp, port: 1, frame_max: 2MiB}]\n", 1, 51, "from 1KiB to 1MiB");
    ck_refused("inputs: [{name: '', type: udp, port: 1}]\n", 1, 17, "a text of 1 to 64 bytes");
    ck_refused("sources: [{name: a, hostname: h, zone: '+14:01'}]\n", 1, 40, "from -14:00 to +14:00");
}
END_TEST

START_TEST(what_an_item_needs_must_be_there)
{
    ck_refused("inputs:\n  - {type: stdin}\n", 2, 5, "'name' is missing");
    ck_refused("inputs:\n  - {name: a}\n", 2, 5, "'type' is missing");
    ck_refused("inputs:\n  - {name: a, type: udp}\n", 2, 5, "'port' is missing");
    ck_refused("inputs:\n  - {name: a, type: unix}\n", 2, 5, "'path' is missing");
    ck_refused("sources:\n  - {hostname: h}\n", 2, 5, "'name' is missing");
    ck_refused("sources:\n  - {name: a}\n", 2, 5, "needs one of hostname, peer, app_name and input");
}
END_TEST

START_TEST(what_has_no_meaning_for_a_type_is_refused_rather_than_passed_over)
{
    ck_refused(
        "inputs: [{name: a, type: unix, path: /x, port: 1}]\n", 1, 42, "'port' has no meaning for the type 'unix'");
    ck_refused(
        "inputs: [{name: a, type: udp, port: 1, framing: lf}]\n", 1, 40, "'framing' has no meaning for the type 'udp'");
    ck_refused("inputs: [{name: a, type: stdin, follow: true}]\n", 1, 33, "'follow' has no meaning");
    ck_refused("inputs: [{name: a, type: relp, framing: lf}]\n", 1, 32, "'framing' has no meaning");
    ck_refused(
        "inputs: [{name: a, type: tcp, port: 1, unanswered_max: 9}]\n", 1, 40, "'unanswered_max' has no meaning");
}
END_TEST

START_TEST(inputs_may_not_share_a_name_or_a_place)
{
    ck_refused("inputs:\n- {name: a, type: stdin}\n- {name: a, type: udp, port: 1}\n", 3, 10, "'a' is taken");
    ck_refused(
        "inputs:\n- {name: a, type: udp, port: 1}\n- {name: b, type: udp, port: 1}\n", 3, 30, "want the same port");
    ck_refused("inputs:\n- {name: a, type: udp, port: 1, address: '::'}\n- {name: b, type: udp, port: 1, address: "
               "127.0.0.1}\n",
        3, 30, "want the same port");
    ck_refused(
        "inputs:\n- {name: a, type: unix, path: /x}\n- {name: b, type: unix, path: /x}\n", 3, 31, "want the same path");
    ck_refused("inputs:\n- {name: a, type: tcp, port: 1}\n- {name: b, type: relp, port: 1}\n", 3, 31, "the same port");
    ck_refused("inputs:\n- {name: a, type: stdin}\n- {name: b, type: stdin}\n", 3, 3, "standard input");
    ck_refused("sources:\n- {name: a, hostname: x}\n- {name: a, hostname: y}\n", 3, 10, "'a' is taken");
}
END_TEST

START_TEST(a_source_is_silent_after_five_intervals_where_nothing_else_is_said)
{
    CLEANUP(settings_free) struct settings *s = load_clean("sources:\n- {name: a, hostname: a, interval: 1m}\n"
                                                           "- {name: b, hostname: b, interval: 1h}\n"
                                                           "- {name: c, hostname: c, interval: 1h, silence: 2h}\n");

    ck_assert_int_eq(s->sources[0].silence_ms, 15 * 60 * 1000);
    ck_assert_int_eq(s->sources[1].silence_ms, 5 * 60 * 60 * 1000);
    ck_assert_int_eq(s->sources[2].silence_ms, 2 * 60 * 60 * 1000);
    diag_fini(&diag);
}
END_TEST

START_TEST(the_register_of_a_source_is_read)
{
    CLEANUP(settings_free) struct settings *s = load_clean(
        "sources:\n- {name: a, hostname: a, criticality: high, retention: 365d, controls: [A.8.15, A.8.16], "
        "skew_limit: 2s}\n- {name: b, hostname: b, expected: false}\n");

    ck_assert(s->sources[0].expected);
    ck_assert_uint_eq(s->sources[0].criticality, CRITICALITY_HIGH);
    ck_assert_int_eq(s->sources[0].retention_ms, INT64_C(365) * 86400000);
    ck_assert_uint_eq(s->sources[0].n_controls, 2);
    ck_assert_str_eq(s->sources[0].controls[1], "A.8.16");
    ck_assert_int_eq(s->sources[0].skew_limit_ms, 2000);
    ck_assert(!s->sources[1].expected);
    ck_assert_int_eq(s->sources[1].skew_limit_ms, 5000);
    diag_fini(&diag);
}
END_TEST

START_TEST(a_source_that_contradicts_itself_is_refused)
{
    ck_refused("sources: [{name: a, hostname: h, required: true, expected: false}]\n", 1, 60, "required is expected");
    ck_refused("sources: [{name: a, hostname: h, interval: 1h, silence: 1h}]\n", 1, 57, "between any two events");
    ck_refused(
        "sources: [{name: a, hostname: h, criticality: huge}]\n", 1, 47, "one of none, low, medium, high, critical");
}
END_TEST

#define FW "sources: [{name: fw, hostname: fw}]\n"

START_TEST(a_weekly_window_is_read_in_its_zone)
{
    CLEANUP(settings_free) struct settings *s = load_clean(
        FW "maintenance:\n"
           "- {name: patches, sources: [fw], weekly: 'Sun 02:30', duration: 2h, zone: '+01:00', reason: patch day}\n"
           "- {name: early, weekly: mon 00:30, duration: 1h, zone: '+01:00', reason: x}\n");
    struct walltime from;
    struct walltime until;
    const struct walltime sunday = {INT64_C(1773538200) * NS_PER_S}; /* 2026-03-15T01:30:00Z */

    ck_assert_uint_eq(s->maintenance[0].minute_of_week, 6 * 1440 + 90);
    ck_assert(window_now(&s->maintenance[0], sunday, &from, &until));
    ck_assert_int_eq(from.ns, sunday.ns);
    ck_assert_int_eq(until.ns, sunday.ns + 2 * 3600 * NS_PER_S);
    ck_assert(!window_now(&s->maintenance[0], (struct walltime){sunday.ns - 1}, &from, &until));
    ck_assert(window_now(&s->maintenance[0], (struct walltime){until.ns + 7 * 86400 * NS_PER_S - 1}, &from, &until));
    ck_assert(!window_now(&s->maintenance[0], until, &from, &until));
    ck_assert_uint_eq(s->maintenance[1].minute_of_week, 6 * 1440 + 23 * 60 + 30);
    ck_assert(window_now(&s->maintenance[1], (struct walltime){sunday.ns + 79200 * NS_PER_S}, &from, &until));
    diag_fini(&diag);
}
END_TEST

START_TEST(a_window_that_comes_once_is_read)
{
    CLEANUP(settings_free) struct settings *s = load_clean(
        FW "maintenance:\n"
           "- {name: move, from: '2026-03-14T10:00:00Z', until: '2026-03-14T12:00:00+01:00', reason: moved}\n");
    struct walltime from;
    struct walltime until;
    const struct walltime ten = {INT64_C(1773482400) * NS_PER_S};

    ck_assert(window_now(&s->maintenance[0], ten, &from, &until));
    ck_assert_int_eq(until.ns - from.ns, 3600 * NS_PER_S);
    ck_assert(!window_now(&s->maintenance[0], until, &from, &until));
    ck_assert_uint_eq(s->maintenance[0].n_sources, 0);
    diag_fini(&diag);
}
END_TEST

#define WINDOW(rest) FW "maintenance:\n- {name: w, reason: r, " rest "}\n"

START_TEST(a_window_that_is_none_is_refused)
{
    ck_refused(WINDOW("sources: [fv], weekly: Sun 02:00, duration: 1h"), 3, 34, "did you mean 'fw'?");
    ck_refused(WINDOW("sources: [fw]"), 3, 3, "needs 'from' and 'until', or 'weekly'");
    ck_refused(WINDOW("weekly: Son 02:00, duration: 1h"), 3, 32, "such as 'Sun 02:00'");
    ck_refused(WINDOW("weekly: Sun 24:00, duration: 1h"), 3, 32, "such as 'Sun 02:00'");
    ck_refused(WINDOW("weekly: Sun 02:00"), 3, 3, "needs a 'duration'");
    ck_refused(WINDOW("from: soon, until: '2026-03-14T10:00:00Z'"), 3, 30, "a time such as");
    ck_refused(WINDOW("from: '2026-03-14T10:00:00Z', until: '2026-03-14T10:00:00Z'"), 3, 61, "before it begins");
    ck_refused(WINDOW("weekly: Sun 02:00, duration: 1h, until: '2026-03-14T10:00:00Z'"), 3, 64, "does not go with");
    ck_refused(FW "maintenance: [{name: w, weekly: Sun 02:00, duration: 1h}]\n", 2, 15, "'reason' is missing");
}
END_TEST

START_TEST(inputs_may_share_what_does_not_clash)
{
    settings_free(load_clean("inputs:\n- {name: a, type: udp, port: 514}\n- {name: b, type: tcp, port: 514}\n"
                             "- {name: c, type: udp, port: 515, address: 127.0.0.1}\n"
                             "- {name: d, type: udp, port: 515, address: 127.0.0.2}\n"
                             "- {name: e, type: udp, port: 0}\n- {name: f, type: udp, port: 0}\n"
                             "- {name: g, type: tcp, port: 9, address: '::1'}\n- {name: h, type: tcp, port: 9}\n"));
    ck_assert_uint_eq(diag.n, 0);
}
END_TEST

#define TLS    "inputs:\n- name: a\n  type: tcp\n  port: 1\n  tls:\n    certificate: c\n    key: k\n"
#define TWENTY "11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11:11"

START_TEST(tls_says_who_may_send_or_is_refused)
{
    settings_free(load_clean(TLS "    ca: /ca\n    permitted: [a.example.org, '*.example.org', 192.0.2.1]\n"));
    settings_free(load_clean(TLS "    clients: any\n"));
    settings_free(load_clean(TLS "    ca: /ca\n    clients: certvalid\n"));
    settings_free(load_clean(
        TLS "    clients: fingerprint\n    permitted:\n    - sha256:" TWENTY ":ab:CD:11:11:11:11:11:11:11:11:11:11\n"));
    ck_assert_uint_eq(diag.n, 0);
    ck_refused(TLS "    ca: /ca\n", 6, 5, "'permitted' is empty");
    ck_refused(TLS "    permitted: [a]\n", 6, 5, "needs a 'ca'");
    ck_refused(TLS "    clients: any\n    permitted: [a]\n", 9, 16, "no meaning for these 'clients'");
    ck_refused(TLS "    ca: /ca\n    permitted: ['*.org']\n", 9, 17, "'*.org' is no name");
    ck_refused(TLS "    ca: /ca\n    permitted: ['*']\n", 9, 17, "'*' is no name");
    ck_refused(TLS "    ca: /ca\n    permitted: [a.*.example.org]\n", 9, 17, "is no name");
    ck_refused(TLS "    clients: fingerprint\n    permitted: ['sha256:" TWENTY "']\n", 9, 17, "is no fingerprint");
    ck_refused("inputs:\n- name: a\n  type: tcp\n  port: 1\n  tls:\n    key: k\n    clients: any\n", 6, 5,
        "needs a 'certificate'");
    ck_refused("inputs:\n- name: a\n  type: udp\n  port: 1\n  tls:\n    clients: any\n", 6, 5,
        "'tls.clients' has no meaning for the type 'udp'");
}
END_TEST

#define KAFKA "inputs:\n- name: a\n  type: kafka\n  brokers: [k1:9092, k2:9092]\n  topics: [logs]\n"

START_TEST(kafka_says_whom_to_trust_and_who_it_is_or_is_refused)
{
    struct settings *s = load_clean(KAFKA "  librdkafka: [fetch.wait.max.ms=100]\n");

    ck_assert_uint_eq(s->inputs[0].n_brokers, 2);
    ck_assert_str_eq(s->inputs[0].group, "ismsd");
    ck_assert_uint_eq(s->inputs[0].session_timeout_ms, 10000);
    settings_free(s);
    settings_free(load_clean(KAFKA "  tls: {ca: /ca, certificate: /c, key: /k}\n"
                                   "  sasl: {mechanism: scram-sha-256, username: u, password_file: /p}\n"));
    ck_assert_uint_eq(diag.n, 0);
    ck_refused("inputs:\n- {name: a, type: kafka, topics: [x]}\n", 2, 3, "'brokers' is missing");
    ck_refused("inputs:\n- {name: a, type: kafka, brokers: [x]}\n", 2, 3, "'topics' is missing");
    ck_refused(KAFKA "  tls: {certificate: /c, key: /k}\n", 6, 8, "needs a 'ca'");
    ck_refused(KAFKA "  tls: {ca: /ca, key: /k}\n", 6, 8, "need each other");
    ck_refused(KAFKA "  sasl: {username: u, password_file: /p}\n", 6, 9, "needs a 'mechanism'");
    ck_refused(KAFKA "  sasl: {mechanism: scram-sha-256, password_file: /p}\n", 6, 9, "needs a 'username'");
    ck_refused(KAFKA "  sasl: {mechanism: scram-sha-256, username: u}\n", 6, 9, "needs a 'password_file'");
    ck_refused(KAFKA "  librdkafka: [fetch.wait.max.ms]\n", 6, 16, "must be property=value");
    ck_refused(KAFKA "  librdkafka: [enable.auto.commit=true]\n", 6, 16, "'enable.auto.commit' is not to be set");
    ck_refused(KAFKA "  librdkafka: [sasl.password=x]\n", 6, 16, "'sasl.password' is not to be set");
    ck_refused(KAFKA "- name: b\n  type: kafka\n  brokers: [k3:9092]\n  topics: [other]\n", 6, 3, "the same group");
    settings_free(load_clean(KAFKA "  sasl: {mechanism: plain, username: u, password_file: /p}\n"));
    ck_assert_uint_eq(diag.n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "in clear"));
}
END_TEST

START_TEST(addresses_prefixes_and_references_are_checked)
{
    ck_refused("inputs: [{name: a, type: udp, port: 1, address: localhost}]\n", 1, 49, "address in figures");
    ck_refused("inputs: [{name: a, type: tcp, port: 1, frame_max: 1MiB, partial_bytes_max: 64KiB}]\n", 1, 76,
        "at least 'frame_max'");
    ck_refused("inputs: [{name: a, type: udp, port: 1, allow: [192.0.2.0/24, here]}]\n", 1, 62, "'here' in 'allow'");
    ck_refused("inputs: [{name: a, type: tcp, port: 1, proxy_from: [192.0.2.0/33]}]\n", 1, 53, "in 'proxy_from'");
    ck_refused("sources: [{name: a, peer: 192.0.2.0/33}]\n", 1, 27, "an address or a prefix");
    ck_refused("sources: [{name: a, peer: 192.0.2}]\n", 1, 27, "an address or a prefix");
    ck_refused("sources: [{name: a, peer: 192.0.2.1/}]\n", 1, 27, "an address or a prefix");
    ck_refused("sources: [{name: a, input: nowhere}]\n", 1, 28, "no input called 'nowhere'");
    ck_refused("inputs: [{name: front, type: stdin}]\nsources: [{name: a, input: frnt}]\n", 2, 28,
        "no input called 'frnt'; did you mean 'front'?");
    ck_refused("sources: [{name: a, hostname: h, required: true, silence: 0}]\n", 1, 59, "needs a time");
}
END_TEST

START_TEST(refuses_credentials_that_a_spool_would_lose)
{
    ck_refused(
        "inputs: [{name: a, type: unix, path: p, credentials: true, spool: true}]\n", 1, 54, "a spool does not keep");
}
END_TEST

START_TEST(a_ledger_has_a_name_that_its_checkpoints_can_bear)
{
    settings_free(load_clean("inputs: [{name: a, type: stdin}]\nledger: {origin: 'soc.example.org/ismsd-2~x'}\n"));
    ck_assert_uint_eq(diag.n, 0);
    ck_refused("ledger: {origin: 'a b'}\n", 1, 18, "without blanks");
    ck_refused("ledger: {origin: 'a+b'}\n", 1, 18, "without blanks");
    ck_refused("ledger: {origin: \"a\\nb\"}\n", 1, 18, "without blanks");
    ck_refused("ledger: {origin: 'a\xc2\xa0"
               "b'}\n",
        1, 18, "without blanks");
}
END_TEST

START_TEST(publishing_in_clear_to_the_network_is_a_warning)
{
    settings_free(load_clean("inputs: [{name: a, type: stdin}]\npublish: {address: 'tcp://0.0.0.0:5514'}\n"));
    ck_assert_uint_eq(diag.n_warnings, 1);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "in clear"));
    diag_fini(&diag);
    settings_free(load_clean("inputs: [{name: a, type: stdin}]\n"
                             "publish: {address: 'tcp://0.0.0.0:5514', curve_secret_file: key}\n"));
    ck_assert_uint_eq(diag.n, 0);
    ck_refused("publish: {address: 'udp://x'}\n", 1, 20, "tcp:// or ipc://");
    ck_refused("publish: {curve_clients_file: x}\n", 1, 31, "no effect without");
}
END_TEST

START_TEST(all_problems_of_a_file_are_reported_at_once)
{
    struct settings *s = config_load_text(SLICE("daemon: {lanes: x, lane: 1}\n"
                                                "inputs:\n- {name: a, type: tpc, port: 1}\n- {name: b, type: udp}\n"
                                                "- {name: c, type: tcp, port: 1}\n- {name: c, type: tcp, port: 1}\n"
                                                "sources:\n- {name: s, input: a}\n- {name: t, input: z}\n"
                                                "alert: {}\n"),
        &diag);

    ck_assert_ptr_null(s);
    ck_assert_uint_eq(diag.n_errors, 8);
    diag_fini(&diag);
}
END_TEST

/* Each as "line:column part of the sentence"; no other problem may be there. */
static void
ck_exactly(const char *text, const char *const *wanted, size_t n)
{
    struct settings *s = config_load_text(slice_str(text), &diag);
    size_t i;
    size_t k;

    ck_assert_ptr_null(s);
    for (i = 0; i < diag.n; i++) {
        char place[32];
        bool found = false;

        (void)snprintf(place, sizeof(place), "%u:%u ", diag.items[i].line, diag.items[i].column);
        for (k = 0; k < n; k++)
            found |= strncmp(wanted[k], place, strlen(place)) == 0 &&
                     strstr(diag.items[i].text, wanted[k] + strlen(place)) != NULL;
        ck_assert_msg(found, "not wanted: %s%s", place, diag.items[i].text);
    }
    ck_assert_uint_eq(diag.n, n);
    diag_fini(&diag);
}

START_TEST(problems_between_settings_are_told_beside_those_of_single_ones)
{
    static const char text[] = "inputs:\n"
                               "- {name: a, type: udp, port: 514, frame_max: huge}\n"
                               "- {name: a, type: udp, port: 514, colour: red}\n"
                               "- {name: c, type: tcp, port: nope, address: localhost}\n"
                               "- {type: unix, path: /x}\n"
                               "- {name: e, type: unix, path: /x, frame_max: 0}\n"
                               "sources:\n"
                               "- {name: s, silence: soon, peer: 999.1.1.1}\n"
                               "- {name: s, required: true, silence: 0, zone: CET, input: aa}\n"
                               "publish: {curve_clients_file: x, address: 'udp://x', why: 1}\n";
    static const char *const wanted[] = {
        "2:46 'frame_max' must be",
        "3:35 there is no 'colour'",
        "3:10 'a' is taken",
        "3:30 want the same port",
        "4:30 'port' must be",
        "4:45 address in figures",
        "5:3 'name' is missing",
        "6:46 'frame_max' must be",
        "6:31 '?' and 'e' want the same path",
        "8:22 'silence' must be",
        "8:34 'peer' must be",
        "9:10 's' is taken",
        "9:38 needs a time",
        "9:47 'zone' must be",
        "9:59 there is no input called 'aa'",
        "10:31 has no effect without",
        "10:43 tcp:// or ipc://",
        "10:54 there is no 'why'",
    };

    ck_exactly(text, wanted, ARRAY_LEN(wanted));
}
END_TEST

START_TEST(nothing_is_asked_of_what_could_not_be_read)
{
    static const char text[] = "inputs:\n"
                               "- {name: a, type: tcp, port: 514}\n"
                               "- {name: b, type: tcp, port: 514, address: []}\n"
                               "- {name: c, type: pipe, port: 514}\n"
                               "- {name: d, type: tcp, port: 99999}\n"
                               "- {name: e, type: tcp, port: 515, frame_max: 1MiB, partial_bytes_max: little}\n"
                               "- {name: f, type: file, path: /f, from_start: false, follow: maybe}\n"
                               "- just words\n"
                               "sources:\n"
                               "- {name: s, hostname: ''}\n"
                               "- {name: t, hostname: h, required: true, silence: 0m5}\n"
                               "publish: {curve_clients_file: x, curve_secret_file: []}\n";
    static const char *const wanted[] = {
        "3:44 'address' must be",
        "4:19 'type' must be",
        "5:30 'port' must be",
        "6:71 'partial_bytes_max' must be",
        "7:62 'follow' must be",
        "8:3 each item must be a mapping",
        "10:23 'hostname' must be",
        "11:51 'silence' must be",
        "12:53 'curve_secret_file' must be",
    };

    ck_exactly(text, wanted, ARRAY_LEN(wanted));
}
END_TEST

START_TEST(what_could_be_read_of_a_bad_file_can_be_had_to_look_further)
{
    struct settings *s;
    FILE *f = fopen("/tmp/ismsd-partly.yaml", "w");

    ck_assert_int_ge(fprintf(f, "daemon: {lanes: many}\nrules: {paths: [here], prefilter: 7}\n"), 0);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(settings_read(&s, "/tmp/ismsd-partly.yaml", &diag), 0);
    ck_assert_int_eq(unlink("/tmp/ismsd-partly.yaml"), 0);
    ck_assert_uint_eq(diag.n_errors, 2);
    ck_assert_uint_eq(s->lanes, 0);
    ck_assert_str_eq(s->rules_paths[0], "/tmp/here");
    ck_assert(s->rules_prefilter);
    settings_free(s);
    diag_fini(&diag);
    ck_assert_int_eq(settings_read(&s, "/nonexistent/ismsd.yaml", &diag), 0);
    ck_assert_ptr_null(s);
    diag_fini(&diag);
}
END_TEST

START_TEST(problems_of_yaml_are_problems_of_the_file)
{
    ck_refused("daemon: {lanes: 1\n", 2, 1, "not YAML");
    ck_refused("daemon: {}\ndaemon: {}\n", 2, 1, "stands twice");
    ck_refused("daemon: {}\n---\ndaemon: {}\n", 3, 1, "one document");
}
END_TEST

START_TEST(a_file_that_cannot_be_read_says_why)
{
    struct settings *s;

    ck_assert_int_eq(settings_load(&s, "/nonexistent/ismsd.yaml", &diag), 0);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "No such file"));
    diag_fini(&diag);
    ck_assert_int_eq(settings_load(&s, "/tmp", &diag), 0);
    ck_assert_ptr_null(s);
    ck_assert_ptr_nonnull(strstr(diag.items[0].text, "directory"));
    diag_fini(&diag);
}
END_TEST

START_TEST(the_shipped_configuration_is_without_problems)
{
    CLEANUP(settings_free) struct settings *s = NULL;

    ck_assert_int_eq(settings_load(&s, TEST_SOURCE_DIR "/config/ismsd.yaml", &diag), 0);
    ck_assert_msg(s != NULL && diag.n == 0, "%s", diag.n == 0 ? "" : diag.items[0].text);
    ck_assert_ptr_nonnull(strstr(s->rules_paths[0], "/share/ismsd/rules"));
    ck_assert_ptr_nonnull(strstr(s->mappings_path, "/share/ismsd/mappings"));
}
END_TEST

UNIT_MAIN("load", without_a_file_every_setting_has_its_default, refuses_credentials_that_a_spool_would_lose,
    an_empty_file_is_all_defaults_and_a_warning_that_nothing_will_come, an_input_has_its_defaults_and_what_was_said,
    octet_counting_is_the_default_of_an_input_with_tls_and_lines_are_an_option, relp_alone_has_a_port_of_its_own,
    a_source_has_a_zone_only_where_one_was_given, nested_settings_and_lists_are_read,
    relative_paths_count_from_the_folder_of_the_file, a_file_named_relatively_is_found_again_after_a_change_of_folder,
    a_file_read_once_is_read_from_its_start, unknown_names_are_refused_with_the_nearest_known,
    values_of_the_wrong_type_are_refused_with_what_was_expected, values_out_of_range_are_refused_with_the_range,
    what_an_item_needs_must_be_there, what_has_no_meaning_for_a_type_is_refused_rather_than_passed_over,
    a_source_is_silent_after_five_intervals_where_nothing_else_is_said, the_register_of_a_source_is_read,
    a_source_that_contradicts_itself_is_refused, a_weekly_window_is_read_in_its_zone, a_window_that_comes_once_is_read,
    a_window_that_is_none_is_refused, inputs_may_not_share_a_name_or_a_place, inputs_may_share_what_does_not_clash,
    tls_says_who_may_send_or_is_refused, kafka_says_whom_to_trust_and_who_it_is_or_is_refused,
    addresses_prefixes_and_references_are_checked, a_ledger_has_a_name_that_its_checkpoints_can_bear,
    publishing_in_clear_to_the_network_is_a_warning, all_problems_of_a_file_are_reported_at_once,
    problems_between_settings_are_told_beside_those_of_single_ones, nothing_is_asked_of_what_could_not_be_read,
    what_could_be_read_of_a_bad_file_can_be_had_to_look_further, problems_of_yaml_are_problems_of_the_file,
    a_file_that_cannot_be_read_says_why, the_shipped_configuration_is_without_problems)
