// Row and element-wise kernels of the model and the optimisers.
//
// Matrices are row-major float32; `ld` is the distance between rows in elements. Every kernel is
// single-threaded and touches only the rows it is given: the caller splits rows over threads.
// `kernels_best()` is the table for this processor, `kernels_level(n)` one by name for tests.
#ifndef COCA_KERNELS_H
#define COCA_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef ptrdiff_t index_t;

struct product_kernel;

struct __attribute__((swift_attr("@Sendable"))) kernels {
    const char *name;  // "baseline", "avx2", "avx512"

    // Matrix products; NULL at the baseline, which has no fused multiply-adds.
    const struct product_kernel *_Nullable products;
    // The same of factors that are rounded to bfloat16.
    const struct product_kernel *_Nullable rounded_products;

    // out = a + b; y += x; x *= a. Lengths n.
    void (*_Nonnull add)(const float *a, const float *b, float *out, index_t n);
    void (*_Nonnull accumulate)(const float *x, float *y, index_t n);
    void (*_Nonnull scale)(float a, float *x, index_t n);
    // out[r, :] = x[r, :] + bias; x may be NULL (zeros) or equal out.
    void (*_Nonnull add_bias)(const float *_Nullable x, const float *bias, float *out, index_t rows,
                              index_t width);
    // out = residual + gain[c]·x. dx = gain[c]·dy; dgain (added to) += sum over rows of dy·x.
    void (*_Nonnull add_scaled)(const float *residual, const float *x, const float *gain,
                                float *out, index_t rows, index_t width);
    void (*_Nonnull add_scaled_backward)(const float *x, const float *gain, const float *dy,
                                         float *dx, float *dgain, index_t rows, index_t width);
    // out[c] += sum over rows of x[r, c], in row order.
    void (*_Nonnull column_sums)(const float *x, float *out, index_t rows, index_t width);
    // Sums in double precision, in an order that depends on n alone.
    double (*_Nonnull sum)(const float *x, index_t n);
    double (*_Nonnull sum_of_squares)(const float *x, index_t n);
    double (*_Nonnull dot)(const float *a, const float *b, index_t n);

    // LayerNorm over rows (biased variance). Keeps mean and 1/sqrt(variance + epsilon) per row.
    void (*_Nonnull layer_norm)(const float *x, const float *gain, const float *bias, float *y,
                                float *mean, float *rstd, index_t rows, index_t width,
                                float epsilon);
    // dx = gradient (added to dx if accumulate); dgain and dbias are added to.
    void (*_Nonnull layer_norm_backward)(const float *x, const float *gain, const float *mean,
                                         const float *rstd, const float *dy, float *dx,
                                         int accumulate, float *dgain, float *dbias, index_t rows,
                                         index_t width);

    // GELU(x) = x·Φ(x), Φ by erf (absolute error below 1.5e-7). dx = dy·GELU'(x); dx may equal dy.
    void (*_Nonnull gelu)(const float *x, float *y, index_t n);
    void (*_Nonnull gelu_backward)(const float *x, const float *dy, float *dx, index_t n);
    // QuickGELU(x) = x·σ(1.702·x), likewise.
    void (*_Nonnull quick_gelu)(const float *x, float *y, index_t n);
    void (*_Nonnull quick_gelu_backward)(const float *x, const float *dy, float *dx, index_t n);

    // Attention, on a block of scores S [rows, columns]. Row i sees columns 0 ..< visible + i and
    // 0 ..< prefix (clipped to columns); pass visible = columns where nothing is hidden.
    // softmax: S becomes P = softmax(scale·S) with zeros where hidden; lse[i] = log-sum-exp.
    void (*_Nonnull attention_softmax)(float *scores, index_t ld, index_t rows, index_t columns,
                                       index_t visible, index_t prefix, float scale, float *lse);
    // probabilities: S becomes P = exp(scale·S - lse[i]), zeros where hidden.
    void (*_Nonnull attention_probabilities)(float *scores, index_t ld, index_t rows,
                                             index_t columns, index_t visible, index_t prefix,
                                             float scale, const float *lse);
    // dS = scale·P·(dP - delta[i]), written over dP; P is 0 where hidden.
    void (*_Nonnull attention_scores_backward)(const float *probabilities, float *gradient,
                                               index_t ld, index_t rows, index_t columns,
                                               float scale, const float *delta);

    // Cross-entropy over blocks of columns. Before the first block maximum = -inf, sum = 0;
    // afterwards log-sum-exp = scale·maximum + log(sum): one float could not hold both a large
    // maximum and the digits of the rest. `scale`, above 0, multiplies every logit.
    void (*_Nonnull log_sum_exp_update)(const float *logits, index_t ld, index_t rows,
                                        index_t columns, float scale, float *maximum, float *sum);
    // logits become weight·exp(scale·(logit - maximum[i])) / sum[i].
    void (*_Nonnull softmax_from_sums)(float *logits, index_t ld, index_t rows, index_t columns,
                                       float scale, const float *maximum, const float *sum,
                                       float weight);
    // A tile of the contrastive loss. With R = exp(scale·(logit - row_maximum[i])) / row_sum[i] and
    // C the same by columns, logits become scale·(row_weight·R + column_weight·C): the gradient of
    // the weighted log-sum-exps of both. slope[i], added to, is that of the row's with respect to
    // log scale, less scale times the partners' mean logit: the sum of
    // row_weight·scale·R·(logit - partner[i]).
    void (*_Nonnull contrastive_gradient)(float *logits, index_t ld, index_t rows, index_t columns,
                                          float scale, const float *row_maximum,
                                          const float *row_sum, const float *column_maximum,
                                          const float *column_sum, const float *partner,
                                          float row_weight, float column_weight, double *slope);
    // A tile of the sigmoid loss whose pairs all are negative. With l = scale·logit + bias and
    // g = 1 / (1 + exp(-l)), logits become weight·scale·g; added to, by rows: loss, the sum of
    // weight·log(1 + exp(l)), its slopes with respect to log scale and to bias, and the maximum of
    // the logits. A logit of -1e30 adds nothing.
    void (*_Nonnull sigmoid_gradient)(float *logits, index_t ld, index_t rows, index_t columns,
                                      float scale, float bias, float weight, float *maximum,
                                      double *loss, double *scale_slope, double *bias_slope);

    // y = x / max(norm, 1e-12) by rows; norm is kept. dx (added) = (dy - y·(y·dy)) / norm.
    void (*_Nonnull l2_normalize)(const float *x, float *y, float *norm, index_t rows,
                                  index_t width);
    void (*_Nonnull l2_normalize_backward)(const float *y, const float *norm, const float *dy,
                                           float *dx, index_t rows, index_t width);
    // out[r] = a[r, :]·b[r, :].
    void (*_Nonnull row_dots)(const float *a, index_t lda, const float *b, index_t ldb, float *out,
                              index_t rows, index_t width);

    // image [channels, height, width] → patches [gridHeight·gridWidth, channels·ph·pw], patches
    // row by row, a patch's vector in the order channel, row, column.
    void (*_Nonnull extract_patches)(const float *image, float *patches, index_t channels,
                                     index_t height, index_t width, index_t patch_height,
                                     index_t patch_width);

    // AdamW: g *= gradient_scale; m, v: moving averages; p -= lr·(u + decay·p),
    // u = (m / correction1) / (sqrt(v / correction2) + epsilon).
    void (*_Nonnull adamw)(float *p, const float *g, float *m, float *v, index_t n,
                           float gradient_scale, float lr, float beta1, float beta2,
                           float correction1, float correction2, float epsilon, float decay);
    // Adafactor, a row of a factored matrix: rows[i] (returned) = mean over columns of
    // (g·gradient_scale)² + epsilon; the same values are added to column_sums.
    double (*_Nonnull adafactor_row_moments)(const float *g, index_t n, float gradient_scale,
                                             float epsilon, float *column_sums);
    // A row's update: u = g·gradient_scale·row_factor·column_factor[c]; m = beta1·m + (1-beta1)·u;
    // p -= lr·(m + decay·p).
    void (*_Nonnull adafactor_row_update)(float *p, const float *g, float *m, index_t n,
                                          float gradient_scale, float row_factor,
                                          const float *column_factor, float beta1, float lr,
                                          float decay);
    // The same for a tensor that is not factored: v = beta2·v + (1-beta2)·((g·scale)² + epsilon);
    // u = g·scale / sqrt(v).
    void (*_Nonnull adafactor_update)(float *p, const float *g, float *m, float *v, index_t n,
                                      float gradient_scale, float beta1, float beta2, float epsilon,
                                      float lr, float decay);

    // Numbers as they are sent between ranks, rounded to nearest, ties to even. y = x; y += x.
    void (*_Nonnull to_bfloat16)(const float *x, uint16_t *y, index_t n);
    void (*_Nonnull from_bfloat16)(const uint16_t *x, float *y, index_t n);
    void (*_Nonnull add_bfloat16)(const uint16_t *x, float *y, index_t n);
};

enum { KERNELS_BASELINE = 0, KERNELS_AVX2 = 1, KERNELS_AVX512 = 2, KERNELS_LEVELS = 3 };

/// The highest level that may be used: the one named in the environment variable COCA_INSTRUCTIONS,
/// else the last. -1: no level has that name.
int kernels_highest(void);
/// The fastest table that this processor runs, up to the highest level.
const struct kernels *kernels_best(void);
/// The table of one level, or NULL where this processor cannot run it.
const struct kernels *_Nullable kernels_level(int level);

#pragma clang assume_nonnull end

#endif
