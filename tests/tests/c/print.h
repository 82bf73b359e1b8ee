/* Prints results as the tests compare them. */
#include <stdio.h>
#include <string.h>

#include "fenchel.h"

/* Prints a name and the bits of `count` values in hexadecimal, on one line. */
static void print_floats(const char *what, const float *values, size_t count) {
    size_t i;
    printf("%s", what);
    for (i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        printf(" %08x", (unsigned)bits);
    }
    printf("\n");
}
