/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Auditd: one record of the Linux audit system, raw or enriched, as audisp or the kernel's own log hands it on.
 */

#include "base/clock.h"
#include "parsers/field.h"

enum auditd_outcome {
    AUDITD_E_SYNTAX = 1, /* no audit record: nothing was added */
};

/** By what records of one event are known. */
struct auditd_stamp {
    struct walltime time; /* to the millisecond */
    struct slice serial;  /* its digits */
    struct slice node;    /* {NULL, 0} where the record names none */
};

/**
 * auditd_parse() - add the fields of @text to @out
 * @text: a record from "node=" or "type=" on; "audit: " and the kernel's clock may stand before it
 * @stamp: set
 * @out:  the list, whose arena holds decoded values
 *
 * Fields: type, by its name where it came as a number, then the record's own keys; the pairs inside msg='…' of what
 * user space sends stand among them. Text that the kernel wrote in hexadecimal, because it held blanks, quotes or
 * control characters, is decoded where the key is one whose value is text (of a0, a1[0] … in EXECVE records alone: in
 * SYSCALL records they are numbers); NULs between the words of a proctitle become blanks; several keys in one are
 * several fields; an AVC's decision and permissions are seresult and seperms.
 *
 * What an enriched record adds behind its separator stands under its own names, SYSCALL, AUID, …. Of a record that is
 * not, what needs no knowledge of the sender is added under the same names: ARCH and SYSCALL of numbers, and
 * saddr_fam, laddr, lport, path of an address.
 *
 * Source: audit-userspace, "Audit event fields", the kernel's audit_log_untrustedstring() and uapi headers. Pure; any
 * thread.
 *
 * Return: 0 or AUDITD_E_SYNTAX.
 */
int auditd_parse(struct slice text, struct auditd_stamp *stamp, struct fields *out);

/**
 * auditd_argument() - whether @name is that of a program's argument in an EXECVE record: a0, a1 …
 * @goes_on: set to whether it is a piece of a long one, a1[1], a1[2] …, that continues the piece before it
 */
bool auditd_argument(struct slice name, bool *goes_on);
