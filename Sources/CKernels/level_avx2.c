// x86-64-v3: AVX2 and FMA.
#include <immintrin.h>

#include "include/products.h"

// Every function with a vector wider than the machine's is inlined, so no calling convention
// matters.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)

#define LEVEL_TABLE kernels_avx2
#define LEVEL_NAME "avx2"
#define LEVEL_PRODUCTS(kernel) &kernel

// Twelve of sixteen registers hold sums.
#define TILE_ROWS 6
#define TILE_COLUMNS 16
#define FOR_TILE_ROWS(X) X(1) X(2) X(3) X(4) X(5) X(6)

#include "bodies/vectors.inc"

// Read from LANES - count on: the first `count` lanes are on, the others off.
static const int32_t lanes_on[2 * LANES] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                            -1, -1, -1, -1, -1, -1, -1, -1};

INLINE __m256i lane_mask(index_t count, index_t first) {
    return _mm256_loadu_si256((const __m256i_u *)(lanes_on + LANES - count + first));
}

INLINE floats load_partial(const float *p, index_t count) {
    const __m256 low = _mm256_maskload_ps(p, lane_mask(count, 0));
    const __m256 high = _mm256_maskload_ps(p + 8, lane_mask(count, 8));
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

// Not with _mm256_maskstore_ps, which is slow microcode on AMD: rows of 14 took 2.4 times as long.
INLINE void store_partial(float *p, floats v, index_t count) {
    float lanes[LANES];
    __builtin_memcpy(lanes, &v, sizeof v);
    copy_pieces(p, lanes, count);
}

#include "bodies/table.inc"

#pragma clang attribute pop
