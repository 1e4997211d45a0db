// Collectives
