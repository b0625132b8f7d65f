#include <libpq-fe.h>

// Swift reads no macros that are characters.
enum {
    LATCHKEY_DIAG_SQLSTATE = PG_DIAG_SQLSTATE,
    LATCHKEY_DIAG_MESSAGE = PG_DIAG_MESSAGE_PRIMARY,
    LATCHKEY_DIAG_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME,
};
