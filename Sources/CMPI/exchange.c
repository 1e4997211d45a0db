#include "cmpi.h"

#include <time.h>

enum { EAGER_LOOKS = 20, SHORTEST_NAP = 50000, LONGEST_NAP = 500000 };  // nanoseconds

// Looks often at first, since most messages of a fast network come at once, and then naps for an
// eighth of what it has waited: looks cost the thread that computes, and sockets hold what comes.
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
