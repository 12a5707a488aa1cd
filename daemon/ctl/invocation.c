/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/invocation.h"

#include <stdio.h>

#include "base/json_writer.h"
#include "ctl/ctl_proto.h"

static void
print_usage(FILE *out, const struct verb *v)
{
    size_t i;

    (void)fprintf(out, "  ismsctl %s", v->name);
    for (i = 0; v->positionals[i] != NULL; i++) {
        struct slice name = slice_str(v->positionals[i]);
        bool optional = name.p[name.n - 1] == '?';

        name.n -= optional;
        (void)fprintf(out, optional ? " [" SLICE_FMT "]" : " <" SLICE_FMT ">", SLICE_ARG(name));
    }
    for (i = 0; v->options[i] != NULL; i++) {
        struct slice name = slice_str(v->options[i]);
        bool flag = name.p[name.n - 1] == '!';

        name.n -= flag;
        (void)fprintf(out, flag ? " [--" SLICE_FMT "]" : " [--" SLICE_FMT " …]", SLICE_ARG(name));
    }
    (void)fprintf(out, "\n      %s\n", v->help);
}

static void
print_help(FILE *out)
{
    size_t i;

    (void)fprintf(out, "usage: ismsctl [--json] [--socket PATH] [--config FILE] VERB …\n\n");
    for (i = 0; i < n_verbs; i++)
        print_usage(out, &verbs[i]);
    (void)fprintf(out, "\n--json prints one JSON object a line. Exit codes: %d done, %d refused or a problem found, %d usage,\n"
                       "%d no daemon answers, %d the machine failed.\n",
        EXIT_DONE, EXIT_REFUSED, EXIT_USAGE, EXIT_NO_DAEMON, EXIT_MACHINE);
}

/* The option of the verb that @word (after its dashes) names; @flag says whether it takes no value. */
static const char *
find_option(const struct verb *v, const char *word, bool *flag)
{
    size_t n = strlen(word);
    size_t i;

    for (i = 0; v->options[i] != NULL; i++) {
        size_t k = strlen(v->options[i]);

        *flag = v->options[i][k - 1] == '!';
        if (k - *flag == n && memcmp(v->options[i], word, n) == 0)
            return word;
    }
    return NULL;
}

static bool
complain(const struct invocation *inv, const char *what, const char *word)
{
    (void)fprintf(stderr, "ismsctl: %s%s\n", what, word);
    if (inv->verb != NULL)
        print_usage(stderr, inv->verb);
    return false;
}

/* There is room for every name of the verb's table, once. */
static void
keep(struct invocation *inv, const char *name, const char *value)
{
    ASSERT(inv->n < INVOCATION_ARGS_MAX);
    inv->names[inv->n] = name;
    inv->values[inv->n++] = value;
}

/* Options of ismsctl itself, which may stand anywhere. Return: how many words it took, 0 where it is none of these. */
static int
read_global(struct invocation *inv, char **words, int n)
{
    const struct {
        const char *word;
        const char **value;
    } valued[] = {{"--socket", &inv->socket}, {"--config", &inv->config}};
    size_t i;

    if (strcmp(words[0], "--json") == 0) {
        inv->json = true;
        return 1;
    }
    for (i = 0; i < ARRAY_LEN(valued); i++)
        if (strcmp(words[0], valued[i].word) == 0 && n > 1) {
            *valued[i].value = words[1];
            return 2;
        }
    return 0;
}

static bool
read_option(struct invocation *inv, char **words, int n, int *used)
{
    bool flag = false;
    const char *name = find_option(inv->verb, words[0] + 2, &flag);

    *used = read_global(inv, words, n);
    if (*used > 0)
        return true;
    if (name == NULL)
        return complain(inv, "no such option: ", words[0]);
    if (!flag && n < 2)
        return complain(inv, "a value is missing after ", words[0]);
    if (invocation_get(inv, name) != NULL)
        return complain(inv, "given twice: ", words[0]);
    keep(inv, name, flag ? "" : words[1]);
    *used = flag ? 1 : 2;
    return true;
}

static bool
read_arguments(struct invocation *inv, char **words, int n)
{
    const char *const *wanted = inv->verb->positionals;
    int i = 0;

    while (i < n) {
        int used = 1;

        if (strncmp(words[i], "--", 2) == 0) {
            if (!read_option(inv, words + i, n - i, &used))
                return false;
        } else if (*wanted == NULL) {
            return complain(inv, "too many arguments: ", words[i]);
        } else {
            keep(inv, *wanted++, words[i]);
        }
        i += used;
    }
    if (*wanted != NULL && (*wanted)[strlen(*wanted) - 1] != '?')
        return complain(inv, "an argument is missing: ", *wanted);
    return true;
}

bool
invocation_read(struct invocation *inv, int argc, char **argv, int *exit_code)
{
    size_t used;
    int at = 1;
    int n;

    *inv = (struct invocation){0};
    while (at < argc && (n = read_global(inv, argv + at, argc - at)) > 0)
        at += n;
    if (at == argc || strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "help") == 0) {
        print_help(at == argc ? stderr : stdout);
        *exit_code = at == argc ? EXIT_USAGE : EXIT_DONE;
        return false;
    }
    *exit_code = EXIT_USAGE;
    inv->verb = verb_find(argv + at, (size_t)(argc - at), &used);
    if (inv->verb == NULL)
        return complain(inv, "no such verb (ismsctl help lists them): ", argv[at]);
    return read_arguments(inv, argv + at + used, argc - at - (int)used);
}

const char *
invocation_get(const struct invocation *inv, const char *name)
{
    size_t want = strlen(name);
    size_t i;

    for (i = 0; i < inv->n; i++)
        if (strncmp(inv->names[i], name, want) == 0 && (inv->names[i][want] == '\0' || inv->names[i][want] == '?'))
            return inv->values[i];
    return NULL;
}

void
invocation_request(const struct invocation *inv, struct buffer *out)
{
    struct json_writer w;
    size_t i;

    json_begin(&w, out);
    json_object(&w);
    json_field_text(&w, CTL_KEY_VERB, inv->verb->name);
    for (i = 0; i < inv->n; i++) {
        struct slice name = slice_str(inv->names[i]);

        if (name.p[name.n - 1] == '?')
            name.n--;
        json_key_slice(&w, name);
        json_string(&w, slice_str(inv->values[i]));
    }
    json_close(&w);
}
