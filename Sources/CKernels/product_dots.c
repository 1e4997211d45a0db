// Products of bfloat16 by the dot products of two of AVX512-BF16.
#include <immintrin.h>

#include "include/products.h"

#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push( \
    __attribute__((target("arch=x86-64-v4,avx512bf16,no-prefer-256-bit"))), apply_to = function)

#include "bodies/vectors.inc"
#include "bodies/masks.inc"
#include "bodies/transpose.inc"
#include "bodies/pairs.inc"
#include "bodies/rounding_avx512.inc"
#include "bodies/finish.inc"

// A tile's sums are in 24 registers.
enum { ROWS = 6, COLUMNS = 64, VECTORS = COLUMNS / LANES };

static void pack_rows(struct factor_lines x, float *out) { pack_pairs(x, 1, ROWS, out); }

static void pack_columns(struct factor_lines x, float *out) { pack_pairs(x, 0, COLUMNS, out); }

INLINE void add_step(int rows, floats sum[ROWS][VECTORS], const float *left, const float *right) {
    for (int p = 0; p < PAIRS; p++) {
        __m512bh b[VECTORS];
        UNROLLED for (int j = 0; j < VECTORS; j++) {
            b[j] = (__m512bh)_mm512_loadu_ps(right + p * COLUMNS + j * LANES);
        }
        UNROLLED for (int i = 0; i < rows; i++) {
            const __m512bh a = (__m512bh)_mm512_set1_ps(left[i * PAIRS + p]);
            UNROLLED for (int j = 0; j < VECTORS; j++) {
                sum[i][j] = (floats)_mm512_dpbf16_ps((__m512)sum[i][j], a, b[j]);
            }
        }
    }
}

// `rows` is a constant where this is inlined, so that the sums are registers.
INLINE void tile_of(int rows, const struct product_tile *t) {
    floats sum[ROWS][VECTORS] = {0};
    for (index_t p = 0; p < t->depth; p += PAIRS) {
        add_step(rows, sum, t->left + p * ROWS, t->right + p * COLUMNS);
    }
    UNROLLED for (int i = 0; i < rows; i++) {
        UNROLLED for (int j = 0; j < VECTORS; j++) {
            if (t->columns > j * LANES) finish(t, i, j * LANES, sum[i][j]);
        }
    }
}

static void tile(const struct product_tile *t, struct memory_ahead *ahead) {
    switch (t->rows) {
    case 1: tile_of(1, t); break;
    case 2: tile_of(2, t); break;
    case 3: tile_of(3, t); break;
    case 4: tile_of(4, t); break;
    case 5: tile_of(5, t); break;
    default: tile_of(ROWS, t);
    }
}

static const struct product_kernel kernel = {
    .rows = ROWS,
    .columns = COLUMNS,
    .depths = 2,
    .step = DEPTHS,
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .tile = tile,
};

#pragma clang attribute pop

const struct product_kernel *product_dots(void) {
    __builtin_cpu_init();
    const int runs = kernels_best() == kernels_level(KERNELS_AVX512)
        && kernels_level(KERNELS_AVX512) && __builtin_cpu_supports("avx512bf16");
    return runs ? &kernel : NULL;
}
