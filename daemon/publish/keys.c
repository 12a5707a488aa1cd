/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/cursor.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "publish/publisher.h"

enum { KEY_FILE_MAX = 256 * 1024, KEY_RAW = 32 };

static bool
take_key(struct slice text, struct key *out)
{
    uint8_t raw[KEY_RAW];

    if (text.n != KEY_TEXT)
        return false;
    memcpy(out->text, text.p, KEY_TEXT);
    out->text[KEY_TEXT] = '\0';
    return zmq_z85_decode(raw, out->text) != NULL;
}

static int
complain(const char *path, int r)
{
    if (r == FILE_E_EXPOSED)
        log_error("publish", "%s holds a secret key and is not its owner's alone: chmod 600", path);
    else if (r < 0)
        log_error("publish", "%s: %s", path, strerrordesc_np(-r));
    else
        log_error("publish", "%s: no Z85 key of %d characters", path, KEY_TEXT);
    return PUBLISH_E_KEY;
}

int
key_read_secret(const char *path, struct key *out)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int r = file_read_secret(path, KEY_FILE_MAX, &text);
    bool good = r == 0 && take_key(slice_trim(buffer_slice(&text)), out);

    if (text.p != NULL)
        explicit_bzero(text.p, text.cap);
    return good ? 0 : complain(path, r);
}

/* A key's own alphabet has '#', so that begins a comment only where no key is, or behind one and a blank. */
static bool
take_line(struct slice line, struct keys *out)
{
    struct slice word = slice_head(line, KEY_TEXT);
    struct slice rest = slice_from(line, word.n);
    bool alone = rest.n == 0 || rest.p[0] == ' ' || rest.p[0] == '\t';

    rest = slice_trim(rest);
    if (alone && out->n < KEYS_MAX && take_key(word, &out->items[out->n])) {
        out->n++;
        return rest.n == 0 || rest.p[0] == '#';
    }
    return line.n == 0 || line.p[0] == '#';
}

static int
read_lines(struct slice text, const char *path, struct keys *out)
{
    while (text.n > 0) {
        struct slice line = slice_trim(cursor_until(&text, '\n'));

        (void)cursor_skip(&text, '\n');
        if (!take_line(line, out))
            return complain(path, 1);
    }
    return 0;
}

int
keys_read(const char *path, struct keys *out)
{
    CLEANUP_BUFFER struct buffer text = {0};
    int r = file_read(path, KEY_FILE_MAX, &text);

    if (r != 0)
        return complain(path, r);
    out->items = calloc(KEYS_MAX, sizeof(*out->items));
    if (out->items == NULL)
        return error_origin(-ENOMEM);
    return read_lines(buffer_slice(&text), path, out);
}

void
keys_fini(struct keys *k)
{
    free(k->items);
    *k = (struct keys){0};
}

bool
keys_hold(const struct keys *k, const unsigned char raw[static 32])
{
    char text[KEY_TEXT + 1];
    size_t i;

    if (zmq_z85_encode(text, raw, KEY_RAW) == NULL)
        return false;
    for (i = 0; i < k->n; i++)
        if (memcmp(k->items[i].text, text, KEY_TEXT) == 0)
            return true;
    return false;
}
