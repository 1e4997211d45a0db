// AMX's products in plain C, so that packing, edges and blocks are tested on every processor.
#include <math.h>

#include "include/products.h"

#pragma clang diagnostic ignored "-Wpsabi"

#include "bodies/vectors.inc"
#include "bodies/pieces.inc"
#include "bodies/transpose.inc"
#include "bodies/halves.inc"
#include "bodies/pairs.inc"

// To nearest, ties to even; denormals become zeros, as AVX512-BF16's instructions do it.
INLINE words rounded(floats x) {
    const words bits = __builtin_convertvector(half_of(x), words);
    return ((words)x & 0x7f800000u) == 0 ? (words)x >> 16 & 0x8000u : bits;
}

INLINE floats pairs_across(floats even, floats odd) {
    return (floats)(rounded(even) | rounded(odd) << 16);
}

INLINE floats pairs_along(floats low, floats high) {
    return pairs_across(__builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
                                                22, 24, 26, 28, 30),
                        __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                                                23, 25, 27, 29, 31));
}

typedef float plain_tile[16][16];

static void load_tile(plain_tile tile, const float *from, index_t line) {
    for (int i = 0; i < 16; i++) store(tile[i], load(from + i * line, LANES), LANES);
}

static void store_tile(plain_tile tile, float *to, index_t line) {
    for (int i = 0; i < 16; i++) store(to + i * line, load(tile[i], LANES), LANES);
}

INLINE float flushed(float x) { return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x; }

// The number in the upper half of the bits.
INLINE float upper(uint32_t bits) {
    bits &= 0xffff0000u;
    float value;
    __builtin_memcpy(&value, &bits, sizeof value);
    return flushed(value);
}

INLINE uint32_t bits_of(float pair) {
    uint32_t bits;
    __builtin_memcpy(&bits, &pair, sizeof bits);
    return bits;
}

// Even depths and odd depths are two chains of multiply-adds from zero; the sum gets both together.
static void multiply_tiles(plain_tile sum, plain_tile left, plain_tile right) {
    for (int i = 0; i < 16; i++) {
        for (int j = 0; j < 16; j++) {
            float even = 0, odd = 0;
            for (int p = 0; p < 16; p++) {
                const uint32_t a = bits_of(left[i][p]), b = bits_of(right[p][j]);
                even = flushed(fmaf(upper(a << 16), upper(b << 16), even));
                odd = flushed(fmaf(upper(a), upper(b), odd));
            }
            sum[i][j] = flushed(sum[i][j] + flushed(even + odd));
        }
    }
}

#define TILES_BEGIN plain_tile tiles[8] = {0}
#define TILE_ZERO(tile) (void)0
#define TILE_LOAD(tile, from, line) load_tile(tiles[tile], from, line)
#define TILE_STORE(tile, to, line) store_tile(tiles[tile], to, line)
#define TILE_MULTIPLY(sum, left, right) multiply_tiles(tiles[sum], tiles[left], tiles[right])

#include "bodies/tiles.inc"

const struct product_kernel *product_plain_tiles(void) { return &kernel; }
