#include "include/gemm_bfloat16.h"

#include <immintrin.h>
#include <stdlib.h>

#define TARGET __attribute__((target("arch=x86-64-v4,avx512bf16,no-prefer-256-bit")))
#define INLINE static inline __attribute__((always_inline)) TARGET

// A tile of the result is ROWS × COLUMNS sums in 24 registers; the right matrix is packed in
// blocks of DEPTH × BLOCK_COLUMNS, which stay in the second-level cache.
enum { ROWS = 6, COLUMNS = 64, DEPTH = 384, BLOCK_ROWS = 144, BLOCK_COLUMNS = 768 };

int gemm_bfloat16_supported(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
}

// Two consecutive depths of one row or column, which one instruction multiplies and adds.
typedef uint32_t pair;

struct workspace {
    pair left[BLOCK_ROWS * DEPTH / 2];
    pair right[BLOCK_COLUMNS * DEPTH / 2];
};

// Packed rows of the left matrix, and the distances between its rows and between its depths.
struct left {
    const pair *pairs;
    index_t row, depth;
};

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

// `count` lines of `depth` consecutive floats → out[line · depthPairs + pair].
TARGET static void pack_consecutive(const float *x, index_t ld, index_t count, index_t depth,
                                    pair *out) {
    index_t pairs = (depth + 1) / 2;
    for (index_t line = 0; line < count; line++) {
        for (index_t p = 0; p < pairs; p += 16) {
            _mm512_mask_storeu_epi32(out + line * pairs + p, first(pairs - p),
                                     consecutive_pairs(x + line * ld + 2 * p, depth - 2 * p));
        }
    }
}

// `depth` rows of `count` neighbours → out[pair · stride + neighbour], zeros up to stride.
TARGET static void pack_neighbours(const float *x, index_t ld, index_t count, index_t depth,
                                   index_t stride, pair *out) {
    for (index_t k = 0; k < depth; k += 2) {
        const float *row = x + k * ld, *next = k + 1 < depth ? row + ld : NULL;
        for (index_t i = 0; i < stride; i += 16) {
            __mmask16 mask = i < count ? first(count - i) : 0;
            __m512i pairs = neighbour_pairs(row + i, next ? next + i : NULL, mask);
            _mm512_mask_storeu_epi32(out + k / 2 * stride + i, first(stride - i), pairs);
        }
    }
}

// As pack_neighbours with stride COLUMNS, of lines that are consecutive in depth.
TARGET static void pack_transposed(const float *x, index_t ld, index_t count, index_t depth,
                                   pair *out) {
    index_t pairs = (depth + 1) / 2;
    for (index_t column = 0; column < COLUMNS; column += 16) {
        for (index_t p = 0; p < pairs; p += 16) {
            __m512i block[16];
            for (index_t i = 0; i < 16; i++) {
                block[i] = column + i < count
                    ? consecutive_pairs(x + (column + i) * ld + 2 * p, depth - 2 * p)
                    : _mm512_setzero_si512();
            }
            transpose(block);
            for (index_t i = 0; i < 16 && p + i < pairs; i++) {
                _mm512_storeu_si512(out + (p + i) * COLUMNS + column, block[i]);
            }
        }
    }
}

// c[rows, columns] = left · right + keep · c; `rows` is a constant where this is inlined.
INLINE void tile(int rows, struct left left, const pair *right, index_t pairs, float keep, float *c,
                 index_t ldc, index_t columns) {
    __m512 sum[ROWS][4];
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 4; j++) sum[i][j] = _mm512_setzero_ps();
    }
    for (index_t p = 0; p < pairs; p++) {
        __m512bh b[4];
        for (int j = 0; j < 4; j++) {
            b[j] = (__m512bh)_mm512_loadu_si512(right + p * COLUMNS + 16 * j);
        }
        for (int i = 0; i < rows; i++) {
            pair both = left.pairs[i * left.row + p * left.depth];
            __m512bh a = (__m512bh)_mm512_set1_epi32((int)both);
            for (int j = 0; j < 4; j++) sum[i][j] = _mm512_dpbf16_ps(sum[i][j], a, b[j]);
        }
    }
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < 4; j++) {
            if (columns <= 16 * j) continue;
            __mmask16 mask = first(columns - 16 * j);
            float *out = c + i * ldc + 16 * j;
            __m512 value = sum[i][j];
            if (keep != 0) {
                value = _mm512_fmadd_ps(_mm512_set1_ps(keep), _mm512_maskz_loadu_ps(mask, out),
                                        value);
            }
            _mm512_mask_storeu_ps(out, mask, value);
        }
    }
}

TARGET static void tiles(index_t rows, struct left left, const pair *right, index_t pairs,
                         float keep, float *c, index_t ldc, index_t columns) {
    for (; rows > 0; rows -= ROWS, left.pairs += ROWS * left.row, c += ROWS * ldc) {
        switch (rows) {
        case 1: tile(1, left, right, pairs, keep, c, ldc, columns); break;
        case 2: tile(2, left, right, pairs, keep, c, ldc, columns); break;
        case 3: tile(3, left, right, pairs, keep, c, ldc, columns); break;
        case 4: tile(4, left, right, pairs, keep, c, ldc, columns); break;
        case 5: tile(5, left, right, pairs, keep, c, ldc, columns); break;
        default: tile(ROWS, left, right, pairs, keep, c, ldc, columns);
        }
    }
}

static index_t least(index_t a, index_t b) { return a < b ? a : b; }

TARGET static struct left pack_left(const float *a, index_t a_row, index_t a_column, index_t rows,
                                    index_t depth, pair *out) {
    if (a_column == 1) {
        pack_consecutive(a, a_row, rows, depth, out);
        return (struct left){out, (depth + 1) / 2, 1};
    }
    pack_neighbours(a, a_column, rows, depth, rows, out);
    return (struct left){out, 1, rows};
}

// Panels of COLUMNS columns, one after another: out[panel][pair][column]; zeros after the last
// column.
TARGET static void pack_right(const float *b, index_t b_row, index_t b_column, index_t columns,
                              index_t depth, pair *out) {
    index_t panel = (depth + 1) / 2 * COLUMNS;
    for (index_t j = 0; j < columns; j += COLUMNS, out += panel) {
        index_t count = least(COLUMNS, columns - j);
        if (b_column == 1) {
            pack_neighbours(b + j, b_row, count, depth, COLUMNS, out);
        } else {
            pack_transposed(b + j * b_column, b_column, count, depth, out);
        }
    }
}

static struct workspace *own_workspace(void) {
    static _Thread_local struct workspace *workspace;
    if (!workspace) workspace = aligned_alloc(64, sizeof *workspace);
    if (!workspace) abort();
    return workspace;
}

void gemm_bfloat16(index_t m, index_t n, index_t k, const float *a, index_t a_row, index_t a_column,
                   const float *b, index_t b_row, index_t b_column, float keep, float *c,
                   index_t ldc) {
    struct workspace *space = own_workspace();
    for (index_t jc = 0; jc < n; jc += BLOCK_COLUMNS) {
        index_t columns = least(BLOCK_COLUMNS, n - jc);
        for (index_t pc = 0; pc == 0 || pc < k; pc += DEPTH) {
            index_t depth = least(DEPTH, k - pc), pairs = (depth + 1) / 2;
            pack_right(b + pc * b_row + jc * b_column, b_row, b_column, columns, depth,
                       space->right);
            for (index_t ic = 0; ic < m; ic += BLOCK_ROWS) {
                index_t rows = least(BLOCK_ROWS, m - ic);
                struct left left = pack_left(a + ic * a_row + pc * a_column, a_row, a_column, rows,
                                             depth, space->left);
                for (index_t j = 0; j < columns; j += COLUMNS) {
                    tiles(rows, left, space->right + j * pairs, pairs, pc == 0 ? keep : 1,
                          c + ic * ldc + jc + j, ldc, least(COLUMNS, columns - j));
                }
            }
        }
    }
}
