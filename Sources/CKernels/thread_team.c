#include "include/thread_team.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// A word that threads wait on, alone on its cache line with the count of those asleep.
struct signal_word {
    _Alignas(64) _Atomic unsigned value;
    _Atomic int sleepers;
};

struct member {
    struct thread_team *team;
    int index;
    pthread_t thread;
};

struct thread_team {
    struct signal_word generation;  // counts regions; a change starts the next one
    struct signal_word left;        // members still at work
    _Alignas(64) thread_team_task task;  // NULL: end the thread
    void *context;
    int members, spins;
    struct member others[];
};

// Waits until the word is no longer `old`. A sleeper counts itself before the kernel compares the
// word; whoever changes the word looks at the count afterwards. So one of the two sees the other.
static void wait_while(struct signal_word *word, unsigned old, int spins) {
    for (int i = 0; i < spins; i++) {
        if (atomic_load_explicit(&word->value, memory_order_acquire) != old) return;
        __builtin_ia32_pause();
    }
    while (atomic_load(&word->value) == old) {
        atomic_fetch_add(&word->sleepers, 1);
        syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
        atomic_fetch_sub(&word->sleepers, 1);
    }
}

static void wake(struct signal_word *word) {
    if (atomic_load(&word->sleepers) > 0) {
        syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
    }
}

static void *member_loop(void *argument) {
    const struct member *self = argument;
    struct thread_team *team = self->team;
    for (unsigned seen = 0;; seen++) {
        wait_while(&team->generation, seen, team->spins);
        if (!team->task) return NULL;
        team->task(team->context, self->index);
        if (atomic_fetch_sub(&team->left.value, 1) == 1) wake(&team->left);
    }
}

static void begin(struct thread_team *team, thread_team_task task, void *context) {
    team->task = task;
    team->context = context;
    atomic_store(&team->left.value, (unsigned)team->members - 1);
    atomic_fetch_add(&team->generation.value, 1);
    wake(&team->generation);
}

struct thread_team *thread_team_start(int members, int spins) {
    const size_t line = _Alignof(struct thread_team);
    const size_t bytes = sizeof(struct thread_team) + (size_t)members * sizeof(struct member);
    struct thread_team *team = aligned_alloc(line, (bytes + line - 1) / line * line);
    if (!team) return NULL;
    *team = (struct thread_team){.members = 1, .spins = spins};
    while (team->members < members) {
        struct member *next = &team->others[team->members - 1];
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
    if (team->members > 1) begin(team, task, context);
    task(context, 0);
    for (unsigned left; (left = atomic_load(&team->left.value)) != 0;) {
        wait_while(&team->left, left, team->spins);
    }
}

int thread_team_members(const struct thread_team *team) { return team->members; }

void thread_team_stop(struct thread_team *team) {
    begin(team, NULL, NULL);
    for (int i = 0; i < team->members - 1; i++) pthread_join(team->others[i].thread, NULL);
    free(team);
}
