/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Control protocol: what ismsctl and the daemon say to each other over a unix stream socket.
 *
 *   client  {"verb":"incident ack","id":"I-2026-000001","reason":"seen"} LF
 *   daemon  {"id":…} LF            rows, any number
 *           {"ok":true} LF         or {"error":"sentence"} LF, the last line
 *
 * One request a connection. Who asks is taken from the socket (SO_PEERCRED), never from the request.
 */

#include "base/buffer.h"
#include "parsers/field.h"

enum { CTL_REQUEST_BYTES_MAX = 64 * 1024, CTL_ARGS_MAX = 16 };

#define CTL_KEY_VERB  "verb"
#define CTL_KEY_OK    "ok"
#define CTL_KEY_ERROR "error"

struct ctl_request {
    struct slice verb;
    struct fields args; /* all of the request but the verb */
    struct slice actor; /* the login name of who asks */
};

/** ctl_arg() - the argument @name. Return: {NULL, 0} where it was not given. */
struct slice ctl_arg(const struct ctl_request *request, const char *name);

/** ctl_end() - append the last line of an answer: ok where @error is NULL. */
void ctl_end(struct buffer *out, const char *error);
