#include "include/processor.h"
#include "include/products.h"
#include "tile_registers.h"

// Twelve chains in registers of their own: more than latency times units, so none has to wait.
#define SIX(X) X(0) X(1) X(2) X(3) X(4) X(5)
#define OTHER_SIX(X) X(6) X(7) X(8) X(9) X(10) X(11)
#define TWELVE(X) SIX(X) OTHER_SIX(X)
#define OPERAND(X) X(12)

#define ZERO_SSE(n) "xorps %%xmm" #n ", %%xmm" #n "\n\t"
#define ZERO_AVX(n) "vpxor %%xmm" #n ", %%xmm" #n ", %%xmm" #n "\n\t"
#define MULTIPLY_SSE(n) "mulps %%xmm12, %%xmm" #n "\n\t"
#define ADD_SSE(n) "addps %%xmm12, %%xmm" #n "\n\t"
#define FUSED_YMM(n) "vfmadd231ps %%ymm12, %%ymm12, %%ymm" #n "\n\t"
#define FUSED_ZMM(n) "vfmadd231ps %%zmm12, %%zmm12, %%zmm" #n "\n\t"
#define DOT_ZMM(n) "vdpbf16ps %%zmm12, %%zmm12, %%zmm" #n "\n\t"
#define DOT_TILE(n) "tdpbf16ps %%tmm5, %%tmm4, %%tmm" #n "\n\t"

#define REPEAT(before, body, after)                                                              \
    __asm__ volatile(before "1:\n\t" body "dec %0\n\tjnz 1b\n\t" after                          \
                     : "+r"(left)                                                                \
                     :                                                                           \
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", \
                       "xmm9", "xmm10", "xmm11", "xmm12", "cc")
#define REPEAT_AVX(body) \
    REPEAT(TWELVE(ZERO_AVX) OPERAND(ZERO_AVX), body, "vzeroupper\n\t")

static void dot_tiles(index_t left) {
    tile_registers_shape();
    __asm__ volatile("tilezero %%tmm0\n\ttilezero %%tmm1\n\ttilezero %%tmm2\n\t"
                     "tilezero %%tmm3\n\ttilezero %%tmm4\n\ttilezero %%tmm5" ::);
    REPEAT("", DOT_TILE(0) DOT_TILE(1) DOT_TILE(2) DOT_TILE(3), "");
}

int multiply_adds_supported(enum multiply_adds kind) {
    switch (kind) {
    case MULTIPLY_ADDS_SSE2: return 1;
    case MULTIPLY_ADDS_AVX2: return kernels_level(KERNELS_AVX2) != NULL;
    case MULTIPLY_ADDS_AVX512: return kernels_level(KERNELS_AVX512) != NULL;
    case MULTIPLY_ADDS_DOTS: return product_dots() != NULL;
    case MULTIPLY_ADDS_TILES: return tile_registers_granted();
    }
    return 0;
}

double multiply_adds(enum multiply_adds kind, index_t rounds) {
    if (rounds < 1) return 0;
    index_t left = rounds;
    int operations = 0;
    switch (kind) {
    case MULTIPLY_ADDS_SSE2:
        REPEAT(TWELVE(ZERO_SSE) OPERAND(ZERO_SSE), SIX(MULTIPLY_SSE) OTHER_SIX(ADD_SSE), "");
        operations = 12 * 4;
        break;
    case MULTIPLY_ADDS_AVX2:
        REPEAT_AVX(TWELVE(FUSED_YMM));
        operations = 12 * 8 * 2;
        break;
    case MULTIPLY_ADDS_AVX512:
        REPEAT_AVX(TWELVE(FUSED_ZMM));
        operations = 12 * 16 * 2;
        break;
    case MULTIPLY_ADDS_DOTS:
        REPEAT_AVX(TWELVE(DOT_ZMM));
        operations = 12 * 16 * 2 * 2;
        break;
    case MULTIPLY_ADDS_TILES:
        dot_tiles(rounds);
        operations = 4 * 16 * 16 * 32 * 2;
        break;
    }
    return (double)rounds * operations;
}
