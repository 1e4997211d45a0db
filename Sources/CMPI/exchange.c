#include "cmpi.h"

#include <time.h>

enum { EAGER_LOOKS = 20, SHORTEST_NAP = 50000, LONGEST_NAP = 500000 };  // nanoseconds

// Checks often at first, since on a fast network most messages arrive at once. Then it sleeps, each
// time for an eighth of the time so far: checks slow down the thread that computes, and sockets
// buffer what arrives.
static int wait_patiently(MPI_Request requests[2]) {
    long waited = 0;
    for (int looks = 0;; looks++) {
        int done = 0;
        const int code = MPI_Testall(2, requests, &done, MPI_STATUSES_IGNORE);
        if (code != MPI_SUCCESS || done) return code;
        if (looks < EAGER_LOOKS) continue;
        long nap = waited / 8;
        if (nap < SHORTEST_NAP) nap = SHORTEST_NAP;
        if (nap > LONGEST_NAP) nap = LONGEST_NAP;
        nanosleep(&(struct timespec){0, nap}, NULL);
        waited += nap;
    }
}

int cmpi_exchange(const void *out, int out_bytes, int to, void *in, int in_bytes, int from,
                  MPI_Comm ranks, int patiently) {
    enum { TAG = 1 };
    MPI_Request requests[2];
    int code = MPI_Irecv(in, in_bytes, MPI_BYTE, from < 0 ? MPI_PROC_NULL : from, TAG, ranks,
                         &requests[0]);
    if (code != MPI_SUCCESS) return code;
    code = MPI_Isend(out, out_bytes, MPI_BYTE, to < 0 ? MPI_PROC_NULL : to, TAG, ranks,
                     &requests[1]);
    if (code != MPI_SUCCESS) return code;
    if (patiently) return wait_patiently(requests);
    return MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
}
