/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/nearest.h"
#include "config/window.h"
#include "parsers/network.h"
#include "parsers/timestamp.h"

enum { FINGERPRINT_TEXT = 32 * 3 - 1 };

struct checking {
    const struct settings *s;
    const struct settings_unread *unread;
    struct diag *diag;
};

/* Where the setting @key of an item stands, or the item itself where the setting was left to its default. */
static struct diag_place
place_of(const struct yaml_node *item, const char *key)
{
    const struct yaml_node *value = yaml_get(item, key);

    return value != NULL ? value->at : item->at;
}

/* Whether the settings hold what @item says of @key, or the default where it says nothing. */
static bool
is_read(const struct checking *c, const struct yaml_node *item, const char *key)
{
    const struct yaml_node *value = yaml_get(item, key);
    const struct settings_unread *u;

    for (u = value == NULL ? NULL : c->unread; u != NULL; u = u->next)
        if (u->node == value)
            return false;
    return true;
}

/* What has no type, or none that there is, is not known to be anything. */
static bool
has_type(const struct checking *c, const struct yaml_node *input)
{
    return yaml_get(input, "type") != NULL && is_read(c, input, "type");
}

static bool
is_address(const char *text, int *family)
{
    struct in6_addr ignored;

    *family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    return inet_pton(*family, text, &ignored) == 1;
}

static bool
is_prefix(const char *text)
{
    struct network ignored;

    return network_parse(&ignored, slice_str(text));
}

/* '::' takes IPv4 too, so it is in everybody's way; 0.0.0.0 only in the way of IPv4. */
static bool
addresses_clash(const char *a, const char *b)
{
    bool any4 = strcmp(a, "0.0.0.0") == 0 || strcmp(b, "0.0.0.0") == 0;
    bool both4 = strchr(a, ':') == NULL && strchr(b, ':') == NULL;

    return strcmp(a, b) == 0 || strcmp(a, "::") == 0 || strcmp(b, "::") == 0 || (any4 && both4);
}

/* "sha256:" 31( 2HEXDIG ":" ) 2HEXDIG, as the log shows one. */
static bool
is_fingerprint(const char *text)
{
    static const char lead[] = "sha256:";
    size_t i;

    if (strncasecmp(text, lead, sizeof(lead) - 1) != 0)
        return false;
    text += sizeof(lead) - 1;
    if (strlen(text) != FINGERPRINT_TEXT)
        return false;
    for (i = 0; text[i] != '\0'; i++)
        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    return true;
}

/* A wildcard is a whole label, the left-most, and leaves two: neither "*" nor "*.org" nor "a*.example.org". */
static bool
is_peer_name(const char *text)
{
    const char *rest = strncmp(text, "*.", 2) == 0 ? text + 2 : text;

    return rest[0] != '\0' && strpbrk(rest, "* ") == NULL && (rest == text || strchr(rest, '.') != NULL);
}

static void
check_permitted(const struct checking *c, const struct input_settings *in, const struct yaml_node *tls)
{
    const struct yaml_node *list = yaml_get(tls, "permitted");
    const struct yaml_node *item = list == NULL ? NULL : list->children;
    bool fingerprints = in->tls_clients == TLS_CLIENTS_FINGERPRINT;
    size_t i;

    for (i = 0; i < in->n_tls_permitted && item != NULL; i++, item = item->next)
        if (!(fingerprints ? is_fingerprint : is_peer_name)(in->tls_permitted[i]))
            diag_error(c->diag, item->at, "inputs: '%s' is no %s", in->tls_permitted[i],
                fingerprints ? "fingerprint such as SHA256:E1:2D and so on, 32 bytes"
                             : "name such as a.example.org or *.example.org, where * is one label");
}

static void
check_tls(const struct checking *c, const struct input_settings *in, const struct yaml_node *tls)
{
    bool chain = in->tls_clients == TLS_CLIENTS_NAME || in->tls_clients == TLS_CLIENTS_CERTVALID;
    bool listed = in->tls_clients == TLS_CLIENTS_NAME || in->tls_clients == TLS_CLIENTS_FINGERPRINT;

    if (tls == NULL || tls->kind != YAML_MAPPING)
        return;
    if (yaml_get(tls, "certificate") == NULL)
        diag_error(c->diag, tls->at, "inputs: 'tls' needs a 'certificate'");
    if (yaml_get(tls, "key") == NULL)
        diag_error(c->diag, tls->at, "inputs: 'tls' needs the 'key' of its certificate");
    if (!is_read(c, tls, "clients"))
        return;
    if (chain && yaml_get(tls, "ca") == NULL)
        diag_error(c->diag, tls->at, "inputs: 'tls' needs a 'ca', for 'clients' asks for valid certificates");
    if (listed && in->n_tls_permitted == 0 && is_read(c, tls, "permitted"))
        diag_error(c->diag, tls->at, "inputs: 'tls' lets nobody in: 'permitted' is empty");
    if (!listed && in->n_tls_permitted > 0)
        diag_error(c->diag, place_of(tls, "permitted"), "inputs: 'permitted' has no meaning for these 'clients'");
    if (listed)
        check_permitted(c, in, tls);
}

/* What the daemon decides itself, or must not stand in a file that others may read. */
static bool
is_ours(struct slice property)
{
    static const char *const ours[] = {
        "enable.auto.commit",
        "enable.auto.offset.store",
        "auto.offset.reset",
        "partition.assignment.strategy",
        "isolation.level",
        "log.queue",
        "group.id",
        "sasl.username",
        "sasl.password",
        "sasl.jaas.config",
        "ssl.key.pem",
        "ssl.key.password",
        "ssl.keystore.password",
        "sasl.oauthbearer.client.secret",
        "debug",
    };
    size_t i;

    for (i = 0; i < ARRAY_LEN(ours); i++)
        if (slice_eq(property, slice_str(ours[i])))
            return true;
    return false;
}

static void
check_properties(const struct checking *c, const struct input_settings *in, const struct yaml_node *item)
{
    const struct yaml_node *list = yaml_get(item, "librdkafka");
    const struct yaml_node *text = list == NULL ? NULL : list->children;
    size_t i;

    for (i = 0; i < in->n_librdkafka && text != NULL; i++, text = text->next) {
        struct slice property = slice_head(slice_str(in->librdkafka[i]), strcspn(in->librdkafka[i], "="));

        if (in->librdkafka[i][property.n] != '=' || property.n == 0)
            diag_error(c->diag, text->at, "inputs: '%s' in 'librdkafka' must be property=value", in->librdkafka[i]);
        else if (is_ours(property))
            diag_error(
                c->diag, text->at, "inputs: '" SLICE_FMT "' is not to be set by 'librdkafka'", SLICE_ARG(property));
    }
}

static void
check_sasl(const struct checking *c, const struct input_settings *in, const struct yaml_node *sasl)
{
    if (sasl == NULL || sasl->kind != YAML_MAPPING || !is_read(c, sasl, "mechanism"))
        return;
    if (in->sasl_mechanism == SASL_NONE) {
        diag_error(c->diag, sasl->at, "inputs: 'sasl' needs a 'mechanism'");
        return;
    }
    if (yaml_get(sasl, "username") == NULL)
        diag_error(c->diag, sasl->at, "inputs: 'sasl' needs a 'username'");
    if (yaml_get(sasl, "password_file") == NULL)
        diag_error(c->diag, sasl->at, "inputs: 'sasl' needs a 'password_file'");
    if (in->sasl_mechanism == SASL_PLAIN && in->tls_ca == NULL)
        diag_warning(c->diag, sasl->at, "inputs: the password goes to the brokers in clear; set 'ca' in 'tls'");
}

static void
check_kafka(const struct checking *c, const struct input_settings *in, const struct yaml_node *item)
{
    const struct yaml_node *tls = yaml_get(item, "tls");
    bool pair = yaml_get(tls, "certificate") != NULL;

    if (tls != NULL && tls->kind == YAML_MAPPING) {
        if (pair != (yaml_get(tls, "key") != NULL))
            diag_error(c->diag, tls->at, "inputs: 'certificate' and 'key' in 'tls' need each other");
        if (yaml_get(tls, "ca") == NULL)
            diag_error(c->diag, tls->at, "inputs: 'tls' needs a 'ca', by which brokers are known");
    }
    check_sasl(c, in, yaml_get(item, "sasl"));
    check_properties(c, in, item);
}

static void
check_networks(
    const struct checking *c, const char *const *texts, size_t n, const struct yaml_node *item, const char *key)
{
    const struct yaml_node *list = yaml_get(item, key);
    const struct yaml_node *text = list == NULL ? NULL : list->children;

    for (size_t i = 0; i < n && text != NULL; i++, text = text->next)
        if (!is_prefix(texts[i]))
            diag_error(c->diag, text->at, "inputs: '%s' in '%s' must be an address or a prefix such as 192.0.2.0/24",
                texts[i], key);
}

static void
check_input(const struct checking *c, const struct input_settings *in, const struct yaml_node *item)
{
    int family;

    if (!has_type(c, item))
        return;
    if (input_is_network(in) && is_read(c, item, "address") && !is_address(in->address, &family))
        diag_error(c->diag, place_of(item, "address"),
            "inputs: 'address' must be an address in figures, such as 0.0.0.0 or ::");
    check_networks(c, in->allow, in->n_allow, item, "allow");
    check_networks(c, in->proxy_from, in->n_proxy_from, item, "proxy_from");
    if (input_is_stream(in))
        check_tls(c, in, yaml_get(item, "tls"));
    if (in->type == INPUT_KAFKA)
        check_kafka(c, in, item);
    if (input_is_stream(in) && in->partial_bytes_max < in->frame_max_bytes && is_read(c, item, "partial_bytes_max") &&
        is_read(c, item, "frame_max"))
        diag_error(c->diag, place_of(item, "partial_bytes_max"),
            "inputs: 'partial_bytes_max' must be at least 'frame_max', or no message could ever become whole");
    if (in->credentials && in->spool && is_read(c, item, "credentials") && is_read(c, item, "spool"))
        diag_error(c->diag, place_of(item, "credentials"), "inputs: a spool does not keep the sender's 'credentials'");
    if (in->type == INPUT_FILE && yaml_get(item, "from_start") != NULL && !in->follow && !in->from_start &&
        is_read(c, item, "from_start") && is_read(c, item, "follow"))
        diag_error(c->diag, place_of(item, "from_start"), "inputs: a file that is read once is read from its start");
}

/* NULL: it is missing, or could not be read; that has been said. */
static bool
same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Whether two inputs want the same place; what could not be read of a place is no place. */
static bool
inputs_clash(const struct input_settings *a, const struct input_settings *b)
{
    if (input_is_stream(a) != input_is_stream(b) || (!input_is_stream(a) && a->type != b->type))
        return false;
    if (a->type == INPUT_STDIN)
        return true;
    if (a->type == INPUT_KAFKA)
        return same_text(a->group, b->group);
    if (input_is_network(a))
        return a->port == b->port && a->port != 0 && addresses_clash(a->address, b->address);
    return same_text(a->path, b->path);
}

static bool
place_is_read(const struct checking *c, const struct yaml_node *input)
{
    return has_type(c, input) && is_read(c, input, "address");
}

/* The setting by which two inputs that clash want the same place. */
static const char *
clash_key(const struct input_settings *in)
{
    if (input_is_network(in))
        return "port";
    return in->type == INPUT_KAFKA ? "group" : "path";
}

static const char *
name_or_mark(const char *name)
{
    return name == NULL ? "?" : name;
}

static void
check_clashes(const struct checking *c, size_t i, const struct yaml_node *item, const struct yaml_node *list)
{
    const struct input_settings *in = &c->s->inputs[i];
    const struct yaml_node *other = list->children;
    size_t k;

    for (k = 0; k < i; k++, other = other->next) {
        const struct input_settings *before = &c->s->inputs[k];

        if (same_text(in->name, before->name))
            diag_error(c->diag, place_of(item, "name"), "inputs: the name '%s' is taken by an input before", in->name);
        if (inputs_clash(in, before) && place_is_read(c, item) && place_is_read(c, other))
            diag_error(c->diag, place_of(item, clash_key(in)), "inputs: '%s' and '%s' want the same %s",
                name_or_mark(before->name), name_or_mark(in->name),
                in->type == INPUT_STDIN ? "standard input" : clash_key(in));
    }
}

static void
check_inputs(const struct checking *c, const struct yaml_node *list)
{
    const struct yaml_node *item = list->children;
    size_t i;

    for (i = 0; i < c->s->n_inputs; i++, item = item->next) {
        check_input(c, &c->s->inputs[i], item);
        check_clashes(c, i, item, list);
    }
}

/* Looks at what stands in the file, for an input that could not be read is there all the same. */
static bool
has_input(const struct yaml_node *inputs, const char *name)
{
    const struct yaml_node *item;

    for (item = inputs == NULL ? NULL : inputs->children; item != NULL; item = item->next) {
        const struct yaml_node *found = yaml_get(item, "name");

        if (found != NULL && slice_eq(found->text, slice_str(name)))
            return true;
    }
    return false;
}

/* Whether the file says, well or badly, by what to know the source's events. */
static bool
has_criterion(const struct yaml_node *source)
{
    return yaml_get(source, "hostname") != NULL || yaml_get(source, "peer") != NULL ||
           yaml_get(source, "app_name") != NULL || yaml_get(source, "input") != NULL;
}

static void
refuse_input_name(const struct checking *c, const struct source_settings *source, const struct yaml_node *item)
{
    struct nearest near = {.wrong = slice_str(source->input)};
    char hint[NEAREST_HINT_MAX];
    size_t i;

    for (i = 0; i < c->s->n_inputs; i++)
        nearest_consider(&near, slice_str(c->s->inputs[i].name));
    diag_error(c->diag, place_of(item, "input"), "sources: there is no input called '%s'%s", source->input,
        nearest_hint(&near, hint));
}

static void
check_terms(const struct checking *c, const struct source_settings *source, const struct yaml_node *item)
{
    bool never_silent = source->has_silence && source->silence_ms == 0;

    if (source->required && never_silent)
        diag_error(
            c->diag, place_of(item, "silence"), "sources: what is required needs a time after which it is silent");
    if (source->required && !source->expected)
        diag_error(c->diag, place_of(item, "expected"), "sources: what is required is expected");
    if (source->has_silence && !never_silent && source->silence_ms <= source->interval_ms)
        diag_error(c->diag, place_of(item, "silence"),
            "sources: with 'silence' no longer than 'interval', it would be silent between any two events");
}

static void
check_source(const struct checking *c, const struct source_settings *source, const struct yaml_node *item,
    const struct yaml_node *inputs)
{
    if (item->kind == YAML_MAPPING && !has_criterion(item))
        diag_error(c->diag, item->at,
            "sources: each needs one of hostname, peer, app_name and input, or every event is its own");
    if (source->peer != NULL && !is_prefix(source->peer))
        diag_error(
            c->diag, place_of(item, "peer"), "sources: 'peer' must be an address or a prefix such as 192.0.2.0/24");
    if (source->input != NULL && !has_input(inputs, source->input))
        refuse_input_name(c, source, item);
    check_terms(c, source, item);
}

static void
check_sources(const struct checking *c, const struct yaml_node *list, const struct yaml_node *inputs)
{
    const struct yaml_node *item = list->children;
    size_t i;
    size_t k;

    for (i = 0; i < c->s->n_sources; i++, item = item->next) {
        check_source(c, &c->s->sources[i], item, inputs);
        for (k = 0; k < i; k++)
            if (same_text(c->s->sources[i].name, c->s->sources[k].name))
                diag_error(c->diag, place_of(item, "name"), "sources: the name '%s' is taken by a source before",
                    c->s->sources[i].name);
    }
}

/* Whether the file names a source so: one that could not be read is there all the same. */
static void
check_window_sources(const struct checking *c, const struct maintenance_settings *m, const struct yaml_node *item)
{
    const struct yaml_node *list = yaml_get(item, "sources");
    const struct yaml_node *name = list == NULL ? NULL : list->children;
    size_t i;

    for (i = 0; i < m->n_sources && name != NULL; i++, name = name->next) {
        struct nearest near = {.wrong = name->text};
        char hint[NEAREST_HINT_MAX];
        size_t k = 0;

        while (k < c->s->n_sources && !same_text(m->sources[i], c->s->sources[k].name))
            k++;
        if (k < c->s->n_sources)
            continue;
        for (k = 0; k < c->s->n_sources; k++)
            if (c->s->sources[k].name != NULL)
                nearest_consider(&near, slice_str(c->s->sources[k].name));
        diag_error(c->diag, name->at, "maintenance: there is no source called '%s'%s", m->sources[i],
            nearest_hint(&near, hint));
    }
}

static bool
check_time(const struct checking *c, const char *text, const struct yaml_node *item, const char *key)
{
    struct walltime ignored;

    if (text == NULL || timestamp_parse_rfc3339(slice_str(text), &ignored))
        return text != NULL;
    diag_error(c->diag, place_of(item, key), "maintenance: '%s' must be a time such as 2026-03-14T02:00:00Z", key);
    return false;
}

static void
check_once(const struct checking *c, const struct maintenance_settings *m, const struct yaml_node *item)
{
    bool has_from = check_time(c, m->from, item, "from");
    bool has_until = check_time(c, m->until, item, "until");
    struct maintenance_settings settled = *m;

    if (yaml_get(item, "from") == NULL || yaml_get(item, "until") == NULL)
        diag_error(c->diag, item->at, "maintenance: it needs 'from' and 'until', or 'weekly' and 'duration'");
    window_settle(&settled);
    if (has_from && has_until && settled.until_at.ns <= settled.from_at.ns)
        diag_error(c->diag, place_of(item, "until"), "maintenance: it would end before it begins");
    if (m->duration_ms != 0)
        diag_error(c->diag, place_of(item, "duration"), "maintenance: 'duration' goes with 'weekly'");
}

static void
check_weekly(const struct checking *c, const struct maintenance_settings *m, const struct yaml_node *item)
{
    static const char *const once[] = {"from", "until"};
    unsigned ignored;
    size_t i;

    if (m->weekly != NULL && !window_weekly(slice_str(m->weekly), &ignored))
        diag_error(
            c->diag, place_of(item, "weekly"), "maintenance: 'weekly' must be a day and a time, such as 'Sun 02:00'");
    if (m->duration_ms == 0 && is_read(c, item, "duration"))
        diag_error(c->diag, place_of(item, "duration"), "maintenance: 'weekly' needs a 'duration'");
    for (i = 0; i < ARRAY_LEN(once); i++)
        if (yaml_get(item, once[i]) != NULL)
            diag_error(c->diag, place_of(item, once[i]), "maintenance: '%s' does not go with 'weekly'", once[i]);
}

static void
check_maintenance(const struct checking *c, const struct yaml_node *list)
{
    const struct yaml_node *item = list->children;
    size_t i;
    size_t k;

    for (i = 0; i < c->s->n_maintenance; i++, item = item->next) {
        const struct maintenance_settings *m = &c->s->maintenance[i];

        if (item->kind != YAML_MAPPING)
            continue;
        check_window_sources(c, m, item);
        if (yaml_get(item, "weekly") != NULL)
            check_weekly(c, m, item);
        else
            check_once(c, m, item);
        for (k = 0; k < i; k++)
            if (same_text(m->name, c->s->maintenance[k].name))
                diag_error(
                    c->diag, place_of(item, "name"), "maintenance: the name '%s' is taken by one before", m->name);
    }
}

static bool
is_local(const char *endpoint)
{
    static const char *const local[] = {"tcp://127.", "tcp://[::1]:", "tcp://localhost:", "ipc://", "inproc://"};
    size_t i;

    for (i = 0; i < ARRAY_LEN(local); i++)
        if (slice_starts(slice_str(endpoint), slice_str(local[i])))
            return true;
    return false;
}

static void
check_publish(const struct checking *c, const struct yaml_node *publish)
{
    const char *address = c->s->publish_address;
    bool curve = c->s->publish_curve_secret_file[0] != '\0' || !is_read(c, publish, "curve_secret_file");

    if (address[0] != '\0' && !is_local(address) && !slice_starts(slice_str(address), SLICE("tcp://")))
        diag_error(c->diag, place_of(publish, "address"), "publish: 'address' must begin with tcp:// or ipc://");
    else if (address[0] != '\0' && !is_local(address) && !curve)
        diag_warning(c->diag, place_of(publish, "address"),
            "publish: whoever reaches %s reads every record in clear; set 'curve_secret_file'", address);
    if (c->s->publish_curve_clients_file[0] != '\0' && !curve)
        diag_error(c->diag, place_of(publish, "curve_clients_file"),
            "publish: 'curve_clients_file' has no effect without 'curve_secret_file'");
}

/* It is a line of every checkpoint, and a word of its signature and of the key's line, ended there by '+'. */
static bool
is_origin(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || *text == '+')
            return false;
    return true;
}

static void
check_ledger(const struct checking *c, const struct yaml_node *ledger)
{
    if (!is_origin(c->s->ledger_origin))
        diag_error(c->diag, place_of(ledger, "origin"),
            "ledger: 'origin' must be a name such as soc.example.org/ismsd, of ASCII without blanks and '+'");
}

static bool
says_nothing(const struct yaml_node *node)
{
    return node == NULL || yaml_is_null(node) || (node->kind == YAML_SEQUENCE && node->n_children == 0);
}

void
settings_check(
    const struct settings *s, const struct yaml_node *root, const struct settings_unread *unread, struct diag *diag)
{
    const struct checking c = {s, unread, diag};
    const struct yaml_node *inputs = yaml_get(root, "inputs");
    const struct yaml_node *sources = yaml_get(root, "sources");
    const struct yaml_node *ledger = yaml_get(root, "ledger");
    const struct yaml_node *publish = yaml_get(root, "publish");

    if (s->n_inputs > 0)
        check_inputs(&c, inputs);
    else if (says_nothing(root) || (root->kind == YAML_MAPPING && says_nothing(inputs)))
        diag_warning(diag, inputs == NULL ? root->at : inputs->at, "there are no inputs, so nothing will be received");
    if (s->n_sources > 0)
        check_sources(&c, sources, inputs);
    if (s->n_maintenance > 0)
        check_maintenance(&c, yaml_get(root, "maintenance"));
    if (ledger != NULL && ledger->kind == YAML_MAPPING)
        check_ledger(&c, ledger);
    if (publish != NULL && publish->kind == YAML_MAPPING)
        check_publish(&c, publish);
}
