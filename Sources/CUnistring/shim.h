#include <uninorm.h>

// The C header offers the form as an expression macro, which Swift does not import.
static inline uninorm_t keylink_nfc(void) { return UNINORM_NFC; }
