/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * TLS: syslog's TLS transport mapping (RFC 5425), as a server, of version 1.2 or 1.3 with forward secrecy (RFC 9662).
 *
 * A server is the certificate, its key and whom they let in, read from files. Connections hold on to the one they began
 * with, so another can take its place at any time. No sessions are resumed: every connection proves itself anew.
 */

#include "config/settings.h"
#include "input/transport.h"

struct tls_server;

/**
 * tls_server_new() - read certificate, key and CA of @settings
 *
 * Return: 0, or negative errno; what is wrong with which file is logged.
 */
int tls_server_new(struct tls_server **out, const struct input_settings *settings);
void tls_server_free(struct tls_server *s);
CLEANUP_DEFINE(tls_server_free, struct tls_server *)

/** tls_begin() - make @t TLS on @fd, whose handshake is to follow; @s must outlive it. Return: 0 or negative errno. */
int tls_begin(struct transport *t, struct tls_server *s, int fd);
