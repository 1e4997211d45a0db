#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "include/products.h"

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct memory {
    float *start;
    index_t floats;
};

static void release(void *memory) {
    free(((struct memory *)memory)->start);
    free(memory);
}

static void make_key(void) {
    if (pthread_key_create(&key, release) != 0) abort();
}

static struct memory *own_memory(void) {
    pthread_once(&once, make_key);
    struct memory *memory = pthread_getspecific(key);
    if (memory) return memory;
    memory = calloc(1, sizeof *memory);
    if (memory && pthread_setspecific(key, memory) == 0) return memory;
    free(memory);
    return NULL;
}

float *product_memory(index_t floats) {
    enum { HUGE_PAGE = 2 << 20 };
    struct memory *memory = own_memory();
    if (!memory) return NULL;
    if (floats <= memory->floats) return memory->start;
    const size_t bytes = ((size_t)floats * sizeof(float) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    free(memory->start);
    memory->start = aligned_alloc(HUGE_PAGE, bytes);
    if (!memory->start) {
        memory->floats = 0;
        return NULL;
    }
    madvise(memory->start, bytes, MADV_HUGEPAGE);
    memory->floats = (index_t)(bytes / sizeof(float));
    return memory->start;
}
