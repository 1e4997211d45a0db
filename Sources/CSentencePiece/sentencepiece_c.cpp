#include "sentencepiece_c.h"
