/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Auditd: one record of the Linux audit system, raw or enriched, as audisp hands it on.
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
 * @text: a record from "node=" or "type=" on
 * @stamp: set
 * @out:  the list, whose arena holds decoded values
 *
 * Fields: type, then the record's own keys; the pairs inside msg='…' of what user space sends stand among them. Text
 * that the kernel wrote in hexadecimal, because it held blanks, quotes or control characters, is decoded where the key
 * is one whose value is text (of a0, a1 … in EXECVE records alone: in SYSCALL records they are numbers); NULs between
 * the words of a proctitle become blanks. What an enriched record adds behind its separator stands under its own names,
 * SYSCALL, AUID, ….
 *
 * Source: audit-userspace, "Audit event fields" and the kernel's audit_log_untrustedstring(). Pure; any thread.
 *
 * Return: 0 or AUDITD_E_SYNTAX.
 */
int auditd_parse(struct slice text, struct auditd_stamp *stamp, struct fields *out);
