// Any x86-64 processor: SSE2.
#include "include/products.h"

// Every function with a vector wider than the machine's is inlined, so no calling convention
// matters.
#pragma clang diagnostic ignored "-Wpsabi"

#define LEVEL_TABLE kernels_baseline
#define LEVEL_NAME "baseline"
#define LEVEL_PRODUCTS NULL

#include "bodies/vectors.inc"

INLINE floats load_partial(const float *p, index_t count) {
    float lanes[LANES] = {0};
    copy_pieces(lanes, p, count);
    floats v;
    __builtin_memcpy(&v, lanes, sizeof v);
    return v;
}

INLINE void store_partial(float *p, floats v, index_t count) {
    float lanes[LANES];
    __builtin_memcpy(lanes, &v, sizeof v);
    copy_pieces(p, lanes, count);
}

#include "bodies/table.inc"
