/* fault.c: the store's failing on purpose. Tests walk `n` upward and ask that all of it happened, or nothing. */
#include "store/inside.h"

static _Atomic long left = -1;                        /* statements that still pass; < 0: off */
static atomic_bool for_ever_, struck;

void store_fault_after(long n, bool for_ever)
{
	atomic_store(&for_ever_, for_ever);
	atomic_store(&struck, false);
	atomic_store(&left, n);
}

bool store_fault_struck(void) { return atomic_load(&struck); }

bool fault_strikes(void)
{
	long n = atomic_load_explicit(&left, memory_order_relaxed);
	if (n < 0)
		return false;                         /* the everyday path: one load */
	while (n > 0)
		if (atomic_compare_exchange_weak(&left, &n, n - 1))
			return false;
	if (n < 0 || (!atomic_load(&for_ever_) && !atomic_compare_exchange_strong(&left, &n, -1)))
		return false;                         /* another thread took the one fault */
	atomic_store(&struck, true);
	return true;
}
