/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"

/* Where the setting @key of an item stands, or the item itself where the setting was left to its default. */
static struct diag_place
place_of(const struct yaml_node *item, const char *key)
{
    const struct yaml_node *value = yaml_get(item, key);

    return value != NULL ? value->at : item->at;
}

static bool
is_address(const char *text, int *family)
{
    struct in6_addr ignored;

    *family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
    return inet_pton(*family, text, &ignored) == 1;
}

/* address [ "/" length ], the length at most that of the address's family. */
static bool
is_prefix(const char *text)
{
    char address[INET6_ADDRSTRLEN];
    struct slice in = slice_str(text);
    struct slice head = cursor_until(&in, '/');
    unsigned length = 0;
    int family;

    if (head.n >= sizeof(address))
        return false;
    memcpy(address, head.p, head.n);
    address[head.n] = '\0';
    if (!is_address(address, &family))
        return false;
    if (in.n == 0)
        return true;
    return cursor_skip(&in, '/') && cursor_number(&in, 3, &length) && in.n == 0 &&
           length <= (family == AF_INET ? 32u : 128u);
}

/* '::' takes IPv4 too, so it is in everybody's way; 0.0.0.0 only in the way of IPv4. */
static bool
addresses_clash(const char *a, const char *b)
{
    bool any4 = strcmp(a, "0.0.0.0") == 0 || strcmp(b, "0.0.0.0") == 0;
    bool both4 = strchr(a, ':') == NULL && strchr(b, ':') == NULL;

    return strcmp(a, b) == 0 || strcmp(a, "::") == 0 || strcmp(b, "::") == 0 || (any4 && both4);
}

static bool
is_network(const struct input_settings *in)
{
    return in->type == INPUT_UDP || in->type == INPUT_TCP;
}

static bool
inputs_clash(const struct input_settings *a, const struct input_settings *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == INPUT_STDIN)
        return true;
    if (is_network(a))
        return a->port == b->port && a->port != 0 && addresses_clash(a->address, b->address);
    return strcmp(a->path, b->path) == 0;
}

static void
check_input(const struct input_settings *in, const struct yaml_node *item, struct diag *diag)
{
    int family;

    if (is_network(in) && !is_address(in->address, &family))
        diag_error(
            diag, place_of(item, "address"), "inputs: 'address' must be an address in figures, such as 0.0.0.0 or ::");
    if (in->type == INPUT_TCP && in->partial_bytes_max < in->frame_max_bytes)
        diag_error(diag, place_of(item, "partial_bytes_max"),
            "inputs: 'partial_bytes_max' must be at least 'frame_max', or no message could ever become whole");
    if (in->type == INPUT_FILE && yaml_get(item, "from_start") != NULL && !in->follow && !in->from_start)
        diag_error(diag, place_of(item, "from_start"), "inputs: a file that is read once is read from its start");
}

/* An item without name could not be read; that has been said. */
static bool
is_whole(const char *name)
{
    return name[0] != '\0';
}

static void
check_inputs(const struct settings *s, const struct yaml_node *list, struct diag *diag)
{
    const struct yaml_node *item = list->children;
    size_t i;
    size_t k;

    for (i = 0; i < s->n_inputs; i++, item = item->next) {
        const struct input_settings *in = &s->inputs[i];

        if (!is_whole(in->name))
            continue;
        check_input(in, item, diag);
        for (k = 0; k < i; k++) {
            if (!is_whole(s->inputs[k].name))
                continue;
            if (strcmp(in->name, s->inputs[k].name) == 0)
                diag_error(diag, place_of(item, "name"), "inputs: the name '%s' is taken by an input before", in->name);
            if (inputs_clash(in, &s->inputs[k]))
                diag_error(diag, place_of(item, is_network(in) ? "port" : "path"),
                    "inputs: '%s' and '%s' want the same %s", s->inputs[k].name, in->name,
                    is_network(in)            ? "port"
                    : in->type == INPUT_STDIN ? "standard input"
                                              : "path");
        }
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

static void
check_source(const struct source_settings *source, const struct yaml_node *item, const struct yaml_node *inputs,
    struct diag *diag)
{
    if (source->hostname == NULL && source->peer == NULL && source->app_name == NULL && source->input == NULL)
        diag_error(diag, item->at,
            "sources: '%s' needs one of hostname, peer, app_name and input, or every event is its own", source->name);
    if (source->peer != NULL && !is_prefix(source->peer))
        diag_error(diag, place_of(item, "peer"), "sources: 'peer' must be an address or a prefix such as 192.0.2.0/24");
    if (source->input != NULL && !has_input(inputs, source->input))
        diag_error(diag, place_of(item, "input"), "sources: there is no input called '%s'", source->input);
    if (source->required && source->silence_ms == 0)
        diag_error(diag, place_of(item, "silence"),
            "sources: '%s' is required, so it needs a time after which it is silent", source->name);
}

static void
check_sources(const struct settings *s, const struct yaml_node *list, const struct yaml_node *inputs, struct diag *diag)
{
    const struct yaml_node *item = list->children;
    size_t i;
    size_t k;

    for (i = 0; i < s->n_sources; i++, item = item->next) {
        if (!is_whole(s->sources[i].name))
            continue;
        check_source(&s->sources[i], item, inputs, diag);
        for (k = 0; k < i; k++)
            if (strcmp(s->sources[i].name, s->sources[k].name) == 0)
                diag_error(diag, place_of(item, "name"), "sources: the name '%s' is taken by a source before",
                    s->sources[i].name);
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
check_publish(const struct settings *s, const struct yaml_node *publish, struct diag *diag)
{
    const char *address = s->publish_address;
    bool curve = s->publish_curve_secret_file[0] != '\0';

    if (address[0] != '\0' && !is_local(address) && !slice_starts(slice_str(address), SLICE("tcp://")))
        diag_error(diag, place_of(publish, "address"), "publish: 'address' must begin with tcp:// or ipc://");
    else if (address[0] != '\0' && !is_local(address) && !curve)
        diag_warning(diag, place_of(publish, "address"),
            "publish: whoever reaches %s reads every record in clear; set 'curve_secret_file'", address);
    if (s->publish_curve_clients_file[0] != '\0' && !curve)
        diag_error(diag, place_of(publish, "curve_clients_file"),
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
check_ledger(const struct settings *s, const struct yaml_node *ledger, struct diag *diag)
{
    if (!is_origin(s->ledger_origin))
        diag_error(diag, place_of(ledger, "origin"),
            "ledger: 'origin' must be a name such as soc.example.org/ismsd, of ASCII without blanks and '+'");
}

void
settings_check(const struct settings *s, const struct yaml_node *root, struct diag *diag)
{
    const struct yaml_node *inputs = yaml_get(root, "inputs");
    const struct yaml_node *sources = yaml_get(root, "sources");
    const struct yaml_node *ledger = yaml_get(root, "ledger");
    const struct yaml_node *publish = yaml_get(root, "publish");

    if (s->n_inputs > 0)
        check_inputs(s, inputs, diag);
    else if (diag->n_errors == 0)
        diag_warning(diag, inputs == NULL ? root->at : inputs->at, "there are no inputs, so nothing will be received");
    if (s->n_sources > 0)
        check_sources(s, sources, inputs, diag);
    if (ledger != NULL && ledger->kind == YAML_MAPPING)
        check_ledger(s, ledger, diag);
    if (publish != NULL && publish->kind == YAML_MAPPING)
        check_publish(s, publish, diag);
}
