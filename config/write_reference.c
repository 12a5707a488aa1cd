/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Writes contrib/docs/configuration.md: `cmake --build --preset dev --target configuration-page`. A test fails while
 * the page differs from the schema.
 */

#include "config/load.h"

int
main(void)
{
    settings_reference(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}
