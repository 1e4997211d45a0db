#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { maximum_processors = 65536 };

static atomic_int caught;

static void note(int number) {
    int none = 0;
    atomic_compare_exchange_strong(&caught, &none, number);
}

void process_catch_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = note;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_flags = SA_RESTART | SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    action.sa_flags = 0;
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGPIPE, &action, NULL);
    // The parent process may have blocked these signals, and the mask is inherited.
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &wanted, NULL);
}

int process_signal(void) { return atomic_load(&caught); }

int process_affinity(pid_t thread, int *processors, int limit) {
    cpu_set_t *set = CPU_ALLOC(maximum_processors);
    size_t bytes = CPU_ALLOC_SIZE(maximum_processors);
    if (!set) return -1;
    CPU_ZERO_S(bytes, set);
    int count = -1;
    if (sched_getaffinity(thread, bytes, set) == 0) {
        count = 0;
        for (int i = 0; i < maximum_processors; ++i) {
            if (!CPU_ISSET_S(i, bytes, set)) continue;
            if (count < limit) processors[count] = i;
            ++count;
        }
    }
    CPU_FREE(set);
    return count;
}

int process_set_affinity(pid_t thread, const int *processors, int count) {
    cpu_set_t *set = CPU_ALLOC(maximum_processors);
    size_t bytes = CPU_ALLOC_SIZE(maximum_processors);
    if (!set) return -1;
    CPU_ZERO_S(bytes, set);
    for (int i = 0; i < count; ++i) {
        if (processors[i] >= 0 && processors[i] < maximum_processors)
            CPU_SET_S(processors[i], bytes, set);
    }
    int result = sched_setaffinity(thread, bytes, set);
    CPU_FREE(set);
    return result;
}

void process_keep_memory(void) {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
}

// The kernel grants a write lease only to the one who has a file to itself, across containers too.
int process_is_unused(const char *path) {
    const int file = open(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return 0;
    struct stat status;
    // SIGIO, which tells that somebody else wants the file, would end this process.
    const int is_unused = fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
                          status.st_uid == geteuid() && fcntl(file, F_SETSIG, SIGURG) == 0 &&
                          fcntl(file, F_SETLEASE, F_WRLCK) == 0;
    close(file);
    return is_unused;
}
