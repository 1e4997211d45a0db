// AMX's eight tile registers, of sixteen rows of 64 bytes each.
#ifndef COCA_TILE_REGISTERS_H
#define COCA_TILE_REGISTERS_H

/// Whether processor and system have them. The registers are large, so that the system gives them
/// only to processes that ask; the first call asks.
int tile_registers_granted(void);

/// Gives the calling thread's registers their shape, which they keep. Call it before using them.
void tile_registers_shape(void);

#endif
