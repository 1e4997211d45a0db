// x86-64-v4: AVX-512 (F, BW, CD, DQ, VL), with whole 512-bit registers.
#include <immintrin.h>

#include "include/products.h"

// Every function with a vector wider than the machine's is inlined, so no calling convention
// matters.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4,no-prefer-256-bit"))), \
                             apply_to = function)

#define LEVEL_TABLE kernels_avx512
#define LEVEL_NAME "avx512"
#define LEVEL_PRODUCTS(kernel) &kernel

// Twenty-eight of thirty-two registers hold sums.
#define TILE_ROWS 14
#define TILE_COLUMNS 32
#define FOR_TILE_ROWS(X) \
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)

#include "bodies/vectors.inc"
#include "bodies/masks.inc"
#include "bodies/table.inc"

#pragma clang attribute pop
