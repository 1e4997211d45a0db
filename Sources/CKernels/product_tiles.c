// Products of bfloat16 in the tile registers of AMX.
#include <immintrin.h>

#include "include/products.h"
#include "tile_registers.h"

#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push( \
    __attribute__((target("arch=x86-64-v4,avx512bf16,amx-tile,amx-bf16,no-prefer-256-bit"))), \
    apply_to = function)

#include "bodies/vectors.inc"
#include "bodies/masks.inc"
#include "bodies/transpose.inc"
#include "bodies/pairs.inc"
#include "bodies/rounding_avx512.inc"

#define TILES_BEGIN tile_registers_shape()
#define TILE_ZERO(tile) _tile_zero(tile)
#define TILE_LOAD(tile, from, line) _tile_loadd(tile, from, 4 * (line))
#define TILE_STORE(tile, to, line) _tile_stored(tile, to, 4 * (line))
#define TILE_MULTIPLY(sum, left, right) _tile_dpbf16ps(sum, left, right)

#include "bodies/tiles.inc"

#pragma clang attribute pop

const struct product_kernel *product_tiles(void) {
    return product_dots() && tile_registers_granted() ? &kernel : NULL;
}
