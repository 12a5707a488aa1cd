/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ZAP: who may connect, asked by ZeroMQ of this handler inside the process (ZeroMQ RFC 27).
 */

#include "base/defs.h"

#define ZAP_DOMAIN "ismsd"

struct zap;

/** zap_open() - allow only the CURVE keys in @clients_file. Return: 0, PUBLISH_E_KEY (logged), or negative errno. */
int zap_open(struct zap **out, void *context, const char *clients_file);
void zap_close(struct zap *z);

/** zap_serve() - answer what has been asked; never waits. Return: how many were refused. */
unsigned zap_serve(struct zap *z);
