/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of the reader share.
 */

#include "base/arena.h"
#include "store/noun.h"
#include "store/reader.h"

struct reader {
    struct db *db;
    struct hasher *hasher;
    struct arena scratch; /* of one row */
    int evidence;         /* the folder; -1: there is none */
};
