/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "config/schema.h"
#include "config_text.h"

static struct diag diag;

static bool
texts_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
lists_equal(const struct setting *row, const void *a, const void *b)
{
    const char *const *x = *(const char *const **)setting_value(row, a);
    const char *const *y = *(const char *const **)setting_value(row, b);
    size_t n = *(const size_t *)((const char *)a + row->aux);
    size_t i;

    if (n != *(const size_t *)((const char *)b + row->aux))
        return false;
    for (i = 0; i < n; i++)
        if (!texts_equal(x[i], y[i]))
            return false;
    return true;
}

static bool
values_equal(const struct setting *row, const void *a, const void *b)
{
    switch (row->type) {
    case SETTING_TEXT:
    case SETTING_PATH:
        return texts_equal(*(const char **)setting_value(row, a), *(const char **)setting_value(row, b));
    case SETTING_TEXTS:
    case SETTING_PATHS:
        return lists_equal(row, a, b);
    default:
        return memcmp(setting_value(row, a), setting_value(row, b), row->size) == 0;
    }
}

static void
ck_section_equal(const struct setting_section *section, const void *a, const void *b)
{
    size_t i;

    for (i = 0; i < section->n_rows; i++)
        ck_assert_msg(values_equal(&section->rows[i], a, b), "%s.%s changed", section->name, section->rows[i].name);
}

static void
ck_settings_equal(const struct settings *a, const struct settings *b)
{
    size_t i;
    size_t k;

    for (i = 0; i < setting_sections_n; i++) {
        const struct setting_section *section = &setting_sections[i];
        const char *x = (const char *)a;
        const char *y = (const char *)b;

        if (section->item_size == 0) {
            ck_section_equal(section, a, b);
            continue;
        }
        ck_assert_uint_eq(*(const size_t *)(x + section->n_at), *(const size_t *)(y + section->n_at));
        for (k = 0; k < *(const size_t *)(x + section->n_at); k++)
            ck_section_equal(section, *(const char *const *)(x + section->items_at) + k * section->item_size,
                *(const char *const *)(y + section->items_at) + k * section->item_size);
    }
}

static char *
printed(const struct settings *s, size_t *n)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, n);

    settings_print(s, f);
    ck_assert_int_eq(fclose(f), 0);
    return text;
}

/* What is printed of @s is read back to the same, from another folder too. */
static void
ck_prints_back(const struct settings *s)
{
    CLEANUP(settings_free) struct settings *again = NULL;
    size_t n;
    CLEANUP_FREE char *text = printed(s, &n);

    again = config_load_text(slice_of(text, n), &diag);
    ck_assert_msg(again != NULL, "line %u: %s\n%s", diag.n == 0 ? 0 : diag.items[0].line,
        diag.n == 0 ? "" : diag.items[0].text, text);
    ck_settings_equal(s, again);
    diag_fini(&diag);
}

static void
ck_text_prints_back(const char *text)
{
    CLEANUP(settings_free) struct settings *s = config_load_text(slice_str(text), &diag);

    ck_assert_msg(s != NULL, "%s", diag.n == 0 ? "" : diag.items[0].text);
    diag_fini(&diag);
    ck_prints_back(s);
}

START_TEST(defaults_print_back)
{
    CLEANUP(settings_free) struct settings *s = NULL;

    ck_assert_int_eq(settings_load(&s, NULL, &diag), 0);
    ck_prints_back(s);
}
END_TEST

START_TEST(the_shipped_configuration_prints_back)
{
    CLEANUP(settings_free) struct settings *s = NULL;

    ck_assert_int_eq(settings_load(&s, TEST_SOURCE_DIR "/config/ismsd.yaml", &diag), 0);
    ck_prints_back(s);
}
END_TEST

START_TEST(every_type_of_input_prints_back)
{
    ck_text_prints_back(
        "inputs:\n"
        "- {name: a, type: udp, port: 514, address: 127.0.0.1, receive_buffer: 65537B, zone: -11:30}\n"
        "- {name: b, type: tcp, port: 0, framing: octet, idle_timeout: 0, connections_max: 7, frame_max: 1025B, "
        "allow: [192.0.2.0/24, '::1'], proxy_from: [10.0.0.1], rate_max: 5}\n"
        "- {name: t, type: tcp, port: 6514, tls: {certificate: c, key: k, ca: /a, permitted: ['*.example.org', b.c]}}\n"
        "- {name: u, type: tcp, port: 6515, handshake_timeout: 3s, tls: {key: k, clients: any, certificate: c}}\n"
        "- {name: c, type: unix, path: sock, format: json, product: p, category: c, service: s}\n"
        "- {name: d, type: file, path: ./f, follow: false, framing: nul}\n"
        "- {name: e, type: file, path: /g, from_start: true, framing: lf}\n"
        "- {name: f, type: stdin, format: syslog}\n");
}
END_TEST

START_TEST(every_kind_of_source_prints_back)
{
    ck_text_prints_back(
        "inputs: [{name: in, type: stdin}]\nsources:\n"
        "- {name: a, hostname: h, required: true, silence: 1d1ms}\n"
        "- {name: b, peer: '2001:db8::/32', zone: '+05:45', owner: o}\n"
        "- {name: c, input: in, app_name: x, zone: Z, product: p, category: c, service: s, silence: 0}\n"
        "- {name: d, hostname: d, expected: false, criticality: low, interval: 7m, skew_limit: 0, retention: 90d, "
        "controls: [A.8.15, 'b c']}\n"
        "maintenance:\n"
        "- {name: w, sources: [a, b], weekly: Sun 02:00, duration: 90m, zone: '-03:30', reason: 'it''s due'}\n"
        "- {name: o, from: '2026-03-14T10:00:00Z', until: '2026-03-14T12:00:00+01:00', reason: r}\n");
}
END_TEST

START_TEST(all_global_settings_print_back)
{
    ck_text_prints_back(
        "daemon: {lanes: 3, state_dir: s, control_socket: c, user: u, log_level: debug, batches_per_lane: 2, "
        "fields_max: 17}\n"
        "rules: {paths: [a, /b, 'c d'], prefilter: false}\nmappings: {path: m}\n"
        "alerts: {fold_window: 1h30m, detections_kept: 1, group_by: [], open_max: 5}\n"
        "correlation: {groups_max: 9, lateness: 1ms}\n"
        "records: {incident_level: critical, criteria: v2, contain_limit: {S1: 1m, S2: 2m, S3: 3m, S4: 4m}, "
        "confirm_limit: 1d, correct_limit: {major: 1m, minor: 2m, observation: 3m}}\n"
        "watch: {never_heard: 2d, skew_hold: 2h, zone_hold: 0, volume_low: 5, volume_high: 0, volume_hours: 3, "
        "volume_least: 9, loss_max: 0, down_limit: 1m, learned_max: 7, learned_forget: 1d, maintenance_max: 1h}\n"
        "store: {commit_interval: 1s, segment_bytes: 1025KiB}\n"
        "ledger: {origin: a/b, checkpoint_interval: 1500ms}\nkpi: {interval: 100ms, window: 365d}\n"
        "publish: {address: '', curve_secret_file: k, curve_clients_file: /c}\n");
}
END_TEST

START_TEST(odd_characters_print_back)
{
    ck_text_prints_back("inputs: [{name: \"\\\"q\\\" \\\\ 'a': # {[,]}\", type: stdin}]\n"
                        "records: {criteria: \" \\t\\n\\r\\x07\\x7f\\x85\\u00a0\\u2028\\ufeff \"}\n"
                        "alerts: {group_by: ['M\xc3\xbcller \xf0\x9f\x98\x80', 'true', 'null', '12', '~', '- x', '%', "
                        "'@', '&a', '*a', '!t', '>']}\n"
                        "daemon: {user: 'no'}\n");
}
END_TEST

START_TEST(durations_and_sizes_print_in_their_largest_whole_unit)
{
    CLEANUP(settings_free) struct settings *s = config_load_text(
        SLICE("alerts: {fold_window: 90m}\nstore: {commit_interval: 1000ms, segment_bytes: 1024MiB}\n"), &diag);
    size_t n;
    CLEANUP_FREE char *text = printed(s, &n);

    ck_assert_ptr_nonnull(strstr(text, "fold_window: 90m\n"));
    ck_assert_ptr_nonnull(strstr(text, "commit_interval: 1s\n"));
    ck_assert_ptr_nonnull(strstr(text, "segment_bytes: 1GiB\n"));
    diag_fini(&diag);
}
END_TEST

START_TEST(the_reference_page_is_what_the_schema_generates)
{
    CLEANUP_BUFFER struct buffer page = {0};
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    settings_reference(f);
    ck_assert_int_eq(fclose(f), 0);
    ck_assert_int_eq(file_read(TEST_SOURCE_DIR "/contrib/docs/configuration.md", 1u << 20, &page), 0);
    ck_assert_msg(slice_eq(buffer_slice(&page), slice_of(text, n)),
        "contrib/docs/configuration.md is behind the schema: build the target configuration-page");
    free(text);
}
END_TEST

START_TEST(every_setting_is_explained)
{
    size_t i;
    size_t k;

    for (i = 0; i < setting_sections_n; i++) {
        for (k = 0; k < setting_sections[i].n_rows; k++) {
            const struct setting *row = &setting_sections[i].rows[k];

            ck_assert_msg(row->help != NULL && slice_ends(slice_str(row->help), SLICE(".")), "%s.%s",
                setting_sections[i].name, row->name);
        }
    }
}
END_TEST

UNIT_MAIN("print", defaults_print_back, the_shipped_configuration_prints_back, every_type_of_input_prints_back,
    every_kind_of_source_prints_back, all_global_settings_print_back, odd_characters_print_back,
    durations_and_sizes_print_in_their_largest_whole_unit, the_reference_page_is_what_the_schema_generates,
    every_setting_is_explained)
