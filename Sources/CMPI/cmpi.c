#include "cmpi.h"

MPI_Comm cmpi_world(void) { return MPI_COMM_WORLD; }
MPI_Datatype cmpi_byte(void) { return MPI_BYTE; }
MPI_Datatype cmpi_float(void) { return MPI_FLOAT; }
MPI_Datatype cmpi_double(void) { return MPI_DOUBLE; }
MPI_Datatype cmpi_int64(void) { return MPI_INT64_T; }
MPI_Op cmpi_sum(void) { return MPI_SUM; }
MPI_Op cmpi_max(void) { return MPI_MAX; }
const void *cmpi_in_place(void) { return MPI_IN_PLACE; }
MPI_Errhandler cmpi_errors_return(void) { return MPI_ERRORS_RETURN; }
