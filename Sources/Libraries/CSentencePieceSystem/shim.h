// C++ only: the wrapper in CSentencePiece includes what it needs.
