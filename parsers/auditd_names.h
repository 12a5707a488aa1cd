/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Auditd names: what the numbers in audit records stand for. Only parsers/auditd.c includes this.
 */

#include "base/slice.h"

/** auditd_type() - the name of the type @text where it is a number, "1300" or "UNKNOWN[1300]", else @text itself. */
struct slice auditd_type(struct slice text);

/**
 * auditd_syscall() - the system call that @number is on the machine @arch
 * @arch:    as records have it, "c000003e"
 * @machine: set to the machine's name, {NULL, 0} where it is not known
 *
 * Return: {NULL, 0} where it is not known.
 */
struct slice auditd_syscall(struct slice arch, struct slice number, struct slice *machine);
