#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "include/kernels.h"

extern const struct kernels kernels_baseline, kernels_avx2, kernels_avx512;

static const char *const names[KERNELS_LEVELS] = {"baseline", "avx2", "avx512"};

const struct kernels *kernels_level(int level) {
    __builtin_cpu_init();
    switch (level) {
    case KERNELS_BASELINE:
        return &kernels_baseline;
    case KERNELS_AVX2:
        return __builtin_cpu_supports("x86-64-v3") ? &kernels_avx2 : NULL;
    case KERNELS_AVX512:
        return __builtin_cpu_supports("x86-64-v4") ? &kernels_avx512 : NULL;
    default:
        return NULL;
    }
}

int kernels_highest(void) {
    const char *asked = getenv("COCA_INSTRUCTIONS");
    if (!asked) return KERNELS_LEVELS - 1;
    int level = 0;
    while (level < KERNELS_LEVELS && strcmp(asked, names[level]) != 0) level++;
    return level < KERNELS_LEVELS ? level : -1;
}

// Threads that come here first at the same time all search, and all find the same table.
const struct kernels *kernels_best(void) {
    static _Atomic(const struct kernels *) best;
    const struct kernels *found = atomic_load_explicit(&best, memory_order_relaxed);
    int level = kernels_highest();
    if (level < 0) level = KERNELS_LEVELS - 1;
    for (; !found; level--) found = kernels_level(level);
    atomic_store_explicit(&best, found, memory_order_relaxed);
    return found;
}
