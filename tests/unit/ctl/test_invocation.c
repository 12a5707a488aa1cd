/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/invocation.h"

#include <stdio.h>

#include "support/unit.h"

enum { WORDS_MAX = 64 };

static struct invocation inv;
static int exit_code;

/* Reads @line, words apart by one blank; a word '' is empty. */
static bool
reads(const char *line)
{
    static char text[1024];
    char *argv[WORDS_MAX] = {"ismsctl"};
    int argc = 1;
    char *p;

    (void)snprintf(text, sizeof(text), "%s", line);
    for (p = strtok(text, " "); p != NULL; p = strtok(NULL, " "))
        argv[argc++] = strcmp(p, "''") == 0 ? p + 2 : p;
    exit_code = -1;
    return invocation_read(&inv, argc, argv, &exit_code);
}

#define ck_reads(line) ck_assert_msg(reads(line), "%s: exit code %d", line, exit_code)
#define ck_usage(line)                           \
    do {                                         \
        ck_assert_msg(!reads(line), "%s", line); \
        ck_assert_int_eq(exit_code, EXIT_USAGE); \
    } while (0)

START_TEST(positionals_and_options_are_told_by_name)
{
    ck_reads("incident decide I-2026-000001 declared --reason real --severity S1");
    ck_assert_str_eq(inv.verb->name, "incident decide");
    ck_assert_str_eq(invocation_get(&inv, "id"), "I-2026-000001");
    ck_assert_str_eq(invocation_get(&inv, "outcome"), "declared");
    ck_assert_str_eq(invocation_get(&inv, "reason"), "real");
    ck_assert_str_eq(invocation_get(&inv, "severity"), "S1");
    ck_assert_ptr_null(invocation_get(&inv, "verdict"));
    ck_assert(!inv.json);
}
END_TEST

START_TEST(options_may_stand_anywhere)
{
    ck_reads("--json incident ack --reason seen I-1 --socket /s");
    ck_assert(inv.json);
    ck_assert_str_eq(inv.socket, "/s");
    ck_assert_str_eq(invocation_get(&inv, "id"), "I-1");
    ck_assert_str_eq(invocation_get(&inv, "reason"), "seen");
    ck_reads("--config f --json incident ack I-1");
    ck_assert_str_eq(inv.config, "f");
    ck_reads("incident ack I-1 --json --config f");
    ck_assert(inv.json);
    ck_assert_str_eq(inv.config, "f");
}
END_TEST

START_TEST(a_flag_takes_no_value)
{
    ck_reads("rules match --no-routing --rules dir --no-prefilter");
    ck_assert_str_eq(invocation_get(&inv, "no-routing"), "");
    ck_assert_str_eq(invocation_get(&inv, "no-prefilter"), "");
    ck_assert_str_eq(invocation_get(&inv, "rules"), "dir");
    ck_usage("rules match --no-routing yes");
}
END_TEST

START_TEST(a_value_may_look_like_an_option)
{
    ck_reads("incident ack I-1 --reason --json");
    ck_assert_str_eq(invocation_get(&inv, "reason"), "--json");
    ck_assert(!inv.json);
}
END_TEST

START_TEST(what_may_be_left_out_may_be_left_out)
{
    ck_reads("kpi");
    ck_assert_ptr_null(invocation_get(&inv, "id"));
    ck_reads("kpi K05");
    ck_assert_str_eq(invocation_get(&inv, "id"), "K05");
    ck_reads("verify /var/lib/ismsd");
    ck_assert_str_eq(invocation_get(&inv, "state_dir"), "/var/lib/ismsd");
}
END_TEST

START_TEST(what_is_missing_is_a_matter_of_usage)
{
    ck_usage("incident ack");
    ck_usage("incident decide I-1");
    ck_usage("rules check");
    ck_usage("incident ack I-1 --reason");
    ck_usage("incident ack I-1 --socket");
    ck_usage("--config");
    ck_usage("");
    ck_usage("--json");
}
END_TEST

START_TEST(what_is_too_much_is_a_matter_of_usage)
{
    ck_usage("status now");
    ck_usage("incident ack I-1 I-2");
    ck_usage("kpi K01 K02");
    ck_usage("incident ack I-1 --verdict benign");
    ck_usage("incident ack I-1 --reaso x");
    ck_usage("incident ack I-1 --reasons x");
    ck_usage("incident ack I-1 --all! x");
    ck_usage("incident ack I-1 --");
}
END_TEST

START_TEST(an_option_given_twice_is_refused_rather_than_half_obeyed)
{
    ck_usage("incident ack I-1 --reason a --reason b");
    ck_usage("rules match --no-routing --no-routing");
}
END_TEST

START_TEST(an_unknown_verb_is_a_matter_of_usage)
{
    ck_usage("incidents list");
    ck_usage("incident");
    ck_usage("incident shred I-1");
    ck_usage("''");
}
END_TEST

START_TEST(help_is_no_failure)
{
    ck_assert(!reads("--help"));
    ck_assert_int_eq(exit_code, EXIT_DONE);
    ck_assert(!reads("help"));
    ck_assert_int_eq(exit_code, EXIT_DONE);
    ck_assert(!reads("--json help"));
    ck_assert_int_eq(exit_code, EXIT_DONE);
}
END_TEST

static void
ck_request(const char *line, const char *want)
{
    struct buffer out = {0};

    ck_reads(line);
    invocation_request(&inv, &out);
    ck_slice_eq(buffer_slice(&out), want);
    buffer_fini(&out);
}

START_TEST(the_request_is_one_object_of_the_verb_and_its_arguments)
{
    ck_request(
        "incident ack I-1 --reason se\"en", "{\"verb\":\"incident ack\",\"id\":\"I-1\",\"reason\":\"se\\\"en\"}");
    ck_request("kpi K01", "{\"verb\":\"kpi\",\"id\":\"K01\"}");
    ck_request("status", "{\"verb\":\"status\"}");
    ck_request("incident list --all", "{\"verb\":\"incident list\",\"all\":\"\"}");
    ck_request(
        "incident comment I-1 line\nend", "{\"verb\":\"incident comment\",\"id\":\"I-1\",\"text\":\"line\\nend\"}");
}
END_TEST

START_TEST(every_argument_there_is_fits)
{
    size_t v;
    size_t i;

    for (v = 0; v < n_verbs; v++) {
        char line[1024];
        size_t n = (size_t)snprintf(line, sizeof(line), "%s", verbs[v].name);

        for (i = 0; verbs[v].positionals[i] != NULL; i++)
            n += (size_t)snprintf(line + n, sizeof(line) - n, " p%zu", i);
        for (i = 0; verbs[v].options[i] != NULL; i++) {
            int k = (int)strlen(verbs[v].options[i]);
            bool flag = verbs[v].options[i][k - 1] == '!';

            n += (size_t)snprintf(
                line + n, sizeof(line) - n, " --%.*s%s", k - flag, verbs[v].options[i], flag ? "" : " x");
        }
        ck_reads(line);
    }
}
END_TEST

UNIT_MAIN("invocation", positionals_and_options_are_told_by_name, options_may_stand_anywhere, a_flag_takes_no_value,
    a_value_may_look_like_an_option, what_may_be_left_out_may_be_left_out, what_is_missing_is_a_matter_of_usage,
    what_is_too_much_is_a_matter_of_usage, an_option_given_twice_is_refused_rather_than_half_obeyed,
    an_unknown_verb_is_a_matter_of_usage, help_is_no_failure, the_request_is_one_object_of_the_verb_and_its_arguments,
    every_argument_there_is_fits)
