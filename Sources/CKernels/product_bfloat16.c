// Products whose factors are rounded to bfloat16: AVX512-BF16.
#include <immintrin.h>

#include "include/products.h"

#define TARGET __attribute__((target("arch=x86-64-v4,avx512bf16,no-prefer-256-bit")))
#define INLINE static inline __attribute__((always_inline)) TARGET

// A tile's sums are in 24 registers.
enum { ROWS = 6, COLUMNS = 64 };

// Two consecutive depths of one row or column, which one instruction multiplies and adds.
typedef uint32_t pair;

INLINE __mmask16 first(index_t n) { return n >= 16 ? 0xffff : (__mmask16)((1u << n) - 1); }

// 32 consecutive floats, of which the first n exist, as 16 pairs.
INLINE __m512i consecutive_pairs(const float *x, index_t n) {
    __m512 low = _mm512_maskz_loadu_ps(first(n), x);
    __m512 high = n > 16 ? _mm512_maskz_loadu_ps(first(n - 16), x + 16) : _mm512_setzero_ps();
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

// Pairs of 16 neighbours, `next` apart in depth; next == NULL past the end of the depth.
INLINE __m512i neighbour_pairs(const float *x, const float *next, __mmask16 mask) {
    __m256i low = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x));
    __m512i pairs = _mm512_cvtepu16_epi32(low);
    if (!next) return pairs;
    __m256i high = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, next));
    return _mm512_or_si512(pairs, _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
}

INLINE void transpose(__m512i r[16]) {
    __m512i t[16];
    for (int i = 0; i < 8; i++) {
        t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (int i = 0; i < 4; i++) {
        r[4 * i] = _mm512_unpacklo_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = _mm512_unpackhi_epi64(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = _mm512_unpacklo_epi64(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = _mm512_unpackhi_epi64(t[4 * i + 1], t[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        t[i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0x88);
        t[4 + i] = _mm512_shuffle_i32x4(r[i], r[4 + i], 0xdd);
        t[8 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0x88);
        t[12 + i] = _mm512_shuffle_i32x4(r[8 + i], r[12 + i], 0xdd);
    }
    for (int i = 0; i < 8; i++) {
        r[i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0x88);
        r[8 + i] = _mm512_shuffle_i32x4(t[i], t[8 + i], 0xdd);
    }
}

// A panel of `count` lines that are neighbours; zeros up to `width`.
INLINE void pack_neighbours(const float *x, index_t step, index_t count, index_t depth,
                            index_t width, pair *out) {
    for (index_t k = 0; k < depth; k += 2) {
        const float *row = x + k * step, *next = k + 1 < depth ? row + step : NULL;
        for (index_t i = 0; i < width; i += 16) {
            __mmask16 mask = i < count ? first(count - i) : 0;
            __m512i pairs = neighbour_pairs(row + i, next ? next + i : NULL, mask);
            _mm512_mask_storeu_epi32(out + k / 2 * width + i, first(width - i), pairs);
        }
    }
}

// The same of lines that are consecutive in depth.
INLINE void pack_consecutive(const float *x, index_t line, index_t count, index_t depth,
                             index_t width, pair *out) {
    index_t pairs = (depth + 1) / 2;
    for (index_t column = 0; column < width; column += 16) {
        for (index_t p = 0; p < pairs; p += 16) {
            __m512i block[16];
            for (index_t i = 0; i < 16; i++) {
                block[i] = column + i < count
                    ? consecutive_pairs(x + (column + i) * line + 2 * p, depth - 2 * p)
                    : _mm512_setzero_si512();
            }
            transpose(block);
            for (index_t i = 0; i < 16 && p + i < pairs; i++) {
                _mm512_mask_storeu_epi32(out + (p + i) * width + column, first(width - column),
                                         block[i]);
            }
        }
    }
}

INLINE void pack(struct factor_lines x, index_t width, float *out) {
    pair *panel = (pair *)out;
    index_t length = (x.depth + 1) / 2 * width;
    for (index_t line = 0; line < x.lines; line += width, panel += length) {
        index_t count = x.lines - line < width ? x.lines - line : width;
        if (x.step == 1) {
            pack_consecutive(x.start + line * x.line, x.line, count, x.depth, width, panel);
        } else {
            pack_neighbours(x.start + line, x.step, count, x.depth, width, panel);
        }
    }
}

TARGET static void pack_rows(struct factor_lines x, float *out) { pack(x, ROWS, out); }

TARGET static void pack_columns(struct factor_lines x, float *out) { pack(x, COLUMNS, out); }

INLINE __m512 finish(const struct product_tile *t, index_t row, index_t column, __mmask16 mask,
                     __m512 sum) {
    if (t->before) {
        const float *before = t->before + row * t->before_line + column;
        sum = _mm512_fmadd_ps(_mm512_set1_ps(t->keep), _mm512_maskz_loadu_ps(mask, before), sum);
    }
    if (t->bias) sum = _mm512_add_ps(sum, _mm512_maskz_loadu_ps(mask, t->bias + column));
    return sum;
}

// `rows` is a constant where this is inlined, so that the sums are registers.
INLINE void tile_of(int rows, const struct product_tile *t) {
    const pair *left = (const pair *)t->left, *right = (const pair *)t->right;
    __m512 sum[ROWS][4];
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 4; j++) sum[i][j] = _mm512_setzero_ps();
    }
    for (index_t p = 0; p < t->depth; p++, left += ROWS, right += COLUMNS) {
        __m512bh b[4];
        for (int j = 0; j < 4; j++) b[j] = (__m512bh)_mm512_loadu_si512(right + 16 * j);
        for (int i = 0; i < rows; i++) {
            __m512bh a = (__m512bh)_mm512_set1_epi32((int)left[i]);
            for (int j = 0; j < 4; j++) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], a, b[j]);
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 4; j++) {
            if (t->columns <= 16 * j) continue;
            __mmask16 mask = first(t->columns - 16 * j);
            _mm512_mask_storeu_ps(t->out + i * t->out_line + 16 * j, mask,
                                  finish(t, i, 16 * j, mask, sum[i][j]));
        }
    }
}

TARGET static void tile(const struct product_tile *t, struct memory_ahead *ahead) {
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
    .pack_rows = pack_rows,
    .pack_columns = pack_columns,
    .tile = tile,
};

const struct product_kernel *product_bfloat16(void) {
    __builtin_cpu_init();
    const int runs = kernels_best() == kernels_level(KERNELS_AVX512)
        && kernels_level(KERNELS_AVX512) && __builtin_cpu_supports("avx512bf16");
    return runs ? &kernel : NULL;
}
