#include "include/thread_team.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

// A word that threads wait on, alone on its cache line with the count of those asleep.
struct signal_word {
    _Alignas(64) _Atomic unsigned value;
    _Atomic int sleepers;
};

struct member {
    struct thread_team *team;
    int index;
    pthread_t thread;
    _Atomic int is_inside;
    _Atomic long rest;  // nanoseconds that it shall stay away
    long ran;           // nanoseconds of its processor time when the caller began to wait for it
    _Alignas(64) _Atomic long next;  // its numbers that nobody has taken yet: next ..< end
    long end;
};

struct thread_team {
    struct signal_word generation;  // odd while a region is open to members
    struct signal_word arrived;     // members that have come to the region
    struct signal_word inside;      // members at work in it
    _Alignas(64) thread_team_task task;  // NULL: end the thread
    void *context;
    int members;
    long patience;
    struct member all[];
};

// Whether the word is no longer `old`, after waiting for it as long as patience lasts.
static int spin_while(struct signal_word *word, unsigned old, long patience) {
    const unsigned long long start = __rdtsc();
    do {
        if (atomic_load_explicit(&word->value, memory_order_acquire) != old) return 1;
        __builtin_ia32_pause();
    } while ((long)(__rdtsc() - start) < patience);
    return 0;
}

// A sleeper counts itself before the kernel compares the word; whoever changes the word looks at
// the count afterwards. So one of the two sees the other.
static void sleep_while(struct signal_word *word, unsigned old) {
    while (atomic_load(&word->value) == old) {
        atomic_fetch_add(&word->sleepers, 1);
        syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
        atomic_fetch_sub(&word->sleepers, 1);
    }
}

static void wait_while(struct signal_word *word, unsigned old, long patience) {
    if (!spin_while(word, old, patience)) sleep_while(word, old);
}

static void wake(struct signal_word *word) {
    if (atomic_load(&word->sleepers) > 0) {
        syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
    }
}

// Waits for a region after the one of generation `seen`.
static unsigned next_region(struct thread_team *team, unsigned seen) {
    for (;;) {
        const unsigned generation = atomic_load(&team->generation.value);
        if (generation % 2 == 1 && generation != seen) return generation;
        wait_while(&team->generation, generation, team->patience);
    }
}

static void leave(struct thread_team *team) {
    if (atomic_fetch_sub(&team->inside.value, 1) == 1) wake(&team->inside);
}

// Whether the region was still open. A member first counts itself, then looks; the caller first
// closes the region, then looks at the count. So one of the two sees the other.
static int enter(struct thread_team *team, unsigned generation) {
    atomic_fetch_add(&team->inside.value, 1);
    if (atomic_load(&team->generation.value) == generation) return 1;
    leave(team);
    return 0;
}

static long nanoseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1000000000L + now.tv_nsec;
}

static long processor_time(const struct member *member) {
    clockid_t clock;
    return pthread_getcpuclockid(member->thread, &clock) == 0 ? nanoseconds(clock) : 0;
}

static void rest(struct member *self) {
    const long length = atomic_exchange(&self->rest, 0);
    if (length <= 0) return;
    const struct timespec time = {length / 1000000000, length % 1000000000};
    nanosleep(&time, NULL);
}

static void *member_loop(void *argument) {
    struct member *self = argument;
    struct thread_team *team = self->team;
    for (unsigned generation = 0;;) {
        rest(self);
        generation = next_region(team, generation);
        if (!enter(team, generation)) continue;
        atomic_fetch_add(&team->arrived.value, 1);
        wake(&team->arrived);
        if (!team->task) return NULL;
        atomic_store(&self->is_inside, 1);
        team->task(team->context, self->index);
        atomic_store(&self->is_inside, 0);
        leave(team);
    }
}

static void open_region(struct thread_team *team, thread_team_task task, void *context) {
    team->task = task;
    team->context = context;
    atomic_store(&team->arrived.value, 0);
    atomic_fetch_add(&team->generation.value, 1);
    wake(&team->generation);
}

// Sleeps until one of those inside leaves. A member that was inside and did not run meanwhile is
// kept from its core by another process: it stays away thirty times as long as it was waited for,
// so that such waits cost a thirtieth of the time.
static void sleep_for_late(struct thread_team *team, unsigned inside) {
    for (int i = 1; i < team->members; i++) {
        struct member *member = &team->all[i];
        member->ran = atomic_load(&member->is_inside) ? processor_time(member) : -1;
    }
    const long start = nanoseconds(CLOCK_MONOTONIC);
    sleep_while(&team->inside, inside);
    const long waited = nanoseconds(CLOCK_MONOTONIC) - start;
    for (int i = 1; i < team->members; i++) {
        struct member *member = &team->all[i];
        if (member->ran < 0 || processor_time(member) - member->ran > waited / 2) continue;
        atomic_store(&member->rest, 30 * waited);
    }
}

static void close_region(struct thread_team *team) {
    atomic_fetch_add(&team->generation.value, 1);
    for (unsigned inside; (inside = atomic_load(&team->inside.value)) != 0;) {
        if (!spin_while(&team->inside, inside, team->patience)) sleep_for_late(team, inside);
    }
}

static void wait_for_all(struct thread_team *team) {
    const unsigned others = (unsigned)team->members - 1;
    for (unsigned arrived; (arrived = atomic_load(&team->arrived.value)) != others;) {
        wait_while(&team->arrived, arrived, team->patience);
    }
}

struct thread_team *thread_team_start(int members, long patience) {
    const size_t line = _Alignof(struct thread_team);
    const size_t bytes = sizeof(struct thread_team) + (size_t)members * sizeof(struct member);
    struct thread_team *team = aligned_alloc(line, (bytes + line - 1) / line * line);
    if (!team) return NULL;
    *team = (struct thread_team){.members = 1, .patience = patience};
    team->all[0] = (struct member){.team = team};
    while (team->members < members) {
        struct member *next = &team->all[team->members];
        *next = (struct member){.team = team, .index = team->members};
        if (pthread_create(&next->thread, NULL, member_loop, next) != 0) {
            thread_team_stop(team);
            return NULL;
        }
        team->members++;
    }
    return team;
}

void thread_team_run(struct thread_team *team, thread_team_task task, void *context) {
    open_region(team, task, context);
    task(context, 0);
    wait_for_all(team);
    close_region(team);
}

void thread_team_share(struct thread_team *team, long n, thread_team_task task, void *context) {
    for (int i = 0; i < team->members; i++) {
        atomic_store_explicit(&team->all[i].next, n * i / team->members, memory_order_relaxed);
        team->all[i].end = n * (i + 1) / team->members;
    }
    open_region(team, task, context);
    task(context, 0);
    close_region(team);
}

long thread_team_next(struct thread_team *team, int member) {
    for (int i = 0; i < team->members; i++) {
        struct member *from = &team->all[(member + i) % team->members];
        if (atomic_load_explicit(&from->next, memory_order_relaxed) >= from->end) continue;
        const long number = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed);
        if (number < from->end) return number;
    }
    return -1;
}

int thread_team_members(const struct thread_team *team) { return team->members; }

void thread_team_stop(struct thread_team *team) {
    if (!team) return;
    open_region(team, NULL, NULL);
    for (int i = 1; i < team->members; i++) pthread_join(team->all[i].thread, NULL);
    free(team);
}

struct one_task {
    pthread_t thread;
    thread_team_task task;
    void *context;
    int member;
};

static void *run_one(void *argument) {
    const struct one_task *one = argument;
    one->task(one->context, one->member);
    return NULL;
}

int threads_together(int count, thread_team_task task, void *context) {
    struct one_task *others = calloc((size_t)count, sizeof *others);
    int started = 1;
    for (; others && started < count; started++) {
        others[started] = (struct one_task){.task = task, .context = context, .member = started};
        if (pthread_create(&others[started].thread, NULL, run_one, &others[started]) != 0) break;
    }
    task(context, 0);
    for (int i = 1; i < started; i++) pthread_join(others[i].thread, NULL);
    free(others);
    return count - started;
}

void thread_set_name(const char *name) { prctl(PR_SET_NAME, name); }
