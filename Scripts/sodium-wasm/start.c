/*
 * What sodium_init does, less what a page has no use for: libsodium's choice among its implementations.
 *
 * Its runtime.c asks the processor; here the answer is known when this is compiled. Randomness comes from the
 * platform's crypto.getRandomValues on the JavaScript side, so the module imports nothing at all.
 */
#include <stdlib.h>

#include "private/implementations.h"
#include "runtime.h"

int sodium_runtime_has_sse2(void)
{
#ifdef HAVE_EMMINTRIN_H
    return 1;
#else
    return 0;
#endif
}

int sodium_runtime_has_ssse3(void) { return 0; }
int sodium_runtime_has_sse41(void) { return 0; }
int sodium_runtime_has_avx2(void) { return 0; }
int sodium_runtime_has_avx512f(void) { return 0; }

/* A caller broke a function's contract; nothing sensible can follow. */
void sodium_misuse(void) { abort(); }

void keylink_start(void)
{
    _crypto_stream_salsa20_pick_best_implementation();
    _crypto_onetimeauth_poly1305_pick_best_implementation();
    _crypto_generichash_blake2b_pick_best_implementation();
    _crypto_pwhash_argon2_pick_best_implementation();
}
