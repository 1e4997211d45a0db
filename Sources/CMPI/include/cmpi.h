// Open MPI's constants are macros, which Swift cannot import: here they are functions.
#ifndef COCA_CMPI_H
#define COCA_CMPI_H
#include <mpi.h>

MPI_Comm cmpi_world(void);
MPI_Datatype cmpi_byte(void);
MPI_Datatype cmpi_float(void);
MPI_Datatype cmpi_double(void);
MPI_Datatype cmpi_int64(void);
MPI_Op cmpi_sum(void);
MPI_Op cmpi_max(void);
const void *cmpi_in_place(void);
MPI_Errhandler cmpi_errors_return(void);

// Sends to one rank while it receives from another; a rank below 0 means none. `patiently` sleeps
// between checks, for a thread that shares its core with one that computes; otherwise it spins.
int cmpi_exchange(const void *out, int out_bytes, int to, void *in, int in_bytes, int from,
                  MPI_Comm ranks, int patiently);

#endif
