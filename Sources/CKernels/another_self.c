#define _GNU_SOURCE
#include "include/another_self.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static const char *const self = "/proc/self/exe";

enum { STOPS = 3 };
static const int stops[STOPS] = {SIGUSR1, SIGTERM, SIGINT};
static struct sigaction before[STOPS];
static int is_holding;
static _Atomic int kept;

static void keep(int number) { kept = number; }

static void mask_signals(int how) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < STOPS; i++) sigaddset(&set, stops[i]);
    pthread_sigmask(how, &set, NULL);
}

// Signals that another thread has caught wait for this thread, which outlives the program.
static void give_back(void) {
    const int number = kept;
    kept = 0;
    if (number) pthread_kill(pthread_self(), number);
}

void another_self_hold_signals(void) {
    struct sigaction keeping = {.sa_handler = keep, .sa_flags = SA_RESTART};
    for (int i = 0; i < STOPS; i++) sigaction(stops[i], &keeping, &before[i]);
    mask_signals(SIG_BLOCK);
    is_holding = 1;
}

void another_self_pass_signals(void) {
    for (int i = 0; is_holding && i < STOPS; i++) sigaction(stops[i], &before[i], NULL);
    is_holding = 0;
    give_back();
    mask_signals(SIG_UNBLOCK);
}

void another_self_instead(arguments_t arguments) {
    char path[PATH_MAX];
    give_back();
    const ssize_t length = readlink(self, path, sizeof path - 1);
    if (length > 0) {
        path[length] = 0;
        execv(path, arguments);  // under its own name, which the system shows
    }
    execv(self, arguments);  // the file may be gone
}

int another_self_beside(arguments_t arguments, pid_t *process) {
    int ends[2];
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files) != 0) return -1;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return -1;
    }
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    const int failure = posix_spawn(process, self, &files, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    close(ends[1]);
    if (failure == 0) return ends[0];
    close(ends[0]);
    return -1;
}
