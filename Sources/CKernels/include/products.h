// Parts of a matrix product: packing a factor into panels, and a tile of the result.
//
// A tile is ROWS × COLUMNS numbers of the result, whose sums stay in registers. A panel holds the
// lines of one tile, ROWS rows of the left factor or COLUMNS columns of the right one, depth after
// depth, so that the tile reads it from front to back.
#ifndef COCA_PRODUCTS_H
#define COCA_PRODUCTS_H

#include "kernels.h"

#pragma clang assume_nonnull begin

/// Lines of a factor in memory: rows of the left one or columns of the right one.
struct factor_lines {
    const float *start;
    index_t line;   // from one line to the next, in elements
    index_t step;   // from one depth to the next; 1, or `line` is 1
    index_t lines;
    index_t depth;
};

/// Memory that is wanted soon. A tile requests some of its cache lines while it multiplies.
struct memory_ahead {
    const float *_Nullable next;
    const float *_Nullable end;  // of the part that is consecutive
    index_t length;    // of such a part, in elements
    index_t distance;  // from the start of one to the start of the next
    index_t left;      // cache lines
};

/// Rows 0 ..< rows, columns 0 ..< columns of the result become left · right + keep · before + bias.
struct product_tile {
    const float *left;
    const float *right;
    index_t left_step, right_step;  // from one depth to the next
    index_t rows, columns;
    index_t depth;  // in numbers of a panel
    const float *_Nullable before;  // NULL: zeros; it may be `out`
    index_t before_line;            // from one row to the next
    float keep;
    const float *_Nullable bias;    // of the tile's columns; NULL: zeros
    float *out;
    index_t out_line;
};

struct __attribute__((swift_attr("@Sendable"))) product_kernel {
    /// Of a whole tile.
    index_t rows, columns;
    /// Depths that a panel holds side by side in the place of one number.
    index_t depths;
    /// A panel's depths are a multiple of this; those that are too many are zeros.
    index_t step;
    /// Whether a factor whose lines are neighbours in memory is a panel as it is.
    int reads_in_place;
    /// Packs all lines into panels of `rows` or of `columns`, one panel after another; lines
    /// missing in the last one are zeros.
    void (*pack_rows)(struct factor_lines, float *out);
    void (*pack_columns)(struct factor_lines, float *out);
    /// Each number is the sum of its products along the depth, then one multiply-add of `keep` and
    /// `before`, then the addition of `bias`. In float32, and of rounded factors, the sum is one
    /// chain of multiply-adds that begins at 0; the other kernels add in orders of their own.
    void (*tile)(const struct product_tile *, struct memory_ahead *ahead);
};

/// Products of factors that are rounded to bfloat16, by AVX512-BF16's dot products of two. Sums are
/// in float32. NULL where this processor can't run them.
const struct product_kernel *_Nullable product_dots(void);
/// The same in AMX's tile registers. The first call asks the system for them.
const struct product_kernel *_Nullable product_tiles(void);
/// The same bits as `product_tiles` on any processor, slowly.
const struct product_kernel *product_plain_tiles(void);

/// Memory of the calling thread that lasts as long as the thread: at least `floats` numbers,
/// aligned to a cache line. Its contents are lost when more is asked for than before. NULL: the
/// system has no more.
float *_Nullable product_memory(index_t floats);

#pragma clang assume_nonnull end

#endif
