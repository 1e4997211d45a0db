#include "include/processor.h"

#include <cpuid.h>
#include <string.h>

struct processor processor_read(void) {
    struct processor found = {0};
    unsigned a, b, c, d;
    if (!__get_cpuid(0, &a, &b, &c, &d)) return found;
    const unsigned vendor[3] = {b, d, c};
    memcpy(found.vendor, vendor, sizeof vendor);
    __get_cpuid(1, &a, &b, &c, &d);
    const unsigned family = a >> 8 & 15, model = a >> 4 & 15;
    const int is_extended = family == 15 || family == 6;
    found.family = (int)(family == 15 ? family + (a >> 20 & 255) : family);
    found.model = (int)(is_extended ? model + (a >> 12 & 240) : model);
    unsigned words[12];
    for (unsigned i = 0; i < 3; i++) {
        unsigned *part = words + 4 * i;
        if (!__get_cpuid(0x80000002 + i, part, part + 1, part + 2, part + 3)) return found;
    }
    memcpy(found.name, words, sizeof words);
    return found;
}
