#include "include/plain_product.h"

void plain_product(index_t m, index_t n, index_t k, const float *a, const float *b, float *c) {
    for (index_t i = 0; i < m; i++) {
        for (index_t p = 0; p < k; p++) {
            for (index_t j = 0; j < n; j++) c[i * n + j] += a[i * k + p] * b[p * n + j];
        }
    }
}
