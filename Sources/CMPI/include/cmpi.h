// Open MPI's constants are macros that Swift can't import: here they are functions.
#ifndef COCA_CMPI_H
#define COCA_CMPI_H
#include <mpi.h>

#endif
